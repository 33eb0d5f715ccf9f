// `.bak`, the version before the last write, and `.bak.1`, `.bak.2` …, older ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "file/file_system.hpp"
#include "model/fingerprint.hpp"

namespace lockstep {

// A `.bak` as lockstep left it.
struct BackupFile {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Fingerprint content;
  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

// Makes the file at `path` (same folder) the newest backup of `target`; the others move on, those beyond
// `.bak.<older>` go. A `.bak` that is not `own` is somebody's: it becomes `.bak.orig`, if there is none yet, and that
// is never touched. A crash leaves at most one number unused, which the next call fills: no backup is
// renamed over another one that is not the oldest. Not synced: see the caller.
void keep_as_newest_backup(FileSystem&, const std::string& target, const std::string& path, int older,
                           const std::optional<BackupFile>& own);

// Those that exist, newest first.
std::vector<std::string> list_backups(FileSystem&, const std::string& target);

}  // namespace lockstep
