// What the history takes, for HistoryTable::prune: reckoned alike in every backend.
#pragma once

#include <cstdint>
#include <span>

#include "store/store.hpp"

namespace lockstep {

// A run with its changes: their texts, and a flat charge for what a row costs besides.
inline std::int64_t history_bytes(const Run& run, std::span<const ChangeRecord> changes) {
  constexpr std::size_t kRunOverhead = 256;
  constexpr std::size_t kChangeOverhead = 64;
  std::size_t bytes = kRunOverhead + run.details.size() + run.undo_notes.size();
  for (const ChangeRecord& change : changes)
    bytes += kChangeOverhead + change.before.size() + change.after.size() + change.yaml_text.size();
  return static_cast<std::int64_t>(bytes);
}

}  // namespace lockstep
