#include "store/postgres/base_table.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "model/validation.hpp"

namespace lockstep::postgres {
namespace {

std::string to_bytes(Fingerprint fingerprint) {
  std::string bytes;
  append_int64(bytes, std::bit_cast<std::int64_t>(fingerprint.high));
  append_int64(bytes, std::bit_cast<std::int64_t>(fingerprint.low));
  return bytes;
}

// Bytes of any other length match nothing: the task is looked at again.
Fingerprint from_bytes(std::string_view bytes) {
  if (bytes.size() != 16) return {};
  return {.high = std::bit_cast<std::uint64_t>(read_int64(bytes.data())),
          .low = std::bit_cast<std::uint64_t>(read_int64(bytes.data() + 8))};
}

constexpr const char* kStateColumns =
    "SELECT name, task_table, host, path, content, agreed, (extract(epoch FROM last_sync) * 1000000)::int8, sync_source,"
    " backup_device, backup_inode, backup_content, backup_run, settings_key, cursor,"
    " array_to_string(unsettled, ','), (extract(epoch FROM full_check) * 1000000)::int8 FROM lockstep.replicas";

std::vector<std::int64_t> ids_of(std::string_view list) {
  std::vector<std::int64_t> ids;
  for (const char* at = list.data(); at < list.data() + list.size(); ++at) {
    std::int64_t id = 0;
    at = std::from_chars(at, list.data() + list.size(), id).ptr;
    ids.push_back(id);
  }
  return ids;
}

std::string array_of(const std::vector<std::int64_t>& ids) {
  std::string list = "{";
  for (const std::int64_t id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id);
  return list + "}";
}

ReplicaState read_state(const Result& rows, int row, std::string_view task_table) {
  ReplicaState state;
  state.name = rows.text(row, 0);
  state.host = rows.text(row, 2);
  state.path = rows.text(row, 3);
  if (!rows.null(row, 4)) state.content = fingerprint_from_hex(rows.text(row, 4));
  const bool same_table = rows.text(row, 1) == task_table;
  state.agreed = rows.boolean(row, 5) && same_table;
  if (!rows.null(row, 6)) state.last_sync = Timestamp{rows.integer(row, 6)};
  state.sync_source = rows.optional_text(row, 7);
  if (const auto content = rows.null(row, 10) ? std::nullopt : fingerprint_from_hex(rows.text(row, 10))) {
    state.backup = BackupMark{.device = std::bit_cast<std::uint64_t>(rows.integer(row, 8)),
                              .inode = std::bit_cast<std::uint64_t>(rows.integer(row, 9)),
                              .content = *content,
                              .run = rows.integer(row, 11)};
  }
  state.settings_key = rows.text(row, 12);
  if (same_table) state.cursor = rows.text(row, 13);
  if (same_table && !rows.null(row, 14)) state.unsettled = ids_of(rows.text(row, 14));
  if (same_table && !rows.null(row, 15)) state.full_check = Timestamp{rows.integer(row, 15)};
  return state;
}

}  // namespace

PostgresBaseTable::PostgresBaseTable(Connection& connection, bool prepared, std::string replica, std::string task_table)
    : connection_(connection), prepared_(prepared), replica_(std::move(replica)), task_table_(std::move(task_table)) {}

const PostgresBaseTable::Stored& PostgresBaseTable::stored() {
  if (stored_) return *stored_;
  Stored& stored = stored_.emplace();
  stored.state.name = replica_;
  if (!prepared_) return stored;
  const Result rows = connection_.query(std::string(kStateColumns) + " WHERE name = $1", Parameters().add(replica_),
                                        "read the replica's state");
  if (rows.rows() == 0) return stored;
  stored.has_base = rows.text(0, 1) == task_table_;
  stored.state = read_state(rows, 0, task_table_);
  return stored;
}

// Makes the replica's row, and its base one about this table.
void PostgresBaseTable::claim() {
  if (claimed_) return;
  if (!has_base()) {
    connection_.query("DELETE FROM lockstep.base WHERE replica = $1", Parameters().add(replica_), "begin the base");
    connection_.query("DELETE FROM lockstep.texts WHERE replica = $1", Parameters().add(replica_), "begin the base");
    connection_.query(
        "INSERT INTO lockstep.replicas (name, task_table) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET task_table = excluded.task_table, agreed = false, cursor = ''",
        Parameters().add(replica_).add(task_table_), "begin the base");
    stored_.reset();
  }
  claimed_ = true;
}

std::vector<IndexEntry> PostgresBaseTable::index() {
  std::vector<IndexEntry> entries;
  if (!has_base()) return entries;
  connection_.copy_out("COPY (SELECT task_id, fingerprint, yaml_updated_at FROM lockstep.base WHERE replica = " +
                           quote_literal(replica_) + ") TO STDOUT (FORMAT binary)",
                       3, "read the base", [&entries](std::span<const Cell> cells) {
                         const std::optional<Timestamp> updated =
                             cells[2].is_null() ? std::nullopt : instant_from_wire(read_int64(cells[2].data));
                         entries.push_back({.id = read_int64(cells[0].data),
                                            .fingerprint = from_bytes(cells[1].view()),
                                            .yaml_updated_at = updated ? updated->micros : IndexEntry::kNoInstant});
                       });
  const auto by_id = [](const IndexEntry& a, const IndexEntry& b) { return a.id < b.id; };
  if (!std::is_sorted(entries.begin(), entries.end(), by_id)) std::sort(entries.begin(), entries.end(), by_id);
  return entries;
}

std::vector<Task> PostgresBaseTable::load(std::span<const std::int64_t> ids) {
  std::vector<Task> tasks;
  if (ids.empty() || !has_base()) return tasks;
  const Result rows = connection_.query(
      "SELECT record FROM lockstep.base WHERE replica = $1 AND task_id = ANY($2) ORDER BY task_id",
      Parameters().add(replica_).add_ids(ids), "read the base");
  tasks.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) tasks.push_back(task_from_trusted_json(rows.text(row, 0)));
  return tasks;
}

// A statement for what is forgotten and one for the rest: of a few, COPY's round trips would be most of the work.
void PostgresBaseTable::write_few(std::span<const BaseChange> changes, FieldSet synced) {
  std::vector<std::int64_t> forgotten;
  Array ids(Array::Element::int8), fingerprints(Array::Element::bytea), updates(Array::Element::timestamptz),
      records(Array::Element::text);
  for (const BaseChange& change : changes) {
    if (!change.task) {
      forgotten.push_back(change.id);
      continue;
    }
    const Task& task = *change.task;
    ids.add_int64(change.id);
    fingerprints.add_bytes(to_bytes(fingerprint(task, synced)));
    if (const std::optional<Timestamp> updated = task.instant(Field::updated_at)) updates.add_int64(to_wire(*updated));
    else updates.add_null();
    records.add_bytes(to_json_text(task));
  }
  if (!forgotten.empty())
    connection_.query("DELETE FROM lockstep.base WHERE replica = $1 AND task_id = ANY($2)",
                      Parameters().add(replica_).add_ids(forgotten), "write the base");
  if (forgotten.size() == changes.size()) return;
  connection_.query(
      "INSERT INTO lockstep.base (replica, task_id, fingerprint, yaml_updated_at, record)"
      " SELECT $1, s.* FROM unnest($2, $3, $4, $5) AS s"
      " ON CONFLICT (replica, task_id) DO UPDATE SET fingerprint = excluded.fingerprint,"
      " yaml_updated_at = excluded.yaml_updated_at, record = excluded.record",
      Parameters().add(replica_).add(ids).add(fingerprints).add(updates).add(records), "write the base");
}

void PostgresBaseTable::write(std::span<const BaseChange> changes, FieldSet synced) {
  if (changes.empty()) return;
  claim();
  constexpr std::size_t kFew = 1'000;
  if (changes.size() <= kFew) return write_few(changes, synced);
  constexpr std::size_t kIdsPerStatement = 100'000;
  const bool anything_there = connection_
                                  .query("SELECT FROM lockstep.base WHERE replica = $1 LIMIT 1",
                                         Parameters().add(replica_), "write the base")
                                  .rows() > 0;
  for (std::size_t first = 0; anything_there && first < changes.size(); first += kIdsPerStatement) {
    std::vector<std::int64_t> ids;
    for (const BaseChange& change : changes.subspan(first, std::min(kIdsPerStatement, changes.size() - first))) {
      ids.push_back(change.id);
    }
    connection_.query("DELETE FROM lockstep.base WHERE replica = $1 AND task_id = ANY($2)",
                      Parameters().add(replica_).add_ids(ids), "write the base");
  }
  auto next = changes.begin();
  const auto skip_forgotten = [&] {
    while (next != changes.end() && !next->task) ++next;
  };
  skip_forgotten();
  if (next == changes.end()) return;
  connection_.copy_in(
      "COPY lockstep.base (replica, task_id, fingerprint, yaml_updated_at, record) FROM STDIN (FORMAT binary)",
      "write the base", [&](CopyRows& rows) {
        const Task& task = *next->task;
        rows.begin_row(5);
        rows.add_bytes(replica_);
        rows.add_int64(next->id);
        rows.add_bytes(to_bytes(fingerprint(task, synced)));
        if (const std::optional<Timestamp> updated = task.instant(Field::updated_at)) rows.add_int64(to_wire(*updated));
        else rows.add_null();
        rows.add_bytes(to_json_text(task));
        ++next;
        skip_forgotten();
        return next != changes.end();
      });
}

std::string PostgresBaseTable::texts() {
  if (!has_base()) return {};
  const Result row = connection_.query("SELECT texts FROM lockstep.texts WHERE replica = $1", Parameters().add(replica_),
                                       "read the texts of the base", true);
  return row.rows() > 0 ? std::string(row.text(0, 0)) : std::string();
}

void PostgresBaseTable::set_texts(std::string_view texts) {
  claim();
  connection_.query(
      "INSERT INTO lockstep.texts (replica, texts) VALUES ($1, $2) ON CONFLICT (replica) DO UPDATE SET texts = excluded.texts",
      Parameters().add(replica_).add_bytes(texts), "write the texts of the base");
}

ReplicaState PostgresBaseTable::state() {
  return stored().state;
}

void PostgresBaseTable::set_state(const ReplicaState& state) {
  claim();
  stored_.reset();
  std::optional<std::string> content, backup_content;
  if (state.content) content = to_hex(*state.content);
  if (state.backup) backup_content = to_hex(state.backup->content);
  const auto of_backup = [&](auto member) {
    return state.backup ? std::optional(std::bit_cast<std::int64_t>((*state.backup).*member)) : std::nullopt;
  };
  Parameters values;
  values.add(replica_).add(state.host).add(state.path).add(content).add(state.agreed ? "true" : "false");
  values.add(state.last_sync).add(state.sync_source);
  values.add(of_backup(&BackupMark::device)).add(of_backup(&BackupMark::inode)).add(backup_content);
  values.add(of_backup(&BackupMark::run)).add(state.settings_key).add(state.cursor);
  values.add(state.unsettled ? std::optional(array_of(*state.unsettled)) : std::nullopt).add(state.full_check);
  connection_.query(
      "UPDATE lockstep.replicas SET host = $2, path = $3, content = $4, agreed = $5::boolean, last_sync = $6,"
      " sync_source = $7, backup_device = $8::int8, backup_inode = $9::int8, backup_content = $10, backup_run = $11::int8,"
      " settings_key = $12, cursor = $13, unsettled = $14::int8[], full_check = $15 WHERE name = $1",
      values, "write the replica's state");
}

std::vector<ReplicaState> PostgresBaseTable::replicas() {
  std::vector<ReplicaState> states;
  if (!prepared_) return states;
  const Result rows = connection_.query(std::string(kStateColumns) + " ORDER BY name COLLATE \"C\"", {}, "read the replicas");
  for (int row = 0; row < rows.rows(); ++row) states.push_back(read_state(rows, row, task_table_));
  return states;
}

bool PostgresBaseTable::forget_replica(std::string_view name) {
  constexpr std::string_view kOperation = "forget the replica";
  const Parameters of_replica = Parameters().add(name);
  connection_.query("DELETE FROM lockstep.base WHERE replica = $1", of_replica, kOperation);
  connection_.query("DELETE FROM lockstep.texts WHERE replica = $1", of_replica, kOperation);
  connection_.query("DELETE FROM lockstep.conflicts WHERE replica = $1", of_replica, kOperation);
  const bool known =
      connection_.query("DELETE FROM lockstep.replicas WHERE name = $1", of_replica, kOperation).affected() > 0;
  if (name == replica_) {
    claimed_ = false;
    stored_.reset();
  }
  return known;
}

}  // namespace lockstep::postgres
