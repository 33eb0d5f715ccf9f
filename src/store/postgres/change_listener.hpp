// The listener of a PostgreSQL database.
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

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "file/wake_event.hpp"
#include "store/change_listener.hpp"
#include "store/postgres/connection.hpp"

namespace lockstep {

class PostgresChangeListener final : public ChangeListener {
 public:
  // Nothing is connected yet. Throws Error(usage) for a URL that it does not understand.
  explicit PostgresChangeListener(std::string_view url, const ChangeListenerOptions& options = {});

  Heard wait(std::chrono::milliseconds at_most) override;
  void wake() noexcept override { wake_.raise(); }
  bool connected() const override { return connected_; }
  bool answering() const override { return answering_; }
  bool notified() const override { return notified_; }
  std::string state() const override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void connect();
  bool notifications_arrive();
  bool anything_new();          // by looking at the feed
  bool drain_notifications();
  void keep_in_touch();         // asks for a sign of life, or looks for it
  void lose(const Error& error);
  void set_state(std::string sentence);
  bool woken_before(Time deadline);  // or before there is something to do

  postgres::Target target_;
  ChangeListenerOptions options_;
  std::unique_ptr<postgres::Connection> connection_;
  std::string snapshot_;  // of the last look, when polling
  std::chrono::milliseconds pause_;
  Time next_attempt_{};
  Time next_look_{};
  std::optional<Time> asked_at_;  // a ping without an answer yet
  Time next_ping_{};

  // Shared with other threads.
  WakeEvent wake_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> answering_ = true;
  std::atomic<bool> notified_ = false;
  mutable std::mutex mutex_;
  std::string state_ = "not connected yet";  // under the mutex
};

}  // namespace lockstep
