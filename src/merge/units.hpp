// A schedule's text cut into the pieces that are merged: each record, each member of a mapping, and the lines between
// (comments, blank lines). Together the units are the text, byte by byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/node.hpp"
#include "yaml/reading.hpp"

namespace lockstep::merge {

struct Unit {
  // A piece with a key is the same piece wherever its key stands, whatever its bytes. Empty: a line, which is the
  // same where its bytes are.
  std::string key;
  std::string_view bytes;          // of the text; whole lines
  bool record = false;             // `key` is the record's; units_of_record() cuts it further
};

// nullopt: the text cannot be cut so (flow style, a record that shares its line with another one): it can be
// merged by its values only.
std::optional<std::vector<Unit>> units_of_document(std::string_view text, const yaml::Reading& reading);
std::optional<std::vector<Unit>> units_of_record(std::string_view text, bool ascii);
// Lines alone: for a text that is no schedule.
std::vector<Unit> units_of_lines(std::string_view text);

}  // namespace lockstep::merge
