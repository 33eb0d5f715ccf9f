// What waits for the engine's thread: triggers, which wait for quiet and become one sync, and jobs, in the order
// in which they came. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/engine.hpp"
#include "model/error.hpp"

namespace lockstep {

class Agenda {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Milliseconds = std::chrono::milliseconds;
  using Job = std::function<void(Engine&)>;
  using SyncDone = std::function<void(const std::variant<SyncOutcome, Error>&)>;

  // A sync that somebody waits for, or several who asked for the same.
  struct WantedSync {
    SyncRequest request;
    std::vector<SyncDone> waiting;
  };
  using Item = std::variant<Trigger, Job, WantedSync>;

  // A sync once `quiet` has passed without another such trigger, at most `longest` after the first of them. Triggers
  // that wait when one becomes due are done with it.
  void trigger(Trigger, Milliseconds quiet = {}, Milliseconds longest = {});
  // After close(): false, and nothing is kept.
  bool post(Job);
  bool sync(const SyncRequest&, SyncDone);

  // The next thing to do; waits for it. nullopt: closed, and all that was asked for is done. Triggers that still
  // wait then are dropped: whoever starts next syncs anyway.
  std::optional<Item> next();
  void close();
  // Whether something should have been begun so long ago.
  bool overdue(Milliseconds by) const;

 private:
  struct Waiting {
    Time due, latest;
  };
  std::optional<Trigger> due_trigger(Time now);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Trigger, Waiting> triggers_;
  std::deque<Item> jobs_;
  bool closed_ = false;
};

// The two, of which the first to be called is carried out and the other not any more. A job that is too late is let go of
// at once, with all that it holds.
std::pair<Agenda::Job, std::function<void()>> either(Agenda::Job job, std::function<void()> too_late);

}  // namespace lockstep
