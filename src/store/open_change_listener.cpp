#include "store/change_listener.hpp"
#include "store/database_url.hpp"
#include "store/postgres/change_listener.hpp"
#include "store/sqlite/change_listener.hpp"

namespace lockstep {

std::unique_ptr<ChangeListener> open_change_listener(std::string_view url, const ChangeListenerOptions& options) {
  DatabaseUrl parsed = parse_database_url(url);
  if (parsed.backend == DatabaseUrl::Backend::postgresql) {
    return std::make_unique<PostgresChangeListener>(parsed.target, options);
  }
  return std::make_unique<SqliteChangeListener>(std::move(parsed.target), options);
}

}  // namespace lockstep
