// What stands in a schedule beside its tasks, for those who ask: lockstep itself leaves it alone.
#pragma once

#include <string_view>

#include "model/json.hpp"

namespace lockstep::yaml {

// The top-level keys other than `tasks` with their values, as an object, in the order of the text; read as YAML 1.2. Left
// out is what JSON cannot hold. Precondition: Document::read_or_empty() reads the text.
Json read_other_keys(std::string_view text);

}  // namespace lockstep::yaml
