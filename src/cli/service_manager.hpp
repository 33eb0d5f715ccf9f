// What systemd is told, and what it asks for: sd_notify(3), by its datagrams.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::cli {

class ServiceManager {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without the first nothing is told to anybody.
  ServiceManager();

  // `READY=1`, `STOPPING=1`, `STATUS=…`, one assignment a line. A manager that does not listen is no error.
  void tell(std::string_view assignments) const noexcept;
  // Since systemd 253 a reload is told with the time at which it began.
  void tell_reloading() const;

  // Within which it must hear `WATCHDOG=1` again and again.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  std::string socket_;  // a path, or `@` and an abstract name; empty: none
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace lockstep::cli
