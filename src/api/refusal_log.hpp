// Lines about requests that were turned away, so few that nobody can fill a disk with them. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

#include "api/safety.hpp"
#include "model/log.hpp"

namespace lockstep::api {

class RefusalLog {
 public:
  static constexpr std::size_t kLines = 20;  // in each kPeriod; what is more is counted
  static constexpr std::chrono::seconds kPeriod{10};

  // `sink` is called under a lock of this object's.
  explicit RefusalLog(LogSink sink) : sink_(std::move(sink)) {}
  void add(const Refusal&, const Request&,
           std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

 private:
  LogSink sink_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point period_begin_{};
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace lockstep::api
