// A plan as a field-by-field diff, for people.
#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "engine/engine.hpp"

namespace lockstep::cli {

// `+` inserted, `-` deleted, `~` changed, `!` in conflict; ends with a line that sums it up.
std::string plan_text(const PlanReport&, const Terminal&);

}  // namespace lockstep::cli
