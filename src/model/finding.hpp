// What an examination says of one thing, for people (`lockstep doctor`).
#pragma once

#include <cstdint>
#include <string>

namespace lockstep {

struct Finding {
  enum class Level : std::uint8_t {
    ok,
    warning,  // it works, but less well than it could, or something waits for a person
    fault,    // syncs fail, or would lose what they promise
  } level = Level::ok;
  std::string subject;   // what was looked at, in a word or two: "lock", "triggers"
  std::string sentence;  // how it is
  std::string advice;    // what to do about it; empty where there is nothing to do

  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace lockstep
