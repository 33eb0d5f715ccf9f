// What ends a thread's wait from outside, and the wait itself.
#pragma once

#include <poll.h>

#include <chrono>
#include <span>

#include "file/descriptor.hpp"

namespace lockstep {

// Raised by any thread, or a signal handler; taken by the thread that waits for its descriptor to be readable.
class WakeEvent {
 public:
  WakeEvent();  // throws Error(io) when the system has no descriptor left
  void raise() noexcept;
  bool take() noexcept;  // whether it was raised since the last time
  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

// poll(2) until one of `descriptors` (negative ones are passed over) has something, or the time has come; to the
// microsecond, signals notwithstanding. true: one has, see its revents.
bool poll_until(std::span<pollfd> descriptors, std::chrono::steady_clock::time_point deadline);

}  // namespace lockstep
