// An open file of the system's. Private to the POSIX file system.
#pragma once

#include <string>
#include <utility>

#include "file/descriptor.hpp"
#include "file/file_system.hpp"

struct stat;

namespace lockstep {

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) override;
  Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) override;
  Done resize(std::uint64_t size) override;
  Done sync() override;
  Result<FileStat> stat() override;
  Done try_lock() override;
  Done take_read_lease() override;
  void drop_lease() override;
  bool lease_holds() override;
  Done take_attributes_of(File& source) override;

  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  std::string path_;
};

FileStat file_stat_of(const struct ::stat& status);

// Mode, owner, group, ACL and extended attributes from one descriptor to another; 0 or errno.
int copy_attributes(int from, int to);

}  // namespace lockstep
