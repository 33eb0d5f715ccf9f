// The daemon's log: one line a record on standard error, as text or as JSON.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "config/config.hpp"
#include "model/log.hpp"
#include "model/timestamp.hpp"

namespace lockstep::cli {

class ConsoleLog {
 public:
  // Writes to a descriptor that stays the caller's.
  ConsoleLog(LogLevel least, config::LogFormat format, int descriptor = 2);

  // From any thread.
  void configure(LogLevel least, config::LogFormat format);
  void write(const LogRecord& record);
  LogSink sink();  // which must not outlive this

 private:

  int descriptor_;
  std::atomic<LogLevel> least_;
  std::atomic<config::LogFormat> format_;
  std::mutex mutex_;          // guards the descriptor and:
  std::uint64_t lost_ = 0;    // lines that nobody took, since the last one that somebody did
};

// `2026-11-22T08:00:00.123456Z warn  The message, in one line`
std::string text_line(const LogRecord& record, Timestamp at);
// `{"time":…,"level":…,"message":…}` and the record's fields.
std::string json_line(const LogRecord& record, Timestamp at);

}  // namespace lockstep::cli
