#include "reconcile/candidates.hpp"

#include <algorithm>

namespace lockstep {
namespace {

// The entry for `id` at the front of `rest`, taken off it; null if the index has none.
const IndexEntry* take(std::span<const IndexEntry>& rest, std::int64_t id) {
  if (rest.empty() || rest.front().id != id) return nullptr;
  const IndexEntry* entry = &rest.front();
  rest = rest.subspan(1);
  return entry;
}

bool settled(const IndexEntry* base, const IndexEntry* yaml, const IndexEntry* database) {
  return base && yaml && database && base->fingerprint == yaml->fingerprint &&
         base->fingerprint == database->fingerprint && base->yaml_updated_at == yaml->yaml_updated_at;
}

}  // namespace

std::vector<std::int64_t> candidates(std::span<const IndexEntry> base, std::span<const IndexEntry> yaml,
                                     std::span<const IndexEntry> database) {
  std::vector<std::int64_t> ids;
  while (!base.empty() || !yaml.empty() || !database.empty()) {
    std::int64_t id = INT64_MAX;
    for (const auto& rest : {base, yaml, database})
      if (!rest.empty()) id = std::min(id, rest.front().id);
    const IndexEntry* in_base = take(base, id);
    const IndexEntry* in_yaml = take(yaml, id);
    const IndexEntry* in_database = take(database, id);
    if (!settled(in_base, in_yaml, in_database)) ids.push_back(id);
  }
  return ids;
}

}  // namespace lockstep
