// Which tasks the planner has to look at: those that three equal fingerprints do not settle.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/fingerprint.hpp"
#include "model/timestamp.hpp"

namespace lockstep {

// A task reduced to what tells whether it changed. `updated_at` is the YAML's
// bookkeeping instant in micros (or kNoInstant); the database's entries leave it at kNoInstant.
struct IndexEntry {
  static constexpr std::int64_t kNoInstant = INT64_MIN;
  std::int64_t id = 0;
  Fingerprint fingerprint;
  std::int64_t yaml_updated_at = kNoInstant;
};

// Ids, sorted, that are not the same in all three (a moved YAML `updated_at` counts, since the base
// remembers it). Precondition: each index sorted by id, ids unique. O(n).
std::vector<std::int64_t> candidates(std::span<const IndexEntry> base, std::span<const IndexEntry> yaml,
                                     std::span<const IndexEntry> database);

}  // namespace lockstep
