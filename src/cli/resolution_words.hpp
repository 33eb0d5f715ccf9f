// A resolution as words of the command line.
#pragma once

#include <span>
#include <string>

#include "reconcile/resolve.hpp"

namespace lockstep::cli {

struct ResolutionRead {
  Resolution resolution;
  std::string problem;  // empty = understood
};

// `keep_yaml`, or `custom` followed by `FIELD=yaml`, `FIELD=db` and `FIELD:=JSON`.
ResolutionRead read_resolution(std::span<const std::string> words);

// One field's own value: JSON where the text is JSON that fits the field, else the text itself.
struct OwnValueRead {
  Value value;
  std::string problem;
};
OwnValueRead read_own_value(Field, std::string_view text);

}  // namespace lockstep::cli
