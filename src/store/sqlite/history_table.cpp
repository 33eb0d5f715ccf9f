#include "store/sqlite/history_table.hpp"

#include <algorithm>

#include "store/history_size.hpp"
#include "store/names.hpp"

namespace lockstep::sqlite {
namespace {

// As a run is recorded; undo_request, id and author follow where it is read.
constexpr const char* kRunColumns =
    "key, replica, cause, direction, at, duration_ms, status, yaml_inserted, yaml_updated, yaml_deleted,"
    " database_inserted, database_updated, database_deleted, merged, unchanged, conflicts_detected, details";

std::size_t count_at(const Statement& row, int column) { return static_cast<std::size_t>(row.integer(column)); }

Run read_run(const Statement& row) {
  Run run;
  run.key = row.string(0);
  run.replica = row.string(1);
  run.trigger = stored_name(trigger_by_name(row.text(2)), row.text(2));
  run.direction = stored_name(direction_by_name(row.text(3)), row.text(3));
  run.at = Timestamp{row.integer(4)};
  run.duration_ms = row.integer(5);
  run.status = row.string(6);
  run.yaml = {.inserted = count_at(row, 7), .updated = count_at(row, 8), .deleted = count_at(row, 9)};
  run.database = {.inserted = count_at(row, 10), .updated = count_at(row, 11), .deleted = count_at(row, 12)};
  run.merged = count_at(row, 13);
  run.unchanged = count_at(row, 14);
  run.conflicts_detected = count_at(row, 15);
  run.details = row.string(16);
  run.undo_request = row.string(17);
  run.id = row.integer(18);
  run.author = row.string(19);
  return run;
}

ChangeRecord read_change(const Statement& row) {
  return {.task_id = row.integer(0),
          .side = row.integer(1) == 0 ? Side::yaml : Side::database,
          .before = row.string(2),
          .after = row.string(3),
          .author = row.string(4),
          .yaml_text = row.string(5)};
}

}  // namespace

std::string SqliteHistoryTable::select_run() const {
  return std::string("SELECT ") + kRunColumns + ", undo_request, id, " + (authors_ ? "author" : "''") + " FROM lockstep_runs";
}

std::string SqliteHistoryTable::select_changes() const {
  return std::string("SELECT task_id, side, before, after, ") + (authors_ ? "c.author, yaml_text" : "'', ''") +
         " FROM lockstep_changes AS c";
}

std::int64_t SqliteHistoryTable::record(const Run& run, std::span<const ChangeRecord> changes) {
  const std::int64_t bytes = history_bytes(run, changes);
  Statement statement = connection_.prepare(std::string("INSERT INTO lockstep_runs (") + kRunColumns +
                                            ", bytes, author, undo_notes)"
                                            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.bind(1, run.key).bind(2, run.replica).bind(3, to_string(run.trigger)).bind(4, to_string(run.direction));
  statement.bind(5, run.at.micros).bind(6, run.duration_ms).bind(7, run.status);
  int next = 8;
  for (const std::size_t count :
       {run.yaml.inserted, run.yaml.updated, run.yaml.deleted, run.database.inserted, run.database.updated,
        run.database.deleted, run.merged, run.unchanged, run.conflicts_detected}) {
    statement.bind(next++, static_cast<std::int64_t>(count));
  }
  statement.bind(17, run.details).bind(18, bytes).bind(19, run.author).bind(20, run.undo_notes);
  statement.run();
  const std::int64_t id = connection_.last_row_id();
  for (const ChangeRecord& change : changes) {
    Statement row =
        connection_.prepare("INSERT INTO lockstep_changes (run, task_id, side, before, after, author, yaml_text)"
                            " VALUES (?, ?, ?, ?, ?, ?, ?)");
    row.bind(1, id).bind(2, change.task_id).bind(3, std::int64_t{change.side == Side::database});
    row.bind(4, change.before).bind(5, change.after).bind(6, change.author).bind(7, change.yaml_text);
    row.run();
  }
  add_to_total(bytes);
  return id;
}

std::vector<Run> SqliteHistoryTable::runs(const RunFilter& filter) {
  std::vector<Run> runs;
  if (!prepared_) return runs;
  std::string sql = select_run() + " WHERE (?1 IS NULL OR id < ?1)";
  if (filter.task_id) sql += " AND id IN (SELECT run FROM lockstep_changes WHERE task_id = ?2)";
  if (filter.replica) sql += " AND replica = ?3";
  if (filter.after) sql += " AND id > ?5";
  if (filter.undo_requested) sql += " AND undo_request <> ''";
  Statement row = connection_.prepare(sql + " ORDER BY id DESC LIMIT ?4");
  row.bind(1, filter.before);
  if (filter.task_id) row.bind(2, *filter.task_id);
  if (filter.replica) row.bind(3, *filter.replica);
  if (filter.after) row.bind(5, *filter.after);
  row.bind(4, filter.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.limit));
  while (row.step()) runs.push_back(read_run(row));
  return runs;
}

std::optional<Run> SqliteHistoryTable::run(std::int64_t id) {
  if (!prepared_) return std::nullopt;
  Statement row = connection_.prepare(select_run() + " WHERE id = ?");
  return row.bind(1, id).step() ? std::optional(read_run(row)) : std::nullopt;
}

bool SqliteHistoryTable::has_run(std::string_view key) {
  return prepared_ && connection_.prepare("SELECT 1 FROM lockstep_runs WHERE key = ?").bind(1, key).step();
}

std::vector<ChangeRecord> SqliteHistoryTable::changes(std::int64_t run) {
  std::vector<ChangeRecord> changes;
  if (!prepared_) return changes;
  Statement row = connection_.prepare(select_changes() + " WHERE run = ? ORDER BY task_id, side");
  row.bind(1, run);
  while (row.step()) changes.push_back(read_change(row));
  return changes;
}

std::vector<ChangeRecord> SqliteHistoryTable::changes_before(std::int64_t run, std::string_view replica, std::int64_t task_id,
                                                             std::size_t limit) {
  std::vector<ChangeRecord> changes;
  if (!prepared_) return changes;
  Statement row = connection_.prepare(select_changes() + " JOIN lockstep_runs AS r ON r.id = c.run"
                                      " WHERE task_id = ?1 AND run < ?2 AND r.replica = ?3 ORDER BY run DESC, side LIMIT ?4");
  row.bind(1, task_id).bind(2, run).bind(3, replica).bind(4, static_cast<std::int64_t>(limit));
  while (row.step()) changes.push_back(read_change(row));
  return changes;
}

std::string SqliteHistoryTable::undo_notes(std::int64_t run) {
  if (!authors_) return {};
  Statement row = connection_.prepare("SELECT undo_notes FROM lockstep_runs WHERE id = ?");
  return row.bind(1, run).step() ? row.string(0) : std::string();
}

void SqliteHistoryTable::request_undo(std::int64_t run, std::string_view request) {
  connection_.prepare("UPDATE lockstep_runs SET undo_request = ? WHERE id = ?").bind(1, request).bind(2, run).run();
}

// ---- pruning -----------------------------------------------------------------------------------------

// The sum over all runs is kept beside them, so that a sync with nothing to prune costs two look-ups.
std::int64_t SqliteHistoryTable::total_bytes() {
  return connection_.integer("SELECT value FROM lockstep_meta WHERE key = 'history_bytes'").value_or(0);
}

void SqliteHistoryTable::add_to_total(std::int64_t bytes) {
  connection_.prepare("UPDATE lockstep_meta SET value = value + ? WHERE key = 'history_bytes'").bind(1, bytes).run();
}

bool SqliteHistoryTable::remove_next(const std::string& which, const std::string& order,
                                     std::optional<std::int64_t> bound) {
  // The newest run of each replica stays: a file journal that is still to be recovered may ask for it.
  Statement oldest = connection_.prepare("SELECT id, bytes FROM lockstep_runs AS r WHERE " + which +
                                         " AND id < (SELECT max(id) FROM lockstep_runs WHERE replica = r.replica)"
                                         " ORDER BY " +
                                         order + " LIMIT 1");
  if (bound) oldest.bind(1, *bound);
  if (!oldest.step()) return false;
  const std::int64_t id = oldest.integer(0);
  const std::int64_t bytes = oldest.integer(1);
  connection_.prepare("DELETE FROM lockstep_changes WHERE run = ?").bind(1, id).run();
  connection_.prepare("DELETE FROM lockstep_runs WHERE id = ?").bind(1, id).run();
  add_to_total(-bytes);
  return true;
}

void SqliteHistoryTable::prune(Timestamp older_than, std::uint64_t max_bytes) {
  while (remove_next("at < ?1", "at", older_than.micros)) {
  }
  const auto limit = static_cast<std::int64_t>(std::min<std::uint64_t>(max_bytes, INT64_MAX));
  while (total_bytes() > limit && remove_next("true", "id", std::nullopt)) {
  }
}

}  // namespace lockstep::sqlite
