#include "store/postgres/change_feed.hpp"

#include <charconv>
#include <map>

namespace lockstep::postgres {
namespace {

constexpr char kSeparator = ';';

// What every trigger function begins and ends with. A session that uses two-phase commit cannot
// notify (PREPARE TRANSACTION would fail), so where that is possible at all nobody does, and we poll.
std::string trigger_function(const std::string& name, const std::string& statement) {
  return "CREATE OR REPLACE FUNCTION " + name +
         "() RETURNS trigger LANGUAGE plpgsql\n"
         "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $lockstep$\n"
         "BEGIN\n  " + statement +
         ";\n"
         "  IF FOUND AND current_setting('max_prepared_transactions') = '0' THEN\n"
         "    PERFORM pg_notify('" + std::string(kChangeChannel) + "', '');\n"
         "  END IF;\n"
         "  RETURN NULL;\n"
         "EXCEPTION WHEN OTHERS THEN\n"
         "  RETURN NULL;  -- never the application's trouble: the next full comparison finds it\n"
         "END $lockstep$;\n"
         "REVOKE ALL ON FUNCTION " + name + "() FROM PUBLIC;\n";
}

constexpr const char* kInsertFunction = "lockstep.note_insert";
constexpr const char* kDeleteFunction = "lockstep.note_delete";
constexpr const char* kTruncateFunction = "lockstep.note_truncate";

struct TriggerKind {
  const char* name;
  const char* event;
  const char* tables;  // the transition tables that it asks for
};
constexpr TriggerKind kTriggers[] = {
    {"lockstep_insert", "INSERT", "REFERENCING NEW TABLE AS new_rows "},
    {"lockstep_update", "UPDATE", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "},
    {"lockstep_delete", "DELETE", "REFERENCING OLD TABLE AS old_rows "},
    {"lockstep_truncate", "TRUNCATE", ""},
};

// The table and its partitions or children, however deep.
constexpr std::string_view kTree =
    "WITH RECURSIVE tree AS (SELECT $1::oid AS oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i"
    " JOIN tree ON i.inhparent = tree.oid)";

std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::string ChangeFeed::update_function() const {
  // One for each table, since it names columns. A name has 63 bytes.
  std::string name = "note_update " + relation_.name.schema + "." + relation_.name.name;
  if (name.size() > 63) name = "note_update " + to_hex(fingerprint_of(name));
  return "lockstep." + quote_identifier(name);
}

std::string ChangeFeed::compared_columns() const {
  std::string names;
  for (const FieldSpec& field : kSchema) {
    if (field.synced && relation_.column(field.field)) names += (names.empty() ? "" : ",") + std::string(field.name);
  }
  return names;
}

std::vector<std::string> ChangeFeed::relations() {
  const Result rows = connection_.query(std::string(kTree) +
                                            " SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM tree"
                                            " JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
                                            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY c.oid",
                                        Parameters().add(relation_.oid), "read the table's partitions");
  std::vector<std::string> names;
  for (int row = 0; row < rows.rows(); ++row) names.emplace_back(rows.text(row, 0));
  return names;
}

std::string ChangeFeed::install_sql() {
  std::string differ;
  for (const FieldSpec& field : kSchema) {
    const std::optional<Column>& column = relation_.column(field.field);
    if (!field.synced || !column) continue;
    const std::string name = quote_identifier(field.name);
    // json has no equality; as text, a change of spelling is noted too, which is harmless.
    const std::string cast = column->kind == ColumnKind::json ? "::text" : "";
    differ += (differ.empty() ? "" : " OR ") + ("n." + name + cast) + " IS DISTINCT FROM o." + name + cast;
  }
  std::string sql =
      trigger_function(kInsertFunction, "INSERT INTO lockstep.feed (task_id) SELECT id FROM new_rows") +
      trigger_function(kDeleteFunction, "INSERT INTO lockstep.feed (task_id) SELECT id FROM old_rows") +
      trigger_function(kTruncateFunction, "INSERT INTO lockstep.feed (task_id) VALUES (NULL)") +
      // A row whose id changed has no partner: both ids are noted.
      trigger_function(update_function(), "INSERT INTO lockstep.feed (task_id) SELECT coalesce(n.id, o.id)\n"
                                          "    FROM new_rows n FULL JOIN old_rows o ON n.id = o.id\n"
                                          "    WHERE n.id IS NULL OR o.id IS NULL OR " + differ);
  const std::string functions[] = {kInsertFunction, update_function(), kDeleteFunction, kTruncateFunction};
  for (const std::string& table : relations()) {
    for (std::size_t i = 0; i < std::size(kTriggers); ++i) {
      const TriggerKind& kind = kTriggers[i];
      sql += "DROP TRIGGER IF EXISTS " + std::string(kind.name) + " ON " + table + ";\n";
      // The argument has no use but to tell, later, which columns this trigger compares.
      sql += "CREATE TRIGGER " + std::string(kind.name) + " AFTER " + kind.event + " ON " + table + " " + kind.tables +
             "FOR EACH STATEMENT EXECUTE FUNCTION " + functions[i] + "('" + compared_columns() + "');\n";
      sql += "ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER " + kind.name + ";\n";
    }
  }
  return sql + "UPDATE lockstep.meta SET value = gen_random_uuid()::text WHERE key = 'feed_epoch';\n";
}

std::string ChangeFeed::remove_sql() {
  std::string sql;
  for (const std::string& table : relations()) {
    for (const TriggerKind& kind : kTriggers) sql += "DROP TRIGGER IF EXISTS " + std::string(kind.name) + " ON " + table + ";\n";
  }
  return sql + "DROP FUNCTION IF EXISTS " + update_function() + "();\n" +
         "UPDATE lockstep.meta SET value = '' WHERE key = 'feed_epoch';\n";
}

std::string ChangeFeed::obstacle() {
  if (relation_.view) return "it is a view: writes to the tables behind it fire no trigger of it";
  const Result rows = connection_.query(std::string(kTree) +
                                            " SELECT c.relname FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid"
                                            " WHERE c.relkind NOT IN ('r', 'p') LIMIT 1",
                                        Parameters().add(relation_.oid), "read the table's partitions");
  if (rows.rows() > 0) return "its part " + std::string(rows.text(0, 0)) + " is a foreign table";
  return {};
}

bool ChangeFeed::may_install() {
  // ALTER TABLE … ENABLE ALWAYS and DROP TRIGGER ask for ownership, not only for the right TRIGGER.
  return connection_
      .query(std::string(kTree) +
                 " SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false)"
                 " AND has_schema_privilege('lockstep', 'CREATE') AND has_table_privilege('lockstep.meta', 'UPDATE')"
                 " FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid",
             Parameters().add(relation_.oid), "look for rights")
      .boolean(0, 0);
}

const ChangeFeed::Identity& ChangeFeed::identity() {
  if (identity_) return *identity_;
  Identity& identity = identity_.emplace();
  if (relation_.view) return identity;
  // Without the right to ask for it, a restored dump is still told by the oids.
  const std::string system = relation_.names_server ? "(SELECT system_identifier FROM pg_control_system())" : "0";
  const Result row = connection_.query(
      // Recursion takes long to plan.
      std::string(relation_.has_children ? kTree : "WITH tree(oid) AS (SELECT $1::oid)") +
          " SELECT " + system + ", (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()),"
          " to_regclass('lockstep.feed')::oid,"
          " (SELECT md5(string_agg(tree.oid || ':' || coalesce(pg_relation_filenode(tree.oid), 0), ',' ORDER BY tree.oid))"
          "    FROM tree),"
          " coalesce((SELECT value FROM lockstep.meta WHERE key = 'feed_epoch'), ''),"
          " coalesce((SELECT value FROM lockstep.meta WHERE key = 'feed_floor'), '0'),"
          " (SELECT bool_and(4 = (SELECT count(*) FROM pg_catalog.pg_trigger g WHERE g.tgrelid = tree.oid"
          "    AND g.tgname IN ('lockstep_insert', 'lockstep_update', 'lockstep_delete', 'lockstep_truncate')"
          "    AND g.tgenabled = 'A' AND encode(g.tgargs, 'escape') = $2 || '\\000')) FROM tree),"
          " pg_current_snapshot()",
      Parameters().add(relation_.oid).add(compared_columns()), "look at the change feed");
  if (row.null(0, 2)) return identity;  // there is no feed
  const std::string epoch(row.text(0, 4));
  identity.complete = row.boolean(0, 6) && !epoch.empty();
  identity.floor = number(row.text(0, 5));
  identity.snapshot = row.text(0, 7);
  for (int column = 0; column < 5; ++column) identity.text += std::string(row.text(0, column)) + kSeparator;
  return identity;
}

bool ChangeFeed::complete() { return identity().complete; }

std::string ChangeFeed::cursor() {
  const Identity& now = identity();
  return now.complete ? now.text + now.snapshot : std::string();
}

std::optional<std::vector<std::int64_t>> ChangeFeed::changed_since(std::string_view cursor) {
  const Identity& now = identity();
  if (!now.complete || !cursor.starts_with(now.text)) return std::nullopt;
  const std::string_view snapshot = cursor.substr(now.text.size());
  // What was pruned may have been news to this cursor.
  if (number(snapshot) < now.floor) return std::nullopt;
  const Result rows = connection_.query(
      "SELECT DISTINCT task_id FROM lockstep.feed WHERE xid >= pg_snapshot_xmin($1::pg_snapshot)"
      " AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot) ORDER BY task_id NULLS FIRST",
      Parameters().add(snapshot), "read the change feed");
  std::vector<std::int64_t> ids;
  ids.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    if (rows.null(row, 0)) return std::nullopt;
    ids.push_back(rows.integer(row, 0));
  }
  return ids;
}

std::vector<std::string> ChangeFeed::authors_since(std::string_view cursor, std::span<const std::int64_t> ids) {
  std::vector<std::string> authors(ids.size());
  const Identity& now = identity();
  if (!now.complete || !cursor.starts_with(now.text)) return authors;
  const Result rows = connection_.query(
      "SELECT DISTINCT ON (task_id) task_id, author FROM lockstep.feed WHERE xid >= pg_snapshot_xmin($1::pg_snapshot)"
      " AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot) AND task_id = ANY($2::int8[]) ORDER BY task_id, xid DESC",
      Parameters().add(cursor.substr(now.text.size())).add_ids(ids), "read who changed rows");
  std::map<std::int64_t, std::string> known;
  for (int row = 0; row < rows.rows(); ++row)
    if (!rows.null(row, 1)) known[rows.integer(row, 0)] = rows.text(row, 1);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (const auto found = known.find(ids[i]); found != known.end()) authors[i] = found->second;
  return authors;
}

void prune_feed(Connection& connection) {
  // A replica that has not synced for a day does not keep the feed from being pruned: the floor tells
  // it to compare everything.
  connection.execute(
      "WITH horizon AS (SELECT coalesce(min(pg_snapshot_xmin(split_part(cursor, ';', 6)::pg_snapshot)),"
      "                                 pg_snapshot_xmin(pg_current_snapshot())) AS xid"
      "                 FROM lockstep.replicas WHERE cursor <> '' AND last_sync > now() - interval '1 day'),"
      " gone AS (DELETE FROM lockstep.feed WHERE xid < (SELECT xid FROM horizon) RETURNING 1)"
      " UPDATE lockstep.meta SET value = horizon.xid::text FROM horizon"
      " WHERE key = 'feed_floor' AND horizon.xid > value::xid8 AND EXISTS (SELECT FROM gone)",
      "prune the change feed");
}

}  // namespace lockstep::postgres
