#include "cli/conflict_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "api/json.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

constexpr std::size_t kNameColumn = 16;      // with the mark
constexpr std::size_t kNarrowestColumn = 18;
constexpr std::array<const char*, 3> kTitles{"base", "YAML", "database"};

struct Row {
  const FieldSpec* field;
  bool in_conflict;
  std::array<std::string, 3> values;
};

std::vector<Row> rows_of(const Conflict& conflict) {
  std::vector<Row> rows;
  for (const FieldSpec& field : kSchema) {
    Row row{&field, conflict.finding.fields.contains(field.field), {}};
    bool any = false;
    const std::array<const std::optional<Task>*, 3> sides{&conflict.base, &conflict.yaml, &conflict.database};
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const std::optional<Task>& task = *sides[i];
      row.values[i] = task ? shown((*task)[field.field]) : std::string("–");
      any = any || (task && !is_null((*task)[field.field]));
    }
    if (any) rows.push_back(std::move(row));
  }
  return rows;
}

std::string side_by_side(const std::vector<Row>& rows, std::size_t column, const Terminal& terminal) {
  std::string text(kNameColumn, ' ');
  for (const char* title : kTitles)
    text += "  " + terminal.paint(Colour::bold, title == kTitles.back() ? title : padded(title, column));
  text += "\n";
  for (const Row& row : rows) {
    std::array<std::vector<std::string>, 3> cells;
    std::size_t height = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i] = wrapped(row.values[i], column);
      height = std::max(height, cells[i].size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      const std::string name = line == 0 ? std::string(row.in_conflict ? "! " : "  ") + std::string(row.field->name) : "";
      text += terminal.paint(row.in_conflict ? Colour::red : Colour::none, padded(name, kNameColumn));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string& cell = line < cells[i].size() ? cells[i][line] : std::string();
        text += "  " + (i + 1 < cells.size() ? padded(cell, column) : cell);
      }
      while (text.ends_with(' ')) text.pop_back();
      text += "\n";
    }
  }
  return text;
}

std::string one_below_the_other(const std::vector<Row>& rows, const Terminal& terminal) {
  std::string text;
  for (const Row& row : rows) {
    text += terminal.paint(row.in_conflict ? Colour::red : Colour::none,
                           (row.in_conflict ? "! " : "  ") + std::string(row.field->name)) +
            "\n";
    for (std::size_t i = 0; i < row.values.size(); ++i)
      text += "    " + terminal.paint(Colour::dim, padded(kTitles[i], 9)) + " " + row.values[i] + "\n";
  }
  return text;
}

std::string authors_line(const Conflict& conflict) {
  std::string text;
  if (!conflict.yaml_author.empty()) text = "YAML by " + escaped(conflict.yaml_author);
  if (!conflict.database_author.empty())
    text += (text.empty() ? "" : ", ") + ("database by " + escaped(conflict.database_author));
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string conflict_text(const Conflict& conflict, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, api::conflict_id(conflict.number)) + "  task " +
                     std::to_string(conflict.task_id) + "  " + std::string(to_string(conflict.finding.kind)) +
                     "  version " + std::to_string(conflict.version) + "\n" +
                     std::string(to_string(conflict.finding.reason)) + "\n";
  text += "found " + shown_time(conflict.detected_at) + " UTC, replica " + escaped(conflict.replica) + "\n" + authors_line(conflict) + "\n";
  const std::vector<Row> rows = rows_of(conflict);
  std::size_t widest = 0;
  for (const Row& row : rows)
    for (const std::string& value : row.values) widest = std::max(widest, width_of(value));
  const std::size_t margins = kNameColumn + 3 * 2;
  const std::size_t room = terminal.width() > margins ? (terminal.width() - margins) / 3 : 0;
  if (room < kNarrowestColumn) return text + one_below_the_other(rows, terminal);
  return text + side_by_side(rows, std::min(room, std::max(widest, kNarrowestColumn)), terminal);
}

}  // namespace lockstep::cli
