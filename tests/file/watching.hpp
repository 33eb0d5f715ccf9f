// A FileWatcher under test, and what it told.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "file/file_watcher.hpp"
#include "file/temporary_folder.hpp"

namespace lockstep {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLong{60'000};
constexpr milliseconds kSettle{20};

// How often a watcher has told of a change.
class Told {
 public:
  void one_more() {
    const std::lock_guard guard(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int count() const {
    const std::lock_guard guard(mutex_);
    return count_;
  }
  // false: not so often within that time.
  bool reaches(int count, milliseconds at_most = kLong) {
    std::unique_lock guard(mutex_);
    return changed_.wait_for(guard, at_most, [&] { return count_ >= count; });
  }
  // Nothing more is told for as long as anything that has happened could take.
  bool stays(milliseconds at_most = 4 * kSettle) { return !reaches(count() + 1, at_most); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

inline FileWatcherOptions patient() {
  FileWatcherOptions options;
  options.settle = kSettle;
  options.longest_wait = std::chrono::hours(1);  // no test waits for it by accident
  return options;
}

inline FileWatcherOptions polling() {
  FileWatcherOptions options = patient();
  options.poll_interval = milliseconds(1);
  options.events = false;
  return options;
}

class Watching {
 public:
  explicit Watching(const std::string& path, FileWatcherOptions options = patient())
      : settle_(options.settle), watcher_(path, options, [this] { told_.one_more(); }) {}

  Told& told() { return told_; }
  const FileWatcher& watcher() const { return watcher_; }

  // What happens is told by one call, and by no other. A machine that is so busy that the saving itself takes as
  // long as the settling allows the watcher two calls: then it is done again.
  void expect_told_once(const std::function<void()>& save) {
    constexpr int kTries = 100;
    for (int i = 0; i < kTries; ++i) {
      const int before = told_.count();
      const auto start = steady_clock::now();
      save();
      const bool swift = steady_clock::now() - start < settle_;
      ASSERT_TRUE(told_.reaches(before + 1)) << watcher_.state();
      const bool silent = told_.stays();
      if (!swift) continue;
      EXPECT_TRUE(silent) << "told " << told_.count() - before << " times";
      return;
    }
    FAIL() << "too busy a machine: no save took less than " << settle_.count() << " ms";
  }

  void expect_told(const std::function<void()>& change) {
    const int before = told_.count();
    change();
    ASSERT_TRUE(told_.reaches(before + 1)) << watcher_.state();
    while (!told_.stays()) {
    }
  }

  void expect_silence(const std::function<void()>& deed) {
    const int before = told_.count();
    deed();
    EXPECT_TRUE(told_.stays());
    EXPECT_EQ(told_.count(), before);
  }

 private:
  Told told_;
  milliseconds settle_;
  FileWatcher watcher_;  // last: its thread uses the above
};

}  // namespace lockstep
