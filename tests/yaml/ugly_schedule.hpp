// Schedules as nobody should write them, made from a seed, with the lines known in which each part of them stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lockstep::yaml_test {

struct LineRange {
  std::size_t start = 0, end = 0;
};

// A value of the text.
struct UglyNode {
  enum class Kind : std::uint8_t { scalar, mapping, list } kind = Kind::scalar;
  std::string key;               // of a member
  std::vector<UglyNode> items;   // members or items
  LineRange own;                 // of the entry, with the comments directly above it and those below that are its own
  std::size_t first = 0;         // of its lines without those above
};

struct UglyTask {
  std::int64_t id = 0;
  UglyNode params;
  LineRange own;
};

struct UglySchedule {
  std::string text;
  std::vector<UglyTask> tasks;
  bool json = false;
};

UglySchedule make_ugly_schedule(std::uint64_t seed);

}  // namespace lockstep::yaml_test
