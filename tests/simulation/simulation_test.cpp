// Whole histories of the engine in a simulated world. LOCKSTEP_SEED=n runs that one, LOCKSTEP_HISTORIES=n so many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "simulation/simulator.hpp"

namespace lockstep::simulation {
namespace {

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

#ifndef LOCKSTEP_HISTORIES
#define LOCKSTEP_HISTORIES 2000
#endif

TEST(Simulation, no_history_loses_anything) {
  const bool alone = std::getenv("LOCKSTEP_SEED") != nullptr;
  const std::uint64_t first = number("LOCKSTEP_SEED", 1);
  const std::uint64_t count = alone ? 1 : number("LOCKSTEP_HISTORIES", LOCKSTEP_HISTORIES);
  const std::uint64_t most_failures = number("LOCKSTEP_FAILURES", 3);
  std::map<std::string, std::uint64_t> kinds;
  std::size_t operations = 0, calls = 0;
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < most_failures; ++seed) {
    const History history = make_history(seed);
    const Told told = tell(history);
    operations += told.operations;
    calls += told.calls;
    if (!told.violation) continue;
    ++failures;
    ++kinds[told.violation->kind];
    ADD_FAILURE() << report(seed, *told.violation, minimised(history, told.violation->kind));
  }
  std::cout << count << " histories, " << operations << " operations of engines, " << calls << " calls interleaved\n";
  for (const auto& [kind, times] : kinds) std::cout << "  " << kind << ": " << times << "\n";
}

TEST(Simulation, a_history_repeats_itself) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const History history = make_history(seed);
    const Told once = tell(history, true);
    const Told again = tell(history, true);
    ASSERT_EQ(once.trace, again.trace) << seed;
    ASSERT_EQ(once.ending, again.ending) << seed;
  }
}

}  // namespace
}  // namespace lockstep::simulation
