// One question to a running daemon, for `lockstep doctor`.
#pragma once

#include <chrono>
#include <string>

#include "server/daemon_address.hpp"

namespace lockstep::server {

struct DaemonAnswer {
  unsigned status = 0;
  std::string body;
};

// GET `target`. Throws Error(unreachable) if nobody listens, or what listens does not answer as HTTP does, in that time.
DaemonAnswer ask_daemon(const DaemonAddress&, const std::string& target, std::chrono::milliseconds at_most);

}  // namespace lockstep::server
