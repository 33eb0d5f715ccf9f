// Which lines of the text belong to a task of a block list.
#pragma once

#include <cstddef>
#include <string_view>

#include "yaml/reading.hpp"

namespace lockstep::yaml {

struct TaskLines {
  std::size_t start = 0;   // with the comment block directly above
  std::size_t dash = 0;    // beginning of the line of its dash
  std::size_t end = 0;     // behind its last line, deeper comments below included
  std::size_t column = 0;  // of the dash
};

// Of the task at a position in the order of the text. Precondition: reading.list is a block list.
TaskLines lines_of(std::string_view text, const Reading& reading, std::size_t position);

// Of the run of blank lines that ends, or begins, at a beginning of a line.
std::size_t blank_lines_above(std::string_view text, std::size_t at, std::size_t limit);  // where the run begins
std::size_t blank_lines_below(std::string_view text, std::size_t at);                     // where the run ends

}  // namespace lockstep::yaml
