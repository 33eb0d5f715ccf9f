// The task table as the server's catalogue describes it: an application may have
// made it, with its own types, in its own schema, as a table, partitions or a view.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/task.hpp"
#include "store/postgres/connection.hpp"
#include "store/store.hpp"
#include "store/table_name.hpp"

namespace lockstep::postgres {

enum class ColumnKind : std::uint8_t { int2, int4, int8, text, enumerated, timestamp, timestamptz, json, jsonb, unknown };

struct Column {
  std::string name;
  std::string type;             // as SQL writes it: `character varying(255)`
  ColumnKind kind = ColumnKind::unknown;
  std::size_t max_length = 0;   // code points; 0 = no limit
  bool not_null = false;
  bool has_default = false;     // identity included
  bool generated = false;       // computed by the table: never written
};

struct Relation {
  std::uint32_t oid = 0;
  TableName name;               // schema always filled
  std::string sql;              // the name, quoted for SQL
  bool view = false;
  bool row_security = false;    // policies apply to this user
  bool has_rules = false;
  bool has_children = false;    // partitions or tables that inherit from it, or once had some
  bool names_server = false;    // this user may ask which server it is: pg_control_system()
  std::vector<Column> columns;  // all of them, in order
  Column id;
  std::array<std::optional<Column>, kFieldCount> fields;  // by Field; nullopt: no such column, or one of no use
  TableShape shape;
  std::vector<std::string> notes;  // what a user should know: columns that are not synced and why

  const std::optional<Column>& column(Field f) const { return fields[static_cast<std::size_t>(f)]; }
  // COPY reaches it; else rows go in by INSERT.
  bool takes_copy() const { return !view && !row_security && !has_rules; }
};

// nullopt: there is no such table. Throws Error(unsuitable_table) for one that cannot hold a
// schedule: the message lists what is there and what is expected.
std::optional<Relation> read_relation(Connection&, const TableName&);

// The same in two halves, for whoever asks the server something else in the same message: statements, each with its
// semicolon, and what is made of their results.
inline constexpr std::size_t kRelationStatements = 2;
std::string relation_statements(const TableName&);
std::optional<Relation> relation_from(Connection&, std::span<const Result>);

// Few runs need the following, and asking costs as much as all of the above.

struct IdSequence {
  std::string sql;      // its name, quoted for SQL
  bool usable = false;  // this user may move it
};
// The sequence that gives ids; nullopt = none does.
std::optional<IdSequence> read_id_sequence(Connection&, const Relation&);

// Names of unique constraints or indexes on id alone, those of partitions included.
std::vector<std::string> read_id_constraints(Connection&, const Relation&);

}  // namespace lockstep::postgres
