#pragma once

#include <cstdint>
#include <string>

namespace lockstep {

// The machine's name: with a path, what a replica's owner is known by.
std::string host_name();

// The name of an operating-system user; its number where it has none ("uid 1001").
std::string user_name(std::uint32_t uid);
// Who runs this process: with root's rights by sudo, the login behind it.
std::string login_name();

// A file's place on that machine: absolute, the same from whatever folder it is named, folders' symlinks followed.
std::string place_of(const std::string& path);

}  // namespace lockstep
