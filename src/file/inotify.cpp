#include "file/inotify.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include "file/file_error.hpp"

namespace lockstep {

Result<Inotify> Inotify::create() {
  Descriptor descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) return Result<Inotify>::refused(errno);
  return Inotify(std::move(descriptor));
}

Result<int> Inotify::watch(const std::string& path, std::uint32_t mask) {
  const int number = ::inotify_add_watch(descriptor_.get(), path.c_str(), mask);
  if (number < 0) return Result<int>::refused(errno);
  return number;
}

void Inotify::forget(int watch) {
  // EINVAL: the kernel dropped it by itself, with what was watched.
  ::inotify_rm_watch(descriptor_.get(), watch);
}

std::vector<InotifyEvent> Inotify::events() {
  std::vector<InotifyEvent> events;
  std::array<char, 16384> buffer{};
  for (;;) {
    const auto size = ::read(descriptor_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return events;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      // The name is padded with NULs to event.len.
      std::string name = event.len == 0 ? std::string() : std::string(buffer.data() + at + sizeof event);
      events.push_back({.watch = event.wd, .mask = event.mask, .name = std::move(name)});
      at += sizeof event + event.len;
    }
  }
}

std::string why_not_watched(int error, const std::string& subject) {
  if (error == ENOSPC) return "the system's limit of watches is reached (raise fs.inotify.max_user_watches)";
  if (error == EMFILE) {
    return "no inotify instance is left (raise fs.inotify.max_user_instances, or this program's limit of open files)";
  }
  return file_error(error, "watch", subject).what();
}

}  // namespace lockstep
