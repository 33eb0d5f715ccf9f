// The shape of the task table as SQLite's catalogue has it, and lockstep's own tables with their migrations.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"
#include "store/table_name.hpp"

namespace lockstep::sqlite {

// The task table with its columns' own spelling (SQLite's names do not tell case apart).
struct TaskColumns {
  TableShape shape;
  std::string id;
  std::array<std::string, kFieldCount> names;  // by Field; empty = the table has no such column
  std::vector<std::string> unknown;            // columns lockstep does not know, those that can be written
  std::vector<std::string> demanding;          // of these, NOT NULL without a default: inserts will be refused
  bool is_view = false;

  const std::string& name(Field f) const { return names[static_cast<std::size_t>(f)]; }
};

// shape.exists = false if the table is not there. Throws Error(unsuitable_table) for one that cannot hold a
// schedule; the message lists what is there and what is expected.
TaskColumns read_task_columns(Connection&, const TableName&);

// The version of lockstep's own tables; 0 = they are not there. Throws Error(newer_schema).
std::int64_t own_schema_version(Connection&);
// From which on they hold authors and what an undo needs. Older ones are read as they are.
inline constexpr std::int64_t kVersionWithAuthors = 3;

// Whether all tables of that version are there.
bool own_tables_are_complete(Connection&, std::int64_t version);

// What is missing, in the order in which it has to be made.
struct SetupStep {
  std::string sql;
  std::string sentence;  // what it did, for a person; empty = not worth one
  bool mends = false;    // the sentence is a warning: of what was there something was gone
};
std::vector<SetupStep> setup_steps(Connection&, const TableName&, const TaskColumns&, std::int64_t version);

// How a table is named in lockstep_replicas.task_table, so that two spellings of one name are one.
std::string canonical_name(const TableName&);

}  // namespace lockstep::sqlite
