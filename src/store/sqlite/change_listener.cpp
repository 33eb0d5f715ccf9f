#include "store/sqlite/change_listener.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "file/file_error.hpp"
#include "file/network_file_system.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// From one look to the next after an event. A commit is seen when its data has reached the disk, which takes a
// slow one long; all of them are made, since a second commit may hide behind the first.
constexpr std::array<microseconds, 11> kAfterEvent{microseconds(100),   microseconds(300),    microseconds(1'000),
                                                   microseconds(1'000), microseconds(3'000),  microseconds(5'000),
                                                   microseconds(10'000), microseconds(30'000), microseconds(50'000),
                                                   microseconds(100'000), microseconds(300'000)};

// However fast events come, no more looks than these.
constexpr microseconds kBetweenLooks(500);

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// Offsets in the file's header: https://www.sqlite.org/fileformat.html
constexpr int kHeaderSize = 28;
constexpr std::size_t kWriteVersion = 18;
constexpr std::size_t kChangeCounter = 24;
constexpr char kWal = 2;

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

std::int64_t big_endian(std::string_view bytes) {
  std::int64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string without_links(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path : real.string();
}

}  // namespace

SqliteChangeListener::SqliteChangeListener(std::string path, const ChangeListenerOptions& options)
    : path_(fs::absolute(path)), options_(options), real_path_(path_), looks_(kAfterEvent.size()), pause_(options.first_pause) {}

ChangeListener::Heard SqliteChangeListener::wait(milliseconds at_most) {
  const Time deadline = steady_clock::now() + at_most;
  for (;;) {
    try {
      if (look_if_due()) return Heard::change;
    } catch (const Error& error) {
      lose(error);
    }
    if (woken_before(deadline)) return Heard::woken;
    if (steady_clock::now() >= deadline) return Heard::deadline;
  }
}

bool SqliteChangeListener::woken_before(Time deadline) {
  // Nothing can be opened before the next attempt is due.
  Time next = std::min(deadline, connection_ ? next_look_ : std::max(next_look_, next_attempt_));
  const Time rested = last_look_ + kBetweenLooks;
  const bool resting = looks_ < kAfterEvent.size() && steady_clock::now() < rested;
  if (resting) next = std::min(deadline, rested);
  std::array<pollfd, 2> sources{{{.fd = wake_.descriptor(), .events = POLLIN, .revents = 0},
                                 {.fd = inotify_ && !resting ? inotify_->descriptor() : -1, .events = POLLIN, .revents = 0}}};
  return poll_until(sources, next) && wake_.take();
}

// ---- looking -----------------------------------------------------------------------------------------------

bool SqliteChangeListener::look_if_due() {
  const Time now = steady_clock::now();
  if (heard_events()) {
    looks_ = 0;
    next_look_ = now;
  }
  if (now < next_look_ || (!connection_ && now < next_attempt_)) return false;
  last_look_ = now;
  const bool after_event = looks_ < kAfterEvent.size();
  if (!after_event || !watching()) watch_folder();
  if (after_event) next_look_ = now + kAfterEvent[looks_++];
  else next_look_ = now + (watching() ? options_.sqlite_backstop : options_.sqlite_poll_interval);
  return look();
}

bool SqliteChangeListener::look() {
  if (connection_ && !connection_->is_current()) {
    connection_.reset();
    say();
  }
  if (!connection_) return open_if_there();
  const std::optional<Version> now = version();
  if (!now || now == version_) return false;
  version_ = now;
  return true;
}

bool SqliteChangeListener::open_if_there() {
  const bool first = std::exchange(first_look_, false);
  const std::optional<FileLook> file = look_at_file();
  if (!file) {
    unsettled_.reset();
    why_not_connected_ = file_error(errno, "look for", "the database " + path_).what();
    say();
    return false;
  }
  if (!first && !is_settled(*file)) return false;
  watch_folder();
  connection_ = std::make_unique<sqlite::Connection>(path_, sqlite::OpenMode::observe, 0);
  version_ = version();
  unsettled_.reset();
  pause_ = options_.first_pause;
  say();
  return true;
}

bool SqliteChangeListener::is_settled(const FileLook& file) {
  if (unsettled_ != file) {
    unsettled_ = file;
    unsettled_since_ = last_look_;
  }
  const Time settled = unsettled_since_ + options_.sqlite_settle;
  if (last_look_ >= settled) return true;
  next_look_ = std::min(next_look_, settled);
  return false;
}

std::optional<SqliteChangeListener::FileLook> SqliteChangeListener::look_at_file() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return FileLook{.device = status.st_dev,
                  .inode = status.st_ino,
                  .size = status.st_size,
                  .modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::optional<SqliteChangeListener::Version> SqliteChangeListener::version() {
  const std::string header = connection_->peek(0, kHeaderSize);
  if (header.size() < kHeaderSize) return Version{.kind = Version::Kind::empty};
  if (header[kWriteVersion] != kWal) {
    // The counter moves before the commit does, which is when the journal goes.
    if (journal_is_active()) return std::nullopt;
    return Version{.kind = Version::Kind::rollback, .number = big_endian(header.substr(kChangeCounter, 4))};
  }
  if (!exists(real_path_ + "-wal") || !exists(real_path_ + "-shm")) {
    const std::optional<FileLook> file = look_at_file();
    return Version{.kind = Version::Kind::at_rest, .number = file ? file->modified_ns : 0};
  }
  try {
    return Version{.kind = Version::Kind::wal, .number = connection_->integer("PRAGMA data_version").value_or(0)};
  } catch (const Error& error) {
    if (!error.retryable()) throw;
    return std::nullopt;
  }
}

// By its first byte: a journal that is done with is gone, empty, or begins with zeros (journal_mode = PERSIST).
bool SqliteChangeListener::journal_is_active() const {
  const Descriptor journal(::open((real_path_ + "-journal").c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  char first = 0;
  return journal && ::read(journal.get(), &first, 1) == 1 && first != 0;
}

// ---- events ------------------------------------------------------------------------------------------------

void SqliteChangeListener::watch_folder() {
  real_path_ = without_links(path_);
  const std::string folder = fs::path(real_path_).parent_path();
  if (watched_folder_ == folder) return;
  watched_folder_.clear();
  auto inotify = Inotify::create();
  const auto watch = inotify ? inotify->watch(folder, kEvents) : Result<int>::refused(inotify.error());
  if (!watch) why_not_watched_ = why_not_watched(watch.error(), folder);
  else if (const auto reason = why_no_events(folder)) why_not_watched_ = *reason;
  else watched_folder_ = folder;
  if (watching()) inotify_ = std::move(*inotify);
  else inotify_.reset();
  say();
}

bool SqliteChangeListener::heard_events() {
  if (!inotify_) return false;
  const std::string name = fs::path(real_path_).filename();
  bool heard = false;
  for (const InotifyEvent& event : inotify_->events()) {
    if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) watched_folder_.clear();
    const bool of_the_database = event.name == name || event.name == name + "-wal" || event.name == name + "-journal" ||
                                 event.name == name + "-shm";
    heard = heard || event.name.empty() || of_the_database;
  }
  return heard;
}

// ---- what others are told ----------------------------------------------------------------------------------

void SqliteChangeListener::lose(const Error& error) {
  connection_.reset();
  why_not_connected_ = error.what();
  next_attempt_ = steady_clock::now() + pause_;
  pause_ = std::min(pause_ * 2, options_.longest_pause);
  say();
}

void SqliteChangeListener::say() {
  const std::lock_guard guard(mutex_);
  connected_ = connection_ != nullptr;
  notified_ = connection_ && watching();
  if (!connection_) {
    state_ = why_not_connected_;
  } else if (watching()) {
    state_ = "told of changes by the system";
  } else {
    state_ = "looking every " + std::to_string(options_.sqlite_poll_interval.count()) + " ms: " + why_not_watched_;
  }
}

std::string SqliteChangeListener::state() const {
  const std::lock_guard guard(mutex_);
  return state_;
}

}  // namespace lockstep
