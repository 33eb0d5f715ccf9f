// Which lines of the text belong to a task of a block list.
#pragma once

#include <cstddef>
#include <string_view>

#include "yaml/reading.hpp"

namespace lockstep::yaml {

struct TaskLines {
  std::size_t start = 0;   // with the comment block directly above, save tasks that are commented out
  std::size_t dash = 0;    // beginning of the line of its dash
  std::size_t end = 0;     // behind its last line, deeper comments below included
  std::size_t column = 0;  // of the dash
};

// Of the task at a position in the order of the text. Precondition: reading.list is a block list.
TaskLines lines_of(std::string_view text, const Reading& reading, std::size_t position);

}  // namespace lockstep::yaml
