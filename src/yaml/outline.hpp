// The beginnings of the tasks of a block list, found by looking at the first characters of lines alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::yaml {

// A guess: a line inside a quoted scalar can look like the beginning of a task. Whoever reads the text from one of these
// beginnings to another finds out whether both are (Part::stopped_at_item).
struct Outline {
  std::size_t root_column = 0;       // of `tasks:`
  std::size_t column = 0;            // of the dashes
  std::vector<std::uint32_t> items;  // where the lines with the dashes begin; at least one
};

// Nullopt: no list `tasks:` of lines with dashes is seen. Precondition: text below 4 GiB.
std::optional<Outline> outline_of(std::string_view text);

// Where the content of an item begins, tag and anchor included: behind the dash of the line that begins at `item`.
std::size_t item_content(std::string_view text, std::size_t item);

}  // namespace lockstep::yaml
