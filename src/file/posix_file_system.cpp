#include "file/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "file/posix_file.hpp"
#include "file/posix_holder.hpp"

namespace lockstep {
namespace {

Done done(int returned) { return returned == 0 ? Done() : Done::refused(errno); }

struct OpenFlags {
  int flags;
  mode_t mode;
};

OpenFlags flags_of(Open how) {
  switch (how) {
    case Open::read: return {O_RDONLY | O_NONBLOCK, 0};
    case Open::update: return {O_RDWR | O_NONBLOCK, 0};
    case Open::folder: return {O_RDONLY | O_DIRECTORY, 0};
    case Open::lock: return {O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0};
    case Open::create_lock: return {O_RDONLY | O_CREAT | O_EXCL, 0644};
    case Open::create_private: return {O_RDWR | O_CREAT | O_EXCL, 0600};
    case Open::create_public: return {O_RDWR | O_CREAT | O_EXCL, 0644};
  }
  return {O_RDONLY, 0};
}

unsigned rename_flags_of(Rename how) {
  switch (how) {
    case Rename::replace: return 0;
    case Rename::keep: return RENAME_NOREPLACE;
    case Rename::exchange: return RENAME_EXCHANGE;
  }
  return 0;
}

std::string link_target(const std::string& path) {
  std::array<char, 4096> target{};  // PATH_MAX: no longer one can be made
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, Open how) {
  using Opened = Result<std::unique_ptr<File>>;
  const auto [flags, mode] = flags_of(how);
  Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode));
  if (!descriptor) return Opened::refused(errno);
  // A root whose umask is 077 would otherwise lock every other user out for good.
  if (how == Open::create_lock && ::fchmod(descriptor.get(), mode) != 0) return Opened::refused(errno);
  return Opened(std::make_unique<PosixFile>(std::move(descriptor), path));
}

Result<FileStat> PosixFileSystem::stat(const std::string& path, bool follow) {
  struct ::stat status {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    return Result<FileStat>::refused(errno);
  }
  auto result = file_stat_of(status);
  if (result.kind == FileKind::symlink) result.link_target = link_target(path);
  return result;
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& folder) {
  using Listed = Result<std::vector<std::string>>;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
  if (!stream) return Listed::refused(errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return Listed::refused(errno);
  return Listed(std::move(names));
}

Done PosixFileSystem::rename(const std::string& from, const std::string& to, Rename how) {
  if (how == Rename::replace) return done(::rename(from.c_str(), to.c_str()));
  // Called directly: the C library's own renameat2 is not everywhere, and none of them emulates the flags.
  return done(static_cast<int>(
      ::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), rename_flags_of(how))));
}

Done PosixFileSystem::link(const std::string& from, const std::string& to) {
  return done(::link(from.c_str(), to.c_str()));
}

Done PosixFileSystem::remove(const std::string& path) { return done(::unlink(path.c_str())); }

Done PosixFileSystem::make_folder(const std::string& path) { return done(::mkdir(path.c_str(), 0777)); }

Done PosixFileSystem::may_write(const std::string& path) {
  // access(2) answers for root too: EROFS on a read-only mount, EPERM where chattr made it immutable.
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0) return Done::refused(errno);
  return done(::faccessat(AT_FDCWD, path.c_str(), S_ISDIR(status.st_mode) ? W_OK | X_OK : W_OK, AT_EACCESS));
}

std::optional<int> PosixFileSystem::holder_of(std::uint64_t device, std::uint64_t inode, Holder what) {
  return what == Holder::lock ? flock_holder(device, inode) : writing_process(device, inode);
}

void PosixFileSystem::wait(std::chrono::microseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace lockstep
