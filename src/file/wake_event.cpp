#include "file/wake_event.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "model/error.hpp"

namespace lockstep {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

WakeEvent::WakeEvent() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_) return;
  throw Error({.code = ErrorCode::io,
               .operation = "create an eventfd",
               .subject = {},
               .cause = std::generic_category().message(errno),
               .hint = "too many open files: raise the limit (ulimit -n)",
               .retryable = true});
}

void WakeEvent::raise() noexcept {
  const std::uint64_t one = 1;
  // Fails only when it is already raised as far as it goes.
  [[maybe_unused]] const auto written = ::write(descriptor_.get(), &one, sizeof one);
}

bool WakeEvent::take() noexcept {
  std::uint64_t raised = 0;
  return ::read(descriptor_.get(), &raised, sizeof raised) == sizeof raised;
}

bool poll_until(std::span<pollfd> descriptors, steady_clock::time_point deadline) {
  // No caller needs to wait longer in one go, and the sum with a far deadline must not overflow.
  constexpr nanoseconds kLongest = std::chrono::hours(1);
  for (;;) {
    for (pollfd& descriptor : descriptors) descriptor.revents = 0;
    const steady_clock::time_point now = steady_clock::now();
    const nanoseconds left = deadline <= now ? nanoseconds(0) : deadline - now;
    const nanoseconds step = std::min(left, kLongest);
    const timespec timeout{.tv_sec = static_cast<time_t>(step.count() / 1'000'000'000),
                           .tv_nsec = static_cast<long>(step.count() % 1'000'000'000)};
    const int ready = ::ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
    if (ready > 0) return true;
    if (ready == 0 && left <= kLongest) return false;
    // Anything but a signal is a lack of kernel memory; the time that was given passes all the same.
    if (ready < 0 && errno != EINTR && left.count() == 0) return false;
  }
}

}  // namespace lockstep
