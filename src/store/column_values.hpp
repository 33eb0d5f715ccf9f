// From what a column holds to what a task's field means: one place for all backends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/json.hpp"
#include "model/task.hpp"
#include "model/validation.hpp"
#include "store/store.hpp"

namespace lockstep {

struct ColumnValue {
  Value value;
  std::string problem;  // empty = fits the field's type; names the bad value else
};

// A column as text, nullopt for NULL. NULL in an optional field is its default (so is the JSON text
// `null` in params_json); in a required field it is a problem. Only the type is looked at here:
// Validator::check tells whether the whole task keeps the rules.
ColumnValue read_column(Field, std::optional<std::string_view> text);

// The value as it is bound to a column, the inverse of read_column: instants as `YYYY-MM-DD HH:MM:SS.ffffff`
// in UTC; nullopt = NULL.
std::optional<std::string> column_text(const Value&);

// Builds the rows of a table one after another, in ascending order of id: valid ones become tasks, others
// are reported. Not thread-safe.
class RowCollector {
 public:
  // `columns`: what the table has; other fields keep their defaults.
  explicit RowCollector(FieldSet columns) : columns_(columns) {}

  // `column(Field)` gives a ColumnValue. An id that is no task id is an invalid row.
  template <typename ColumnOf>
  void add(std::int64_t id, ColumnOf&& column) {
    Task task = task_with_defaults(id);
    for (const FieldSpec& field : kSchema) {
      if (!columns_.contains(field.field)) continue;
      ColumnValue read = column(field.field);
      if (!read.problem.empty()) {
        reject(id, field.name, std::move(read.problem));
        return;
      }
      task[field.field] = std::move(read.value);
    }
    keep_if_valid(std::move(task));
  }
  void reject(std::int64_t id, std::string_view field, std::string message);
  TableRows take() { return std::move(rows_); }

 private:
  void keep_if_valid(Task task);

  FieldSet columns_;
  Validator validator_;
  TableRows rows_;
};

// ---- row images: whole rows as JSON objects -----------------------------------------------------------
//
// The history keeps them; an undo brings a row back from one. Columns that are fields stand in the form of
// to_json (RFC 3339, JSON as JSON) where they fit their field, as the text they are else. Columns that
// lockstep does not know keep everything: what JSON text cannot hold (bytes, a NUL) is an object
// {"bytes_hex":"00ff"} or {"text_hex":"…"}.

void append_image_member(std::string& image, Field, std::optional<std::string_view> text);  // with name and comma
void append_image_text(std::string& image, std::string_view text);
void append_image_bytes(std::string& image, std::string_view member, std::string_view bytes);
// The bytes of such an object; nullopt if `value` is not one with that member.
std::optional<std::string> bytes_from_image(const Json& value, std::string_view member);

}  // namespace lockstep
