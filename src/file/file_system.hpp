// What the file room asks of the system, and nothing else: two narrow interfaces
// named by role. PosixFileSystem is the real thing, SimulatedFileSystem a
// deterministic one in memory that can fail, crash and be edited under one's
// hands; tests/file/file_system_conformance_test.cpp holds both to this text.
//
// A refusal of the system is a value here, its errno, because callers take other
// ways on many of them. file_error() makes lockstep::Error of the rest.
// Calls may be interrupted (EINTR) and reads and writes may be short: the
// callers in file_io.hpp deal with both. One thread at a time.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep {

// A value, or the errno of the call that refused it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  static Result refused(int error) { return Result(error, Refused{}); }

  explicit operator bool() const { return value_.has_value(); }
  int error() const { return error_; }  // 0 = there is a value
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  struct Refused {};
  Result(int error, Refused) : error_(error) {}
  std::optional<T> value_;
  int error_ = 0;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  static Result refused(int error) {
    Result result;
    result.error_ = error;
    return result;
  }
  explicit operator bool() const { return error_ == 0; }
  int error() const { return error_; }

 private:
  int error_ = 0;
};

using Done = Result<void>;

enum class FileKind { regular, folder, symlink, other };

struct FileStat {
  FileKind kind = FileKind::other;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since the epoch
  std::int64_t changed_ns = 0;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::uint64_t links = 0;
  std::string link_target;  // of a symlink that was not followed
};

// An open file description; destroying it closes it, which drops its lock and lease.
class File {
 public:
  virtual ~File() = default;

  // How many bytes were read (0 = end) or written, possibly fewer than asked for.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) = 0;
  virtual Result<std::size_t> write(std::uint64_t offset, std::string_view bytes) = 0;
  virtual Done resize(std::uint64_t size) = 0;
  // Durable: a file's bytes and attributes, or a folder's names.
  virtual Done sync() = 0;
  virtual Result<FileStat> stat() = 0;

  // flock, exclusive. EAGAIN: another description holds it.
  virtual Done try_lock() = 0;
  // A read lease: while it is held, whoever opens the file for writing, or truncates it, waits (at most the
  // system's lease-break-time, 45 s). EAGAIN: it is open for writing. Any other error: no leases here.
  virtual Done take_read_lease() = 0;
  virtual void drop_lease() = 0;
  // Whether nobody has tried to open the file for writing, or to truncate it, since take_read_lease() succeeded.
  virtual bool lease_holds() = 0;

  // Owner, group, mode, ACL and extended attributes of `source`, as far as this process may set them, and
  // never wider than they are there.
  virtual Done take_attributes_of(File& source) = 0;
};

enum class Open {
  read,            // never waits, not even on a FIFO; EAGAIN: somebody holds a write lease
  update,          // for reading and writing, in place
  folder,          // for sync()
  lock,            // an existing lock file: for reading, a symlink is refused
  create_lock,     // a new one, 0644 whatever the umask: any user may lock it, it holds nothing
  create_private,  // a new file, for writing, 0600
  create_public,   // a new file, for writing, 0644 less the umask (or the folder's default ACL)
};

enum class Rename {
  replace,
  keep,      // EEXIST if `to` exists; EINVAL, ENOSYS: not possible here
  exchange,  // both change places at once; EINVAL, ENOSYS: not possible here
};

enum class Holder { lock, writer };

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, Open how) = 0;
  virtual Result<FileStat> stat(const std::string& path, bool follow) = 0;
  // The names in a folder, without `.` and `..`, in no order.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  // EBUSY: one of the two is a mount point.
  virtual Done rename(const std::string& from, const std::string& to, Rename how) = 0;
  virtual Done link(const std::string& from, const std::string& to) = 0;
  virtual Done remove(const std::string& path) = 0;
  // A new folder, 0777 less the umask. EEXIST: something is there.
  virtual Done make_folder(const std::string& path) = 0;
  // Whether this process may write it (a folder: change its entries). EROFS, EACCES, EPERM (immutable), ENOENT.
  virtual Done may_write(const std::string& path) = 0;
  // A process that holds a flock on the file or has it open for writing, where the system tells.
  virtual std::optional<int> holder_of(std::uint64_t device, std::uint64_t inode, Holder what) = 0;
  virtual void wait(std::chrono::microseconds) = 0;
};

}  // namespace lockstep
