// Whole rows as JSON and back, and why SQLite refused one.
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "store/sqlite/task_table.hpp"

namespace lockstep::sqlite {
namespace {

void append_real(std::string& image, double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  const std::string_view digits(text);
  // Infinities have no JSON form of their own; a number beyond a double's range reads back as one.
  if (digits.find("inf") != std::string_view::npos) {
    image += value < 0 ? "-9e999" : "9e999";
    return;
  }
  image += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) image += ".0";  // stays a real number
}

void append_unknown(std::string& image, const Statement& row, int column) {
  switch (row.type(column)) {
    case SQLITE_NULL:
      image += "null";
      break;
    case SQLITE_INTEGER:
      image += row.text(column);
      break;
    case SQLITE_FLOAT:
      append_real(image, row.real(column));
      break;
    case SQLITE_BLOB:
      append_image_bytes(image, "bytes_hex", row.blob(column));
      break;
    default:
      append_image_text(image, row.text(column));
      break;
  }
}

}  // namespace

std::vector<std::string> SqliteTaskTable::row_images(std::span<const std::int64_t> ids) {
  std::vector<std::string> images(ids.size());
  if (!columns_.shape.exists) return images;
  std::string sql = "SELECT " + select_list_;
  for (const std::string& name : columns_.unknown) sql += ", " + quote_identifier(name);
  sql += " FROM " + name_ + " WHERE " + quote_identifier(columns_.id) + " = ?";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Statement row = connection_.prepare(sql);
    row.bind(1, ids[i]);
    if (!row.step()) continue;
    std::string& image = images[i];
    image = "{\"id\":" + std::to_string(ids[i]);
    int column = 1;
    for (const FieldSpec& field : kSchema) {
      if (!columns_.shape.columns.contains(field.field)) continue;
      const bool null = row.is_null(column);
      append_image_member(image, field.field, null ? std::nullopt : std::optional(row.text(column)));
      ++column;
    }
    for (const std::string& name : columns_.unknown) {
      image += ',';
      append_json_string(image, name);
      image += ':';
      append_unknown(image, row, column++);
    }
    image += '}';
  }
  return images;
}

SqliteTaskTable::UnknownValues SqliteTaskTable::unknown_values(const std::string& image) const {
  const JsonResult parsed = parse_json(image);
  if (!parsed.ok()) {
    throw Error({.code = ErrorCode::internal,
                 .operation = "insert a former row",
                 .subject = quoted_for_message(image),
                 .cause = "its image is not JSON: " + parsed.problem_message});
  }
  UnknownValues values;
  for (const std::string& column : columns_.unknown) {
    if (const Json* value = parsed.value.find(column))
      values.push_back({.column = column, .value = *value, .bytes = {}});
  }
  for (UnknownValue& value : values) {
    if (value.value.kind != Json::Kind::array && value.value.kind != Json::Kind::object) continue;
    if (auto bytes = bytes_from_image(value.value, "bytes_hex")) {
      value.bytes = std::move(*bytes);
    } else if (auto text = bytes_from_image(value.value, "text_hex")) {
      value.value = Json::string(std::move(*text));
    } else {
      value.value = Json::string(write_json(value.value));  // a JSON column of another database
    }
  }
  return values;
}

std::string SqliteTaskTable::insert_sql(const UnknownValues& extra) const {
  std::string names = select_list_;
  std::string places = "?";
  for (const FieldSpec& field : kSchema) {
    if (columns_.shape.columns.contains(field.field)) places += ", ?";
  }
  for (const UnknownValue& value : extra) {
    names += ", " + quote_identifier(value.column);
    places += ", ?";
  }
  return "INSERT OR ABORT INTO " + name_ + " (" + names + ") VALUES (" + places + ")";
}

void SqliteTaskTable::UnknownValue::bind(Statement& statement, int parameter) const {
  switch (value.kind) {
    case Json::Kind::null:
      statement.bind_null(parameter);
      return;
    case Json::Kind::boolean:
      statement.bind(parameter, std::int64_t{value.boolean});
      return;
    case Json::Kind::string:
      statement.bind(parameter, value.text);
      return;
    case Json::Kind::number: {
      std::int64_t whole = 0;
      const char* end = value.text.data() + value.text.size();
      if (const auto [stop, error] = std::from_chars(value.text.data(), end, whole);
          error == std::errc() && stop == end) {
        statement.bind(parameter, whole);
      } else {
        statement.bind(parameter, std::strtod(value.text.c_str(), nullptr));
      }
      return;
    }
    case Json::Kind::array:
    case Json::Kind::object:
      statement.bind_blob(parameter, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
      return;
  }
}

// SQLite names the column or the check that refuses a row, but not the table behind a foreign key.
std::string SqliteTaskTable::explain(std::string refusal, const RowChange& change) {
  const std::string task = "task " + std::to_string(change.task->id) + ": ";
  if (refusal.find("FOREIGN KEY") == std::string::npos) return task + refusal;
  std::string tables;
  if (change.action == Action::remove) {
    Statement key = connection_.prepare(
        "SELECT m.name, f.\"from\" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f"
        " WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE AND (f.\"to\" IS NULL OR f.\"to\" = ?2 COLLATE "
        "NOCASE)");
    key.bind(1, table_.name).bind(2, columns_.id);
    while (key.step()) {
      Statement child = connection_.prepare("SELECT 1 FROM " + quote_identifier(key.text(0)) + " WHERE " +
                                            quote_identifier(key.text(1)) + " = ? LIMIT 1");
      if (child.bind(1, change.task->id).step())
        tables += (tables.empty() ? "" : ", ") + key.string(0) + "." + key.string(1);
    }
    return task + refusal + (tables.empty() ? "" : " (rows of " + tables + " refer to it)");
  }
  Statement key = connection_.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?)");
  key.bind(1, table_.name);
  while (key.step()) tables += (tables.empty() ? "" : ", ") + key.string(0) + " must be in " + key.string(1);
  return task + refusal + (tables.empty() ? "" : " (" + tables + ")");
}

}  // namespace lockstep::sqlite
