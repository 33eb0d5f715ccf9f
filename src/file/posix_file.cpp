#include "file/posix_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "file/network_file_system.hpp"

namespace lockstep {
namespace {

Done done(int returned) { return returned == 0 ? Done() : Done::refused(errno); }

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_nsec};
}

// Where a server hands out leases (delegations, oplocks) as it pleases, EAGAIN does not mean "open for
// writing", and waiting for it to go away would be in vain.
bool leases_are_up_to_a_server(int descriptor) {
  struct statfs status {};
  if (::fstatfs(descriptor, &status) != 0) return false;
  return network_file_system(status.f_type).has_value();
}

}  // namespace

FileStat file_stat_of(const struct ::stat& status) {
  FileStat result;
  if (S_ISREG(status.st_mode)) {
    result.kind = FileKind::regular;
  } else if (S_ISDIR(status.st_mode)) {
    result.kind = FileKind::folder;
  } else if (S_ISLNK(status.st_mode)) {
    result.kind = FileKind::symlink;
  }
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size = static_cast<std::uint64_t>(status.st_size);
  result.modified_ns = nanoseconds(status.st_mtim);
  result.changed_ns = nanoseconds(status.st_ctim);
  result.mode = status.st_mode & 07777U;
  result.owner = status.st_uid;
  result.group = status.st_gid;
  result.links = status.st_nlink;
  return result;
}

Result<std::size_t> PosixFile::read(std::uint64_t offset, std::span<char> buffer) {
  const auto count = ::pread(descriptor_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
  if (count < 0) return Result<std::size_t>::refused(errno);
  return static_cast<std::size_t>(count);
}

Result<std::size_t> PosixFile::write(std::uint64_t offset, std::string_view bytes) {
  const auto count = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (count < 0) return Result<std::size_t>::refused(errno);
  return static_cast<std::size_t>(count);
}

Done PosixFile::resize(std::uint64_t size) { return done(::ftruncate(descriptor_.get(), static_cast<off_t>(size))); }

Done PosixFile::sync() {
  // Some file systems cannot sync a folder and say EINVAL: their names are as durable as they get.
  if (::fsync(descriptor_.get()) == 0 || errno == EINVAL || errno == EROFS) return Done();
  return Done::refused(errno);
}

Result<FileStat> PosixFile::stat() {
  struct ::stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) return Result<FileStat>::refused(errno);
  return file_stat_of(status);
}

Done PosixFile::try_lock() {
  if (::flock(descriptor_.get(), LOCK_EX | LOCK_NB) == 0) return Done();
  if (errno != EBADF) return Done::refused(errno);
  // NFS carries flock out as a byte-range lock, which needs a descriptor open for writing.
  Descriptor writable(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!writable) return Done::refused(errno);
  if (::flock(writable.get(), LOCK_EX | LOCK_NB) != 0) return Done::refused(errno);
  descriptor_ = std::move(writable);
  return Done();
}

Done PosixFile::take_read_lease() {
  if (leases_are_up_to_a_server(descriptor_.get())) return Done::refused(EOPNOTSUPP);
  // Whoever opens the file for writing makes the kernel signal the lease's holder. The default, SIGIO, ends
  // the process; SIGURG is ignored by default. The signal is not needed: leases are held for one read only.
  if (::fcntl(descriptor_.get(), F_SETSIG, SIGURG) != 0) return Done::refused(EOPNOTSUPP);
  if (::fcntl(descriptor_.get(), F_SETLEASE, F_RDLCK) == 0) return Done();
  return Done::refused(errno);
}

// While it is being broken, F_GETLEASE tells what it is to become.
bool PosixFile::lease_holds() { return ::fcntl(descriptor_.get(), F_GETLEASE) == F_RDLCK; }

void PosixFile::drop_lease() { ::fcntl(descriptor_.get(), F_SETLEASE, F_UNLCK); }

Done PosixFile::take_attributes_of(File& source) {
  const auto error = copy_attributes(static_cast<PosixFile&>(source).descriptor(), descriptor_.get());
  return error == 0 ? Done() : Done::refused(error);
}

}  // namespace lockstep
