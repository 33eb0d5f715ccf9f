// "Did you mean …": the known name that a mistyped word is closest to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lockstep {

// The nearest of `names` by insertions, deletions, substitutions and swaps of neighbours (optimal string alignment),
// case aside; nullopt if all are further away than a third of their length (at least one step). The view is of `names`.
std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> names);

// `; did you mean "running"?`
std::string did_you_mean(std::string_view name);

// That of the nearest one, or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> names);

}  // namespace lockstep
