// A task by the text that it has in the YAML: where the same text stands again, it is the same task.
#pragma once

#include <cstdint>

#include "model/fingerprint.hpp"

namespace lockstep {

struct KnownText {
  std::int64_t id = 0;
  Fingerprint text;     // zero = it cannot be known by its text
  bool warned = false;  // reading it gave a warning
  friend bool operator==(const KnownText&, const KnownText&) = default;
};

}  // namespace lockstep
