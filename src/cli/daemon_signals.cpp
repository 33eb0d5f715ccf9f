#include "cli/daemon_signals.hpp"

#include <pthread.h>

namespace lockstep::cli {

DaemonSignals::DaemonSignals() {
  sigemptyset(&waited_);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&waited_, number);
  pthread_sigmask(SIG_BLOCK, &waited_, &former_);
  // A client, or whoever reads the log, may go at any time: that is an error of the write, not the end.
  std::signal(SIGPIPE, SIG_IGN);
}

DaemonSignals::~DaemonSignals() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

std::optional<DaemonSignal> DaemonSignals::wait(std::chrono::nanoseconds at_most) const {
  constexpr long kSecond = 1'000'000'000;
  const timespec timeout{static_cast<time_t>(at_most.count() / kSecond), static_cast<long>(at_most.count() % kSecond)};
  switch (sigtimedwait(&waited_, nullptr, &timeout)) {
    case SIGTERM:
    case SIGINT: return DaemonSignal::stop;
    case SIGHUP: return DaemonSignal::reload;
    default: return std::nullopt;
  }
}

void DaemonSignals::release() const {
  sigset_t stopping;
  sigemptyset(&stopping);
  for (const int number : {SIGTERM, SIGINT}) {
    std::signal(number, SIG_DFL);
    sigaddset(&stopping, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &stopping, nullptr);
}

}  // namespace lockstep::cli
