// lockstep's own tables, in the schema `lockstep`, with their migrations; and the task table where there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/postgres/catalogue.hpp"
#include "store/postgres/connection.hpp"

namespace lockstep::postgres {

struct OwnSchema {
  std::int64_t version = 0;  // of our own tables; 0 = they are not there
  bool complete = true;      // all tables of that version are there
  bool usable() const { return version > 0 && complete; }
};

// Throws Error(newer_schema).
OwnSchema own_schema(Connection&);
// The version from which on they hold authors and what an undo needs. Older ones are read as they are.
inline constexpr std::int64_t kVersionWithAuthors = 3;

// The usual case in two halves, for whoever asks the server something else in the same message. The statement fails,
// and the transaction with it, where the tables are not there or this user may not use them: is_no_version().
inline constexpr const char* kVersionStatement =
    "SELECT m.value, (SELECT string_agg(c.relname, ',') FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p')"
    " AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'lockstep'))"
    " FROM lockstep.meta m WHERE m.key = 'schema_version';";
OwnSchema own_schema_from(const Result&);
bool is_no_version(const SqlError&);

struct SetupStep {
  std::string sql;
  std::string sentence;  // what it did, for a person; empty = not worth one
  bool mends = false;    // the sentence is a warning: of what was there something was gone
};

// What is missing, in the order in which it has to be made. `table` has its schema filled in.
std::vector<SetupStep> setup_steps(Connection&, const TableName& table, bool table_exists, const OwnSchema&);

// What `user` needs to sync, granted by the owner of the tables.
// `sequence`: that gives the table's ids, quoted for SQL; empty = none does.
std::string grants(const TableName& table, const std::string& sequence, std::string_view user);
// The name, quoted for SQL, that PostgreSQL gives the sequence of a table which setup_steps() makes.
std::string sequence_to_be(const TableName& table);

}  // namespace lockstep::postgres
