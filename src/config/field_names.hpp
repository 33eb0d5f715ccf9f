// Names of task fields that people type.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::config {

// That there is no such field, and which one is nearest.
std::string unknown_field(std::string_view name);

}  // namespace lockstep::config
