// Wakes the daemon when the task table may have changed.
//
// A connection of its own, never in a transaction, LISTENs to what the change triggers notify. Whether
// notifications arrive is proven with each connection by one that another connection sends: poolers in
// transaction mode swallow them. Where they do not arrive, or where the triggers may not notify (two-phase commit is
// enabled), it looks at the change feed every `poll_interval`; where there is no feed either, it
// reports a possible change at that interval.
//
// A lost connection is made anew, with backoff; a new connection counts as a change, since anything may have
// happened before it listened: sync from the cursor.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/postgres/connection.hpp"

namespace lockstep {

struct ChangeListenerOptions {
  std::chrono::milliseconds poll_interval{5'000};
  std::chrono::milliseconds self_test_timeout{2'000};  // 0 = do not rely on notifications
  std::chrono::milliseconds first_pause{250};   // before the second attempt to connect; doubled each time
  std::chrono::milliseconds longest_pause{30'000};
};

// Used by one thread, save wake().
class ChangeListener {
 public:
  enum class Heard {
    change,    // the table may have changed
    woken,     // by wake()
    deadline,  // nothing, in the time given
  };

  // Nothing is connected yet. Throws Error(usage) for a URL that it does not understand.
  explicit ChangeListener(std::string_view url, ChangeListenerOptions options = {});
  ~ChangeListener();
  ChangeListener(const ChangeListener&) = delete;
  ChangeListener& operator=(const ChangeListener&) = delete;

  // Blocks until there is something to tell, at most so long (connecting included, up to the
  // connection's own timeout). Never throws for a database that is away: state() says so.
  Heard wait(std::chrono::milliseconds at_most);
  void wake() noexcept;  // any thread, signal handlers too: ends the present wait, or the next

  bool connected() const { return connection_ != nullptr; }
  bool notified() const { return notified_; }        // notifications were proven to arrive
  const std::string& state() const { return state_; }  // a sentence for people

 private:
  using Time = std::chrono::steady_clock::time_point;

  void connect();
  bool notifications_arrive();
  bool anything_new();          // by looking at the feed
  bool drain_notifications();
  void lose(const Error& error);
  bool poll_until(Time deadline);  // true = woken

  postgres::Target target_;
  ChangeListenerOptions options_;
  std::unique_ptr<postgres::Connection> connection_;
  int wake_fd_ = -1;
  bool notified_ = false;
  std::string snapshot_;  // of the last look, when polling
  std::string state_ = "not connected yet";
  std::chrono::milliseconds pause_;
  Time next_attempt_{};
  Time next_look_{};
};

}  // namespace lockstep
