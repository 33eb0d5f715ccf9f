#include "store/postgres/examination.hpp"

#include <cmath>
#include <cstdlib>

#include "model/timestamp.hpp"
#include "store/postgres/change_feed.hpp"

namespace lockstep::postgres {
namespace {

using Level = Finding::Level;

constexpr double kSkewAllowed = 2;  // seconds
constexpr const char* kPrintSql = "`lockstep init --print-sql` prints what the owner of the tables has to run";

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", seconds);
  return text;
}

Finding examine_server(Connection& connection) {
  const Result row = connection.execute(
      "SELECT current_setting('server_version'), pg_is_in_recovery() OR "
      "current_setting('default_transaction_read_only') = 'on'",
      "look at the server");
  const std::string name = "PostgreSQL " + std::string(row.text(0, 0));
  if (!row.boolean(0, 1)) return {Level::ok, "server", name, ""};
  return {Level::fault, "server", name + " takes no writes here: a standby, or default_transaction_read_only is on",
          "connect to the primary: libpq's target_session_attrs=read-write finds it among several hosts"};
}

// The server is asked between two looks at our clock: halfway is when it answered, give or take half the way.
Finding examine_clock(Connection& connection) {
  const double before = static_cast<double>(system_now().micros) / 1e6;
  const Result row =
      connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8::text", "look at the server's clock");
  const double after = static_cast<double>(system_now().micros) / 1e6;
  const double skew = std::strtod(std::string(row.text(0, 0)).c_str(), nullptr) - (before + after) / 2;
  if (std::abs(skew) <= kSkewAllowed + (after - before) / 2)
    return {Level::ok, "clock", "the server's clock and this machine's agree", ""};
  return {Level::warning, "clock",
          "the server's clock is " + seconds_text(std::abs(skew)) + " s " + (skew > 0 ? "ahead of" : "behind") +
              " this machine's",
          "set both by NTP: where times decide (a first sync, `--force`), the wrong side would count as newer"};
}

bool has(Connection& connection, const std::string& condition) {
  return connection.execute("SELECT coalesce((" + condition + "), false)", "look for rights").boolean(0, 0);
}

// Each a right that a sync needs, where it is missing.
std::vector<std::string> missing_rights(Connection& connection, const TableName& table,
                                        const std::optional<Relation>& relation, bool prepared) {
  std::vector<std::string> missing;
  const auto need = [&](const std::string& condition, const std::string& right) {
    if (!has(connection, condition)) missing.push_back(right);
  };
  if (relation) {
    for (const char* right : {"SELECT", "INSERT", "UPDATE", "DELETE"})
      need("SELECT has_table_privilege(" + std::to_string(relation->oid) + ", '" + right + "')",
           right + (" on " + relation->sql));
  } else {
    need("SELECT has_schema_privilege(" + quote_literal(table.schema) + ", 'CREATE')",
         "CREATE in the schema " + quote_identifier(table.schema) + ", for the table " + quote_identifier(table));
  }
  if (prepared) {
    need(
        "SELECT has_schema_privilege('lockstep', 'USAGE') AND (SELECT bool_and(has_table_privilege(oid, 'SELECT') AND"
        " has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, "
        "'DELETE'))"
        " FROM pg_catalog.pg_class WHERE relnamespace = 'lockstep'::regnamespace AND relkind = 'r')",
        "SELECT, INSERT, UPDATE and DELETE on the tables of the schema lockstep");
  } else {
    need(
        "SELECT has_database_privilege(current_database(), 'CREATE') OR EXISTS (SELECT FROM pg_catalog.pg_namespace"
        " WHERE nspname = 'lockstep' AND has_schema_privilege(oid, 'CREATE'))",
        "CREATE in the database, for the schema lockstep");
  }
  return missing;
}

Finding examine_rights(Connection& connection, const TableName& table, const std::optional<Relation>& relation,
                       bool prepared) {
  std::string list;
  for (const std::string& right : missing_rights(connection, table, relation, prepared))
    list += (list.empty() ? "" : "; ") + right;
  if (!list.empty()) return {Level::fault, "database rights", "this user lacks: " + list, kPrintSql};
  const std::optional<IdSequence> sequence = relation ? read_id_sequence(connection, *relation) : std::nullopt;
  if (sequence && !sequence->usable)
    return {Level::warning, "database rights",
            "this user may not move the sequence " + sequence->sql +
                ": after lockstep inserts tasks with ids of the YAML, an application's next insert may meet a taken id",
            kPrintSql};
  return {Level::ok, "database rights", "this user has every right that a sync needs", ""};
}

Finding examine_triggers(Connection& connection, const std::optional<Relation>& relation, bool prepared, bool wanted) {
  constexpr const char* kSubject = "triggers";
  if (!wanted)
    return {Level::ok, kSubject,
            "not wanted (`triggers: false`): every sync compares everything, and changes are looked for at intervals",
            ""};
  if (!relation || !prepared) return {Level::ok, kSubject, "made by the first sync, with the tables", ""};
  ChangeFeed feed(connection, *relation);
  if (feed.complete()) return {Level::ok, kSubject, "in place: changes are noted as they happen", ""};
  const std::string without = ", so every sync compares everything and changes are found at intervals only";
  if (const std::string obstacle = feed.obstacle(); !obstacle.empty())
    return {Level::warning, kSubject, "not possible on " + relation->sql + ": " + obstacle + without,
            "`triggers: false` says that this is meant so"};
  if (feed.may_install())
    return {Level::warning, kSubject, "not in place yet" + without,
            "nothing: the next sync that finds the table free makes them"};
  return {Level::warning, kSubject, "missing, and this user does not own the table" + without,
          std::string(kPrintSql) + "; or say `triggers: false`"};
}

}  // namespace

std::vector<Finding> examine_database(Connection& connection, const TableName& table,
                                      const std::optional<Relation>& relation, bool prepared, bool feed_wanted) {
  std::vector<Finding> findings{examine_server(connection), examine_clock(connection),
                                examine_rights(connection, table, relation, prepared),
                                examine_triggers(connection, relation, prepared, feed_wanted)};
  if (relation)
    for (const std::string& note : relation->notes) findings.push_back({Level::ok, "table", note, ""});
  return findings;
}

}  // namespace lockstep::postgres
