// Writes to the task table: in bulk, each checking what it replaces.
#pragma once

#include <span>
#include <vector>

#include "store/postgres/catalogue.hpp"

namespace lockstep::postgres {

// TaskTable::apply. Deletions first, then updates, then inserts, so that a unique value that one row gives up
// is free for another. Rows to be updated or deleted are compared before anything is written.
std::vector<RefusedRow> apply_changes(Connection&, const Relation&, std::span<const RowChange>, Timestamp now);

// Moves the sequence that gives ids above `id` unless it stands there already; never backwards.
// Does nothing without a sequence, or without the right to move it.
void raise_sequence(Connection&, const Relation&, std::int64_t id);

}  // namespace lockstep::postgres
