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

// The path as it was given, made absolute by its words alone: a link that moves on does not change it.
std::string place_of(const std::string& path);
// Whether a stored place is that of `path`: by its words, or because both lead to the same file now (places used to be
// stored with their links resolved).
bool is_same_place(const std::string& stored, const std::string& path);

}  // namespace lockstep
