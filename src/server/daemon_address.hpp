// Where a daemon listens, as its clients name it.
#pragma once

#include <string>

namespace lockstep::server {

struct DaemonAddress {
  std::string host, port;   // of TCP
  std::string unix_path;    // else
  std::string path = "/ws/sync";
};
// `http://HOST:PORT`, `ws://HOST:PORT/path`, HOST:PORT, [::1]:PORT, unix:PATH. Throws Error(usage) for anything else.
DaemonAddress parse_daemon_address(const std::string& text);

}  // namespace lockstep::server
