// Lines of comments, and to which entry they belong: those directly above an entry are its own, so are those below it
// that are indented deeper than it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace lockstep::yaml {

bool is_comment_line(std::string_view text, std::size_t line);

// Where the run of comment lines begins that ends directly above the line; not before `limit`.
std::size_t comments_above(std::string_view text, std::size_t line, std::size_t limit);

// Where the run of comment lines ends that begins at the line and is indented deeper than `column`.
std::size_t comments_below(std::string_view text, std::size_t line, std::size_t column);

// Tasks that somebody has commented out, in the run of comment lines [start, end): where the first one begins, and where
// the last one ends. Both are `end`, and `start`, if there is none.
struct CommentedTasks {
  std::size_t start = 0, end = 0;
};
CommentedTasks commented_tasks(std::string_view text, std::size_t start, std::size_t end);

// Of the run of blank lines that ends, or begins, at a beginning of a line.
std::size_t blank_lines_above(std::string_view text, std::size_t at, std::size_t limit);  // where the run begins
std::size_t blank_lines_below(std::string_view text, std::size_t at);                     // where the run ends

}  // namespace lockstep::yaml
