// The engine, live: triggers in, syncs done, events out.
//
// One thread owns the engine and does everything that writes: what triggers ask for, and the
// jobs of the interfaces, in the order in which they came. A second thread has a connection of its
// own and answers what only reads, so that no question waits for a sync; a third does
// the same for questions that take long (plans, whole lists), so that short ones do not wait for them.
// Watchers and the timer only post triggers; triggers that wait are one sync.
//
// Whatever happens to the file or the database, a daemon goes on: it reports, tries again with pauses of half a second to
// eight, and catches up. A database that is lost, or that stops answering, is noticed within seconds, asked for or not. Only a failure that no waiting mends (the replica's name belongs to another file) is thrown by start().
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/effects.hpp"
#include "engine/engine.hpp"
#include "model/error.hpp"
#include "model/log.hpp"

namespace lockstep {

struct DaemonOptions {
  std::chrono::milliseconds settle{20};         // quiet time before a changed file is read
  std::chrono::milliseconds interval{300'000};  // between syncs that nothing asked for; 0 = none
  bool watch = true;                            // file and database; false: on request and at intervals only
  // false: other processes of this machine live on the same file and one of them leads. The others follow: they see every
  // change a moment later, when the leader has carried it already, so that they find it done and can tell their
  // own clients; the timer is the leader's alone.
  bool lead = true;
};

// ---- what is told to those who listen

struct StatusChanged {
  std::shared_ptr<const Status> status;
};
struct ResyncRequired {};  // more happened than is told one by one: read everything anew
using LiveEvent = std::variant<FileChange, ConflictRef, ClosedConflict, StatusChanged, ResyncRequired>;

// One piece of the engine's work, done: for logs and metrics.
struct Report {
  Trigger trigger = Trigger::manual;
  double seconds = 0;
  // The outcome as the engine told it; Error: the operation broke.
  std::variant<SyncResult, InvalidYaml, FileBusy, GuardStopped, Error> outcome;
  bool news = true;  // false: how things stand is what was told already
};

enum class WatchState : std::uint8_t { running, polling, stopped };

// Live facts that cost nothing to ask for.
struct Health {
  // silent: connected, but no answer for 5 s.
  enum class Database : std::uint8_t { connected, unreachable, silent } database = Database::unreachable;
  std::string database_error;  // why it is not connected
  WatchState file_watcher = WatchState::stopped;
  std::string file_watcher_state;      // a sentence
  std::string database_watcher_state;  // a sentence
  enum class Yaml : std::uint8_t { valid, invalid, missing } yaml = Yaml::missing;
  std::optional<Timestamp> last_success;
  std::optional<SyncFailure> last_error;  // nullopt: the last sync succeeded, or there was none yet
};

class Daemon {
 public:
  using Job = std::function<void(Engine&)>;
  using SyncDone = std::function<void(const std::variant<SyncOutcome, Error>&)>;

  // Nothing is opened or started yet. Callbacks come one at a time, in the order of what happened, on the engine's
  // thread or that of the database's listener; they must not block and not call back into wait-for-me functions of the Daemon.
  Daemon(Settings settings, DaemonOptions options);
  ~Daemon();  // stop()
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void on_event(std::function<void(const LiveEvent&)>);  // before start()
  void on_report(std::function<void(const Report&)>);    // before start()
  void log_to(LogSink);                                  // before start()

  // Starts the threads; returns once the start-up sync is done, or `patience` is over and it goes on.
  // Throws Error(usage, newer_schema, unsuitable_table): waiting would not help. Then it is stopped.
  void start(std::chrono::milliseconds patience = std::chrono::milliseconds(1'000));
  // Finishes what was asked for before, refuses what comes after. Idempotent.
  void stop();

  // ---- from any thread
  // From now on this one leads, and looks at once for what a former leader left undone. Idempotent.
  void lead();
  void trigger(Trigger);  // a sync soon; with those that already wait, one
  // On the engine's thread, after what came before; exceptions that leave a job are logged. After stop():
  // false, and the job is not run.
  [[nodiscard]] bool write(Job);
  // The same for somebody who must have an answer: a job that could not begin within the lock timeout is not run any
  // more, and `too_late` is called instead, on another thread.
  [[nodiscard]] bool write_in_time(Job, std::function<void()> too_late);
  // A sync for somebody who waits for its result; equal requests that wait together share one run.
  // `done` comes on the engine's thread.
  [[nodiscard]] bool sync(const SyncRequest&, SyncDone done);
  // On a reader's thread, with an engine that must only be asked questions. Jobs that queued up for the
  // short one run one after the other; read_slowly() is for what takes more than a few milliseconds.
  [[nodiscard]] bool read(Job);
  [[nodiscard]] bool read_slowly(Job);
  // One row, from the database. Questions that wait together are one query. `done` comes on the reader's thread:
  // the task, nullopt (no such row), the row's fault, or Error.
  using TaskDone = std::function<void(const std::variant<std::optional<Task>, InvalidRow, Error>&)>;
  [[nodiscard]] bool read_task(std::int64_t id, TaskDone done);
  // All rows, valid until `done` returns, or what reading them threw. `done` comes on the slow reader's thread. Questions
  // that wait together are one look, and rows that the database has not changed since the last one are not read again.
  using TasksDone = std::function<void(const std::variant<const TableRows*, std::exception_ptr>&)>;
  [[nodiscard]] bool read_tasks(TasksDone done);
  // The status object: counts as of the last sync, what is cheap to ask (conflicts, last run) as of now.
  // Works while the database is away. Questions that wait together are one look. `done` comes on the reader's thread; if
  // that hears nothing from the database for 1.5 s, on another one, with what was known last.
  [[nodiscard]] bool status(std::function<void(const Status&)> done);
  Health health() const;
  const Settings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
