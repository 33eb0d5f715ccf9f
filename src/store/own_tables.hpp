// lockstep's own tables, as the statements of their migrations make them: what to run again where one was dropped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct OwnStatement {
  std::string table;  // that it is about, without schema; empty = cannot tell
  bool creates = false;
  std::string sql;    // without comments and the final semicolon
};

// In their order. Understands what migrations are made of: CREATE TABLE and INDEX, ALTER TABLE, INSERT, UPDATE, DELETE.
std::vector<OwnStatement> own_statements(std::span<const std::string_view> migrations);
// The tables that they make and do not drop again, in that order.
std::vector<std::string> own_tables(std::span<const std::string_view> migrations);

// What was lost with `missing` (own tables, by the names that they have in PostgreSQL), in a sentence for people.
struct OwnLoss {
  bool base = false;     // what file and database had agreed on
  bool history = false;  // the runs
  std::string sentence;  // empty = nothing that anybody would miss
};
OwnLoss loss_of(const std::vector<std::string>& missing);

}  // namespace lockstep
