#include "cli/text_layout.hpp"

#include "model/utf8.hpp"

namespace lockstep::cli {
namespace {

std::size_t width_of(const Utf8Step& step) {
  return step.valid ? static_cast<std::size_t>(terminal_width(step.code_point)) : 1;
}

// The longest beginning that is at most `columns` wide; at least one character.
std::string_view beginning(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t used = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    used += width_of(step);
    if (used > columns && at > 0) break;
    at += step.size;
  }
  return text.substr(0, at);
}

}  // namespace

std::string escaped(std::string_view text, bool keep_line_breaks) {
  if (!keep_line_breaks) return visible(text);
  std::string result;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find('\n', start);
    result += visible(text.substr(start, end - start));
    if (end == std::string_view::npos) return result;
    result += '\n';
    start = end + 1;
  }
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    width += width_of(step);
    at += step.size;
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (columns == 0 || width_of(text) <= columns) return std::string(text);
  return std::string(columns == 1 ? std::string_view() : beginning(text, columns - 1)) + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
  const std::size_t width = width_of(text);
  return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  do {
    const std::string_view line = beginning(text, columns);
    lines.emplace_back(line);
    text.remove_prefix(line.size());
  } while (!text.empty());
  return lines;
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

}  // namespace lockstep::cli
