#include "store/postgres/task_writes.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "store/postgres/savepoint.hpp"
#include "store/postgres/task_rows.hpp"

namespace lockstep::postgres {
namespace {

using Changes = std::vector<const RowChange*>;
using ChangeSpan = std::span<const RowChange* const>;

// One statement takes at most so many rows: its parameters stay far below the protocol's 1 GB.
constexpr std::size_t kRowsPerStatement = 20'000;

// A refusal of one row's content by the table's owner, as opposed to a failure of the whole.
bool is_refusal(const SqlError& error, const Relation& relation) {
  const std::string_view group = error.sqlstate_class();
  if (group == "22" || group == "23" || group == "27" || group == "44" || group == "P0") return true;
  return error.sqlstate() == "42501" && relation.row_security;
}

[[noreturn]] void changed_meanwhile(std::int64_t id, std::string cause) {
  throw Error({.code = ErrorCode::changed,
               .operation = "write",
               .subject = "task " + std::to_string(id),
               .cause = std::move(cause),
               .hint = "another writer was faster; try again",
               .retryable = true});
}

std::vector<std::int64_t> ids_of(ChangeSpan changes) {
  std::vector<std::int64_t> ids;
  ids.reserve(changes.size());
  for (const RowChange* change : changes) ids.push_back(change->task->id);
  return ids;
}

// ---- the value that a write expects -------------------------------------------------------------------

void check_expected(Connection& connection, const Relation& relation, ChangeSpan changes) {
  const FieldSet compared = FieldSet::synced() & relation.shape.columns;
  for (std::size_t first = 0; first < changes.size(); first += kRowsPerStatement) {
    const ChangeSpan part = changes.subspan(first, std::min(kRowsPerStatement, changes.size() - first));
    // Not held: in REPEATABLE READ, writing a row that another has changed since fails by itself.
    const TableRows rows = read_rows(connection, relation, ids_of(part), false);
    if (!rows.invalid.empty()) changed_meanwhile(rows.invalid.front().id, "the row is no longer valid");
    auto row = rows.tasks.begin();
    for (const RowChange* change : part) {
      if (row == rows.tasks.end() || row->id != change->task->id) {
        changed_meanwhile(change->task->id, "the row is no longer there");
      }
      if (!differing(*row, change->expected, compared).empty()) {
        changed_meanwhile(change->task->id, "the row is no longer as it was read");
      }
      ++row;
    }
  }
}

// ---- statements over many rows ------------------------------------------------------------------------

// The columns of some rows as array parameters, and how a statement names them: `unnest($1, $2) AS s(id, c0)`.
class RowArrays {
 public:
  explicit RowArrays(const Relation& relation) : relation_(relation), ids_(Array::Element::int8) {}

  void add_field(Field field) {
    const bool instant = spec(field).type == FieldType::timestamp;
    columns_.push_back({field, Array(instant ? Array::Element::timestamptz : Array::Element::text)});
  }
  void add_row(const Task& task) {
    ids_.add_int64(task.id);
    for (auto& [field, array] : columns_) {
      const Value& value = task[field];
      if (const auto* instant = std::get_if<Timestamp>(&value)) array.add_int64(to_wire(*instant));
      else if (const auto* json = std::get_if<JsonText>(&value)) array.add_bytes(json->text);
      else if (const auto* text = std::get_if<std::string>(&value)) array.add_bytes(*text);
      else array.add_null();
    }
  }
  Parameters parameters() const {
    Parameters out;
    out.add(ids_);
    for (const auto& column : columns_) out.add(column.second);
    return out;
  }
  std::size_t parameter_count() const { return columns_.size() + 1; }

  std::string source() const {
    std::string arrays = "$1::int8[]";
    std::string names = "id";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool instant = spec(columns_[i].first).type == FieldType::timestamp;
      arrays += ", $" + std::to_string(i + 2) + (instant ? "::timestamptz[]" : "::text[]");
      names += ", c" + std::to_string(i);
    }
    return "unnest(" + arrays + ") AS s(" + names + ")";
  }
  // Assignment converts the rest, and unlike a cast refuses what is too long for the column.
  std::string expression(std::size_t i) const {
    const Column& column = *relation_.column(columns_[i].first);
    const std::string name = "s.c" + std::to_string(i);
    const bool cast = column.kind == ColumnKind::json || column.kind == ColumnKind::jsonb ||
                      column.kind == ColumnKind::enumerated;
    return cast ? name + "::" + column.type : name;
  }
  std::string column_sql(std::size_t i) const { return quote_identifier(relation_.column(columns_[i].first)->name); }
  std::size_t fields() const { return columns_.size(); }

 private:
  const Relation& relation_;
  Array ids_;
  std::vector<std::pair<Field, Array>> columns_;
};

// ---- singling out what is refused ---------------------------------------------------------------------

using Attempt = std::function<std::int64_t(ChangeSpan)>;  // writes them all; how many rows it wrote

struct Writer {
  Connection& connection;
  const Relation& relation;
  std::vector<RefusedRow>& refused;

  // nullopt = written. Else why not, with everything as before.
  std::optional<std::string> try_to(ChangeSpan changes, const Attempt& attempt) {
    Savepoint savepoint(connection);
    try {
      const std::int64_t written = attempt(changes);
      if (written != static_cast<std::int64_t>(changes.size()) && !relation.has_rules) {
        savepoint.roll_back();
        return "a trigger or policy of the table suppressed it";
      }
      savepoint.release();
      return std::nullopt;
    } catch (const SqlError& error) {
      if (!is_refusal(error, relation)) throw;
      savepoint.roll_back();
      // Not visible when the transaction began, yet there: somebody else has just used the id.
      if (changes.size() == 1 && error.sqlstate() == "23505" && is_about_ids(error.constraint()))
        changed_meanwhile(changes.front()->task->id, error.parts().cause);
      return error.parts().cause;
    }
  }

  bool is_about_ids(const std::string& constraint) {
    const std::vector<std::string> of_id = read_id_constraints(connection, relation);
    return std::find(of_id.begin(), of_id.end(), constraint) != of_id.end();
  }

  // Halves what is refused until the rows to blame stand alone: k of n cost about k·log2(n) statements.
  void write(ChangeSpan changes, const Attempt& attempt, std::string_view verb) {
    if (changes.empty()) return;
    const std::optional<std::string> problem = try_to(changes, attempt);
    if (!problem) return;
    if (changes.size() == 1) {
      const std::int64_t id = changes.front()->task->id;
      refused.push_back({.id = id,
                         .message = "task " + std::to_string(id) + " could not be " + std::string(verb) + ": " + *problem});
      return;
    }
    write(changes.first(changes.size() / 2), attempt, verb);
    write(changes.subspan(changes.size() / 2), attempt, verb);
  }

  void write_in_parts(const Changes& changes, const Attempt& attempt, std::string_view verb) {
    for (std::size_t first = 0; first < changes.size(); first += kRowsPerStatement) {
      write(ChangeSpan(changes).subspan(first, std::min(kRowsPerStatement, changes.size() - first)), attempt, verb);
    }
  }
};

// ---- deletions, updates -------------------------------------------------------------------------------

void remove_rows(Writer& writer, const Changes& changes) {
  const std::string sql = "DELETE FROM " + writer.relation.sql + " WHERE id = ANY($1)";
  writer.write_in_parts(changes, [&](ChangeSpan part) {
    return writer.connection.query(sql, Parameters().add_ids(ids_of(part)), "delete tasks").affected();
  }, "deleted");
}

void update_rows(Writer& writer, FieldSet fields, const Changes& changes, Timestamp now) {
  const Relation& relation = writer.relation;
  writer.write_in_parts(changes, [&](ChangeSpan part) {
    RowArrays arrays(relation);
    for (const FieldSpec& field : kSchema) {
      if (fields.contains(field.field)) arrays.add_field(field.field);
    }
    for (const RowChange* change : part) arrays.add_row(change->task);
    std::string sets;
    for (std::size_t i = 0; i < arrays.fields(); ++i) {
      sets += (i == 0 ? "" : ", ") + arrays.column_sql(i) + " = " + arrays.expression(i);
    }
    Parameters parameters = arrays.parameters();
    if (relation.column(Field::updated_at)) {
      sets += (sets.empty() ? "" : ", ") + quote_identifier("updated_at") + " = $" +
              std::to_string(arrays.parameter_count() + 1) + "::timestamptz";
      parameters.add(now);
    }
    if (sets.empty()) return static_cast<std::int64_t>(part.size());
    return writer.connection
        .query("UPDATE " + relation.sql + " AS t SET " + sets + " FROM " + arrays.source() + " WHERE t.id = s.id",
               parameters, "update tasks")
        .affected();
  }, "updated");
}

// ---- inserts ------------------------------------------------------------------------------------------

// The row as it is to be inserted: created_at from the task where it has one, updated_at now.
Task stamped(const Task& task, Timestamp now) {
  Task row = task;
  if (!row.instant(Field::created_at)) row[Field::created_at] = now;
  row[Field::updated_at] = now;
  return row;
}

// The columns that get a value. A null where the column takes none is left out: its default may do.
FieldSet columns_to_fill(const Relation& relation, const Task& row) {
  FieldSet fields;
  for (const FieldSpec& field : kSchema) {
    const std::optional<Column>& column = relation.column(field.field);
    if (column && !(is_null(row[field.field]) && column->not_null)) fields.insert(field.field);
  }
  return fields;
}

void add_copy_value(CopyRows& rows, ColumnKind kind, const Value& value) {
  if (const auto* instant = std::get_if<Timestamp>(&value)) rows.add_int64(to_wire(*instant));
  else if (const auto* text = std::get_if<std::string>(&value)) rows.add_bytes(*text);
  else if (const auto* json = std::get_if<JsonText>(&value)) {
    if (kind == ColumnKind::jsonb) rows.add_jsonb(json->text);
    else rows.add_bytes(json->text);
  } else {
    rows.add_null();
  }
}

void add_copy_id(CopyRows& rows, ColumnKind kind, std::int64_t id) {
  if (kind == ColumnKind::int2) rows.add_int16(static_cast<std::int16_t>(id));
  else if (kind == ColumnKind::int4) rows.add_int32(static_cast<std::int32_t>(id));
  else rows.add_int64(id);
}

// COPY writes the given id into an identity column too, `generated always` or not.
std::int64_t copy_rows(Writer& writer, FieldSet fields, ChangeSpan changes, Timestamp now) {
  const Relation& relation = writer.relation;
  std::string columns = quote_identifier(kIdName);
  std::vector<Field> order;
  for (const FieldSpec& field : kSchema) {
    if (!fields.contains(field.field)) continue;
    order.push_back(field.field);
    columns += ", " + quote_identifier(field.name);
  }
  std::size_t next = 0;
  return writer.connection.copy_in(
      "COPY " + relation.sql + " (" + columns + ") FROM STDIN (FORMAT binary)", "insert tasks", [&](CopyRows& rows) {
        const Task row = stamped(changes[next]->task, now);
        rows.begin_row(order.size() + 1);
        add_copy_id(rows, relation.id.kind, row.id);
        for (const Field field : order) add_copy_value(rows, relation.column(field)->kind, row[field]);
        return ++next < changes.size();
      });
}

// Where COPY does not reach (a view, policies, rules), or columns beyond ours come from a former row's image:
// `restored` names those, and each change then has an image.
std::int64_t insert_rows(Writer& writer, FieldSet fields, const std::vector<std::string>& restored, ChangeSpan changes,
                         Timestamp now) {
  const Relation& relation = writer.relation;
  RowArrays arrays(relation);
  for (const FieldSpec& field : kSchema) {
    if (fields.contains(field.field)) arrays.add_field(field.field);
  }
  for (const RowChange* change : changes) arrays.add_row(stamped(change->task, now));
  std::string columns = quote_identifier(kIdName);
  std::string values = "s.id";
  for (std::size_t i = 0; i < arrays.fields(); ++i) {
    columns += ", " + arrays.column_sql(i);
    values += ", " + arrays.expression(i);
  }
  std::string source = arrays.source();
  Parameters parameters = arrays.parameters();
  if (!restored.empty()) {
    Array ids(Array::Element::int8);
    Array images(Array::Element::text);
    for (const RowChange* change : changes) {
      ids.add_int64(change->task->id);
      images.add_bytes(*change->image);
    }
    const std::size_t at = arrays.parameter_count();
    parameters.add(ids).add(images);
    std::string definition;
    for (const std::string& name : restored) {
      columns += ", " + quote_identifier(name);
      values += ", r." + quote_identifier(name);
      const auto column = std::find_if(relation.columns.begin(), relation.columns.end(),
                                       [&name](const Column& c) { return c.name == name; });
      definition += (definition.empty() ? "" : ", ") + quote_identifier(name) + " " + column->type;
    }
    source += " JOIN unnest($" + std::to_string(at + 1) + "::int8[], $" + std::to_string(at + 2) +
              "::text[]) AS i(id, image) ON i.id = s.id CROSS JOIN LATERAL json_to_record(i.image::json) AS r(" +
              definition + ")";
  }
  return writer.connection
      .query("INSERT INTO " + relation.sql + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + values + " FROM " +
                 source,
             parameters, "insert tasks")
      .affected();
}

// The columns that lockstep does not know and that both the image and the table have.
std::vector<std::string> restorable(const Relation& relation, const RowChange& change) {
  std::vector<std::string> names;
  if (!change.image) return names;
  const JsonResult image = parse_json(*change.image);
  if (!image.ok()) return names;
  for (const Column& column : relation.columns) {
    const std::optional<Field> field = field_by_name(column.name);
    if (column.name == kIdName || column.generated || (field && relation.column(*field))) continue;
    if (image.value.find(column.name) != nullptr) names.push_back(column.name);
  }
  return names;
}

void insert_all(Writer& writer, const Changes& inserts, Timestamp now) {
  std::map<std::pair<std::vector<std::string>, std::uint16_t>, std::pair<FieldSet, Changes>> groups;
  for (const RowChange* change : inserts) {
    const FieldSet fields = columns_to_fill(writer.relation, stamped(change->task, now));
    auto& group = groups[{restorable(writer.relation, *change), fields.bits()}];
    group.first = fields;
    group.second.push_back(change);
  }
  for (const auto& [key, group] : groups) {
    const std::vector<std::string>& restored = key.first;
    const FieldSet fields = group.first;
    if (restored.empty() && writer.relation.takes_copy()) {
      // COPY streams: one statement for any number of rows.
      writer.write(group.second, [&](ChangeSpan part) { return copy_rows(writer, fields, part, now); }, "inserted");
    } else {
      writer.write_in_parts(
          group.second, [&](ChangeSpan part) { return insert_rows(writer, fields, restored, part, now); }, "inserted");
    }
  }
}

}  // namespace

std::vector<RefusedRow> apply_changes(Connection& connection, const Relation& relation,
                                      std::span<const RowChange> changes, Timestamp now) {
  Changes inserts;
  Changes removals;
  Changes checked;
  std::map<std::uint16_t, std::pair<FieldSet, Changes>> updates;  // by the fields that they set
  for (const RowChange& change : changes) {
    switch (change.action) {
      case Action::insert: inserts.push_back(&change); break;
      case Action::remove: removals.push_back(&change); break;
      case Action::update: {
        const FieldSet fields = change.fields & relation.shape.columns;
        updates[fields.bits()].first = fields;
        updates[fields.bits()].second.push_back(&change);
      }
    }
    if (change.action != Action::insert) checked.push_back(&change);
  }
  const auto by_id = [](const RowChange* a, const RowChange* b) { return a->task->id < b->task->id; };
  // Always in the order of ids, so that two syncs cannot hold each other up crosswise.
  std::sort(checked.begin(), checked.end(), by_id);
  check_expected(connection, relation, checked);

  std::vector<RefusedRow> refused;
  Writer writer{connection, relation, refused};
  remove_rows(writer, removals);
  for (const auto& [bits, group] : updates) update_rows(writer, group.first, group.second, now);
  insert_all(writer, inserts, now);
  if (!inserts.empty()) {
    raise_sequence(connection, relation, (*std::max_element(inserts.begin(), inserts.end(), by_id))->task->id);
  }
  std::sort(refused.begin(), refused.end(), [](const RefusedRow& a, const RefusedRow& b) { return a.id < b.id; });
  return refused;
}

void raise_sequence(Connection& connection, const Relation& relation, std::int64_t id) {
  const std::optional<IdSequence> sequence = read_id_sequence(connection, relation);
  if (!sequence || !sequence->usable) return;
  constexpr std::string_view kOperation = "move the id sequence";
  // Taking numbers never goes back, whoever else takes some at the same time. Too slow for a wide gap: there setval
  // bridges it, which could set the sequence back behind another setval. The lock keeps other syncs apart, and no
  // application takes so many numbers between the reading and the setting.
  constexpr std::int64_t kNarrowGap = 1'000;
  const Result state =
      connection.query("SELECT s.last_value, s.is_called, q.seqincrement, q.seqmax FROM " + sequence->sql +
                           " s, pg_catalog.pg_sequence q WHERE q.seqrelid = $1::regclass",
                       Parameters().add(sequence->sql), kOperation);
  if (state.rows() == 0) return;
  const std::int64_t next = state.integer(0, 0) + (state.boolean(0, 1) ? 1 : 0);
  if (next > id || state.integer(0, 2) < 1 || state.integer(0, 3) < id) return;
  if (id - next < kNarrowGap) {
    connection.query("SELECT count(nextval($1::regclass)) FROM generate_series($2::int8, $3::int8, $4::int8)",
                     Parameters().add(sequence->sql).add(next).add(id).add(state.integer(0, 2)), kOperation);
    return;
  }
  connection.query("SELECT pg_advisory_xact_lock(hashtextextended('lockstep sequence ' || $1, 0))",
                   Parameters().add(sequence->sql), kOperation);
  connection.query("SELECT setval($1::regclass, $2::int8) FROM " + sequence->sql + " WHERE last_value < $2::int8",
                   Parameters().add(sequence->sql).add(id), kOperation);
}

}  // namespace lockstep::postgres
