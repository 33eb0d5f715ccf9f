#include "store/postgres/change_listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/postgres/change_feed.hpp"

namespace lockstep {
namespace {

using postgres::Connection;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kSelfTestChannel = "lockstep_self_test";

milliseconds until(steady_clock::time_point time) {
  // Rounded up, or the last fraction of a millisecond would be spun through.
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(time - steady_clock::now()));
}

int clamp_timeout(milliseconds timeout) { return static_cast<int>(std::min<std::int64_t>(timeout.count(), INT32_MAX)); }

}  // namespace

ChangeListener::ChangeListener(std::string_view url, ChangeListenerOptions options)
    : target_(postgres::Target::parse(url)), options_(options), pause_(options.first_pause) {
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd_ < 0) {
    throw Error({.code = ErrorCode::io, .operation = "create an eventfd", .subject = {}, .cause = "the system has none left", .hint = {}});
  }
}

ChangeListener::~ChangeListener() { close(wake_fd_); }

void ChangeListener::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when it is already raised as far as it goes.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

ChangeListener::Heard ChangeListener::wait(milliseconds at_most) {
  const Time deadline = steady_clock::now() + at_most;
  for (;;) {
    try {
      if (!connection_ && steady_clock::now() >= next_attempt_) {
        connect();
        return Heard::change;
      }
      if (connection_ && drain_notifications()) return Heard::change;
      if (connection_ && !notified_ && steady_clock::now() >= next_look_) {
        next_look_ = steady_clock::now() + options_.poll_interval;
        if (anything_new()) return Heard::change;
      }
    } catch (const Error& error) {
      lose(error);
    }
    if (poll_until(deadline)) return Heard::woken;
    if (steady_clock::now() >= deadline) return Heard::deadline;
  }
}

bool ChangeListener::poll_until(Time deadline) {
  Time next = deadline;
  if (!connection_) next = std::min(next, next_attempt_);
  else if (!notified_) next = std::min(next, next_look_);
  pollfd fds[] = {{.fd = wake_fd_, .events = POLLIN, .revents = 0},
                  {.fd = connection_ ? connection_->socket() : -1, .events = POLLIN, .revents = 0}};
  if (poll(fds, 2, clamp_timeout(until(next))) <= 0 || (fds[0].revents & POLLIN) == 0) return false;
  std::uint64_t raised = 0;
  return read(wake_fd_, &raised, sizeof raised) == sizeof raised;
}

bool ChangeListener::drain_notifications() {
  bool heard = false;
  while (const std::optional<postgres::Notification> notification = connection_->next_notification()) {
    heard = heard || notification->channel == postgres::kChangeChannel;
  }
  return heard;
}

void ChangeListener::lose(const Error& error) {
  connection_.reset();
  notified_ = false;
  state_ = error.what();
  next_attempt_ = steady_clock::now() + pause_;
  pause_ = std::min(pause_ * 2, options_.longest_pause);
}

void ChangeListener::connect() {
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
  pause_ = options_.first_pause;
  if (notified_) state_ = "notified of changes";
  else if (may_notify) state_ = "notifications do not arrive, perhaps a pooler swallows them: looking for changes at intervals";
  else state_ = "the server allows two-phase commit, with which nobody can notify: looking for changes at intervals";
}

// Sent by another session: what a session sends to itself may come back even through a pooler.
bool ChangeListener::notifications_arrive() {
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
    const milliseconds left = until(deadline);
    if (left.count() == 0) return false;
    pollfd fd{.fd = connection_->socket(), .events = POLLIN, .revents = 0};
    if (poll(&fd, 1, clamp_timeout(left)) < 0 && errno != EINTR) return false;
  }
}

// Without a feed anything may be new.
bool ChangeListener::anything_new() {
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
