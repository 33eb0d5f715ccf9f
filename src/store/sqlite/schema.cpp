#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "store/own_tables.hpp"

namespace lockstep::sqlite {
namespace {

// The n-th makes version n + 1 of the tables out of version n. Never edit one that was released: add the next.
//
// Instants are microseconds since 1970 UTC. Tasks are JSON as to_json_text writes it. Fingerprints are 16 bytes,
// big-endian, in the base, and hexadecimal text elsewhere.
constexpr std::string_view kMigrations[] = {
    R"sql(
CREATE TABLE lockstep_meta (
  key TEXT PRIMARY KEY,             -- schema_version, history_bytes (the sum of lockstep_runs.bytes)
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO lockstep_meta VALUES ('schema_version', 0), ('history_bytes', 0);
CREATE TABLE lockstep_replicas (
  name TEXT PRIMARY KEY,
  task_table TEXT NOT NULL,         -- the table that its base is about
  host TEXT NOT NULL DEFAULT '',
  path TEXT NOT NULL DEFAULT '',
  content TEXT,                     -- fingerprint of the file after the last sync
  agreed INTEGER NOT NULL DEFAULT 0,
  last_sync INTEGER,
  sync_source TEXT,
  backup_device INTEGER,            -- the file that became .bak; all four or none
  backup_inode INTEGER,
  backup_content TEXT,
  backup_run INTEGER,
  settings_key TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE lockstep_base (
  replica TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  yaml_updated_at INTEGER,
  record TEXT NOT NULL,
  PRIMARY KEY (replica, task_id)
) WITHOUT ROWID;
CREATE TABLE lockstep_conflicts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  version INTEGER NOT NULL,
  replica TEXT NOT NULL,
  task_id INTEGER NOT NULL,
  reason TEXT NOT NULL,
  kind TEXT NOT NULL,
  fields TEXT NOT NULL,             -- names, separated by commas
  yaml_task TEXT,
  database_task TEXT,
  base_task TEXT,
  detected_at INTEGER NOT NULL,
  resolution_request TEXT NOT NULL DEFAULT ''
);
CREATE INDEX lockstep_conflicts_by_task ON lockstep_conflicts (replica, task_id);
CREATE TABLE lockstep_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  replica TEXT NOT NULL,
  cause TEXT NOT NULL,
  direction TEXT NOT NULL,
  at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  status TEXT NOT NULL,
  yaml_inserted INTEGER NOT NULL,
  yaml_updated INTEGER NOT NULL,
  yaml_deleted INTEGER NOT NULL,
  database_inserted INTEGER NOT NULL,
  database_updated INTEGER NOT NULL,
  database_deleted INTEGER NOT NULL,
  merged INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  conflicts_detected INTEGER NOT NULL,
  details TEXT NOT NULL,
  bytes INTEGER NOT NULL,           -- what the run and its changes take, roughly
  undo_request TEXT NOT NULL DEFAULT ''
);
CREATE INDEX lockstep_runs_to_undo ON lockstep_runs (replica) WHERE undo_request <> '';
CREATE INDEX lockstep_runs_by_time ON lockstep_runs (at);
CREATE INDEX lockstep_runs_by_replica ON lockstep_runs (replica);
CREATE TABLE lockstep_changes (
  run INTEGER NOT NULL,
  task_id INTEGER NOT NULL,
  side INTEGER NOT NULL,            -- 0 = YAML, 1 = database
  before TEXT NOT NULL,             -- empty = absent
  after TEXT NOT NULL,
  PRIMARY KEY (run, task_id, side)
) WITHOUT ROWID;
CREATE INDEX lockstep_changes_by_task ON lockstep_changes (task_id, run);
)sql",
    R"sql(
CREATE TABLE lockstep_texts (       -- the base's tasks by the text that they have in the YAML; can be lost at any time
  replica TEXT PRIMARY KEY,
  texts BLOB NOT NULL
);
)sql",
    R"sql(
ALTER TABLE lockstep_runs ADD COLUMN author TEXT NOT NULL DEFAULT '';      -- empty = not known, here and below
ALTER TABLE lockstep_runs ADD COLUMN undo_notes TEXT NOT NULL DEFAULT '';  -- JSON: what taking it back needs besides the changes
ALTER TABLE lockstep_changes ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE lockstep_changes ADD COLUMN yaml_text TEXT NOT NULL DEFAULT '';
ALTER TABLE lockstep_conflicts ADD COLUMN yaml_author TEXT NOT NULL DEFAULT '';
ALTER TABLE lockstep_conflicts ADD COLUMN database_author TEXT NOT NULL DEFAULT '';
)sql",
};
constexpr std::int64_t kVersion = std::size(kMigrations);

std::vector<std::string> own_tables_there(Connection& connection) {
  std::vector<std::string> names;
  Statement statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'lockstep\\_%' ESCAPE '\\'");
  while (statement.step()) names.push_back(statement.string(0));
  return names;
}

// Tables that version `version` has and that are not there.
std::vector<std::string> own_tables_missing(Connection& connection, std::int64_t version) {
  std::vector<std::string> missing = own_tables(std::span(kMigrations).first(static_cast<std::size_t>(version)));
  const std::vector<std::string> there = own_tables_there(connection);
  std::erase_if(missing, [&](const std::string& name) { return std::find(there.begin(), there.end(), name) != there.end(); });
  return missing;
}

// Without the table that tells the version nothing can be said of the others.
void drop_leftovers(Connection& connection, std::vector<SetupStep>& steps) {
  const std::vector<std::string> ours = own_tables(kMigrations);
  for (const std::string& table : own_tables_there(connection)) {
    if (std::find(ours.begin(), ours.end(), table) == ours.end()) continue;
    const bool first = steps.empty();
    steps.push_back({.sql = "DROP TABLE " + table,
                     .sentence = first ? "lockstep's own table lockstep_meta had been dropped, and all of them were made anew: this "
                                         "sync starts with an empty base"
                                       : "",
                     .mends = first});
  }
}

// Makes dropped tables again, and forgets what was about what they held.
void mend(Connection& connection, std::int64_t version, std::vector<SetupStep>& steps) {
  std::vector<std::string> missing = own_tables_missing(connection, version);
  if (missing.empty()) return;
  for (const OwnStatement& made : own_statements(std::span(kMigrations).first(static_cast<std::size_t>(version))))
    if (std::find(missing.begin(), missing.end(), made.table) != missing.end()) steps.push_back({.sql = made.sql, .sentence = {}});
  constexpr std::string_view kPrefix = "lockstep_";
  for (std::string& name : missing) name.erase(0, kPrefix.size());
  const OwnLoss loss = loss_of(missing);
  if (loss.base) steps.push_back({.sql = "DELETE FROM lockstep_base", .sentence = {}});
  if (loss.history) {
    steps.push_back({.sql = "DELETE FROM lockstep_changes", .sentence = {}});
    steps.push_back({.sql = "UPDATE lockstep_meta SET value = 0 WHERE key = 'history_bytes'", .sentence = {}});
    steps.push_back({.sql = "UPDATE lockstep_replicas SET backup_device = NULL, backup_inode = NULL, backup_content = NULL,"
                            " backup_run = NULL",
                     .sentence = {}});
  }
  steps.push_back({.sql = "UPDATE lockstep_replicas SET agreed = 0", .sentence = loss.sentence, .mends = !loss.sentence.empty()});
}

std::string create_task_table(const TableName& table) {
  // Six digits of fraction, as lockstep writes them; SQLite's clock has three.
  constexpr std::string_view kNow = "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))";
  std::string sql = "CREATE TABLE " + quote_identifier(table.name) + " (\n  id INTEGER PRIMARY KEY";
  for (const FieldSpec& field : kSchema) {
    sql += ",\n  " + std::string(field.name) + " TEXT";
    if (field.required || !field.default_text.empty() || !field.synced) sql += " NOT NULL";
    if (!field.synced) sql += " DEFAULT " + std::string(kNow);
    if (!field.default_text.empty()) sql += " DEFAULT '" + std::string(field.default_text) + "'";
    if (field.type == FieldType::status) {
      sql += " CHECK (" + std::string(field.name) + " IN (";
      for (const std::string_view status : kStatuses) {
        sql += (status == kStatuses.front() ? "'" : ", '") + std::string(status) + "'";
      }
      sql += "))";
    }
  }
  return sql + "\n)";
}

std::string create_index(const TableName& table, std::string_view suffix, std::string_view columns) {
  return "CREATE INDEX IF NOT EXISTS " + quote_identifier(table.name + "_" + std::string(suffix)) + " ON " +
         quote_identifier(table.name) + " (" + std::string(columns) + ")";
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace

std::int64_t own_schema_version(Connection& connection) {
  if (!connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'lockstep_meta' AND type = 'table'")) return 0;
  const std::optional<std::int64_t> version =
      connection.integer("SELECT value FROM lockstep_meta WHERE key = 'schema_version'");
  if (!version || *version < 1) {
    throw Error({.code = ErrorCode::database,
                 .operation = "use",
                 .subject = "the database " + connection.path(),
                 .cause = "its table lockstep_meta names no version"});
  }
  if (*version > kVersion) {
    throw Error({.code = ErrorCode::newer_schema,
                 .operation = "use",
                 .subject = "the database " + connection.path(),
                 .cause = "a newer lockstep has written it (version " + std::to_string(*version) +
                          " of its tables, this one knows " + std::to_string(kVersion) + ")",
                 .hint = "update lockstep on this machine"});
  }
  return *version;
}

bool own_tables_are_complete(Connection& connection, std::int64_t version) {
  return own_tables_missing(connection, version).empty();
}

std::string canonical_name(const TableName& table) {
  std::string name = table.name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return 'A' <= c && c <= 'Z' ? char(c + 32) : c; });
  return name;
}

std::vector<SetupStep> setup_steps(Connection& connection, const TableName& table, const TaskColumns& columns,
                                   std::int64_t version) {
  std::vector<SetupStep> steps;
  if (version == 0) drop_leftovers(connection, steps);
  else mend(connection, version, steps);
  for (std::int64_t from = version; from < kVersion; ++from) {
    steps.push_back({.sql = std::string(kMigrations[from]), .sentence = {}});
  }
  if (version < kVersion) {
    steps.push_back(
        {.sql = "UPDATE lockstep_meta SET value = " + std::to_string(kVersion) + " WHERE key = 'schema_version'",
         .sentence = version == 0 ? "Created lockstep's own tables (lockstep_…)"
                                  : "Migrated lockstep's own tables from version " + std::to_string(version) + " to " +
                                        std::to_string(kVersion)});
  }
  if (columns.shape.exists) return steps;
  steps.push_back({.sql = create_task_table(table), .sentence = "Created the table " + quote_identifier(table.name)});
  steps.push_back({.sql = create_index(table, "next_run_at_idx", "next_run_at"), .sentence = {}});
  steps.push_back({.sql = create_index(table, "status_next_run_at_idx", "status, next_run_at"), .sentence = {}});
  steps.push_back({.sql = create_index(table, "user_id_status_idx", "user_id, status"), .sentence = {}});
  // A table that is new agrees with nobody. With the base of one that was dropped, its emptiness would
  // read as "everything was deleted".
  const std::string these =
      "(SELECT name FROM lockstep_replicas WHERE task_table = " + quote_text(canonical_name(table)) + ")";
  const bool incomplete = version > 0 && !own_tables_are_complete(connection, version);
  if (incomplete ||
      (version > 0 && connection.integer("SELECT 1 FROM lockstep_base WHERE replica IN " + these + " LIMIT 1"))) {
    steps.push_back({.sql = "DELETE FROM lockstep_base WHERE replica IN " + these, .sentence = {}});
    steps.push_back({.sql = "UPDATE lockstep_replicas SET agreed = 0 WHERE name IN " + these,
                     .sentence = "The table was gone: what the replicas had agreed on with it is forgotten, "
                                 "so that the next sync fills it again"});
  }
  return steps;
}

}  // namespace lockstep::sqlite
