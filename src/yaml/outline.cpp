#include "yaml/outline.hpp"

#include <algorithm>

#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::string_view kKey = "tasks:";

// Lines as `\n` ends them. Other line breaks do no harm here: what is found is a guess.
std::size_t line_behind(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

bool ends_line(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == '\n' || text[at] == '\r';
}

bool says_nothing(std::string_view text, std::size_t content) {
  return ends_line(text, content) || text[content] == '#' || text[content] == '\t';
}

bool is_dash(std::string_view text, std::size_t at) {
  return text[at] == '-' && (ends_line(text, at + 1) || is_blank(text[at + 1]));
}

}  // namespace

std::optional<Outline> outline_of(std::string_view text) {
  Outline outline;
  std::size_t line = bom_length(text);
  for (; line < text.size(); line = line_behind(text, line)) {
    const std::size_t at = skip_spaces(text, line);
    if (!text.substr(at).starts_with(kKey)) continue;
    if (!says_nothing(text, skip_blanks(text, at + kKey.size()))) continue;
    outline.root_column = at - line;
    break;
  }
  if (line >= text.size()) return std::nullopt;
  for (line = line_behind(text, line); line < text.size(); line = line_behind(text, line)) {
    const std::size_t at = skip_spaces(text, line);
    if (says_nothing(text, at)) continue;
    const std::size_t column = at - line;
    if (outline.items.empty()) {
      if (column < outline.root_column || !is_dash(text, at)) return std::nullopt;
      outline.column = column;
    }
    if (column > outline.column) continue;
    if (column < outline.column || !is_dash(text, at)) break;  // behind the list
    outline.items.push_back(static_cast<std::uint32_t>(line));
  }
  if (outline.items.empty()) return std::nullopt;
  return outline;
}

std::size_t item_content(std::string_view text, std::size_t item) {
  return skip_to_content(text, skip_spaces(text, item) + 1);
}

}  // namespace lockstep::yaml
