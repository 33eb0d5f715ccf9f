#include "file/leader_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

namespace lockstep {
namespace {

std::string lock_path(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, unknown);
  return (unknown ? path : target.string()) + ".leader.lock";
}

}  // namespace

LeaderLock::LeaderLock(const std::string& path) : path_(lock_path(path)) {}

LeaderLock::Attempt LeaderLock::attempt() {
  if (held_) return Attempt::held;
  // Opened read-only where it exists, so that processes of several users can share it.
  Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) file = Descriptor(::open(path_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return Attempt::no_lock;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? Attempt::by_other : Attempt::no_lock;
  held_ = std::move(file);
  return Attempt::held;
}

void LeaderLock::release() { held_ = Descriptor(); }

}  // namespace lockstep
