// Changes that keep a YAML text well-formed: lines put in, values exchanged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"
#include "yaml/json_text.hpp"
#include "yaml/node.hpp"
#include "yaml/reading.hpp"
#include "yaml/replacements.hpp"

namespace lockstep::yaml {

bool is_json(std::string_view text);

// The blanks that the line begins with.
std::string indentation_of(std::string_view text, std::size_t at);

// The text's own line break: that of its first line.
std::string_view line_break_of(std::string_view text);

// Where the lines of something end that ends at `end`: behind its trailing comment and line break.
std::size_t lines_end(std::string_view text, std::size_t end);

// The dash of the item of a block sequence that starts at `start`.
std::size_t dash_of(std::string_view text, std::size_t start);

bool begins_line(std::string_view text, std::size_t at);       // nothing but blanks before it
std::size_t column_of(std::string_view text, std::size_t at);  // in bytes

// The entry of a mapping at the n-th key, with the `?` that may stand before it.
Span entry_span(std::string_view text, const Node& mapping, std::size_t index);

// A place whose meaning changes; anchors around it (or in it, where it is replaced) may be used elsewhere.
struct Touch {
  std::size_t start = 0, end = 0;  // of the node that changes, not of the bytes
  bool replaced = false;           // nothing of the node is left; else members come and go, the node stays
};

// Makes the changes to one text. References must outlive it.
class Surgeon {
 public:
  Surgeon(std::string_view text, Replacements& changes)
      : text_(text), changes_(changes), line_break_(line_break_of(text)), json_(is_json(text)) {}

  std::string_view text() const { return text_; }
  bool json() const { return json_; }  // the whole text is JSON, and has to stay so
  Replacements& changes() { return changes_; }

  void touch(std::size_t start, std::size_t end, bool replaced) { touches_.push_back({start, end, replaced}); }
  const std::vector<Touch>& touches() const { return touches_; }

  // To go back to a point from which another way shall be tried.
  struct Mark {
    std::size_t changes = 0, touches = 0;
  };
  Mark mark() const { return {changes_.size(), touches_.size()}; }
  void back_to(Mark mark) {
    changes_.truncate(mark.changes);
    touches_.resize(mark.touches);
  }

  // Whole lines, given with `\n` between and none behind, put in as of position `at`, the beginning of a line or the
  // end of the text.
  void insert_lines(std::size_t at, std::string_view lines);
  // To be called before lines are put in behind a node: where it ends with a block scalar that ends with the text, without
  // a line break, that one is told to have none.
  void end_line_of(const Node& node);
  // With `\n` replaced by the text's own line break.
  std::string with_line_breaks(std::string_view lines) const;

  // A scalar's new text in place of the old: its quoting, trailing comment, anchor stay. `written`
  // makes the text for a style that is wished for.
  void set_text(const Node& key, const Node& value, std::string_view text, bool flow);
  void set_instant(const Node& key, const Node& value, Timestamp instant, std::string_view sample);
  void set_raw(const Node& key, const Node& value,
               std::string_view written);  // null, numbers, booleans, flow collections

  // Any value for any other; within brackets if `flow`. `key` is null for an item of a sequence.
  void replace_value(const Node* key, const Node& value, const Json& json, const JsonStyle& style, bool flow);

 private:
  void put(const Node* key, const Node& value, std::size_t from, std::string written);
  void replace_block_scalar(const Node& value, std::string written);

  std::string_view text_;
  Replacements& changes_;
  std::string_view line_break_;
  bool json_;
  std::vector<Touch> touches_;
};

}  // namespace lockstep::yaml
