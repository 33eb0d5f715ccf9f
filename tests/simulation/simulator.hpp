// Runs histories, and makes failing ones small.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulation/history.hpp"
#include "simulation/world.hpp"

namespace lockstep::simulation {

struct Told {
  std::optional<Violation> violation;
  std::vector<std::string> trace;  // if asked for
  std::string ending;              // every file and every row: what a replay must reach again
  std::size_t operations = 0, calls = 0;
};

Told tell(const History&, bool tracing = false);

// Leaves out steps and interruptions as long as the same kind of violation is found. Deterministic.
History minimised(const History&, const std::string& kind);

// For people: what was violated, the seed, the shortest trace that shows it.
std::string report(std::uint64_t seed, const Violation&, const History& small);

}  // namespace lockstep::simulation
