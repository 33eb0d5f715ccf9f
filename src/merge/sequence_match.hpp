// Which parts of one sequence stand in another, in the same order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace lockstep::merge {

inline constexpr std::ptrdiff_t kUnmatched = -1;

// For each item of `a` the index of its counterpart in `b`, or kUnmatched; equal items only, strictly rising. The common
// beginning and end, then items that occur once on either side (Bram Cohen's patience diff), then in what is
// left between those a longest common subsequence where that is small enough to compute. O(n log n) but for that last.
std::vector<std::ptrdiff_t> match(std::span<const int> a, std::span<const int> b);

}  // namespace lockstep::merge
