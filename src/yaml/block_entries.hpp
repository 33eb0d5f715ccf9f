// Entries of a block mapping or a block list, by lines: with each go its trailing comment, the comments directly above
// it and those below it that are indented deeper.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/surgery.hpp"

namespace lockstep::yaml {

// Whether the node ends with a block scalar to which blank lines behind it belong (`|+`).
bool takes_blank_lines(std::string_view text, const Node& node);

class BlockEntries {
 public:
  struct Entry {
    Span span;  // from the key or the dash to the end of the value
    const Node* value = nullptr;
  };

  BlockEntries(Surgeon& surgeon, std::vector<Entry> entries)
      : surgeon_(surgeon), text_(surgeon.text()), entries_(std::move(entries)) {}

  static std::vector<Entry> of_mapping(std::string_view text, const Node& mapping);
  static std::vector<Entry> of_list(std::string_view text, const Node& list);

  std::size_t column() const { return column_of(text_, entries_.front().span.start); }

  // Takes them out; one at least must stay. Blank lines stay, save where the value above would take them for its own.
  void remove(const std::vector<bool>& removed);

  // Lines joined by `\n`, the first one without its indentation, before an entry (their number = at the end, in the
  // place of the last one if that is `removed`).
  void insert(std::size_t before, const std::string& lines, const std::vector<bool>& removed);

 private:
  std::size_t start_of(std::size_t i) const;
  std::size_t end_of(std::size_t i) const;

  Surgeon& surgeon_;
  std::string_view text_;
  std::vector<Entry> entries_;
};

}  // namespace lockstep::yaml
