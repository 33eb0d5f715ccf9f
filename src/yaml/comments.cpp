#include "yaml/comments.hpp"

#include <algorithm>

#include "model/task.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

bool is_blank_line(std::string_view text, std::size_t line) {
  const std::size_t at = skip_blanks(text, line);
  return at < text.size() ? break_length(text, at) > 0 : at > line;
}

// What a line would say if it were no comment.
struct Said {
  std::string_view content;
  std::size_t column = 0;
};
Said said_by(std::string_view text, std::size_t line) {
  std::size_t at = skip_blanks(text, line);
  while (at < text.size() && text[at] == '#') ++at;
  at = skip_blanks(text, at);
  return {text.substr(at, line_end(text, at) - at), at - line};
}

bool has_key(std::string_view content, std::string_view key) {
  for (std::size_t at = content.find(key); at != std::string_view::npos; at = content.find(key, at + 1)) {
    const bool begins = at == 0 || std::string_view(" {,\"'").find(content[at - 1]) != std::string_view::npos;
    std::size_t behind = at + key.size();
    if (behind < content.size() && (content[behind] == '"' || content[behind] == '\'')) ++behind;
    behind = skip_blanks(content, behind);
    if (begins && behind < content.size() && content[behind] == ':') return true;
  }
  return false;
}

bool has_task_key(std::string_view content) {
  return has_key(content, kIdName) ||
         std::any_of(kSchema.begin(), kSchema.end(), [&](const FieldSpec& field) { return has_key(content, field.name); });
}

bool begins_item(std::string_view content) { return content.starts_with("- ") || content == "-" || content.starts_with('{'); }

}  // namespace

bool is_comment_line(std::string_view text, std::size_t line) {
  const std::size_t at = skip_blanks(text, line);
  return at < text.size() && text[at] == '#';
}

std::size_t comments_above(std::string_view text, std::size_t line, std::size_t limit) {
  while (line > limit) {
    const std::size_t above = line_start(text, line - 1);
    if (above < limit || !is_comment_line(text, above)) break;
    line = above;
  }
  return line;
}

std::size_t comments_below(std::string_view text, std::size_t line, std::size_t column) {
  while (is_comment_line(text, line) && skip_blanks(text, line) - line > column) line = next_line(text, line);
  return line;
}

CommentedTasks commented_tasks(std::string_view text, std::size_t start, std::size_t end) {
  CommentedTasks found{end, start};
  for (std::size_t line = start; line < end;) {
    const Said first = said_by(text, line);
    std::size_t behind = next_line(text, line);
    if (begins_item(first.content)) {
      // Its other lines are indented deeper than its dash, or close its brace.
      bool is_task = has_task_key(first.content);
      for (; behind < end; behind = next_line(text, behind)) {
        const Said said = said_by(text, behind);
        const bool closes = first.content.starts_with('{') && said.content.starts_with('}');
        if (!said.content.empty() && said.column <= first.column && !closes) break;
        is_task = is_task || has_task_key(said.content);
      }
      if (is_task) found.start = std::min(found.start, line);
      if (is_task) found.end = behind;
    }
    line = behind;
  }
  return found;
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
