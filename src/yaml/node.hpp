// The tree of one piece of the text, with the place of every node in it: made
// for a task that is to be edited, and for nothing else.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/event_stream.hpp"

namespace lockstep::yaml {

struct Node {
  enum class Kind : std::uint8_t { scalar, mapping, sequence, alias } kind = Kind::scalar;
  ScalarStyle style = ScalarStyle::plain;
  bool flow = false;        // a mapping or sequence in brackets
  std::size_t start = 0;    // in the whole text, tag and anchor included
  std::size_t content = 0;  // behind tag and anchor
  std::size_t end = 0;
  std::string value;  // scalar: its characters; alias: the anchor's name
  std::string tag;
  std::string anchor;
  std::vector<Node> items;  // sequence: its items; mapping: key, value, key, value, …

  bool is(Kind k) const { return kind == k; }
  bool is_merge() const;  // as a key: an unquoted `<<`
  // The value of a mapping's own key; null if there is none.
  const Node* find(std::string_view key) const;
};

// The node at [start, end) of the text; nullopt if that does not parse on its own
// (tag directives are the one known reason).
std::optional<Node> parse_node(std::string_view text, std::size_t start, std::size_t end, bool ascii);

}  // namespace lockstep::yaml
