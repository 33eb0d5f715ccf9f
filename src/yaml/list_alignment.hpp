// Which items of a list became which.
#pragma once

#include <cstddef>
#include <vector>

#include "model/json.hpp"

namespace lockstep::yaml {

inline constexpr std::size_t kNoPartner = static_cast<std::size_t>(-1);

// For each item of `before` the index of the one of `after` that it became, in rising order; kNoPartner: it is gone. Equal
// ones are paired first, then those that have most in common.
std::vector<std::size_t> align_items(const std::vector<Json>& before, const std::vector<Json>& after);

}  // namespace lockstep::yaml
