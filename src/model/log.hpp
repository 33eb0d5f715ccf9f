// What is worth a line in the log: a value, handed to whoever writes logs (the daemon's
// console, an application's own logger). Nothing below the programs writes logs itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lockstep/log.hpp"
#include "model/json.hpp"

namespace lockstep {

struct LogRecord {
  LogLevel level = LogLevel::info;
  std::string message;              // a sentence; never a secret or a connection string
  std::vector<Json::Member> fields; // for structured logs: what the sentence says, as data
};

// Called on any thread, so it must be thread-safe; it must not block for long and not throw.
using LogSink = std::function<void(const LogRecord&)>;

}  // namespace lockstep
