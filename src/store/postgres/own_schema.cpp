#include "store/postgres/own_schema.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "store/own_tables.hpp"

namespace lockstep::postgres {
namespace {

// The n-th makes version n + 1 of the tables out of version n. Never edit one that was released: add the next.
//
// Tasks are JSON as to_json_text writes it. Fingerprints are 16 bytes, big-endian, in the base, and
// hexadecimal text elsewhere.
constexpr std::string_view kMigrations[] = {
    R"sql(
CREATE TABLE lockstep.meta (
  key text PRIMARY KEY,             -- schema_version; feed_epoch, feed_floor: see change_feed.cpp
  value text NOT NULL
);
INSERT INTO lockstep.meta VALUES ('schema_version', '0'), ('feed_epoch', ''), ('feed_floor', '0');
CREATE TABLE lockstep.replicas (
  name text PRIMARY KEY,
  task_table text NOT NULL,         -- the table that its base is about
  host text NOT NULL DEFAULT '',
  path text NOT NULL DEFAULT '',
  content text,                     -- fingerprint of the file after the last sync
  agreed boolean NOT NULL DEFAULT false,
  last_sync timestamptz,
  sync_source text,
  backup_device bigint,             -- the file that became .bak; all four or none
  backup_inode bigint,
  backup_content text,
  backup_run bigint,
  settings_key text NOT NULL DEFAULT '',
  cursor text NOT NULL DEFAULT '',  -- what of the feed the last sync has seen
  unsettled bigint[],               -- tasks on which the sides and the base were not the same then; null = too many
  full_check timestamptz
);
CREATE TABLE lockstep.base (
  replica text NOT NULL,
  task_id bigint NOT NULL,
  fingerprint bytea NOT NULL,
  yaml_updated_at timestamptz,
  record text NOT NULL,
  PRIMARY KEY (replica, task_id)
);
CREATE TABLE lockstep.conflicts (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version integer NOT NULL,
  replica text NOT NULL,
  task_id bigint NOT NULL,
  reason text NOT NULL,
  kind text NOT NULL,
  fields text NOT NULL,             -- names, separated by commas
  yaml_task text,
  database_task text,
  base_task text,
  detected_at timestamptz NOT NULL,
  resolution_request text NOT NULL DEFAULT ''
);
CREATE INDEX conflicts_by_task ON lockstep.conflicts (replica, task_id);
CREATE TABLE lockstep.runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  replica text NOT NULL,
  cause text NOT NULL,
  direction text NOT NULL,
  at timestamptz NOT NULL,
  duration_ms bigint NOT NULL,
  status text NOT NULL,
  yaml_inserted bigint NOT NULL,
  yaml_updated bigint NOT NULL,
  yaml_deleted bigint NOT NULL,
  database_inserted bigint NOT NULL,
  database_updated bigint NOT NULL,
  database_deleted bigint NOT NULL,
  merged bigint NOT NULL,
  unchanged bigint NOT NULL,
  conflicts_detected bigint NOT NULL,
  details text NOT NULL,
  bytes bigint NOT NULL,            -- what the run and its changes take, roughly
  undo_request text NOT NULL DEFAULT ''
);
CREATE INDEX runs_to_undo ON lockstep.runs (replica) WHERE undo_request <> '';
CREATE INDEX runs_by_time ON lockstep.runs (at);
CREATE INDEX runs_by_replica ON lockstep.runs (replica);
CREATE TABLE lockstep.changes (
  run bigint NOT NULL,
  task_id bigint NOT NULL,
  side smallint NOT NULL,           -- 0 = YAML, 1 = database
  before text NOT NULL,             -- empty = absent
  after text NOT NULL,
  PRIMARY KEY (run, task_id, side)
);
CREATE INDEX changes_by_task ON lockstep.changes (task_id, run);
CREATE TABLE lockstep.feed (        -- written by the change triggers
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  task_id bigint                    -- NULL = any of them may have changed
);
CREATE INDEX feed_by_xid ON lockstep.feed (xid);
)sql",
    R"sql(
CREATE TABLE lockstep.texts (       -- the base's tasks by the text that they have in the YAML; can be lost at any time
  replica text PRIMARY KEY,
  texts bytea NOT NULL
);
ALTER TABLE lockstep.texts ALTER COLUMN texts SET STORAGE EXTERNAL;  -- hashes do not compress
)sql",
    R"sql(
ALTER TABLE lockstep.runs ADD COLUMN author text NOT NULL DEFAULT '';      -- empty = not known, here and below
ALTER TABLE lockstep.runs ADD COLUMN undo_notes text NOT NULL DEFAULT '';  -- JSON: what taking it back needs besides the changes
ALTER TABLE lockstep.changes ADD COLUMN author text NOT NULL DEFAULT '';
ALTER TABLE lockstep.changes ADD COLUMN yaml_text text NOT NULL DEFAULT '';
ALTER TABLE lockstep.conflicts ADD COLUMN yaml_author text NOT NULL DEFAULT '';
ALTER TABLE lockstep.conflicts ADD COLUMN database_author text NOT NULL DEFAULT '';
ALTER TABLE lockstep.feed ADD COLUMN author text;                          -- the role that changed the row; NULL = not known
ALTER TABLE lockstep.feed ALTER COLUMN author SET DEFAULT session_user;
)sql",
};
constexpr std::int64_t kVersion = std::size(kMigrations);

std::string_view column_type(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::timestamp: return "timestamptz";
    case FieldType::json_object: return "jsonb";
    case FieldType::text:
    case FieldType::cron:
    case FieldType::status: return "varchar";
  }
  return "";
}

std::string create_task_table(const TableName& table) {
  std::string sql =
      "CREATE TABLE " + quote_identifier(table) + " (\n  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY";
  for (const FieldSpec& field : kSchema) {
    sql += ",\n  " + std::string(field.name) + " " + std::string(column_type(field));
    if (field.max_length > 0) sql += "(" + std::to_string(field.max_length) + ")";
    if (field.required || !field.default_text.empty() || !field.synced) sql += " NOT NULL";
    if (!field.synced) sql += " DEFAULT now()";
    if (!field.default_text.empty()) sql += " DEFAULT '" + std::string(field.default_text) + "'";
    if (field.type == FieldType::status) {
      sql += " CHECK (" + std::string(field.name) + " IN (";
      for (const std::string_view status : kStatuses) {
        sql += (status == kStatuses.front() ? "'" : ", '") + std::string(status) + "'";
      }
      sql += "))";
    }
  }
  return sql + "\n);\n";
}

std::string create_index(const TableName& table, std::string_view columns) {
  // Without a name of ours: PostgreSQL derives one that is free.
  return "CREATE INDEX ON " + quote_identifier(table) + " (" + std::string(columns) + ");\n";
}

bool any(Connection& connection, const std::string& condition, const Parameters& parameters) {
  return connection.query("SELECT " + condition, parameters, "look for tables").boolean(0, 0);
}

std::vector<std::string> own_tables_there(Connection& connection) {
  const Result rows = connection.execute(
      "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = 'lockstep' AND c.relkind IN ('r', 'p')",
      "look for lockstep's own tables");
  std::vector<std::string> names;
  for (int row = 0; row < rows.rows(); ++row) names.emplace_back(rows.text(row, 0));
  return names;
}

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Without the table that tells the version nothing can be said of the others.
void drop_leftovers(Connection& connection, std::vector<SetupStep>& steps) {
  const std::vector<std::string> ours = own_tables(kMigrations);
  for (const std::string& table : own_tables_there(connection)) {
    if (!among(ours, table)) continue;
    const bool first = steps.empty();
    steps.push_back({.sql = "DROP TABLE lockstep." + table + ";\n",
                     .sentence = first ? "lockstep's own table meta had been dropped, and all of them were made anew: this sync starts "
                                         "with an empty base"
                                       : "",
                     .mends = first});
  }
}

// Makes dropped tables again, and forgets what was about what they held.
void mend(Connection& connection, std::int64_t version, std::vector<SetupStep>& steps) {
  const auto migrations = std::span(kMigrations).first(static_cast<std::size_t>(version));
  const std::vector<std::string> there = own_tables_there(connection);
  std::vector<std::string> missing = own_tables(migrations);
  std::erase_if(missing, [&](const std::string& table) { return among(there, table); });
  for (const OwnStatement& made : own_statements(migrations))
    if (among(missing, made.table)) steps.push_back({.sql = made.sql + ";\n", .sentence = {}});
  const OwnLoss loss = loss_of(missing);
  if (loss.base) steps.push_back({.sql = "DELETE FROM lockstep.base;\n", .sentence = {}});
  if (loss.history)
    steps.push_back({.sql = "DELETE FROM lockstep.changes;\nUPDATE lockstep.replicas SET backup_device = NULL, backup_inode = NULL,"
                            " backup_content = NULL, backup_run = NULL;\n",
                     .sentence = {}});
  steps.push_back({.sql = "UPDATE lockstep.replicas SET agreed = false, cursor = '';\n",
                   .sentence = loss.sentence,
                   .mends = !loss.sentence.empty()});
}

}  // namespace

OwnSchema own_schema(Connection& connection) {
  constexpr std::string_view kOperation = "read the version of lockstep's own tables";
  // to_regclass alone would fail for want of rights on the schema with a message that names no remedy.
  const Result found = connection.execute(
      "SELECT CASE WHEN to_regnamespace('lockstep') IS NULL THEN 'none'"
      " WHEN NOT has_schema_privilege(to_regnamespace('lockstep')::oid, 'USAGE') THEN 'closed'"
      " WHEN to_regclass('lockstep.meta') IS NULL THEN 'none' ELSE 'there' END",
      kOperation);
  if (found.text(0, 0) == "none") return {};
  if (found.text(0, 0) == "closed") {
    throw Error({.code = ErrorCode::permission,
                 .operation = "use",
                 .subject = "the schema lockstep",
                 .cause = "this user has no right to",
                 .hint = "its owner runs: GRANT USAGE, CREATE ON SCHEMA lockstep TO …"});
  }
  return own_schema_from(connection.execute(kVersionStatement, kOperation));
}

bool is_no_version(const SqlError& error) {
  // No such table, no such schema, no right to use it.
  return error.sqlstate() == "42P01" || error.sqlstate() == "3F000" || error.sqlstate() == "42501";
}

OwnSchema own_schema_from(const Result& row) {
  const std::int64_t version = row.rows() == 0 ? 0 : row.integer(0, 0);
  if (version < 1) {
    throw Error({.code = ErrorCode::database,
                 .operation = "use",
                 .subject = "the schema lockstep",
                 .cause = "its table meta names no version",
                 .hint = {}});
  }
  if (version > kVersion) {
    throw Error({.code = ErrorCode::newer_schema,
                 .operation = "use",
                 .subject = "the database",
                 .cause = "a newer lockstep has written it (version " + std::to_string(version) +
                          " of its tables, this one knows " + std::to_string(kVersion) + ")",
                 .hint = "update lockstep on this machine"});
  }
  const std::string there = "," + std::string(row.text(0, 1)) + ",";
  const std::vector<std::string> tables = own_tables(std::span(kMigrations).first(static_cast<std::size_t>(version)));
  const bool complete = std::all_of(tables.begin(), tables.end(),
                                    [&](const std::string& table) { return there.find("," + table + ",") != std::string::npos; });
  return {.version = version, .complete = complete};
}

std::vector<SetupStep> setup_steps(Connection& connection, const TableName& table, bool table_exists,
                                   const OwnSchema& own) {
  const std::int64_t version = own.version;
  std::vector<SetupStep> steps;
  if (version == 0) drop_leftovers(connection, steps);
  else if (!own.complete) mend(connection, version, steps);
  // Not IF NOT EXISTS: that asks for the right to create schemas even where nothing is to be created.
  if (version == 0 && any(connection, "to_regnamespace('lockstep') IS NULL", {})) {
    steps.push_back({.sql = "CREATE SCHEMA lockstep;\n", .sentence = {}});
  }
  for (std::int64_t from = version; from < kVersion; ++from) {
    steps.push_back({.sql = std::string(kMigrations[from].substr(1)), .sentence = {}});
  }
  if (version < kVersion) {
    steps.push_back(
        {.sql = "UPDATE lockstep.meta SET value = '" + std::to_string(kVersion) + "' WHERE key = 'schema_version';\n",
         .sentence = version == 0 ? "Created lockstep's own tables in the schema lockstep"
                                  : "Migrated lockstep's own tables from version " + std::to_string(version) + " to " +
                                        std::to_string(kVersion)});
  }
  if (table_exists) return steps;
  steps.push_back({.sql = create_task_table(table), .sentence = "Created the table " + quote_identifier(table)});
  for (const char* columns : {"next_run_at", "status, next_run_at", "user_id, status"}) {
    steps.push_back({.sql = create_index(table, columns), .sentence = {}});
  }
  // A table that is new agrees with nobody. With the base of one that was dropped, its emptiness would
  // read as "everything was deleted".
  const Parameters name = Parameters().add(quote_identifier(table));
  const std::string replicas = " FROM lockstep.replicas WHERE task_table = ";
  if (version > 0 && (!own.complete || any(connection, "EXISTS (SELECT" + replicas + "$1)", name))) {
    const std::string these = quote_literal(quote_identifier(table));
    steps.push_back({.sql = "DELETE FROM lockstep.base WHERE replica IN (SELECT name" + replicas + these + ");\n" +
                            "UPDATE lockstep.replicas SET agreed = false, cursor = '' WHERE task_table = " + these + ";\n",
                     .sentence = "The table was gone: what the replicas had agreed on with it is forgotten, "
                                 "so that the next sync fills it again"});
  }
  return steps;
}

std::string sequence_to_be(const TableName& table) {
  return quote_identifier(TableName{.schema = table.schema, .name = table.name + "_id_seq"});
}

std::string grants(const TableName& table, const std::string& sequence, std::string_view user) {
  const std::string to = " TO " + quote_identifier(user) + ";\n";
  std::string sql = "GRANT USAGE ON SCHEMA lockstep" + to +
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lockstep" + to +
                    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA lockstep" + to;
  if (!table.schema.empty()) sql += "GRANT USAGE ON SCHEMA " + quote_identifier(table.schema) + to;
  sql += "GRANT SELECT, INSERT, UPDATE, DELETE ON " + quote_identifier(table) + to;
  if (!sequence.empty()) sql += "GRANT USAGE, SELECT, UPDATE ON SEQUENCE " + sequence + to;
  return sql;
}

}  // namespace lockstep::postgres
