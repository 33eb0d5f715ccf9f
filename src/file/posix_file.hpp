// A descriptor of the system's, owned. Private to the POSIX file system.
#pragma once

#include <utility>

#include "file/file_system.hpp"

struct stat;

namespace lockstep {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

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
