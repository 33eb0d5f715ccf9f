// The way to a file, as the system walks it: which folders have to be watched so that no change of where it
// leads is missed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockstep {

struct TrailFolder {
  std::string path;  // without symbolic links
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  // Entries whose coming, going and being replaced change the way: links, what is missing, the file. Empty: only
  // the folder's own moving does.
  std::vector<std::string> names{};
  friend bool operator==(const TrailFolder&, const TrailFolder&) = default;
};

struct PathTrail {
  std::vector<TrailFolder> folders;  // each once
  std::optional<std::string> file;   // the regular file that it leads to, without symbolic links
  // Why it ends before, as errno; 0: it does not. After ENOENT, ENOTDIR and ELOOP the names that would mend it are
  // among the folders'; EACCES: what follows cannot be seen.
  int error = 0;
};

// Walks an absolute path. Only looks: nothing is opened.
PathTrail follow(const std::string& path);

}  // namespace lockstep
