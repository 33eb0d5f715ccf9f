// The configured name of the task table, taken apart.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

struct TableName {
  std::string schema;  // empty = the connection's own
  std::string name;
};

// `tasks`, `app.tasks`, `"odd.name"`, `app."Odd ""name"""`: double quotes as in SQL, but case is kept
// without them too. Throws Error(usage) for anything else.
TableName parse_table_name(std::string_view text);

// As an SQL identifier, always quoted: `"odd""name"`.
std::string quote_identifier(std::string_view name);
std::string quote_identifier(const TableName&);

}  // namespace lockstep
