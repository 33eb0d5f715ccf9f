// A database's URL, taken apart as far as telling the backends apart needs.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

struct DatabaseUrl {
  enum class Backend { sqlite, postgresql };
  Backend backend = Backend::sqlite;
  std::string target;  // sqlite: the file's path. postgresql: the URL as libpq reads it, without a driver's suffix
};

// `sqlite:PATH`; SQLAlchemy's `sqlite:///relative` and `sqlite:////absolute`; `postgresql://…`, `postgres://…`; each
// with a driver (`sqlite+aiosqlite`, `postgresql+asyncpg`). A relative path is one from the current folder.
// Throws Error(usage) for anything else. No message carries more of the URL than its scheme.
DatabaseUrl parse_database_url(std::string_view url);

}  // namespace lockstep
