// The engine's parts share one Core; each .cpp holds one of its concerns:
// opening (session.cpp), recovery.cpp, snapshots.cpp, execute.cpp,
// conflict_book.cpp, sync.cpp, resolve.cpp, undo.cpp, status.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/effects.hpp"
#include "engine/saves.hpp"
#include "engine/session.hpp"
#include "file/file_io.hpp"
#include "engine/undo_notes.hpp"
#include "model/error.hpp"

namespace lockstep {

// What a run is to do, decided before anything is written.
struct Work {
  SyncRequest request;
  Plan plan;
  std::vector<Warning> warnings;

  // Conflicts of this replica that the run opens, refreshes or closes.
  std::vector<Conflict> opened, refreshed;
  std::vector<Conflict> still_pending;             // as they were
  struct Closed {
    Conflict conflict;
    std::string resolution;  // "superseded", or a Choice
  };
  std::vector<Closed> closed;
  std::vector<Conflict> reopened;  // pending again, under the numbers that they had

  // For whoever takes the run back.
  UndoNotes notes;

  // Who made the changes that it carries.
  std::string file_author;                                        // of the YAML's
  std::unordered_map<std::int64_t, std::string> row_authors;      // of the database's, by task
  std::string author;                                             // of the run

  // What only an undo knows: the task's former text in the YAML, the former row with all its columns.
  std::unordered_map<std::int64_t, std::string> yaml_texts;
  std::unordered_map<std::int64_t, std::string> row_images;
  std::vector<FormerText> former_texts;
  std::optional<std::int64_t> undone_run;
  // Tasks whose sides get each what it had: their bases and the YAML's `updated_at` are those of then.
  std::set<std::int64_t> parted;

  // What waits as far as this run looked. nullopt: it was about its own tasks only, and the others wait as before.
  std::optional<std::vector<WaitingChange>> waiting;

  // Filled while it is carried out.
  Timestamp started;
  Effects effects;
};

// An attempt that cannot be finished and is to be made again from the start.
struct StartAgain {
  std::string reason;
  std::vector<Refusal> refused;  // rows to leave out the next time
};

using Opened = std::variant<Session, InvalidYaml, FileBusy>;
using Executed = std::variant<SyncResult, StartAgain>;

class Core {
 public:
  Core(Settings settings, FileSystem& files, std::unique_ptr<Store> store, Clock clock);

  // ---- session.cpp
  // Locks, recovers, reads. `refused`: rows that former attempts could not write.
  // `scope`: for a sync the rows that may have changed are enough.
  enum class Scope { changes, everything };
  Opened open(const std::vector<Refusal>& refused, Scope scope);
  // The same without locks, recovery or writes.
  Opened look();
  // Reads the YAML if the session has not yet; false: `invalid` says why not.
  bool need_document(Session&, InvalidYaml& invalid);

  // ---- first_look.cpp: before anything is locked, opened or made
  void require_file();  // Error(not_found): there is no YAML, and nothing to make it from
  std::optional<std::variant<InvalidYaml, FileBusy>> refused_at_first_look();
  // While the base is empty, a YAML that is missing or empty counts as one without tasks if the database has some for it.
  bool rows_to_give(Session&) const;
  void make_folders();

  // ---- waiting.cpp: whatever is waited for is counted once, from the beginning of an operation to its end.
  // The outermost one begins anew.
  class Operation {
   public:
    explicit Operation(Core& core) : core_(core) {
      if (core.operations++ == 0) core.begin_waiting();
    }
    ~Operation() { --core_.operations; }
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

   private:
    Core& core_;
  };
  void begin_waiting();
  void wait_anew() {  // for a single question to the store
    begin_waiting();
    count_waits(false);
  }
  // Waits as long as is left; Error(busy).
  std::unique_ptr<Transaction> begin(Access);
  // The same by who holds the file's lock, which others want: waits a moment only, and so for every lock after it.
  std::unique_ptr<Transaction> begin_under_lock();
  // From here on the transaction is waited for after all: the file has been written.
  void wait_for_commit();
  // Without any lock: a moment, before the next attempt. Throws `busy` if nothing is left.
  void wait_for_database(const Error& busy);
  void give_up();  // from any thread

  // ---- recovery.cpp
  // Settles what an interrupted run left behind; the transaction is committed and begun anew if it had to write.
  std::optional<Busy> recover(Session&);
  std::optional<Busy> adopt_stray_edit(Session&);

  // ---- saves.cpp
  std::optional<Busy> settle_saves(Session&);

  // ---- quiet.cpp
  bool deletes_too_soon(const Session&, const Triples&, const Work&) const;
  bool wait_for_rest();
  // The same run again, without the deletions: they wait.
  StartAgain leave_deletions(const Triples&, const Work&) const;

  // ---- snapshots.cpp
  std::vector<std::int64_t> changed_tasks(const Session&) const;
  // Those, and those that two saves say differently, whether or not the three are the same.
  std::vector<std::int64_t> tasks_to_decide(Session&) const;
  Triples triples(Session&, const std::vector<std::int64_t>& ids) const;
  Policy policy(const Session&, const SyncRequest&, Timestamp now) const;

  // ---- waiting_changes.cpp
  const std::optional<Run>& last_run(Session&) const;
  // What this sync should carry over and cannot, sorted.
  std::vector<WaitingChange> waiting_changes(Session&, const Triples&, const Work&) const;
  // The same of a plan, which tries nothing: what the database refused the last time counts as refused.
  std::vector<WaitingChange> expected_waiting(Session&, const Triples&, const Work&) const;
  // What waits for this replica after the run, as its record keeps it.
  std::vector<WaitingChange> waiting_after(Session&, const Work&) const;

  // ---- conflict_book.cpp
  // Fills opened, refreshed, still_pending and closed from the plan and what is pending.
  void keep_conflict_book(Session&, const Triples&, Work&) const;

  // ---- authors.cpp
  // Fills in who made the changes that are carried, and those that are in conflict.
  void name_authors(Session&, const Triples&, Work&);
  std::string author_of(const Work&, std::int64_t task_id, Side written) const;
  std::string file_author() const;

  // ---- execute.cpp
  Executed execute(Session&, const Triples&, Work&, Timestamp started);
  // What execute() would report, without doing it.
  SyncResult describe(const Session&, const Work&, Timestamp started) const;
  // Stores a run that was refused as a whole.
  void record_refusal(Session&, const SyncRequest&, const GuardStop&, Timestamp started);

  // ---- sync.cpp, resolve.cpp, undo.cpp: what engine.hpp promises
  SyncOutcome sync(const SyncRequest&);
  PlanOutcome plan(const SyncRequest&);
  ResolveOutcome resolve(const ResolveRequest&);
  std::vector<ResolveOutcome> resolve_all(const std::vector<ResolveRequest>&);
  struct Decisions;
  // Requests for conflicts of this replica, each conflict once: one run.
  std::vector<ResolveOutcome> resolve_own(const std::vector<ResolveRequest>&);
  Executed execute(Session&, Decisions&, Timestamp started);
  struct Requests {  // that other hosts' processes stored for this replica
    std::vector<Conflict> resolutions;
    std::vector<Run> undos;
    bool empty() const { return resolutions.empty() && undos.empty(); }
  };
  Requests stored_requests(Session&) const;
  void carry_out(const Requests&);
  UndoOutcome undo(std::int64_t run_id, std::optional<double> max_delete_percent);
  struct Reversal;

  // ---- rest.cpp
  // The result of a sync where nothing can have changed since the last one; nullopt: find out.
  std::optional<SyncResult> nothing_new(const SyncRequest&, Timestamp started);

  // ---- observed.cpp
  void observe_invalid(const FileContent&, const InvalidYaml&);
  void observe_file();
  Status refreshed(Status observed);
  Effects take_effects();
  void tell(Effects&&);

  // ---- task_writes.cpp
  TaskWriteOutcome write_task(const TaskWriteRequest&);
  std::variant<std::int64_t, TaskWriteOutcome> write_row(const TaskWriteRequest&);
  TaskWritten carry_to_yaml(std::int64_t id);

  // ---- status.cpp, examination.cpp, upkeep.cpp
  Status status();
  void look_for_work(Status&);
  bool read_for_status(Session&, Status::Yaml&);
  std::vector<Finding> examine();
  Finding examine_replica();
  void adopt_replica();
  SyncOutcome restore(const std::string& path);

  // Makes attempts until one ends, at most a bounded number of times. `attempt` gets the session and returns
  // the operation's outcome or StartAgain. Broken attempts that may succeed are made again, too.
  template <class Outcome>
  Outcome with_session(Scope scope, const std::function<std::variant<Outcome, StartAgain>(Session&)>& attempt);

  std::string conflict_name(std::int64_t number) const { return "conflict_" + std::to_string(number); }
  void report(double fraction, std::string_view stage) const {
    if (progress) progress(fraction, stage);
  }

  Settings settings;
  FileSystem& files;
  std::unique_ptr<Store> store;
  Clock clock;
  SafeFile file;
  Progress progress;
  bool feed_missing = false;
  // The feed was made after a sync had read, or is still to be made: what was committed in between nobody tells of.
  bool feed_unheard = false;
  // A run whose commit did not answer: recovery finds out whether it is in the database.
  struct Unconfirmed {
    std::string key;
    SyncResult result;
    bool committed = false;
    Effects effects;
  };
  std::optional<Unconfirmed> unconfirmed;

  // ---- what this engine remembers from run to run; all of it can be lost at any time
  Status observed;
  std::optional<FileIdentity> looked_at;  // by observe_file()
  Effects effects;  // not yet taken
  // The file as it was seen last: what differs from it was changed by somebody else.
  struct Seen {
    std::string checksum;                           // empty = missing
    std::optional<std::vector<IndexEntry>> index;   // not known of a file that another process wrote
  };
  std::optional<Seen> seen;
  // How things lay after the last sync, if it left nothing to find out.
  struct Rest {
    SyncRequest request;
    SyncResult result;  // of a sync that finds nothing
    bool settled = false;  // nothing waits and nothing is in conflict: the same in every direction
    struct Pending {
      std::int64_t number = 0;
      int version = 0;
    };
    std::vector<Pending> pending;  // conflicts of this replica, by number
    FileIdentity file;
    bool uncertain = false;        // looked at so soon after its last change that another would not show
    std::optional<FileIdentity> backup;
    std::optional<std::string> read_only;
    std::string version_mark;
    ReplicaState state;
    Timestamp compared;  // when both sides were last read
  };
  std::optional<Rest> rest;
  // Runs of the history that were told, by whoever made them.
  struct Told {
    std::int64_t last = 0;
    std::vector<std::int64_t> ids;  // of the last few, since a run may become visible after one with a higher id
  };
  std::optional<Told> told;
  bool worth_a_retry = false;
  std::string actor;                  // Engine::act_for
  std::optional<FileIdentity> rested;  // the file as it was when it had been quiet for settle_deletions
  // Of the first look at a YAML that was never synced: to be read once.
  struct FirstDocument {
    Fingerprint content;
    bool missing = false;
    std::unique_ptr<Document> document;
    std::vector<Warning> warnings;
  };
  std::optional<FirstDocument> first_document;
  Patience patience;
  int operations = 0;
  std::optional<std::chrono::steady_clock::time_point> asked_at;  // by whoever waits for the present operation
  std::function<void(const std::string&)> wait_listener;
  std::atomic<bool> given_up = false;
  std::optional<Error> was_busy;  // of the attempts of the present operation, the answer that says most
  std::vector<Warning> later_warnings;  // of what was done before or beside a run, for the next result

 private:
  bool is_at_rest(const FileIdentity&) const;
  // The result of a run whose commit did not answer, once recovery has found it in the database.
  std::optional<SyncResult> confirmed();
  void count_waits(bool under_lock);
  // rest.cpp
  struct Resting {
    bool settled = false;
    std::optional<FileIdentity> file;  // as this run wrote it
    std::string version_mark;
    ReplicaState state;
    SyncResult result;
  };
  void remember_rest(const Session&, const Work&, const Resting&);
  bool file_rests();
  bool database_rests();
  // observed.cpp. `written`: of the text that the run put into the file.
  struct Observation {
    std::size_t yaml_tasks = 0, database_tasks = 0, distinct = 0;
    std::string checksum;
    std::optional<Timestamp> modified;
    bool in_sync = false;
  };
  Effects effects_of(Session&, const Work&, const std::optional<Fingerprint>& written);
  void hear(Transaction&);
  void remember_file(const Session&, const std::vector<IndexEntry>& yaml, const std::optional<Fingerprint>& written);
  void observe(const Session&, const Observation&);
  void observe_run(const Session&, const Work&, const Resting&, bool due);
  // For a stretch of work that somebody else had asked for.
  struct ActingFor {
    ActingFor(Core& of, std::string author) : core(of), before(std::exchange(of.actor, std::move(author))) {}
    ~ActingFor() { core.actor = std::move(before); }
    ActingFor(const ActingFor&) = delete;
    ActingFor& operator=(const ActingFor&) = delete;
    Core& core;
    std::string before;
  };
  std::map<std::int64_t, bool> own_or_not(ConflictFilter);
  bool is_late_save(Session&, const FileContent& stray, std::int64_t run_id);
  void settle_save(Session&, const Journal&, const FileContent& standing);
  bool put_merged(Session&, const TwoSaves&, const std::vector<BaseChange>& written, const FileContent& standing);
  Effects open_conflicts_between_saves(Session&, std::vector<Conflict>);
  void read_contested(Session&) const;
  ResolveOutcome store_resolution(const ResolveRequest&);
  UndoOutcome store_undo(const Run&, std::optional<double> max_delete_percent);
  void carry_out_resolutions(const std::vector<Conflict>& wanted);
  void carry_out_undos(const std::vector<Run>& wanted);
  std::optional<Busy> put_in_place(const FileContent& wanted);
  Opened open_locked(std::unique_ptr<SafeFile::Lock>, const std::vector<Refusal>& refused, Scope scope);
  std::optional<InvalidYaml> read_sides(Session&, Scope scope);
  void read_rows(Session&);
  bool read_changed_rows(Session&);
  void check_feed(Session&, std::vector<std::int64_t> expected);
  void make_feed();  // where it is missing and may be made; no transaction may be open
  bool would_create();
  void know_replica(Session&);  // its state and base; Error(usage): its name is another file's
  void check_replica(Session&);
  std::optional<Error> foreign_replica(const Session&);  // why the replica's name is not this file's
  void hold_rows(Session&, const std::vector<std::int64_t>& ids) const;
  std::vector<WaitingChange> waiting_for(Session&, const InvalidRow&) const;
  std::string settings_key(FieldSet synced) const;
  bool yaml_is_base(const Session&) const;
  std::vector<KnownText> known_texts(const Session&) const;
  void remember_texts(Session&, const Document& after, const std::vector<IndexEntry>& yaml,
                      const std::vector<std::int64_t>& unsettled) const;
  void reindex_base(Session&) const;
};

inline constexpr int kMaxAttempts = 12;

template <class Outcome>
Outcome Core::with_session(Scope scope, const std::function<std::variant<Outcome, StartAgain>(Session&)>& attempt) {
  const Operation operation(*this);
  std::vector<Refusal> refused;
  std::string reason;
  int away = 0;
  unconfirmed.reset();
  if (auto refused_early = refused_at_first_look())
    return std::visit([](auto& why) { return Outcome(std::move(why)); }, *refused_early);
  for (int i = 0; i < kMaxAttempts; ++i) {
    try {
      auto outcome = [&]() -> std::variant<Outcome, StartAgain> {
        Opened opened = open(refused, scope);
        if (auto* invalid = std::get_if<InvalidYaml>(&opened)) return Outcome(std::move(*invalid));
        if (auto* busy = std::get_if<FileBusy>(&opened)) return Outcome(std::move(*busy));
        return attempt(std::get<Session>(opened));
      }();
      if (auto* done = std::get_if<Outcome>(&outcome)) {
        make_feed();
        return std::move(*done);
      }
      StartAgain& again = std::get<StartAgain>(outcome);
      reason = again.reason;
      refused.insert(refused.end(), again.refused.begin(), again.refused.end());
    } catch (const Error& error) {
      reason = error.what();
      if (error.code() == ErrorCode::busy) {  // file and transaction were let go of on the way here
        wait_for_database(error);
        --i;
        continue;
      }
      if (!error.retryable() || i + 1 == kMaxAttempts) throw;
      // The store has waited for its server already; once more finds out about a commit that did not answer.
      if (error.code() == ErrorCode::unreachable && away++ > 0) throw;
    }
  }
  throw Error({.code = ErrorCode::changed,
               .operation = "sync",
               .subject = settings.yaml,
               .cause = "the file or the database kept changing while it was being synced (last: " + reason + ")",
               .hint = "nothing was lost; try again when there is less going on",
               .retryable = true});
}

}  // namespace lockstep
