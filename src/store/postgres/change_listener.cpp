#include "store/postgres/change_listener.hpp"

#include <algorithm>
#include <array>

#include "store/postgres/change_feed.hpp"

namespace lockstep {
namespace {

using postgres::Connection;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kSelfTestChannel = "lockstep_self_test";

}  // namespace

PostgresChangeListener::PostgresChangeListener(std::string_view url, const ChangeListenerOptions& options)
    : target_(postgres::Target::parse(url)), options_(options), pause_(options.first_pause) {}

ChangeListener::Heard PostgresChangeListener::wait(milliseconds at_most) {
  const Time deadline = steady_clock::now() + at_most;
  for (;;) {
    try {
      if (!connection_ && steady_clock::now() >= next_attempt_) {
        connect();
        return Heard::change;
      }
      if (connection_) keep_in_touch();
      if (connection_ && drain_notifications()) return Heard::change;
      // A look waits for its answer: only a server that has just given one is asked.
      if (connection_ && !notified_ && !asked_at_ && steady_clock::now() >= next_look_) {
        next_look_ = steady_clock::now() + options_.poll_interval;
        if (anything_new()) return Heard::change;
      }
    } catch (const Error& error) {
      lose(error);
    }
    if (woken_before(deadline)) return Heard::woken;
    if (steady_clock::now() >= deadline) return Heard::deadline;
  }
}

bool PostgresChangeListener::woken_before(Time deadline) {
  Time next = deadline;
  if (!connection_) next = std::min(next, next_attempt_);
  else if (!notified_ && !asked_at_) next = std::min(next, next_look_);
  if (connection_ && asked_at_ && answering_) next = std::min(next, *asked_at_ + options_.silence);
  if (connection_ && !asked_at_ && options_.ping_interval.count() > 0) next = std::min(next, next_ping_);
  std::array<pollfd, 2> sources{{{.fd = wake_.descriptor(), .events = POLLIN, .revents = 0},
                                 {.fd = connection_ ? connection_->socket() : -1, .events = POLLIN, .revents = 0}}};
  return poll_until(sources, next) && wake_.take();
}

bool PostgresChangeListener::drain_notifications() {
  bool heard = false;
  while (const std::optional<postgres::Notification> notification = connection_->next_notification()) {
    heard = heard || notification->channel == postgres::kChangeChannel;
  }
  return heard;
}

void PostgresChangeListener::keep_in_touch() {
  constexpr std::string_view kOperation = "ask for a sign of life";
  const Time now = steady_clock::now();
  if (asked_at_) {
    if (connection_->try_receive(kOperation)) {
      asked_at_.reset();
      next_ping_ = now + options_.ping_interval;
      if (!answering_.exchange(true)) set_state("answers again");
    } else if (now - *asked_at_ >= options_.silence && answering_.exchange(false)) {
      set_state("the server has not answered for " + std::to_string(options_.silence.count() / 1'000) + " s");
    }
  } else if (options_.ping_interval.count() > 0 && now >= next_ping_) {
    connection_->send("SELECT 1", kOperation);
    asked_at_ = now;
  }
}

void PostgresChangeListener::lose(const Error& error) {
  connection_.reset();
  connected_ = notified_ = false;
  answering_ = true;
  asked_at_.reset();
  set_state(error.what());
  next_attempt_ = steady_clock::now() + pause_;
  pause_ = std::min(pause_ * 2, options_.longest_pause);
}

void PostgresChangeListener::connect() {
  connection_ = std::make_unique<Connection>(target_);
  connection_->execute("SET application_name = 'lockstep listen'; LISTEN " + std::string(postgres::kChangeChannel) + "; LISTEN " +
                           kSelfTestChannel,
                       "listen for changes");
  const bool may_notify =
      connection_->execute("SELECT current_setting('max_prepared_transactions') = '0'", "read a setting").boolean(0, 0);
  notified_ = may_notify && notifications_arrive();
  snapshot_.clear();
  anything_new();  // from here on
  next_look_ = steady_clock::now() + options_.poll_interval;
  next_ping_ = steady_clock::now() + options_.ping_interval;
  pause_ = options_.first_pause;
  connected_ = true;
  if (notified_) set_state("notified of changes");
  else if (may_notify) set_state("notifications do not arrive, perhaps a pooler swallows them: looking for changes at intervals");
  else set_state("the server allows two-phase commit, with which nobody can notify: looking for changes at intervals");
}

void PostgresChangeListener::set_state(std::string sentence) {
  const std::lock_guard guard(mutex_);
  state_ = std::move(sentence);
}

std::string PostgresChangeListener::state() const {
  const std::lock_guard guard(mutex_);
  return state_;
}

// Sent by another session: what a session sends to itself may come back even through a pooler.
bool PostgresChangeListener::notifications_arrive() {
  if (options_.self_test_timeout.count() == 0) return false;
  const std::string token = std::to_string(connection_->backend_pid()) + "." +
                            std::to_string(steady_clock::now().time_since_epoch().count());
  {
    Connection sender(target_);
    sender.query("SELECT pg_notify($1, $2)", postgres::Parameters().add(kSelfTestChannel).add(token), "send a notification");
  }
  const Time deadline = steady_clock::now() + options_.self_test_timeout;
  for (;;) {
    while (const std::optional<postgres::Notification> notification = connection_->next_notification()) {
      if (notification->channel == kSelfTestChannel && notification->payload == token) return true;
    }
    std::array<pollfd, 1> source{{{.fd = connection_->socket(), .events = POLLIN, .revents = 0}}};
    if (!poll_until(source, deadline)) return false;
  }
}

// Without a feed anything may be new.
bool PostgresChangeListener::anything_new() {
  constexpr std::string_view kOperation = "look for changes";
  if (!connection_->execute("SELECT to_regclass('lockstep.feed') IS NOT NULL AND to_regclass('lockstep.meta') IS NOT NULL", kOperation)
           .boolean(0, 0)) {
    return true;
  }
  const postgres::Result row = connection_->query(
      "SELECT pg_current_snapshot(), coalesce((SELECT value FROM lockstep.meta WHERE key = 'feed_epoch'), '') = ''"
      " OR EXISTS (SELECT FROM lockstep.feed WHERE xid >= pg_snapshot_xmin($1::pg_snapshot)"
      "            AND NOT pg_visible_in_snapshot(xid, $1::pg_snapshot))",
      postgres::Parameters().add(snapshot_.empty() ? std::optional<std::string>() : snapshot_), kOperation);
  snapshot_ = row.text(0, 0);
  return row.boolean(0, 1);
}

}  // namespace lockstep
