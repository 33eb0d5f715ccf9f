#include "model/diagnostic.hpp"

#include <algorithm>
#include <string_view>

#include "model/utf8.hpp"

namespace lockstep {
namespace {

constexpr std::size_t kWidth = 120;  // terminal columns that a source line may take
constexpr std::size_t kTabWidth = 8;
constexpr std::string_view kCut = "...";

// One character of the source line as it is shown.
struct Cell {
  std::string text;
  std::size_t width = 1;  // columns; of a tab: at most
};

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> cells;
  for (std::size_t at = 0; at < line.size();) {
    const Utf8Step step = utf8_step(line, at);
    Cell cell;
    if (step.valid && step.code_point == '\t') {
      cell = {"\t", kTabWidth};
    } else {
      append_visible(cell.text, line, at, step);
      const bool escaped = !step.valid || is_control(step.code_point);
      cell.width = escaped ? cell.text.size() : static_cast<std::size_t>(terminal_width(step.code_point));
    }
    cells.push_back(std::move(cell));
    at += step.size;
  }
  return cells;
}

struct Window {
  std::size_t begin = 0, end = 0;  // cells
};

// The cells to show: all if they fit, else as many as fit around the caret, a third of the room before it.
Window window_around(const std::vector<Cell>& cells, std::size_t caret) {
  std::size_t total = 0;
  for (const Cell& cell : cells) total += cell.width;
  if (total <= kWidth) return {0, cells.size()};

  const std::size_t room = kWidth - 2 * kCut.size();
  Window window{caret, caret};
  std::size_t used = 0;
  const auto widen_left = [&](std::size_t limit) {
    while (window.begin > 0 && used + cells[window.begin - 1].width <= limit) used += cells[--window.begin].width;
  };
  widen_left(room / 3);
  while (window.end < cells.size() && used + cells[window.end].width <= room) used += cells[window.end++].width;
  widen_left(room);
  return window;
}

// What stands below a cell and takes the same columns: a tab for a tab.
void append_below(std::string& out, const Cell& cell, char fill) {
  if (cell.text == "\t" && fill == ' ') {
    out += '\t';
  } else {
    out.append(cell.text == "\t" ? 1 : cell.width, fill);
  }
}

}  // namespace

std::string source_with_caret(const Diagnostic& diagnostic) {
  if (diagnostic.line == 0 || diagnostic.column == 0 || diagnostic.source_line.empty()) return {};
  const std::vector<Cell> cells = cells_of(diagnostic.source_line);
  const std::size_t caret = std::min(diagnostic.column - 1 - std::min(diagnostic.source_start, diagnostic.column - 1), cells.size());
  const Window window = window_around(cells, caret);
  std::string source;
  std::string below;
  if (window.begin > 0 || diagnostic.source_start > 0) {
    source += kCut;
    below.append(kCut.size(), ' ');
  }
  for (std::size_t i = window.begin; i < window.end; ++i) {
    source += cells[i].text;
    if (i < caret) append_below(below, cells[i], ' ');
  }
  if (window.end < cells.size()) source += kCut;

  below += '^';
  const std::size_t marked_end = std::min(caret + std::max<std::size_t>(diagnostic.length, 1), window.end);
  std::string marks;
  for (std::size_t i = caret; i < marked_end; ++i) append_below(marks, cells[i], '~');
  if (marks.size() > 1) below += marks.substr(1);
  return source + '\n' + below;
}

std::string format_diagnostic(const Diagnostic& diagnostic, bool with_source) {
  std::string out = visible(diagnostic.file);
  if (diagnostic.line > 0) out += ':' + std::to_string(diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0) out += ':' + std::to_string(diagnostic.column);
  if (!out.empty()) out += ": ";
  out += visible(diagnostic.message);
  const std::string source = with_source ? source_with_caret(diagnostic) : std::string();
  if (!source.empty()) out += '\n' + source;
  return out;
}

}  // namespace lockstep
