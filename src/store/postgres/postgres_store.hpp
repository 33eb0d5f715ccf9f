// The store in a PostgreSQL database (13 or newer).
#pragma once

#include <memory>
#include <string_view>

#include "store/store.hpp"

namespace lockstep {

// `url`: as for postgres::Target::parse. Connects with the first use; a connection that was lost is made anew by
// the next begin(), with backoff. Between transactions nothing of a session is relied upon, and only unnamed
// statements are used.
std::unique_ptr<Store> open_postgres_store(std::string_view url, const StoreOptions&);

}  // namespace lockstep
