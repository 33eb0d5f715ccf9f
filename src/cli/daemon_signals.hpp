// The signals that a daemon obeys, waited for by one thread.
#pragma once

#include <csignal>

#include <chrono>
#include <optional>

namespace lockstep::cli {

enum class DaemonSignal : std::uint8_t { stop, reload };

// Made before any other thread, which inherit that these signals are not theirs.
class DaemonSignals {
 public:
  DaemonSignals();
  ~DaemonSignals();
  DaemonSignals(const DaemonSignals&) = delete;
  DaemonSignals& operator=(const DaemonSignals&) = delete;

  // SIGTERM and SIGINT: stop; SIGHUP: reload; nullopt: the time is over.
  std::optional<DaemonSignal> wait(std::chrono::nanoseconds at_most) const;
  // From now on a signal to stop ends the process at once, as it does a program that knows nothing of signals.
  void release() const;

 private:
  sigset_t waited_{}, former_{};
};

}  // namespace lockstep::cli
