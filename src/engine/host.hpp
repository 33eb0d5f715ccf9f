#pragma once

#include <string>

namespace lockstep {

// The machine's name: with a path, what a replica's owner is known by.
std::string host_name();

}  // namespace lockstep
