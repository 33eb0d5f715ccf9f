// File systems that other hosts may change without this one's kernel hearing of it: no inotify event comes, and a
// lease is up to the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

// What people call it ("NFS"), by statfs's f_type. FUSE counts: what is behind it cannot be known.
std::optional<std::string_view> network_file_system(long type);

// A sentence for people, if what happens in this folder may go untold.
std::optional<std::string> why_no_events(const std::string& folder);

}  // namespace lockstep
