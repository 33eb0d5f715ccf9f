// Three-way merge of two sequences of units: what `theirs` changed against `base` is done to `ours`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "merge/units.hpp"

namespace lockstep::merge {

enum class Prefer { ours, theirs };  // whose piece stands where both changed it apart

// A piece that both changed apart; an absent one has no bytes and is null.
struct Apart {
  const Unit* base = nullptr;
  const Unit* ours = nullptr;
  const Unit* theirs = nullptr;
};

struct MergedSequence {
  std::string text;
  std::size_t apart = 0;  // pieces with a key that were decided by preference
};

// `inside` may merge a piece that both changed from its own parts: its text, or nullopt: it is decided by preference.
//
// A line that only one side added, removed or changed is taken; where both added lines at one place, both stand, ours
// first. A piece with a key that one side moved is moved; that both moved stands where ours has it. Whatever is added
// by theirs at the place of an addition of ours comes after it.
MergedSequence merge_sequences(const std::vector<Unit>& base, const std::vector<Unit>& ours, const std::vector<Unit>& theirs,
                               Prefer prefer, const std::function<std::optional<std::string>(const Apart&)>& inside);

}  // namespace lockstep::merge
