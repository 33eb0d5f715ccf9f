#include "yaml/list_place.hpp"

#include <algorithm>

#include "yaml/surgery.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

bool is_blank_line(std::string_view text, std::size_t line) {
  const std::size_t at = skip_blanks(text, line);
  return at < text.size() ? break_length(text, at) > 0 : at > line;
}

bool is_comment_line(std::string_view text, std::size_t line) {
  const std::size_t at = skip_blanks(text, line);
  return at < text.size() && text[at] == '#';
}

std::size_t end_of_task(std::string_view text, const TaskPlace& place, std::size_t column) {
  std::size_t end = lines_end(text, place.end);
  while (is_comment_line(text, end) && skip_blanks(text, end) - end > column) end = next_line(text, end);
  return end;
}

std::size_t column_of_dash(std::string_view text, const TaskPlace& place) {
  return column_of(text, dash_of(text, place.start));
}

}  // namespace

TaskLines lines_of(std::string_view text, const Reading& reading, std::size_t position) {
  const TaskPlace& place = reading.places[reading.order[position]];
  TaskLines lines;
  const std::size_t dash = dash_of(text, place.start);
  lines.dash = line_start(text, dash);
  lines.column = dash - lines.dash;
  lines.end = end_of_task(text, place, lines.column);
  std::size_t limit = next_line(text, reading.list.key.end);
  if (position > 0) {
    const TaskPlace& before = reading.places[reading.order[position - 1]];
    limit = end_of_task(text, before, column_of_dash(text, before));
  }
  lines.start = lines.dash;
  while (lines.start > limit) {
    const std::size_t above = line_start(text, lines.start - 1);
    if (!is_comment_line(text, above) || above < limit) break;
    lines.start = above;
  }
  return lines;
}

std::size_t blank_lines_above(std::string_view text, std::size_t at, std::size_t limit) {
  while (at > limit) {
    const std::size_t above = line_start(text, at - 1);
    if (above < limit || !is_blank_line(text, above)) break;
    at = above;
  }
  return at;
}

std::size_t blank_lines_below(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank_line(text, at)) at = next_line(text, at);
  return at;
}

}  // namespace lockstep::yaml
