// What every connection works with. Owned by the server, used on the loop's thread.
#pragma once

#include <array>
#include <chrono>
#include <string>

#include "config/config.hpp"
#include "model/log.hpp"
#include "server/application.hpp"
#include "server/connection.hpp"
#include "server/event_feed.hpp"
#include "server/server.hpp"

namespace lockstep::server {

struct Context {
  Application& application;
  EventFeed& feed;
  LogSink log;
  config::DaemonSettings settings;  // the limits and timeouts; may change while it runs
  StreamTimes times;
  Connections connections{};
  bool stopping = false;
  std::string date{};                        // for the Date header, once a second
  std::array<char, 64 * 1024> read_buffer{};  // of whoever reads just now: never kept across a wait
};

}  // namespace lockstep::server
