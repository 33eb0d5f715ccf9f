#include "model/error.hpp"
#include "store/database_url.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

namespace lockstep {

std::unique_ptr<Store> open_store(std::string_view url, const StoreOptions& options) {
  DatabaseUrl parsed = parse_database_url(url);
  switch (parsed.backend) {
    case DatabaseUrl::Backend::sqlite:
      return open_sqlite_store(std::move(parsed.target), options);
    case DatabaseUrl::Backend::postgresql:
      break;
  }
  throw Error({.code = ErrorCode::usage,
               .operation = "open the database",
               .subject = {},
               .cause = "this build has no PostgreSQL",
               .hint = "write sqlite:PATH"});
}

}  // namespace lockstep
