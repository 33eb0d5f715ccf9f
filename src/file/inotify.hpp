// inotify(7), wrapped once. One thread at a time.
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <string>
#include <vector>

#include "file/descriptor.hpp"
#include "file/file_system.hpp"

namespace lockstep {

struct InotifyEvent {
  int watch = -1;  // -1: IN_Q_OVERFLOW
  std::uint32_t mask = 0;
  std::string name;  // the entry of a watched folder; empty: what is watched itself
};

class Inotify {
 public:
  static Result<Inotify> create();  // EMFILE: fs.inotify.max_user_instances, or this process's descriptors

  // The watch's number. One inode has one watch, whichever path leads to it: watching it again replaces what is
  // watched for. ENOSPC: fs.inotify.max_user_watches; EACCES: it may not be read.
  Result<int> watch(const std::string& path, std::uint32_t mask);
  void forget(int watch);

  // Those that have come, oldest first; none if there are none. Does not wait: poll the descriptor.
  std::vector<InotifyEvent> events();
  int descriptor() const { return descriptor_.get(); }

 private:
  explicit Inotify(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Descriptor descriptor_;
};

// Why there are no watches, in a sentence for people that says how to mend it: errno of create() or watch().
std::string why_not_watched(int error, const std::string& subject);

}  // namespace lockstep
