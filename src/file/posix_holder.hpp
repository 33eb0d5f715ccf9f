// Which process stands in the way, from /proc. Never fails: what cannot be
// read is not known.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep {

// From /proc/locks; device as in stat.
std::optional<int> flock_holder(std::uint64_t device, std::uint64_t inode);
// The same in a text of that form. Format: proc_locks(5): `1: FLOCK  ADVISORY  WRITE 4242 fd:01:1337 0 EOF`,
// device numbers in hex; processes that wait for a lock have `->` after the number.
std::optional<int> flock_holder_in(std::string_view locks, unsigned major, unsigned minor, std::uint64_t inode);

// From /proc/*/fd, of the processes that this one may look into.
std::optional<int> writing_process(std::uint64_t device, std::uint64_t inode);

}  // namespace lockstep
