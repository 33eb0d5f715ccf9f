#include "store/sqlite/task_table.hpp"

#include <algorithm>

namespace lockstep::sqlite {
namespace {

ColumnValue column_value(const Statement& row, int column, Field field) {
  const int type = row.type(column);
  if (type == SQLITE_TEXT) return read_column(field, row.text(column));
  if (type == SQLITE_NULL) return read_column(field, std::nullopt);
  const std::string name(spec(field).name);
  if (type == SQLITE_BLOB) return {.value = {}, .problem = name + " holds bytes, not text"};
  if (spec(field).type == FieldType::timestamp) {
    return {.value = {},
            .problem = name + " is the number " + row.string(column) +
                       ", not ISO 8601 text; write it as `2026-11-22 08:00:00` (UTC)"};
  }
  return read_column(field, row.text(column));
}

// `scratch` holds the text of an instant until the statement is reset.
void bind_value(Statement& statement, int parameter, const Value& value, std::string& scratch) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    statement.bind(parameter, *text);
  } else if (const auto* json = std::get_if<JsonText>(&value)) {
    statement.bind(parameter, json->text);
  } else if (const auto* instant = std::get_if<Timestamp>(&value)) {
    scratch = format_sql(*instant);
    statement.bind(parameter, scratch);
  } else {
    statement.bind_null(parameter);
  }
}

int action_order(Action action) {
  switch (action) {
    case Action::remove:
      return 0;
    case Action::update:
      return 1;
    case Action::insert:
      break;
  }
  return 2;
}

[[noreturn]] void changed_meanwhile(const RowChange& change, std::string cause) {
  throw Error({.code = ErrorCode::changed,
               .operation = std::string(to_string(change.action)),
               .subject = "task " + std::to_string(change.task->id),
               .cause = std::move(cause),
               .hint = {},
               .retryable = true});
}

}  // namespace

SqliteTaskTable::SqliteTaskTable(Connection& connection, const TableName& table)
    : connection_(connection),
      name_(quote_identifier(table.name)),
      table_(table),
      columns_(read_task_columns(connection, table)) {
  if (!columns_.shape.exists) return;
  select_list_ = quote_identifier(columns_.id);
  std::string places = "?";
  int next = 1;
  for (const FieldSpec& field : kSchema) {
    if (!columns_.shape.columns.contains(field.field)) continue;
    index_[static_cast<std::size_t>(field.field)] = next++;
    select_list_ += ", " + quote_identifier(columns_.name(field.field));
    places += ", ?";
  }
  // OR ABORT: whatever the table's own ON CONFLICT clauses say, a refusal concerns this row alone.
  insert_sql_ = "INSERT OR ABORT INTO " + name_ + " (" + select_list_ + ") VALUES (" + places + ")";
  delete_sql_ = "DELETE FROM " + name_ + " WHERE " + quote_identifier(columns_.id) + " = ?";
}

TableRows SqliteTaskTable::rows() {
  if (!columns_.shape.exists) return {};
  const std::optional<std::int64_t> expected = connection_.integer("SELECT count(*) FROM " + name_);
  return collect(connection_.prepare("SELECT " + select_list_ + " FROM " + name_ + " ORDER BY 1"),
                 static_cast<std::size_t>(expected.value_or(0)));
}

std::string SqliteTaskTable::version() {
  if (!columns_.shape.exists || columns_.is_view) return {};
  return connection_.version_mark() + ":" + std::to_string(connection_.rows_written());
}

TableRows SqliteTaskTable::rows_of(std::span<const std::int64_t> ids) {
  if (!columns_.shape.exists || ids.empty()) return {};
  std::string list = "[";
  for (const std::int64_t id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id);
  list += ']';
  Statement row = connection_.prepare("SELECT " + select_list_ + " FROM " + name_ + " WHERE " + quote_identifier(columns_.id) +
                                      " IN (SELECT value FROM json_each(?)) ORDER BY 1");
  row.bind(1, list);
  return collect(std::move(row), ids.size());
}

TableRows SqliteTaskTable::collect(Statement row, std::size_t expected) {
  RowCollector collector(columns_.shape.columns, expected);
  std::int64_t previous = INT64_MIN;
  while (row.step()) {
    if (row.type(0) != SQLITE_INTEGER) {
      collector.reject(0, kIdName,
                       "id " + (row.is_null(0) ? "NULL" : quoted_for_message(row.text(0))) + " is not an integer");
      continue;
    }
    const std::int64_t id = row.integer(0);
    if (id == previous) {  // only a view lets it come to that
      throw Error({.code = ErrorCode::unsuitable_table,
                   .operation = "read",
                   .subject = name_,
                   .cause = "the id " + std::to_string(id) + " appears more than once"});
    }
    previous = id;
    collector.add(id, [&](Field field) { return column_value(row, index_[static_cast<std::size_t>(field)], field); });
  }
  return collector.take();
}

std::int64_t SqliteTaskTable::highest_id() {
  if (!columns_.shape.exists) return 0;
  const std::string id = quote_identifier(columns_.id);
  const std::optional<std::int64_t> highest = connection_.integer("SELECT " + id + " FROM " + name_ + " WHERE typeof(" +
                                                                  id + ") = 'integer' ORDER BY 1 DESC LIMIT 1");
  return std::max<std::int64_t>(highest.value_or(0), 0);
}

// ---- writing -----------------------------------------------------------------------------------------

std::vector<RefusedRow> SqliteTaskTable::apply(std::span<const RowChange> changes, Timestamp now) {
  if (changes.empty()) return {};
  // Removals make room for what other rows of the run bring (unique columns), so they come first.
  std::vector<const RowChange*> ordered;
  ordered.reserve(changes.size());
  for (const RowChange& change : changes) ordered.push_back(&change);
  std::stable_sort(ordered.begin(), ordered.end(), [](const RowChange* a, const RowChange* b) {
    return action_order(a->action) < action_order(b->action);
  });

  // A foreign key that is checked at COMMIT would refuse the whole transaction without a word about the row.
  const bool deferrable =
      connection_.integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%DEFERRABLE%' LIMIT 1")
          .has_value();
  if (deferrable) connection_.execute("SAVEPOINT lockstep_apply");
  Pass pass = apply_all(ordered, now, false);
  if (deferrable) {
    if (connection_.has_deferred_violations()) {
      connection_.execute("ROLLBACK TO lockstep_apply");
      pass = apply_all(std::move(ordered), now, true);
    }
    connection_.execute("RELEASE lockstep_apply");
  }
  std::sort(pass.reasons.begin(), pass.reasons.end(),
            [](const RefusedRow& a, const RefusedRow& b) { return a.id < b.id; });
  return std::move(pass.reasons);
}

// Rows may need each other (a row whose parent row of the same table goes or comes in the same run): what was
// refused is tried again for as long as others got through.
SqliteTaskTable::Pass SqliteTaskTable::apply_all(std::vector<const RowChange*> changes, Timestamp now,
                                                 bool one_by_one) {
  for (;;) {
    Pass pass;
    for (const RowChange* change : changes) {
      std::optional<std::string> refusal = one_by_one ? apply_alone(*change, now) : apply_one(*change, now);
      if (!refusal) continue;
      pass.refused.push_back(change);
      pass.reasons.push_back({.id = change->task->id, .message = std::move(*refusal)});
    }
    if (pass.refused.empty() || pass.refused.size() == changes.size()) return pass;
    changes = std::move(pass.refused);
  }
}

std::optional<std::string> SqliteTaskTable::apply_alone(const RowChange& change, Timestamp now) {
  connection_.execute("SAVEPOINT lockstep_row");
  std::optional<std::string> refusal = apply_one(change, now);
  if (!refusal && connection_.has_deferred_violations()) {
    connection_.execute("ROLLBACK TO lockstep_row");
    refusal = explain("FOREIGN KEY constraint failed", change);
  }
  connection_.execute("RELEASE lockstep_row");
  return refusal;
}

std::optional<std::string> SqliteTaskTable::apply_one(const RowChange& change, Timestamp now) {
  if (change.action != Action::insert) require_expected(change);
  std::optional<std::string> refusal = write(change, now);
  if (!refusal) return std::nullopt;
  if (!connection_.in_transaction()) {
    throw Error({.code = ErrorCode::database,
                 .operation = std::string(to_string(change.action)),
                 .subject = "task " + std::to_string(change.task->id),
                 .cause = "a trigger of the table rolled the whole transaction back: " + *refusal});
  }
  if (change.action == Action::insert && exists(change.task->id))
    changed_meanwhile(change, "there is a row with this id now");
  return explain(std::move(*refusal), change);
}

bool SqliteTaskTable::exists(std::int64_t id) {
  Statement row = connection_.prepare("SELECT 1 FROM " + name_ + " WHERE " + quote_identifier(columns_.id) + " = ?");
  return row.bind(1, id).step();
}

std::optional<std::string> SqliteTaskTable::write(const RowChange& change, Timestamp now) {
  std::optional<std::string> refusal;
  switch (change.action) {
    case Action::remove:
      refusal = connection_.prepare(delete_sql_).bind(1, change.task->id).run_unless_refused();
      break;
    case Action::insert:
      refusal = insert(change, now);
      break;
    case Action::update:
      select_update(change.fields);
      if (update_fields_.empty()) return std::nullopt;
      refusal = update(change, now);
      break;
  }
  // A view's triggers do not count as changes.
  if (!refusal && !columns_.is_view && connection_.rows_changed() == 0)
    return "a trigger of the table left the row as it was";
  return refusal;
}

std::optional<std::string> SqliteTaskTable::insert(const RowChange& change, Timestamp now) {
  const Value moment = now;
  std::array<std::string, kFieldCount> scratch;
  const UnknownValues extra = change.image ? unknown_values(*change.image) : UnknownValues{};
  Statement statement = connection_.prepare(extra.empty() ? insert_sql_ : insert_sql(extra));
  statement.bind(1, change.task->id);
  int next = 2;
  for (const FieldSpec& field : kSchema) {
    if (!columns_.shape.columns.contains(field.field)) continue;
    const Value& given = change.task[field.field];
    const bool is_now = field.field == Field::updated_at || (field.field == Field::created_at && is_null(given));
    bind_value(statement, next++, is_now ? moment : given, scratch[static_cast<std::size_t>(field.field)]);
  }
  for (const UnknownValue& value : extra) value.bind(statement, next++);
  return statement.run_unless_refused();
}

std::optional<std::string> SqliteTaskTable::update(const RowChange& change, Timestamp now) {
  const Value moment = now;
  std::array<std::string, kFieldCount> scratch;
  Statement statement = connection_.prepare(update_sql_);
  int next = 1;
  for (const FieldSpec& field : kSchema) {
    if (!update_fields_.contains(field.field)) continue;
    const Value& value = field.field == Field::updated_at ? moment : change.task[field.field];
    bind_value(statement, next++, value, scratch[static_cast<std::size_t>(field.field)]);
  }
  statement.bind(next, change.task->id);
  return statement.run_unless_refused();
}

void SqliteTaskTable::select_update(FieldSet fields) {
  FieldSet set = fields & columns_.shape.columns;
  if (columns_.shape.columns.contains(Field::updated_at)) set.insert(Field::updated_at);
  if (set == update_fields_) return;
  update_fields_ = set;
  update_sql_.clear();
  for (const FieldSpec& field : kSchema) {
    if (!set.contains(field.field)) continue;
    update_sql_ += update_sql_.empty() ? "UPDATE OR ABORT " + name_ + " SET " : ", ";
    update_sql_ += quote_identifier(columns_.name(field.field)) + " = ?";
  }
  update_sql_ += " WHERE " + quote_identifier(columns_.id) + " = ?";
}

void SqliteTaskTable::require_expected(const RowChange& change) {
  Statement row = connection_.prepare("SELECT " + select_list_ + " FROM " + name_ + " WHERE " +
                                      quote_identifier(columns_.id) + " = ?");
  row.bind(1, change.task->id);
  if (!row.step()) changed_meanwhile(change, "the row is gone");
  Task task = task_with_defaults(change.task->id);
  const FieldSet compared = FieldSet::synced() & columns_.shape.columns;
  for (const FieldSpec& field : kSchema) {
    if (!compared.contains(field.field)) continue;
    ColumnValue read = column_value(row, index_[static_cast<std::size_t>(field.field)], field.field);
    if (!read.problem.empty()) changed_meanwhile(change, read.problem);
    task[field.field] = std::move(read.value);
  }
  if (const FieldSet differs = differing(change.expected, task, compared); !differs.empty()) {
    for (const FieldSpec& field : kSchema) {
      if (differs.contains(field.field))
        changed_meanwhile(change, std::string(field.name) + " of the row is not what it was");
    }
  }
}

}  // namespace lockstep::sqlite
