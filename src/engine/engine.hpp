// The engine: read → reconcile → execute, in the order of effects that makes
// every crash harmless (docs/ARCHITECTURE.md). One thread owns an Engine and
// everything below it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/effects.hpp"
#include "engine/settings.hpp"
#include "engine/waiting_changes.hpp"
#include "file/safe_file.hpp"
#include "model/diagnostic.hpp"
#include "model/validation.hpp"
#include "reconcile/plan.hpp"
#include "reconcile/resolve.hpp"
#include "store/store.hpp"

namespace lockstep {

// What a sync did (or, dry_run, would do). http.md, "Sync result".
struct SyncResult {
  Direction direction = Direction::bidirectional;
  Trigger trigger = Trigger::manual;
  // null: dry run. A sync that found nothing to do is no run of its own: the last run's id, 0 if there was none.
  std::optional<std::int64_t> run_id;
  Timestamp at;
  double duration_ms = 0;
  bool dry_run = false;
  SideCounts yaml, database;
  std::size_t merged = 0;
  std::size_t unchanged = 0;
  std::vector<ConflictRef> conflicts;  // all that this run found, new or still pending
  std::vector<Warning> warnings;
  std::vector<WaitingChange> waiting;  // sorted by task
};

// Expected ways for a sync not to happen: nothing was written on either side.
struct InvalidYaml {
  std::vector<Diagnostic> diagnostics;
  std::size_t more = 0;
};
struct FileBusy {
  Busy busy;
};
struct GuardStopped {
  GuardStop guard;
};

// One task of a plan, for people: what each side would get and why.
struct PlannedTask {
  TaskPlan plan;
  std::optional<Task> base, yaml, database;
};

struct PlanReport {
  SyncResult result;
  std::vector<PlannedTask> tasks;     // sorted by id; those that a sync would write or report
  std::optional<GuardStop> guard;     // a sync would stop
};

using SyncOutcome = std::variant<SyncResult, InvalidYaml, FileBusy, GuardStopped>;
using PlanOutcome = std::variant<PlanReport, InvalidYaml, FileBusy>;

struct SyncRequest {
  Direction direction = Direction::bidirectional;
  bool force = false;
  std::optional<double> max_delete_percent;  // else the setting
  Trigger trigger = Trigger::manual;
  bool by_person = false;  // asked for through a program's interface by a person: sync_source is then `manual`
  // This task alone; all others stay as they are on both sides, for a later sync to look at. Their conflicts are not touched.
  std::optional<std::int64_t> only;
  std::string author = {};  // who asks, for the history; empty: as act_for() said
};

// Progress of long work, in [0, 1], with what is being done. Called on the engine's thread.
using Progress = std::function<void(double fraction, std::string_view stage)>;

struct ResolveRequest {
  std::int64_t number = 0;
  Resolution resolution;
  std::optional<int> version;
};
struct ResolveDone {
  std::int64_t number = 0;
  std::int64_t task_id = 0;
  Choice choice = Choice::keep_yaml;
  std::optional<Task> task;
  std::optional<std::int64_t> new_task_id;
  bool stored = false;  // for another host's replica: not carried out yet
  std::string message;
  std::optional<std::int64_t> run_id;
};
struct ConflictGone {};                    // not pending (any more)
struct ConflictMoved { Conflict current; };  // version is no longer current
struct ChoiceRefused { std::string message; };
using ResolveOutcome =
    std::variant<ResolveDone, ConflictGone, ConflictMoved, ChoiceRefused, InvalidYaml, FileBusy>;

struct UndoRefused {
  std::vector<std::pair<std::int64_t, Side>> changed;
};
struct RunUnknown {};
struct UndoStored {
  std::string replica;  // another host's: the process that can write its file carries it out
};
using UndoOutcome = std::variant<SyncResult, UndoRefused, RunUnknown, UndoStored, InvalidYaml, FileBusy, GuardStopped>;

// A task written by a program, through lockstep: into the database first, then, by a sync, into the YAML.
struct TaskStale {
  Task current;  // not what the caller had seen
};
struct TaskProblems {
  std::vector<FieldProblem> problems;
};
struct TaskMissing {};
struct TaskExists {};
struct TaskWritten {
  std::optional<Task> task;  // as both sides have it now; nullopt = deleted
  enum class Yaml : std::uint8_t { written, pending, conflict } yaml = Yaml::written;
  std::string detail;        // why the YAML does not have it (yet)
};
using TaskWriteOutcome = std::variant<TaskWritten, TaskStale, TaskProblems, TaskMissing, TaskExists>;

struct TaskWriteRequest {
  enum class Kind : std::uint8_t { create, update, remove } kind = Kind::create;
  std::optional<std::int64_t> id;  // nullopt: create one under the next free id
  // create, update: the whole task as it shall be (its id does not matter), from the row as it is (create: null).
  // remove: the row itself, or why not. Called inside the transaction, perhaps more than once.
  std::function<std::variant<Task, TaskStale, TaskProblems>(const Task* current)> make;
};

// Rows as they were read, and which they are (TaskTable::version()).
struct TaskSnapshot {
  TableRows rows;
  std::string version;
};

struct RunDetails {
  Run run;
  std::vector<ChangeRecord> changes;
};

// Why the last sync came to nothing.
struct SyncFailure {
  Timestamp at;
  std::variant<InvalidYaml, FileBusy, GuardStopped, Error> why;
};

// http.md, "Status".
struct Status {
  std::optional<Timestamp> last_sync;
  std::size_t total_tasks = 0;
  std::size_t pending_conflicts = 0;
  std::string sync_source = "unknown";
  bool in_sync = false;  // as far as can be known now, both sides hold the same
  std::string replica;
  std::string timezone;                      // in which cron expressions are read
  std::array<Owner, kFieldCount> owners{};   // by Field
  struct Yaml {
    std::string path;
    bool valid = false;
    bool writable = false;
    std::size_t tasks = 0;
    std::string checksum;  // empty = missing
    std::optional<Timestamp> modified_at;
    std::vector<Diagnostic> errors;
  } yaml;
  struct Database {
    std::string backend;
    bool reachable = false;
    std::string error;  // why it is not
    std::size_t tasks = 0;
    std::vector<Warning> warnings;
  } database;
  std::vector<WaitingChange> waiting;  // sorted by task; perhaps not all of them
  std::size_t waiting_count = 0;       // all
  std::optional<SyncFailure> last_error;  // of the daemon's syncs; nullopt once one has succeeded
  std::optional<Run> last_run;
};

// What the settings alone say of how things stand.
Status unknown_status(const Settings&);

class Engine {
 public:
  // `files` outlives the engine. Nothing is opened, created or connected yet.
  Engine(Settings settings, FileSystem& files, std::unique_ptr<Store> store, Clock clock = system_now);
  ~Engine();

  void on_progress(Progress);
  // Who asks for what is done from now on, for the history; empty (as it begins): nobody that is known.
  void act_for(std::string author);
  // Told once per operation, after two seconds of waiting: what for, and who holds it where that can be known. Called
  // on the engine's thread.
  void on_wait(std::function<void(const std::string&)>);
  // Whatever an operation waits for counts from then on, when somebody asked for it; nullopt: from its beginning.
  void count_waits_from(std::optional<std::chrono::steady_clock::time_point>);
  // From any thread, while the engine lives: what it waits for, now and from now on, it waits for no longer. The
  // operation ends as one does whose time is over.
  void give_up();

  SyncOutcome sync(const SyncRequest&);
  // What sync() would do. Takes no lock, writes nothing, creates nothing.
  PlanOutcome plan(const SyncRequest&);

  std::vector<Conflict> conflicts(const ConflictFilter&);
  // The same one by one, of one moment, in little memory however many there are.
  void each_conflict(const ConflictFilter&, const std::function<void(const Conflict&)>&);
  std::size_t count_conflicts(const ConflictFilter&);
  ResolveOutcome resolve(const ResolveRequest&);
  // What each came to, in the order of the requests. All that can be carried out are one run: the file is written
  // once, and one undo takes it back. An invalid or busy file is the outcome of every one.
  std::vector<ResolveOutcome> resolve_all(const std::vector<ResolveRequest>&);
  std::size_t clear_conflicts();

  std::vector<Run> history(const RunFilter&);
  std::optional<RunDetails> run(std::int64_t id);
  // Takes back what the run carried, on both sides: every field that it wrote has its former value again on
  // either side, what it inserted is gone and what it deleted is there again. The deletion guard holds.
  UndoOutcome undo(std::int64_t run_id, std::optional<double> max_delete_percent = std::nullopt);

  // A row that breaks the rules is TaskProblems: only what is valid can be written over.
  TaskWriteOutcome write_task(const TaskWriteRequest&);
  // The last sync could not be done for now (file busy, too much going on), or may have missed what nobody will tell of
  // (the change feed was made only after it): it is worth another one.
  bool worth_a_retry() const;
  // The database's rows, sorted by id; all of them, or those of `ids`. `known`: an earlier answer of this engine, given
  // back without reading anything if it can be told that it is right still.
  TaskSnapshot tasks(TaskSnapshot known = {});
  TableRows tasks_of(std::span<const std::int64_t> ids);

  // Reads everything, plans, writes nothing.
  Status status();
  // The same for nothing: how things stood after this engine's last sync, or attempt of one. Before it: nothing known.
  const Status& observed() const;
  // After a sync that failed: what can be told of the file without the database. Of what cannot be told nothing changes.
  void observe_file();
  // That, brought up to date (by any engine of this replica) where it is cheap: conflicts, runs, whether the database
  // can be reached; in_sync is false as soon as the file is not the one that was observed.
  Status refreshed(Status observed);
  // What changed since the last call: through this engine, and by runs of other processes on this replica's database.
  // The first call only takes note of where the history stands, and tells what this engine did.
  Effects take_effects();
  // What stands in the way of a sync, or may, with what to do about it. Never throws for that; writes nothing.
  std::vector<Finding> examine();
  std::vector<ReplicaState> replicas();
  bool forget_replica(std::string_view name);
  // Makes this file the owner of the replica's name and base (init --adopt-replica).
  void adopt_replica();
  // Creates or adopts the tables; what was done, in sentences.
  std::vector<std::string> prepare();
  std::string setup_sql();
  // Takes the change triggers off the task table.
  FeedState remove_triggers();

  // `.bak`, `.bak.1` … newest first; and one of them (or any path) as the YAML's new text, the present one
  // kept as a backup. Then a sync.
  std::vector<std::string> backups();
  SyncOutcome restore(const std::string& path);

  const Settings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
