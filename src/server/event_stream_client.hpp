// The other end of the WebSocket: a client of a running daemon's events, for `lockstep watch`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/daemon_address.hpp"

namespace lockstep::server {

// Used by one thread.
class EventStreamClient {
 public:
  // Connects. Throws Error(unreachable) if nobody answers, Error(permission) if the token is not accepted, Error(usage)
  // if what answers is not a daemon's event stream.
  EventStreamClient(const DaemonAddress& address, std::optional<std::uint64_t> since, const std::string& token);
  ~EventStreamClient();
  EventStreamClient(const EventStreamClient&) = delete;
  EventStreamClient& operator=(const EventStreamClient&) = delete;

  // The next event's JSON. Blocks as long as the daemon is there. Throws Error(unreachable) once it is gone, or has
  // not answered a ping.
  std::string next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::server
