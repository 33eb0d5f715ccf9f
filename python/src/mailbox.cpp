#include "mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lockstep::python {

Mailbox::Mailbox() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0)
    throw Error({.code = ErrorCode::io, .operation = "start the service", .cause = std::strerror(errno)});
}

Mailbox::~Mailbox() { ::close(descriptor_); }

void Mailbox::wake() {
  if (std::exchange(awake_, true)) return;
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from its end.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void Mailbox::put(std::uint64_t number, Response response) {
  const std::scoped_lock lock(mutex_);
  content_.replies.emplace_back(number, std::move(response));
  wake();
}

void Mailbox::put(const Event& event) {
  const std::scoped_lock lock(mutex_);
  if (content_.events.size() >= kMostEvents) {
    content_.events.clear();
    content_.lost = true;
  }
  content_.events.push_back(event);
  wake();
}

void Mailbox::put(LogLevel level, std::string_view message) {
  const std::scoped_lock lock(mutex_);
  content_.log.emplace_back(level, message);
  wake();
}

Mailbox::Content Mailbox::take() {
  const std::scoped_lock lock(mutex_);
  if (std::exchange(awake_, false)) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
  }
  return std::exchange(content_, {});
}

}  // namespace lockstep::python
