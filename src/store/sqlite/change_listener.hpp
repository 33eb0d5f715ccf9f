// The listener of an SQLite database.
//
// inotify tells that the database's files are written, which is before the commit can be seen: so the database's
// version is looked at a few times after an event, and now and then without one. Looking takes microseconds and makes
// nobody wait:
// - In WAL mode the version is PRAGMA data_version, by a connection of its own that holds no transaction. It
//   takes part only while others have the database open; it makes no -wal or -shm file, and like any
//   connection it removes them when it is the last to close. Like any reader that meets a commit halfway it may
//   take the writer's lock for a microsecond (walIndexReadHdr in SQLite's wal.c), which a writer with the shortest
//   busy timeout does not notice.
// - In the older journal modes a reader's lock would often refuse the commit of a writer that does not wait for
//   locks. There the version is the file's change counter (https://www.sqlite.org/fileformat.html,
//   "File change counter"), read without any lock while no journal is active.
//
// A file that is replaced is opened anew, once nobody seems to write it any more. One that is gone is waited
// for and its going is not told: whoever put it back would find a database made by those who were told.
// What this process writes through other connections counts as a change too. The database file is opened by SQLite
// alone: closing any descriptor of it would drop the locks of SQLite's.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "file/inotify.hpp"
#include "file/wake_event.hpp"
#include "store/change_listener.hpp"
#include "store/sqlite/connection.hpp"

namespace lockstep {

class SqliteChangeListener final : public ChangeListener {
 public:
  // `path` as open(2) takes it; a relative one is from the current folder at this moment. Nothing is opened yet.
  explicit SqliteChangeListener(std::string path, const ChangeListenerOptions& options = {});

  Heard wait(std::chrono::milliseconds at_most) override;
  void wake() noexcept override { wake_.raise(); }
  bool connected() const override { return connected_; }
  bool notified() const override { return notified_; }
  std::string state() const override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  // Two that are equal: nothing was committed in between.
  struct Version {
    enum class Kind : std::uint8_t {
      empty,     // the file holds nothing yet
      rollback,  // number: the change counter
      wal,       // number: this connection's data_version
      at_rest,   // WAL mode, but nobody has it open; number: the file's time of modification
    } kind = Kind::empty;
    std::int64_t number = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };
  struct FileLook {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const FileLook&, const FileLook&) = default;
  };

  bool look_if_due();
  bool look();
  bool open_if_there();
  bool is_settled(const FileLook& now);
  std::optional<Version> version();  // nullopt: not to be known at this moment
  bool journal_is_active() const;
  std::optional<FileLook> look_at_file() const;

  bool heard_events();
  void watch_folder();  // unless it is
  bool watching() const { return !watched_folder_.empty(); }
  bool woken_before(Time deadline);
  void lose(const Error& error);
  void say();

  const std::string path_;  // absolute
  const ChangeListenerOptions options_;

  // The waiting thread's own.
  std::unique_ptr<sqlite::Connection> connection_;
  std::optional<Version> version_;  // as told last
  std::string real_path_;           // without symbolic links: where the database's other files stand
  std::optional<FileLook> unsettled_;  // a file that appeared, as it was seen last
  Time unsettled_since_{};
  std::optional<Inotify> inotify_;
  std::string watched_folder_;  // empty: none
  std::string why_not_watched_;
  std::string why_not_connected_;
  bool first_look_ = true;
  std::size_t looks_;  // since the last event; then only the backstop is left
  Time last_look_{};
  Time next_look_{};
  Time next_attempt_{};  // to open, after a failure
  std::chrono::milliseconds pause_;

  // Shared with other threads.
  WakeEvent wake_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> notified_ = false;
  mutable std::mutex mutex_;
  std::string state_ = "not connected yet";  // under the mutex
};

}  // namespace lockstep
