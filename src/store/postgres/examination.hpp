// What stands in the way of syncing with a PostgreSQL database, or may.
#pragma once

#include <optional>
#include <vector>

#include "model/finding.hpp"
#include "store/postgres/catalogue.hpp"
#include "store/postgres/connection.hpp"

namespace lockstep::postgres {

// In a reading transaction. `table`: with its schema filled in. `prepared`: our own tables are there. `feed_wanted`: the
// configuration does not refuse change triggers.
std::vector<Finding> examine_database(Connection&, const TableName& table, const std::optional<Relation>&, bool prepared,
                                      bool feed_wanted);

}  // namespace lockstep::postgres
