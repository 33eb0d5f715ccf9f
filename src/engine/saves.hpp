// Two saves of the YAML that were made at the same moment, as texts and values. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "merge/merge.hpp"
#include "store/store.hpp"

namespace lockstep {

struct TwoSaves {
  std::string first;                          // stands in the file
  std::string second;                         // was made over what the run had written
  std::optional<std::string> read, written;   // by the run; nullopt: a crash took them, and which came first is not known
  std::vector<Task> before;                   // the base; sorted by id
  std::vector<Task> after;                    // as the run would have left it, of the tasks that it wrote; sorted
};

struct MergedSaves {
  std::string text;
  std::vector<merge::Clash> clashes;  // `otherwise`: what the save that gave way says
  bool complete = true;               // all that either says is in the text or a clash
  std::string losing;                 // the save that gave way where they clash
};

MergedSaves merge_saves(const TwoSaves&, const ReadOptions&);

std::vector<Task> all_bases(BaseTable&);

// For the conflict book, not yet numbered. What the other save says stands in the database's place.
std::vector<Conflict> conflicts_between_saves(const std::vector<merge::Clash>&, const Document& merged);

}  // namespace lockstep
