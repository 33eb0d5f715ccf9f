// Says in plain words what a YAML syntax error is about and how to mend it.
#pragma once

#include <string>
#include <string_view>

#include "yaml/event_stream.hpp"

namespace lockstep::yaml {

struct SyntaxHint {
  std::size_t start = 0, end = 0;  // bytes: the place to look at, which is not always where libyaml gave up
  std::string message;
};

SyntaxHint explain(std::string_view text, const SyntaxError&);

}  // namespace lockstep::yaml
