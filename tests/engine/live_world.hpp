// A YAML file and a SQLite database in a folder of their own, a daemon on them, and what it told.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>

#include "engine/daemon.hpp"
#include "engine/live_sides.hpp"
#include "engine/world.hpp"

namespace lockstep::testing {

class LiveWorld : public LiveSides {
 public:
  LiveWorld() { options.interval = std::chrono::milliseconds(0); }
  ~LiveWorld() { daemon.reset(); }  // before what its callbacks use

  void start() {
    daemon = std::make_unique<Daemon>(settings, options);
    daemon->on_event([this](const LiveEvent& event) { note(events_, event); });
    daemon->on_report([this](const Report& report) { note(reports_, report); });
    daemon->start(kPatience);
  }

  // ---- what the daemon told
  template <class Event>
  std::optional<Event> await_event(const std::function<bool(const Event&)>& wanted = [](const Event&) { return true; }) {
    std::unique_lock lock(mutex_);
    std::optional<Event> found;
    changed_.wait_for(lock, kPatience, [&] {
      while (!events_.empty()) {
        const LiveEvent event = events_.front();
        events_.pop_front();
        if (const auto* match = std::get_if<Event>(&event); match && wanted(*match)) {
          found = *match;
          return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(found) << "the event did not come";
    return found;
  }
  bool await_report(const std::function<bool(const Report&)>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] {
      while (!reports_.empty()) {
        const Report report = reports_.front();
        reports_.pop_front();
        if (wanted(report)) return true;
      }
      return false;
    });
  }
  void forget_what_was_told() {
    const std::lock_guard lock(mutex_);
    events_.clear();
    reports_.clear();
  }
  std::size_t count_events(const std::function<bool(const LiveEvent&)>& wanted) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(events_.begin(), events_.end(), wanted));
  }

  // ---- asking
  std::variant<SyncOutcome, Error> sync(SyncRequest request = {}) {
    std::promise<std::variant<SyncOutcome, Error>> answer;
    EXPECT_TRUE(daemon->sync(request, [&](const auto& outcome) { answer.set_value(outcome); }));
    return answer.get_future().get();
  }
  SyncResult synced(SyncRequest request = {}) {
    auto outcome = sync(request);
    if (auto* error = std::get_if<Error>(&outcome)) {
      ADD_FAILURE() << error->what();
      return {};
    }
    return World::done(std::get<SyncOutcome>(outcome));
  }
  Status status() {
    std::promise<Status> answer;
    EXPECT_TRUE(daemon->status([&](const Status& status) { answer.set_value(status); }));
    return answer.get_future().get();
  }
  // Something that the engine's or a reader's thread works out.
  template <class Result>
  Result on_engine(std::function<Result(Engine&)> question) {
    std::promise<Result> answer;
    EXPECT_TRUE(daemon->write([&](Engine& engine) { answer.set_value(question(engine)); }));
    return answer.get_future().get();
  }

  DaemonOptions options;
  std::unique_ptr<Daemon> daemon;

 private:
  template <class Item>
  void note(std::deque<Item>& where, const Item& item) {
    const std::lock_guard lock(mutex_);
    where.push_back(item);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LiveEvent> events_;
  std::deque<Report> reports_;
};

}  // namespace lockstep::testing
