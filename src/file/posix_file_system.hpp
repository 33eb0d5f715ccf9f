// The file system of the machine. Linux: renameat2, leases, /proc.
//
// Descriptors are O_CLOEXEC. Leases announce themselves by SIGURG, which is
// ignored unless the program says otherwise, in place of the default SIGIO,
// which would end the process; no signal disposition is touched.
#pragma once

#include "file/file_system.hpp"

namespace lockstep {

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, Open how) override;
  Result<FileStat> stat(const std::string& path, bool follow) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Done rename(const std::string& from, const std::string& to, Rename how) override;
  Done link(const std::string& from, const std::string& to) override;
  Done remove(const std::string& path) override;
  Done make_folder(const std::string& path) override;
  Done may_write(const std::string& path) override;
  std::optional<int> holder_of(std::uint64_t device, std::uint64_t inode, Holder what) override;
  void wait(std::chrono::microseconds) override;
};

}  // namespace lockstep
