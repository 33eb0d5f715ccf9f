#include "store/sqlite/base_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/validation.hpp"

namespace lockstep::sqlite {
namespace {

using FingerprintBytes = std::array<unsigned char, 16>;

void put_big_endian(unsigned char* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<unsigned char>(value & 0xff);
}

std::uint64_t get_big_endian(const char* in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

FingerprintBytes to_bytes(Fingerprint fingerprint) {
  FingerprintBytes bytes;
  put_big_endian(bytes.data(), fingerprint.high);
  put_big_endian(bytes.data() + 8, fingerprint.low);
  return bytes;
}

// Bytes of any other length match nothing: the task is looked at again.
Fingerprint from_bytes(std::string_view bytes) {
  if (bytes.size() != 16) return {};
  return {.high = get_big_endian(bytes.data()), .low = get_big_endian(bytes.data() + 8)};
}

constexpr const char* kStateColumns =
    "name, task_table, host, path, content, agreed, last_sync, sync_source,"
    " backup_device, backup_inode, backup_content, backup_run, settings_key";

ReplicaState read_state(const Statement& row, std::string_view task_table) {
  ReplicaState state;
  state.name = row.string(0);
  state.host = row.string(2);
  state.path = row.string(3);
  if (!row.is_null(4)) state.content = fingerprint_from_hex(row.text(4));
  state.agreed = row.integer(5) != 0 && row.text(1) == task_table;
  if (!row.is_null(6)) state.last_sync = Timestamp{row.integer(6)};
  state.sync_source = row.optional_string(7);
  if (const auto content = row.is_null(10) ? std::nullopt : fingerprint_from_hex(row.text(10))) {
    state.backup = BackupMark{.device = std::bit_cast<std::uint64_t>(row.integer(8)),
                              .inode = std::bit_cast<std::uint64_t>(row.integer(9)),
                              .content = *content,
                              .run = row.integer(11)};
  }
  state.settings_key = row.string(12);
  return state;
}

}  // namespace

SqliteBaseTable::SqliteBaseTable(Connection& connection, bool prepared, std::string replica, std::string task_table)
    : connection_(connection), prepared_(prepared), replica_(std::move(replica)), task_table_(std::move(task_table)) {}

bool SqliteBaseTable::has_base() {
  if (!prepared_) return false;
  Statement row = connection_.prepare("SELECT task_table = ? FROM lockstep_replicas WHERE name = ?");
  return row.bind(1, task_table_).bind(2, replica_).step() && row.integer(0) != 0;
}

// Makes the replica's row, and its base one about this table.
void SqliteBaseTable::claim() {
  if (claimed_) return;
  if (!has_base()) {
    connection_.prepare("DELETE FROM lockstep_base WHERE replica = ?").bind(1, replica_).run();
    connection_.prepare("DELETE FROM lockstep_texts WHERE replica = ?").bind(1, replica_).run();
    connection_
        .prepare(
            "INSERT INTO lockstep_replicas (name, task_table) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET task_table = excluded.task_table, agreed = 0")
        .bind(1, replica_)
        .bind(2, task_table_)
        .run();
  }
  claimed_ = true;
}

std::vector<IndexEntry> SqliteBaseTable::index() {
  std::vector<IndexEntry> entries;
  if (!has_base()) return entries;
  Statement row = connection_.prepare(
      "SELECT task_id, fingerprint, yaml_updated_at FROM lockstep_base WHERE replica = ? ORDER BY task_id");
  row.bind(1, replica_);
  while (row.step()) {
    entries.push_back({.id = row.integer(0),
                       .fingerprint = from_bytes(row.blob(1)),
                       .yaml_updated_at = row.is_null(2) ? IndexEntry::kNoInstant : row.integer(2)});
  }
  return entries;
}

std::vector<Task> SqliteBaseTable::load(std::span<const std::int64_t> ids) {
  std::vector<Task> tasks;
  if (ids.empty() || !has_base()) return tasks;
  std::vector<std::int64_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  tasks.reserve(sorted.size());
  for (const std::int64_t id : sorted) {
    Statement row = connection_.prepare("SELECT record FROM lockstep_base WHERE replica = ? AND task_id = ?");
    if (row.bind(1, replica_).bind(2, id).step()) tasks.push_back(task_from_trusted_json(row.text(0)));
  }
  return tasks;
}

void SqliteBaseTable::write(std::span<const BaseChange> changes, FieldSet synced) {
  if (changes.empty()) return;
  claim();
  for (const BaseChange& change : changes) {
    if (!change.task) {
      connection_.prepare("DELETE FROM lockstep_base WHERE replica = ? AND task_id = ?")
          .bind(1, replica_)
          .bind(2, change.id)
          .run();
      continue;
    }
    const FingerprintBytes bytes = to_bytes(fingerprint(*change.task, synced));
    const std::string record = to_json_text(*change.task);
    const std::optional<Timestamp> updated = change.task->instant(Field::updated_at);
    Statement statement = connection_.prepare(
        "INSERT INTO lockstep_base (replica, task_id, fingerprint, yaml_updated_at, record) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (replica, task_id) DO UPDATE SET fingerprint = excluded.fingerprint,"
        " yaml_updated_at = excluded.yaml_updated_at, record = excluded.record");
    statement.bind(1, replica_).bind(2, change.id).bind_blob(3, bytes);
    statement.bind(4, updated ? std::optional(updated->micros) : std::nullopt).bind(5, record);
    statement.run();
  }
}

std::string SqliteBaseTable::texts() {
  if (!has_base()) return {};
  Statement row = connection_.prepare("SELECT texts FROM lockstep_texts WHERE replica = ?");
  return row.bind(1, replica_).step() ? std::string(row.blob(0)) : std::string();
}

void SqliteBaseTable::set_texts(std::string_view texts) {
  claim();
  const std::span bytes(reinterpret_cast<const unsigned char*>(texts.data()), texts.size());
  connection_
      .prepare("INSERT INTO lockstep_texts (replica, texts) VALUES (?, ?)"
               " ON CONFLICT (replica) DO UPDATE SET texts = excluded.texts")
      .bind(1, replica_)
      .bind_blob(2, bytes)
      .run();
}

ReplicaState SqliteBaseTable::state() {
  ReplicaState state;
  state.name = replica_;
  if (!prepared_) return state;
  Statement row =
      connection_.prepare(std::string("SELECT ") + kStateColumns + " FROM lockstep_replicas WHERE name = ?");
  return row.bind(1, replica_).step() ? read_state(row, task_table_) : state;
}

void SqliteBaseTable::set_state(const ReplicaState& state) {
  claim();
  const auto hex = [](const Fingerprint& f) { return to_hex(f); };
  std::optional<std::string> content, backup_content;
  if (state.content) content = hex(*state.content);
  if (state.backup) backup_content = hex(state.backup->content);
  const auto of_backup = [&](auto member) {
    return state.backup ? std::optional(std::bit_cast<std::int64_t>((*state.backup).*member)) : std::nullopt;
  };
  Statement statement = connection_.prepare(
      "UPDATE lockstep_replicas SET host = ?, path = ?, content = ?, agreed = ?, last_sync = ?, sync_source = ?,"
      " backup_device = ?, backup_inode = ?, backup_content = ?, backup_run = ?, settings_key = ? WHERE name = ?");
  statement.bind(1, state.host).bind(2, state.path).bind(3, content).bind(4, std::int64_t{state.agreed});
  statement.bind(5, state.last_sync ? std::optional(state.last_sync->micros) : std::nullopt).bind(6, state.sync_source);
  statement.bind(7, of_backup(&BackupMark::device)).bind(8, of_backup(&BackupMark::inode));
  statement.bind(9, backup_content).bind(10, of_backup(&BackupMark::run));
  statement.bind(11, state.settings_key).bind(12, replica_);
  statement.run();
}

std::vector<ReplicaState> SqliteBaseTable::replicas() {
  std::vector<ReplicaState> states;
  if (!prepared_) return states;
  Statement row = connection_.prepare(std::string("SELECT ") + kStateColumns + " FROM lockstep_replicas ORDER BY name");
  while (row.step()) states.push_back(read_state(row, task_table_));
  return states;
}

bool SqliteBaseTable::forget_replica(std::string_view name) {
  const std::string replica(name);
  connection_.prepare("DELETE FROM lockstep_base WHERE replica = ?").bind(1, replica).run();
  connection_.prepare("DELETE FROM lockstep_texts WHERE replica = ?").bind(1, replica).run();
  connection_.prepare("DELETE FROM lockstep_conflicts WHERE replica = ?").bind(1, replica).run();
  connection_.prepare("DELETE FROM lockstep_replicas WHERE name = ?").bind(1, replica).run();
  const bool known = connection_.rows_changed() > 0;
  if (replica == replica_) claimed_ = false;
  return known;
}

}  // namespace lockstep::sqlite
