// `.bak`, the version before the last write, and `.bak.1`, `.bak.2` …, older ones.
#pragma once

#include <string>
#include <vector>

#include "file/file_system.hpp"

namespace lockstep {

// Makes the file at `path` (same folder) the newest backup of `target`; the others move on, those beyond
// `.bak.<older>` go. A crash leaves at most one number unused, which the next call fills: no backup is
// renamed over another one that is not the oldest. Not synced: see the caller.
void keep_as_newest_backup(FileSystem&, const std::string& target, const std::string& path, int older);

// Those that exist, newest first.
std::vector<std::string> list_backups(FileSystem&, const std::string& target);

}  // namespace lockstep
