#include "store/database_url.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/store.hpp"

namespace lockstep {

std::unique_ptr<Store> open_store(std::string_view url, const StoreOptions& options) {
  DatabaseUrl parsed = parse_database_url(url);
  if (parsed.backend == DatabaseUrl::Backend::postgresql) return open_postgres_store(parsed.target, options);
  return open_sqlite_store(std::move(parsed.target), options);
}

}  // namespace lockstep
