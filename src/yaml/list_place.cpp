#include "yaml/list_place.hpp"

#include "yaml/comments.hpp"
#include "yaml/surgery.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

std::size_t end_of_task(std::string_view text, const TaskPlace& place, std::size_t column) {
  const std::size_t end = lines_end(text, place.end);
  return commented_tasks(text, end, comments_below(text, end, column)).start;
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
  lines.start = commented_tasks(text, comments_above(text, lines.dash, limit), lines.dash).end;
  return lines;
}

}  // namespace lockstep::yaml
