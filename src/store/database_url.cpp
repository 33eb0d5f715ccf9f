#include "store/database_url.hpp"

#include "model/error.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

constexpr std::string_view kForms = "write sqlite:PATH or postgresql://USER@HOST/DATABASE";

[[noreturn]] void refuse(std::string cause, std::string hint = std::string(kForms)) {
  throw Error({.code = ErrorCode::usage,
               .operation = "read the database URL",
               .subject = {},
               .cause = std::move(cause),
               .hint = std::move(hint)});
}

[[noreturn]] void refuse_memory() {
  refuse("an SQLite database in memory ends with the program that opened it, so nothing could be kept in step with it",
         "name a file: sqlite:PATH");
}

// SQLAlchemy's driver options that say how Python connects, and nothing about what is in the file.
void check_sqlite_options(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view key = query.substr(0, std::min(query.find('='), end));
    if (key != "check_same_thread" && key != "timeout" && key != "cached_statements" && key != "isolation_level") {
      refuse("lockstep does not know the SQLite option " + quoted_for_message(key),
             "leave it out, or write sqlite:PATH");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

std::string sqlite_path(std::string_view rest) {
  std::string_view path = rest;
  if (rest.starts_with("//")) {
    if (rest.size() > 2 && rest[2] != '/') {
      refuse("an SQLite URL has no host", "write sqlite:PATH, sqlite:///RELATIVE/PATH or sqlite:////ABSOLUTE/PATH");
    }
    path = rest.substr(std::min<std::size_t>(3, rest.size()));
    const std::size_t question = std::min(path.find('?'), path.size());
    check_sqlite_options(path.substr(std::min(question + 1, path.size())));
    path = path.substr(0, question);
  }
  if (path.empty() || path == ":memory:") refuse_memory();
  if (path.starts_with("file:")) refuse("SQLite's own file: URLs are not read", "write the path alone: sqlite:PATH");
  if (path.find('\0') != std::string_view::npos) refuse("the path contains a NUL character");
  return std::string(path);
}

}  // namespace

DatabaseUrl parse_database_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos) refuse("it names no kind of database");
  const std::string_view scheme = url.substr(0, colon);
  const std::string_view dialect = scheme.substr(0, scheme.find('+'));
  const std::string_view rest = url.substr(colon + 1);
  if (dialect == "sqlite") return {.backend = DatabaseUrl::Backend::sqlite, .target = sqlite_path(rest)};
  if (dialect == "postgresql" || dialect == "postgres") {
    if (!rest.starts_with("//")) refuse("a PostgreSQL URL goes on with //");
    return {.backend = DatabaseUrl::Backend::postgresql, .target = "postgresql:" + std::string(rest)};
  }
  refuse("lockstep does not know the kind of database " + quoted_for_message(dialect));
}

}  // namespace lockstep
