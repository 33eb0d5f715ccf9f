// One conflict with base, YAML and database side by side.
#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "store/store.hpp"

namespace lockstep::cli {

// Columns where the terminal is wide enough, else one below the other. Fields in conflict are marked `!`.
std::string conflict_text(const Conflict&, const Terminal&);

}  // namespace lockstep::cli
