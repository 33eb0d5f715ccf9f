// The task table as the server's catalogue describes it: an application may have
// made it, with its own types, in its own schema, as a table, partitions or a view.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
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
  std::vector<Column> columns;  // all of them, in order
  Column id;
  std::array<std::optional<Column>, kFieldCount> fields;  // by Field; nullopt: no such column, or one of no use
  std::vector<std::string> id_constraints;   // unique constraints or indexes on id alone, those of partitions included
  bool ids_are_unique = false;               // by a constraint of the table itself
  std::optional<std::string> sequence;       // that gives ids; quoted for SQL
  bool sequence_usable = false;              // this user may move it
  TableShape shape;
  std::vector<std::string> notes;  // what a user should know: columns that are not synced and why

  const std::optional<Column>& column(Field f) const { return fields[static_cast<std::size_t>(f)]; }
  // COPY reaches it; else rows go in by INSERT.
  bool takes_copy() const { return !view && !row_security && !has_rules; }
};

// nullopt: there is no such table. Throws Error(unsuitable_table) for one that cannot hold a
// schedule: the message lists what is there and what is expected.
std::optional<Relation> read_relation(Connection&, const TableName&);

}  // namespace lockstep::postgres
