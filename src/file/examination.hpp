// Whether a schedule file can be kept in step here: rights, locks, leases, mounts.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "file/file_system.hpp"
#include "model/finding.hpp"

namespace lockstep {

// Writes and creates nothing; holds the file's lock and a lease for a moment, as a sync does for longer. `patience`:
// how long a lock may be held by somebody else before that is a fault. A missing file is nobody's fault here:
// only the folder is looked at. Throws Error for what it could not look at.
std::vector<Finding> examine_file(FileSystem&, const std::string& path, std::chrono::milliseconds patience);

// The file itself is mounted (a container's single-file mount), so that nothing can take its place.
bool is_mount_point(const std::string& path);

}  // namespace lockstep
