// A small file as a string.
#pragma once

#include <optional>
#include <string>

namespace lockstep::config {

// nullopt: there is no such file. Throws Error(io, permission).
std::optional<std::string> read_file(const std::string& path);
std::string read_standard_input();

}  // namespace lockstep::config
