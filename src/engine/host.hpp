#pragma once

#include <string>

namespace lockstep {

// The machine's name: with a path, what a replica's owner is known by.
std::string host_name();

// A file's place on that machine: absolute, the same from whatever folder it is named, folders' symlinks followed.
std::string place_of(const std::string& path);

}  // namespace lockstep
