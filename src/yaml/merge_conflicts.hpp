// What `git merge` leaves in a file that it cannot merge: `<<<<<<<`, `|||||||`, `=======`, `>>>>>>>`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/fault.hpp"
#include "yaml/reading.hpp"

namespace lockstep::yaml {

struct MergeConflict {
  enum class Part : std::uint8_t { marker, ours, base, theirs };
  struct Line {
    Span span;  // without its line break
    Part part = Part::marker;
  };
  std::vector<Line> lines;  // from the first marker to the last
  bool complete = false;    // from `<<<<<<<` to `>>>>>>>`; else some of its markers are gone

  std::size_t start() const { return lines.front().span.start; }
  std::size_t end() const { return lines.back().span.end; }
};

// In order of the text. One that is not complete may be something else, if the text can be read.
std::vector<MergeConflict> merge_conflicts_of(std::string_view text);

// The text with one part of each conflict, blanks in the place of all other lines, so that every byte keeps its place.
std::string with_part(std::string_view text, const std::vector<MergeConflict>& conflicts, MergeConflict::Part part);

// Adds one fault for each conflict, and those of the rest of the text that both ways of settling them leave. `read`
// reports what is wrong with a text.
void report_conflicts(std::string_view text, const std::vector<MergeConflict>& conflicts,
                      const std::function<void(std::string_view text, FaultList& faults)>& read, FaultList& faults);

}  // namespace lockstep::yaml
