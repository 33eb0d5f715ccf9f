// Reads a text, or one part of it by itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/reading.hpp"
#include "yaml/task_reader.hpp"

namespace lockstep::yaml {

// Either the whole text, or from its start or an item's line to another item.
struct Stretch {
  ParsedRange parsed;
  std::size_t stop = kWholeFile;  // where the content of the item begins at which to stop; the parser must see all of it
};

struct Part {
  Reading reading;  // tasks, places: in the order of the text; no order, items, warnings
  UnknownKeys unknown_keys;
  struct TopKey {
    char kind = 0;
    std::string name;
    std::size_t place = 0;
  };
  std::vector<TopKey> top_keys;
  // A task of the list begins at `stop`. Then a parser that goes on from there and one that begins with it
  // (ParsedRange) see the same: block style has no other state than the columns of the open collections.
  bool stopped_at_item = false;
};

// What is wrong goes to `faults`. A missing list is a fault unless `may_be_empty`.
Part read_part(std::string_view text, const TextFacts& facts, const ReadOptions& options, bool may_be_empty,
               const Stretch& stretch, FaultList& faults);

}  // namespace lockstep::yaml
