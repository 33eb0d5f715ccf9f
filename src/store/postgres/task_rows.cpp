#include "store/postgres/task_rows.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lockstep::postgres {
namespace {

// Against other writers, yet not against the foreign key checks of new rows that refer to these.
std::string holding(bool hold) { return hold ? " ORDER BY t.id FOR NO KEY UPDATE OF t" : " ORDER BY t.id"; }

// Without a primary key, rows may share an id: none of them counts.
void sort_rows(TableRows& rows) {
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  if (!std::is_sorted(rows.tasks.begin(), rows.tasks.end(), by_id)) std::sort(rows.tasks.begin(), rows.tasks.end(), by_id);
  const auto same_id = [](const Task& a, const Task& b) { return a.id == b.id; };
  auto first = rows.tasks.begin();
  while ((first = std::adjacent_find(first, rows.tasks.end(), same_id)) != rows.tasks.end()) {
    const std::int64_t id = first->id;
    const auto end = std::find_if(first, rows.tasks.end(), [id](const Task& task) { return task.id != id; });
    rows.invalid.push_back({.id = id,
                            .field = std::string(kIdName),
                            .message = std::to_string(end - first) + " rows have this id; give the table a primary key"});
    first = rows.tasks.erase(first, end);
  }
  std::stable_sort(rows.invalid.begin(), rows.invalid.end(), by_id);
}

std::vector<Cell> cells_of(const Result& result, int row, std::size_t columns) {
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < columns; ++i) cells.push_back(result.cell(row, static_cast<int>(i)));
  return cells;
}

}  // namespace

RowFormat::RowFormat(const Relation& relation) : relation_(relation), select_list_("t.id::int8") {
  for (const FieldSpec& field : kSchema) {
    const std::optional<Column>& column = relation.column(field.field);
    if (!column) continue;
    fields_.push_back(field.field);
    select_list_ += ", t." + quote_identifier(column->name);
    switch (column->kind) {
      case ColumnKind::timestamp: select_list_ += "::timestamp"; break;
      case ColumnKind::timestamptz: select_list_ += "::timestamptz"; break;
      default: select_list_ += "::text";
    }
  }
}

ColumnValue RowFormat::read(Field field, Cell cell) const {
  if (cell.is_null()) return read_column(field, std::nullopt);
  const ColumnKind kind = relation_.column(field)->kind;
  if (kind != ColumnKind::timestamp && kind != ColumnKind::timestamptz) return read_column(field, cell.view());
  // Without a time zone it means UTC, so both have the same bytes.
  const std::int64_t wire = read_int64(cell.data);
  if (const std::optional<Timestamp> instant = instant_from_wire(wire)) return {.value = *instant, .problem = {}};
  const char* what = wire == kInfinity ? "infinity" : wire == INT64_MIN ? "-infinity" : "outside the years 0001 to 9999";
  return {.value = {}, .problem = std::string(spec(field).name) + " is " + what + "; a task needs a date"};
}

void RowFormat::collect(std::span<const Cell> cells, RowCollector& rows) const {
  if (cells[0].is_null()) {
    rows.reject(0, kIdName, "a row has no id");
    return;
  }
  std::size_t next = 1;
  rows.add(read_int64(cells[0].data), [&](Field field) { return read(field, cells[next++]); });
}

std::string RowFormat::image(std::span<const Cell> cells) const {
  std::string image = "{\"id\":" + std::to_string(read_int64(cells[0].data));
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Cell cell = cells[i + 1];
    const ColumnKind kind = relation_.column(fields_[i])->kind;
    if (cell.is_null()) {
      append_image_member(image, fields_[i], std::nullopt);
    } else if (kind == ColumnKind::timestamp || kind == ColumnKind::timestamptz) {
      const std::int64_t wire = read_int64(cell.data);
      const std::optional<Timestamp> instant = instant_from_wire(wire);
      append_image_member(image, fields_[i],
                          instant ? format_sql(*instant) : std::string(wire < 0 ? "-infinity" : "infinity"));
    } else {
      append_image_member(image, fields_[i], cell.view());
    }
  }
  return image;
}

TableRows read_all_rows(Connection& connection, const Relation& relation) {
  const RowFormat format(relation);
  RowCollector rows(relation.shape.columns);
  connection.copy_out("COPY (SELECT " + format.select_list() + " FROM " + relation.sql + " t) TO STDOUT (FORMAT binary)",
                      format.columns(), "read the task table",
                      [&](std::span<const Cell> cells) { format.collect(cells, rows); });
  TableRows all = rows.take();
  sort_rows(all);
  return all;
}

TableRows read_rows(Connection& connection, const Relation& relation, std::span<const std::int64_t> ids, bool hold) {
  const RowFormat format(relation);
  RowCollector rows(relation.shape.columns);
  const Result result = connection.query(
      "SELECT " + format.select_list() + " FROM " + relation.sql + " t WHERE t.id = ANY($1)" + holding(hold),
      Parameters().add_ids(ids), "read rows of the task table", true);
  for (int row = 0; row < result.rows(); ++row) format.collect(cells_of(result, row, format.columns()), rows);
  TableRows some = rows.take();
  sort_rows(some);
  return some;
}

std::vector<std::string> read_row_images(Connection& connection, const Relation& relation,
                                         std::span<const std::int64_t> ids, bool hold) {
  const RowFormat format(relation);
  std::string unknown;
  for (const Column& column : relation.columns) {
    const std::optional<Field> field = field_by_name(column.name);
    if (column.name == kIdName || (field && relation.column(*field))) continue;
    unknown += (unknown.empty() ? "t." : ", t.") + quote_identifier(column.name);
  }
  const std::string rest =
      unknown.empty() ? "NULL::text" : "(SELECT row_to_json(x) FROM (SELECT " + unknown + ") x)::text";
  const Result result = connection.query("SELECT " + format.select_list() + ", " + rest + " FROM " + relation.sql +
                                             " t WHERE t.id = ANY($1)" + holding(hold),
                                         Parameters().add_ids(ids), "read rows of the task table", true);
  std::map<std::int64_t, std::string> found;
  for (int row = 0; row < result.rows(); ++row) {
    const std::vector<Cell> cells = cells_of(result, row, format.columns() + 1);
    std::string image = format.image(std::span(cells).first(format.columns()));
    if (const Cell others = cells.back(); others.is_null()) {
      image += '}';
    } else {  // `{"a":1}` loses its opening brace
      image += ',';
      image += others.view().substr(1);
    }
    found.emplace(read_int64(cells[0].data), std::move(image));
  }
  std::vector<std::string> images;
  for (const std::int64_t id : ids) {
    const auto at = found.find(id);
    images.push_back(at == found.end() ? std::string() : at->second);
  }
  return images;
}

}  // namespace lockstep::postgres
