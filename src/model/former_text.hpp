// A stretch of the YAML as it was before an edit, and where it stood: with it the bytes come back, as long as nobody has
// touched what the edit put in their place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/fingerprint.hpp"

namespace lockstep {

struct FormerText {
  // What the tasks named below reach over: their lines with the comments that belong to them, or from dash to dash.
  enum class Measure : std::uint8_t { lines, items } measure = Measure::lines;
  std::int64_t task = 0;    // the stretch is what this task reaches over; 0 = it lies between two of them:
  std::int64_t behind = 0;  // it begins where this one ends; 0 = where the list does
  std::int64_t ahead = 0;   // it ends where this one begins; 0 = where the list does
  std::size_t length = 0;   // of the edit's text, in bytes, and its hash
  Fingerprint now;
  std::string was;          // the bytes before
};

}  // namespace lockstep
