// What GET /metrics tells Prometheus. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/daemon.hpp"

namespace lockstep::api {

class Metrics {
 public:
  explicit Metrics(Timestamp started);
  ~Metrics();

  void count_run(const Report&);
  // One that a job made: a resolution, an undo, a task that a program wrote. `outcome`: success, or a problem's name.
  void count_run(Trigger, std::string_view outcome, double seconds);
  void count_changes(const SideCounts& yaml, const SideCounts& database);
  void count_event(std::string_view name);
  // `route` as in the table (`/api/tasks/{id}`), so that the number of series has a bound; the views must be literals.
  void count_request(std::string_view method, std::string_view route, int status);
  void set_clients(std::string_view kind, std::int64_t now);

  // The text exposition format, with the facts of this moment.
  std::string text(const Status&, const Health&);
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::api
