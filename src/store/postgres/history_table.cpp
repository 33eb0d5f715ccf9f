#include "store/postgres/history_table.hpp"

#include <algorithm>

#include "store/history_size.hpp"
#include "store/names.hpp"
#include "store/postgres/savepoint.hpp"

namespace lockstep::postgres {
namespace {

constexpr const char* kRunColumns =
    "id, key, replica, cause, direction, (extract(epoch FROM at) * 1000000)::int8, duration_ms, status,"
    " yaml_inserted, yaml_updated, yaml_deleted, database_inserted, database_updated, database_deleted, merged, unchanged,"
    " conflicts_detected, details, undo_request";

std::size_t count_at(const Result& rows, int row, int column) {
  return static_cast<std::size_t>(rows.integer(row, column));
}

Run read_run(const Result& rows, int row) {
  Run run;
  run.id = rows.integer(row, 0);
  run.key = rows.text(row, 1);
  run.replica = rows.text(row, 2);
  run.trigger = stored_name(trigger_by_name(rows.text(row, 3)), rows.text(row, 3));
  run.direction = stored_name(direction_by_name(rows.text(row, 4)), rows.text(row, 4));
  run.at = Timestamp{rows.integer(row, 5)};
  run.duration_ms = rows.integer(row, 6);
  run.status = rows.text(row, 7);
  run.yaml = {.inserted = count_at(rows, row, 8), .updated = count_at(rows, row, 9), .deleted = count_at(rows, row, 10)};
  run.database = {
      .inserted = count_at(rows, row, 11), .updated = count_at(rows, row, 12), .deleted = count_at(rows, row, 13)};
  run.merged = count_at(rows, row, 14);
  run.unchanged = count_at(rows, row, 15);
  run.conflicts_detected = count_at(rows, row, 16);
  run.details = rows.text(row, 17);
  run.undo_request = rows.text(row, 18);
  run.author = rows.text(row, 19);
  return run;
}

std::vector<ChangeRecord> read_changes(const Result& rows) {
  std::vector<ChangeRecord> changes;
  for (int row = 0; row < rows.rows(); ++row) {
    changes.push_back({.task_id = rows.integer(row, 0),
                       .side = rows.integer(row, 1) == 0 ? Side::yaml : Side::database,
                       .before = std::string(rows.text(row, 2)),
                       .after = std::string(rows.text(row, 3)),
                       .author = std::string(rows.text(row, 4)),
                       .yaml_text = std::string(rows.text(row, 5))});
  }
  return changes;
}

}  // namespace

std::string PostgresHistoryTable::select_run() const {
  return std::string("SELECT ") + kRunColumns + (authors_ ? ", author" : ", ''") + " FROM lockstep.runs";
}

std::string PostgresHistoryTable::select_changes() const {
  return std::string("SELECT task_id, side, before, after, ") + (authors_ ? "c.author, yaml_text" : "'', ''") +
         " FROM lockstep.changes AS c";
}

std::int64_t PostgresHistoryTable::record(const Run& run, std::span<const ChangeRecord> changes) {
  Parameters values;
  values.add(run.key).add(run.replica).add(to_string(run.trigger)).add(to_string(run.direction)).add(run.at);
  values.add(run.duration_ms).add(run.status);
  for (const std::size_t count :
       {run.yaml.inserted, run.yaml.updated, run.yaml.deleted, run.database.inserted, run.database.updated,
        run.database.deleted, run.merged, run.unchanged, run.conflicts_detected}) {
    values.add(static_cast<std::int64_t>(count));
  }
  values.add(run.details).add(history_bytes(run, changes)).add(run.author).add(run.undo_notes);
  const std::int64_t id =
      connection_
          .query("INSERT INTO lockstep.runs (key, replica, cause, direction, at, duration_ms, status, yaml_inserted,"
                 " yaml_updated, yaml_deleted, database_inserted, database_updated, database_deleted, merged, unchanged,"
                 " conflicts_detected, details, bytes, author, undo_notes) VALUES ($1, $2, $3, $4, $5, $6::int8, $7, $8::int8, $9::int8,"
                 " $10::int8, $11::int8, $12::int8, $13::int8, $14::int8, $15::int8, $16::int8, $17, $18::int8, $19, $20)"
                 " RETURNING id",
                 values, "record the run")
          .integer(0, 0);
  recorded_ = true;
  auto change = changes.begin();
  if (change == changes.end()) return id;
  connection_.copy_in("COPY lockstep.changes (run, task_id, side, before, after, author, yaml_text) FROM STDIN (FORMAT binary)",
                      "record the run's changes", [&](CopyRows& rows) {
                        rows.begin_row(7);
                        rows.add_int64(id);
                        rows.add_int64(change->task_id);
                        rows.add_int16(change->side == Side::database ? 1 : 0);
                        rows.add_bytes(change->before);
                        rows.add_bytes(change->after);
                        rows.add_bytes(change->author);
                        rows.add_bytes(change->yaml_text);
                        return ++change != changes.end();
                      });
  return id;
}

std::vector<Run> PostgresHistoryTable::runs(const RunFilter& filter) {
  std::vector<Run> runs;
  if (!prepared_) return runs;
  Parameters parameters;
  parameters.add(filter.before).add(filter.task_id).add(filter.replica).add(filter.after);
  if (filter.limit == 0) parameters.add(std::nullopt);
  else parameters.add(static_cast<std::int64_t>(filter.limit));
  const Result rows = connection_.query(
      select_run() +
          " WHERE ($1::int8 IS NULL OR id < $1::int8)"
          " AND ($2::int8 IS NULL OR id IN (SELECT run FROM lockstep.changes WHERE task_id = $2::int8))"
          " AND ($3::text IS NULL OR replica = $3) AND ($4::int8 IS NULL OR id > $4::int8)" +
          (filter.undo_requested ? " AND undo_request <> ''" : "") +
          " ORDER BY id DESC LIMIT $5::int8",
      parameters, "read the history");
  for (int row = 0; row < rows.rows(); ++row) runs.push_back(read_run(rows, row));
  return runs;
}

void PostgresHistoryTable::request_undo(std::int64_t run, std::string_view request) {
  recorded_ = true;  // news for the process that carries it out
  connection_.query("UPDATE lockstep.runs SET undo_request = $2 WHERE id = $1::int8", Parameters().add(run).add(request),
                    "store the undo");
}

std::optional<Run> PostgresHistoryTable::run(std::int64_t id) {
  if (!prepared_) return std::nullopt;
  const Result rows =
      connection_.query(select_run() + " WHERE id = $1::int8", Parameters().add(id), "read the history");
  return rows.rows() > 0 ? std::optional(read_run(rows, 0)) : std::nullopt;
}

bool PostgresHistoryTable::has_run(std::string_view key) {
  return prepared_ &&
         connection_.query("SELECT FROM lockstep.runs WHERE key = $1", Parameters().add(key), "look for a run").rows() > 0;
}

std::vector<ChangeRecord> PostgresHistoryTable::changes(std::int64_t run) {
  if (!prepared_) return {};
  return read_changes(connection_.query(select_changes() + " WHERE run = $1::int8 ORDER BY task_id, side",
                                        Parameters().add(run), "read the run's changes"));
}

std::vector<ChangeRecord> PostgresHistoryTable::changes_before(std::int64_t run, std::string_view replica,
                                                               std::int64_t task_id, std::size_t limit) {
  if (!prepared_) return {};
  return read_changes(connection_.query(
      select_changes() + " JOIN lockstep.runs AS r ON r.id = c.run WHERE task_id = $1::int8 AND run < $2::int8"
                         " AND r.replica = $3 ORDER BY run DESC, side LIMIT $4::int8",
      Parameters().add(task_id).add(run).add(replica).add(static_cast<std::int64_t>(limit)), "read the task's changes"));
}

std::string PostgresHistoryTable::undo_notes(std::int64_t run) {
  if (!authors_) return {};
  const Result rows = connection_.query("SELECT undo_notes FROM lockstep.runs WHERE id = $1::int8", Parameters().add(run),
                                        "read the run's notes");
  return rows.rows() > 0 ? std::string(rows.text(0, 0)) : std::string();
}

void PostgresHistoryTable::prune(Timestamp older_than, std::uint64_t max_bytes) {
  const auto limit = static_cast<std::int64_t>(std::min<std::uint64_t>(max_bytes, INT64_MAX));
  try {
    // By age, or because it and all newer ones are too big together. The newest run of each replica stays: a
    // file journal that is still to be recovered may ask for it.
    execute_apart(connection_,
                  "WITH sized AS (SELECT id, at, sum(bytes) OVER (ORDER BY id DESC) AS bytes_so_far,"
                  "                      max(id) OVER (PARTITION BY replica) AS newest FROM lockstep.runs),"
                  "     gone AS (DELETE FROM lockstep.runs WHERE id IN (SELECT id FROM sized WHERE id < newest"
                  "                AND ((extract(epoch FROM at) * 1000000)::int8 < " + std::to_string(older_than.micros) +
                      " OR bytes_so_far > " + std::to_string(limit) + ")) RETURNING id)"
                  " DELETE FROM lockstep.changes WHERE run IN (SELECT id FROM gone)",
                  "prune the history");
  } catch (const SqlError& error) {
    // Another replica's sync has pruned since this transaction began, or is at it: its pruning is as good.
    if (error.code() != ErrorCode::changed && error.code() != ErrorCode::busy) throw;
  }
}

}  // namespace lockstep::postgres
