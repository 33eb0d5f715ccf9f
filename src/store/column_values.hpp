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

// Builds the rows of a table one after another: valid ones, which must come in ascending order of id, become
// tasks, others are reported. Not thread-safe.
class RowCollector {
 public:
  // `columns`: what the table has; other fields keep their defaults. `expected`: about how many rows will come.
  explicit RowCollector(FieldSet columns, std::size_t expected = 0) : columns_(columns) {
    rows_.tasks.reserve(expected);
  }

  // `column(Field)` gives a ColumnValue. An id that is no task id is an invalid row.
  template <typename ColumnOf>
  void add(std::int64_t id, ColumnOf&& column) {
    if (std::optional<std::string> wrong_id = Validator::check_id(id)) return reject(id, kIdName, std::move(*wrong_id));
    rows_.tasks.push_back(defaults_);  // in place: a task is large to move
    Task& task = rows_.tasks.back();
    task.id = id;
    for (const FieldSpec& field : kSchema) {
      if (!columns_.contains(field.field)) continue;
      ColumnValue read = column(field.field);
      if (read.problem.empty()) check(field, read);
      if (!read.problem.empty()) {
        rows_.tasks.pop_back();
        return reject(id, field.name, std::move(read.problem));
      }
      task[field.field] = std::move(read.value);
    }
  }
  void reject(std::int64_t id, std::string_view field, std::string message);
  TableRows take();

 private:
  void check(const FieldSpec&, ColumnValue&);

  FieldSet columns_;
  Validator validator_;
  Task defaults_ = task_with_defaults(0);
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
