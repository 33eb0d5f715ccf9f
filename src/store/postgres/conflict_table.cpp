#include "store/postgres/conflict_table.hpp"

#include "model/validation.hpp"
#include "store/names.hpp"

namespace lockstep::postgres {
namespace {

constexpr const char* kWhere =
    " FROM lockstep.conflicts WHERE ($1::text IS NULL OR replica = $1) AND ($2::int8 IS NULL OR task_id = $2::int8)"
    " AND ($3::int8 IS NULL OR number = $3::int8)";

Parameters filtered(const ConflictFilter& filter) {
  return Parameters().add(filter.replica).add(filter.task_id).add(filter.number);
}

std::optional<Task> read_task(const Result& rows, int row, int column) {
  return rows.null(row, column) ? std::nullopt : std::optional(task_from_trusted_json(rows.text(row, column)));
}

Conflict read_conflict(const Result& rows, int row) {
  Conflict conflict;
  conflict.number = rows.integer(row, 0);
  conflict.version = static_cast<int>(rows.integer(row, 1));
  conflict.replica = rows.text(row, 2);
  conflict.task_id = rows.integer(row, 3);
  conflict.finding = {.reason = stored_name(reason_by_text(rows.text(row, 4)), rows.text(row, 4)),
                      .kind = stored_name(kind_by_text(rows.text(row, 5)), rows.text(row, 5)),
                      .fields = fields_by_names(rows.text(row, 6))};
  conflict.yaml = read_task(rows, row, 7);
  conflict.database = read_task(rows, row, 8);
  conflict.base = read_task(rows, row, 9);
  conflict.detected_at = Timestamp{rows.integer(row, 10)};
  conflict.resolution_request = rows.text(row, 11);
  conflict.yaml_author = rows.text(row, 12);
  conflict.database_author = rows.text(row, 13);
  return conflict;
}

// The conflicts as parallel arrays, `s(n, number, version, …)`, for one statement that takes them all.
struct ConflictArrays {
  Array number{Array::Element::int8}, version{Array::Element::int8}, task_id{Array::Element::int8};
  Array replica{Array::Element::text}, reason{Array::Element::text}, kind{Array::Element::text},
      fields{Array::Element::text}, request{Array::Element::text};
  Array yaml_author{Array::Element::text}, database_author{Array::Element::text};
  Array yaml{Array::Element::text}, database{Array::Element::text}, base{Array::Element::text};
  Array detected_at{Array::Element::timestamptz};

  explicit ConflictArrays(std::span<const Conflict> conflicts) {
    for (const Conflict& conflict : conflicts) {
      number.add_int64(conflict.number);
      version.add_int64(conflict.version);
      replica.add_bytes(conflict.replica);
      task_id.add_int64(conflict.task_id);
      reason.add_bytes(to_string(conflict.finding.reason));
      kind.add_bytes(to_string(conflict.finding.kind));
      fields.add_bytes(names_of(conflict.finding.fields));
      add_task(yaml, conflict.yaml);
      add_task(database, conflict.database);
      add_task(base, conflict.base);
      detected_at.add_int64(to_wire(conflict.detected_at));
      request.add_bytes(conflict.resolution_request);
      yaml_author.add_bytes(conflict.yaml_author);
      database_author.add_bytes(conflict.database_author);
    }
  }
  static void add_task(Array& array, const std::optional<Task>& task) {
    if (task) array.add_bytes(to_json_text(*task));
    else array.add_null();
  }
  Parameters parameters() const {
    Parameters out;
    for (const Array* a : {&number, &version, &replica, &task_id, &reason, &kind, &fields, &yaml, &database, &base,
                           &detected_at, &request, &yaml_author, &database_author}) {
      out.add(*a);
    }
    return out;
  }
};

constexpr const char* kColumns =
    "version, replica, task_id, reason, kind, fields, yaml_task, database_task, base_task, detected_at,"
    " resolution_request, yaml_author, database_author";
constexpr const char* kSource =
    " FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::text[], $6::text[], $7::text[], $8::text[],"
    " $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::text[]) WITH ORDINALITY AS s(number, version, replica, task_id,"
    " reason, kind, fields, yaml_task, database_task, base_task, detected_at, resolution_request, yaml_author, database_author, place)";

}  // namespace

std::vector<Conflict> PostgresConflictTable::list(const ConflictFilter& filter) {
  std::vector<Conflict> conflicts;
  if (!prepared_) return conflicts;
  Parameters parameters = filtered(filter);
  if (filter.limit == 0) parameters.add(std::nullopt);
  else parameters.add(static_cast<std::int64_t>(filter.limit));
  parameters.add(static_cast<std::int64_t>(filter.offset));
  const Result rows = connection_.query(
      std::string("SELECT number, version, replica, task_id, reason, kind, fields, yaml_task, database_task, base_task,"
                  " (extract(epoch FROM detected_at) * 1000000)::int8, resolution_request, ") +
          (authors_ ? "yaml_author, database_author" : "'', ''") + kWhere + " ORDER BY number LIMIT $4::int8 OFFSET $5::int8",
      parameters, "read the conflicts");
  for (int row = 0; row < rows.rows(); ++row) conflicts.push_back(read_conflict(rows, row));
  return conflicts;
}

std::size_t PostgresConflictTable::count(const ConflictFilter& filter) {
  if (!prepared_) return 0;
  const Result rows =
      connection_.query(std::string("SELECT count(*)") + kWhere, filtered(filter), "count the conflicts");
  return static_cast<std::size_t>(rows.integer(0, 0));
}

std::vector<std::int64_t> PostgresConflictTable::insert(std::span<const Conflict> conflicts) {
  std::vector<std::int64_t> numbers;
  if (conflicts.empty()) return numbers;
  written_ = true;
  const Result rows = connection_.query(std::string("INSERT INTO lockstep.conflicts (") + kColumns + ") SELECT " +
                                            kColumns + kSource + " ORDER BY s.place RETURNING number",
                                        ConflictArrays(conflicts).parameters(), "record conflicts");
  for (int row = 0; row < rows.rows(); ++row) numbers.push_back(rows.integer(row, 0));
  return numbers;
}

void PostgresConflictTable::reopen(std::span<const Conflict> conflicts) {
  if (conflicts.empty()) return;
  written_ = true;
  connection_.query(std::string("INSERT INTO lockstep.conflicts (number, ") + kColumns +
                        ") OVERRIDING SYSTEM VALUE SELECT number, " + kColumns + kSource,
                    ConflictArrays(conflicts).parameters(), "record conflicts again");
}

void PostgresConflictTable::update(std::span<const Conflict> conflicts) {
  if (conflicts.empty()) return;
  written_ = true;
  const Result rows = connection_.query(
      std::string("UPDATE lockstep.conflicts AS c SET (") + kColumns +
          ") = (s.version, s.replica, s.task_id, s.reason, s.kind, s.fields, s.yaml_task, s.database_task, s.base_task,"
          " s.detected_at, s.resolution_request, s.yaml_author, s.database_author)" +
          kSource + " WHERE c.number = s.number RETURNING c.number",
      ConflictArrays(conflicts).parameters(), "update conflicts");
  if (rows.rows() == static_cast<int>(conflicts.size())) return;
  for (const Conflict& conflict : conflicts) {
    bool found = false;
    for (int row = 0; row < rows.rows(); ++row) found = found || rows.integer(row, 0) == conflict.number;
    if (!found) throw conflict_is_gone(conflict.number);
  }
}

void PostgresConflictTable::close(std::span<const std::int64_t> numbers) {
  if (numbers.empty()) return;
  written_ = true;
  connection_.query("DELETE FROM lockstep.conflicts WHERE number = ANY($1)", Parameters().add_ids(numbers),
                    "close conflicts");
}

}  // namespace lockstep::postgres
