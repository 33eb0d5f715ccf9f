#include "file/file_watcher.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "file/posix_file_system.hpp"
#include "file/trail_watches.hpp"
#include "file/wake_event.hpp"

namespace lockstep {
namespace {

using std::chrono::steady_clock;
using Time = steady_clock::time_point;

// What tells one content from another without reading it. Not the time of change: chmod moves that.
struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::optional<Identity> identify(const std::string& path) {
  const auto status = PosixFileSystem().stat(path, true);
  if (!status) return std::nullopt;
  return Identity{.device = status->device, .inode = status->inode, .size = status->size, .modified_ns = status->modified_ns};
}

}  // namespace

class FileWatcher::Impl {
 public:
  Impl(std::string path, FileWatcherOptions options, std::function<void()> changed)
      : path_(std::filesystem::absolute(path)), options_(options), changed_(std::move(changed)) {
    set_watches();
    told_ = seen_ = identify(path_);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    stopping_ = true;
    wake_.raise();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Mode mode() const { return mode_; }

  std::string state() const {
    const std::lock_guard guard(mutex_);
    return state_;
  }

 private:
  // Something happened that was not told yet.
  struct Pending {
    Time first;
    Time last;
    Time due;             // when to see whether it is settled
    bool surely = false;  // the content was written, or events were lost: told even if the file looks the same
  };

  void run() noexcept {
    // Signals are for the threads that handle them.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    ::pthread_setname_np(::pthread_self(), "file watcher");
    try {
      while (!stopping_) {
        std::array<pollfd, 2> sources{{{.fd = wake_.descriptor(), .events = POLLIN, .revents = 0},
                                       {.fd = watches_.descriptor(), .events = POLLIN, .revents = 0}}};
        poll_until(sources, next_step());
        if (stopping_) return;
        // In this order: what came while this thread was held up counts against the quiet.
        const bool quiet = pending_ && steady_clock::now() >= pending_->due;
        if (const TrailNews news = watches_.news(); news.any()) take(news);
        else if (quiet) settle();
        if (mode_ == Mode::polling) look();
      }
    } catch (const std::exception& error) {
      set_state(Mode::stopped, error.what());
    }
  }

  Time next_step() const {
    const Time poll = mode_ == Mode::polling ? next_look_ : Time::max();
    return pending_ ? std::min(poll, pending_->due) : poll;
  }

  // ---- seeing --------------------------------------------------------------------------------------------

  void take(const TrailNews& news) {
    note(news.written || news.lost);
    if (news.moved) set_watches();
  }

  void look() {
    const Time now = steady_clock::now();
    if (now < next_look_) return;
    if (options_.events && now >= next_try_) set_watches();
    next_look_ = now + options_.poll_interval;
    if (auto identity = identify(path_); identity != seen_) {
      seen_ = identity;
      note(false);
    }
  }

  void note(bool surely) {
    const Time now = steady_clock::now();
    if (!pending_) pending_ = Pending{.first = now, .last = now, .due = now};
    pending_->last = now;
    pending_->surely = pending_->surely || surely;
    hold_until(now + options_.settle);
  }

  void hold_until(Time time) { pending_->due = std::min(time, longest_wait_ends()); }
  Time longest_wait_ends() const { return pending_->first + options_.longest_wait; }

  void set_watches() {
    const std::optional<std::string> refusal =
        options_.events ? watches_.set(path_) : std::optional<std::string>("events are switched off");
    if (!refusal) {
      set_state(Mode::running, "told of changes by the system");
      return;
    }
    next_look_ = steady_clock::now() + options_.poll_interval;
    next_try_ = steady_clock::now() + options_.retry_interval;
    set_state(Mode::polling, "looking every " + std::to_string(options_.poll_interval.count()) + " ms: " + *refusal);
  }

  void set_state(Mode mode, std::string sentence) {
    const std::lock_guard guard(mutex_);
    mode_ = mode;
    state_ = std::move(sentence);
  }

  // ---- telling -------------------------------------------------------------------------------------------

  void settle() {
    const Time now = steady_clock::now();
    const std::optional<Identity> identity = identify(path_);
    const bool open = is_being_written(identity);
    if (now < longest_wait_ends()) {
      // Without events a writer shows only in that the file goes on changing.
      if (mode_ == Mode::polling && identity != seen_) {
        seen_ = identity;
        return note(false);
      }
      if (open) return hold_until(longest_wait_ends());
      if (const Time gone_for_good = pending_->last + options_.settle_missing; !identity && now < gone_for_good) {
        return hold_until(gone_for_good);
      }
    }
    // What was told while it was still open could perhaps not be read then.
    const bool tell = pending_->surely || identity != told_ || (told_while_open_ && !open);
    pending_.reset();
    told_ = seen_ = identity;
    if (!tell) return;
    told_while_open_ = open;
    changed_();
  }

  bool is_being_written(const std::optional<Identity>& identity) const {
    switch (watches_.writer()) {
      case Writer::none: return false;
      case Writer::perhaps: return identity && identity->size == 0;
      case Writer::writing: return true;
    }
    return false;
  }

  const std::string path_;
  const FileWatcherOptions options_;
  const std::function<void()> changed_;

  // The watcher's thread's own.
  TrailWatches watches_;
  std::optional<Pending> pending_;
  std::optional<Identity> told_;  // when it was told last, or at the start; none: missing
  std::optional<Identity> seen_;  // when it was looked at last, polling
  bool told_while_open_ = false;
  Time next_look_{};  // polling
  Time next_try_{};   // of events

  // Shared.
  mutable std::mutex mutex_;
  std::string state_;  // under the mutex
  std::atomic<Mode> mode_ = Mode::running;
  std::atomic<bool> stopping_ = false;
  WakeEvent wake_;

  std::thread thread_;  // last: it uses all of the above
};

FileWatcher::FileWatcher(std::string path, FileWatcherOptions options, std::function<void()> changed)
    : impl_(std::make_unique<Impl>(std::move(path), options, std::move(changed))) {}

FileWatcher::~FileWatcher() = default;
FileWatcher::Mode FileWatcher::mode() const { return impl_->mode(); }
std::string FileWatcher::state() const { return impl_->state(); }

}  // namespace lockstep
