// lockstep's own tables, in the schema `lockstep`, with their migrations; and the task table where there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/postgres/catalogue.hpp"
#include "store/postgres/connection.hpp"

namespace lockstep::postgres {

// The version of our own tables; 0 = they are not there. Throws Error(newer_schema).
std::int64_t own_schema_version(Connection&);

struct SetupStep {
  std::string sql;
  std::string sentence;  // what it did, for a person; empty = not worth one
};

// What is missing, in the order in which it has to be made. `table` has its schema filled in.
std::vector<SetupStep> setup_steps(Connection&, const TableName& table, bool table_exists, std::int64_t version);

// What `user` needs to sync, granted by the owner of the tables.
std::string grants(const TableName& table, const std::optional<Relation>& relation, std::string_view user);

}  // namespace lockstep::postgres
