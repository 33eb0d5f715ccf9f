// Adoption: what the catalogue says about the task table, and whether a schedule fits into it.
#include <algorithm>
#include <charconv>

#include "store/sqlite/schema.hpp"

namespace lockstep::sqlite {
namespace {

enum class Affinity { integer, text, none, real, numeric };

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return 'a' <= c && c <= 'z' ? char(c - 32) : c; });
  return out;
}

// SQLite's own rule: https://www.sqlite.org/datatype3.html, 3.1 "Determination Of Column Affinity".
Affinity affinity(std::string_view upper_type) {
  const auto has = [&](std::string_view word) { return upper_type.find(word) != std::string_view::npos; };
  if (has("INT")) return Affinity::integer;
  if (has("CHAR") || has("CLOB") || has("TEXT")) return Affinity::text;
  if (upper_type.empty() || has("BLOB")) return Affinity::none;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::real;
  return Affinity::numeric;
}

struct Column {
  std::string name;
  std::string type;  // upper case
  bool not_null = false;
  bool has_default = false;
  int primary_key_position = 0;  // from 1; 0 = not part of it
  bool generated = false;
};

std::vector<Column> read_columns(Connection& connection, const TableName& table) {
  Statement row = connection.prepare(
      "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid");
  row.bind(1, table.name);
  std::vector<Column> columns;
  while (row.step()) {
    constexpr std::int64_t kHiddenInVirtualTable = 1;
    if (row.integer(5) == kHiddenInVirtualTable) continue;
    columns.push_back({.name = row.string(0),
                       .type = upper(row.text(1)),
                       .not_null = row.integer(2) != 0,
                       .has_default = !row.is_null(3),
                       .primary_key_position = static_cast<int>(row.integer(4)),
                       .generated = row.integer(5) != 0});
  }
  return columns;
}

[[noreturn]] void unsuitable(const TableName& table, const std::vector<Column>& columns, std::string problem) {
  std::string there;
  for (const Column& column : columns) {
    there += (there.empty() ? "" : ", ") + column.name + (column.type.empty() ? "" : " " + column.type);
  }
  std::string expected = "id INTEGER";
  for (const FieldSpec& field : kSchema) {
    expected += ", " + std::string(field.name);
    switch (field.type) {
      case FieldType::timestamp:
        expected += " (ISO 8601 text)";
        break;
      case FieldType::json_object:
        expected += " (JSON text)";
        break;
      case FieldType::text:
      case FieldType::cron:
      case FieldType::status:
        expected += " (text)";
        break;
    }
    if (!field.required) expected += " [optional]";
  }
  throw Error({.code = ErrorCode::unsuitable_table,
               .operation = "adopt the table",
               .subject = quote_identifier(table),
               .cause = std::move(problem) + "; it has the columns: " + there + "; expected: " + expected,
               .hint = "name another table with `table:`, or alter this one"});
}

bool is_unique(Connection& connection, const TableName& table, const Column& id, const std::vector<Column>& columns) {
  const auto in_key = [](const Column& c) { return c.primary_key_position != 0; };
  if (in_key(id) && std::count_if(columns.begin(), columns.end(), in_key) == 1) return true;
  Statement row = connection.prepare(
      "SELECT 1 FROM pragma_index_list(?1) AS i WHERE i.\"unique\" AND NOT i.partial"
      " AND (SELECT count(*) FROM pragma_index_info(i.name)) = 1"
      " AND (SELECT name FROM pragma_index_info(i.name)) = ?2 COLLATE NOCASE");
  row.bind(1, table.name).bind(2, id.name);
  return row.step();
}

bool holds_integers(const Column& id) {
  const auto has = [&](std::string_view word) { return id.type.find(word) != std::string::npos; };
  return affinity(id.type) == Affinity::integer || id.type.empty() || has("NUM") || has("DEC") || has("SERIAL");
}

// Code points of VARCHAR(n); 0 = the type names no length. SQLite itself does not enforce it.
std::size_t declared_length(const Column& column) {
  const std::size_t open = column.type.find('(');
  if (open == std::string::npos || affinity(column.type) != Affinity::text) return 0;
  std::size_t length = 0;
  std::from_chars(column.type.data() + open + 1, column.type.data() + column.type.size(), length);
  return length;
}

bool is_epoch_column(const Column& column) {
  const Affinity kind = affinity(column.type);
  return kind == Affinity::integer || kind == Affinity::real;
}

// A view takes writes only through INSTEAD OF triggers. SQLite says so when it prepares a write.
void require_writable_view(Connection& connection, const TableName& table, const std::vector<Column>& columns) {
  const std::string name = quote_identifier(table.name);
  for (const std::string& sql : {"DELETE FROM " + name + " WHERE id = 0", "UPDATE " + name + " SET id = 0 WHERE id = 0",
                                 "INSERT INTO " + name + " (id) VALUES (0)"}) {
    try {
      connection.prepare(sql);
    } catch (const Error& error) {
      unsuitable(
          table, columns,
          "it is a view without INSTEAD OF triggers for INSERT, UPDATE and DELETE (" + error.parts().cause + ")");
    }
  }
}

void place_column(TaskColumns& out, const Column& column, const TableName& table, const std::vector<Column>& all) {
  const std::string lower = [&] {
    std::string name(column.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return 'A' <= c && c <= 'Z' ? char(c + 32) : c; });
    return name;
  }();
  if (lower == kIdName) {
    out.id = column.name;
    return;
  }
  const std::optional<Field> field = field_by_name(lower);
  if (!field) {
    if (column.generated) return;
    out.unknown.push_back(column.name);
    if (column.not_null && !column.has_default) out.demanding.push_back(column.name);
    return;
  }
  const FieldSpec& rule = spec(*field);
  const bool epoch = rule.type == FieldType::timestamp && is_epoch_column(column);
  if (rule.required && column.generated) unsuitable(table, all, column.name + " is a generated column");
  if (rule.required && epoch) unsuitable(table, all, column.name + " is " + column.type + ", not ISO 8601 text");
  // An optional field that the column cannot hold is a field that the table does not have.
  if (column.generated || epoch) return;
  out.names[static_cast<std::size_t>(*field)] = column.name;
  out.shape.columns.insert(*field);
  out.shape.max_length[static_cast<std::size_t>(*field)] = declared_length(column);
  if (!column.not_null) out.shape.nullable.insert(*field);
}

}  // namespace

TaskColumns read_task_columns(Connection& connection, const TableName& table) {
  TaskColumns out;
  Statement kind =
      connection.prepare("SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')");
  kind.bind(1, table.name);
  if (!kind.step()) return out;
  out.is_view = kind.text(0) == "view";
  out.shape.exists = true;

  const std::vector<Column> columns = read_columns(connection, table);
  for (const Column& column : columns) place_column(out, column, table, columns);
  std::string missing = out.id.empty() ? std::string(kIdName) : "";
  for (const FieldSpec& field : kSchema) {
    if (field.required && !out.shape.columns.contains(field.field)) {
      missing += (missing.empty() ? "" : ", ") + std::string(field.name);
    }
  }
  if (!missing.empty()) unsuitable(table, columns, "it lacks " + missing);

  const Column& id = *std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == out.id; });
  if (out.is_view) {
    require_writable_view(connection, table, columns);
    return out;
  }
  if (!holds_integers(id)) unsuitable(table, columns, "its id is " + id.type + ", but a task's id is an integer");
  if (!is_unique(connection, table, id, columns))
    unsuitable(table, columns, "its id is neither the primary key nor unique");
  return out;
}

}  // namespace lockstep::sqlite
