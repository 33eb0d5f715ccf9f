// What lockstep asks of a database: the task table, and tables of its own for
// bases, conflicts and history. SQLite, PostgreSQL and the in-memory fake
// implement it and pass one conformance suite (tests/store/conformance.hpp).
//
// A Store is one connection, used by one thread. All work happens in a
// Transaction; while one lives, nothing else may be done with its Store.
// Failures throw lockstep::Error; Error.retryable() means: roll back and start anew.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/finding.hpp"
#include "model/held_task.hpp"
#include "model/task.hpp"
#include "reconcile/candidates.hpp"
#include "reconcile/plan.hpp"
#include "store/wait_budget.hpp"

namespace lockstep {

// ---- the task table ---------------------------------------------------------------------------------

// What the table can hold. Made or adopted by Store::prepare.
struct TableShape {
  bool exists = false;
  FieldSet columns;                                        // fields that have a column
  std::array<std::size_t, kFieldCount> max_length{};       // code points; 0 = no limit of the column's
  FieldSet nullable;                                       // a null can be stored
  std::int64_t max_id = INT64_MAX;
};

struct InvalidRow {
  std::int64_t id = 0;    // 0 also for an id that is no integer
  std::string field;
  std::string message;
};

struct TableRows {
  std::vector<Task> tasks;            // valid rows, sorted by id; columns the table lacks hold defaults
  std::vector<InvalidRow> invalid;    // rows that break the rules; never among tasks; sorted by id
};

// A write to one row, carrying what it expects to replace.
struct RowChange {
  Action action = Action::update;
  HeldTask task;      // insert: all values. update: the row as it shall be. remove: only its id counts
  FieldSet fields;    // update: the columns to set (updated_at is always set besides)
  HeldTask expected;  // update, remove: the row as read; a row that differs now in any synced column → Error(changed).
                      // insert: none
  std::optional<std::string> image;  // insert: a whole former row (row_image), for columns lockstep does not know
};

struct RefusedRow {
  std::int64_t id = 0;
  std::string message;  // names the constraint: a foreign key that holds a deletion, a check, …
};

// ---- lockstep's own tables --------------------------------------------------------------------------

// The file that the last run swapped out and that became `.bak`. If the same inode holds other bytes
// later, an editor that still had it open wrote into it: an edit of the YAML.
struct BackupMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Fingerprint content;
  std::int64_t run = 0;  // whose changes separate it from the file that replaced it
  friend bool operator==(const BackupMark&, const BackupMark&) = default;
};

struct ReplicaState {
  std::string name;
  std::string host;                  // machine that owns it
  std::string path;                  // the YAML file there
  std::optional<Fingerprint> content;  // of the file's bytes after the last sync
  bool agreed = false;               // with that content, YAML and base were the same (no conflict, nothing waiting)
  std::optional<Timestamp> last_sync;
  std::optional<std::string> sync_source;  // "yaml", "database", "manual"
  std::optional<BackupMark> backup;
  std::string settings_key;          // of the settings under which `agreed` holds (zone of validity: yaml_version, synced fields)
  // Of a change feed, where the backend has one; backends without it need not keep them.
  std::string cursor;                // TaskTable::cursor() of the last sync; empty = none
  std::optional<std::vector<std::int64_t>> unsettled;  // tasks on which the three were not the same then; nullopt = too many
  std::optional<Timestamp> full_check;                 // when everything was last compared
  friend bool operator==(const ReplicaState&, const ReplicaState&) = default;
};

struct BaseChange {
  std::int64_t id = 0;
  HeldTask task;  // none = forget
};

struct Conflict {
  std::int64_t number = 0;  // conflict_<number>
  int version = 1;
  std::string replica;
  std::int64_t task_id = 0;
  ConflictFinding finding;
  std::optional<Task> yaml, database, base;
  Timestamp detected_at;
  // A resolution stored for the process that can write the replica's file; empty = none. JSON.
  std::string resolution_request;
  // Who made the side what it is, where that is known; else empty.
  std::string yaml_author, database_author;
};

struct ConflictFilter {
  std::optional<std::string> replica;
  std::optional<std::int64_t> task_id;
  std::optional<std::int64_t> number;
  std::size_t limit = 0;  // 0 = all
  std::size_t offset = 0;
};

enum class Trigger : std::uint8_t { startup, file, database, interval, cron, manual, api, resolve, undo };
std::string_view to_string(Trigger);
std::optional<Trigger> trigger_by_name(std::string_view);

struct Run {
  std::int64_t id = 0;  // given by the store
  std::string key;      // unique, random: also in the name of the journal file
  std::string replica;
  Trigger trigger = Trigger::manual;
  Direction direction = Direction::bidirectional;
  Timestamp at;
  std::int64_t duration_ms = 0;
  std::string status;   // "success", "conflicts", "guard"
  SideCounts yaml, database;
  std::size_t merged = 0, unchanged = 0, conflicts_detected = 0;
  std::string details;  // JSON: conflicts, warnings, guard, resolution, undone run
  // An undo stored for the process that can write the replica's file; empty = none. JSON.
  std::string undo_request;
  std::string author;   // who asked for it, or made all that it carried; empty = not known
  // What taking the run back needs besides its changes (engine/undo_notes.hpp). Only written with the run:
  // HistoryTable::undo_notes() reads it.
  std::string undo_notes;
};

// Before and after of one task on one side, as JSON text; empty = absent.
// database: the whole row, columns unknown to lockstep included. yaml:
// {"task":{…},"text":"the task's own lines"}.
struct ChangeRecord {
  std::int64_t task_id = 0;
  Side side = Side::yaml;
  std::string before;
  std::string after;
  std::string author = {};     // who made the change that the run carried; empty = not known
  std::string yaml_text = {};  // database: the task's own lines in the YAML, where the run left them as they were; else empty
};

struct RunFilter {
  std::optional<std::int64_t> before;  // runs with a lower id
  std::optional<std::int64_t> after;   // runs with a higher id
  std::optional<std::int64_t> task_id;
  std::optional<std::string> replica;
  bool undo_requested = false;         // only those with an undo_request
  std::size_t limit = 0;               // 0 = all
};

// ---- roles of a transaction -------------------------------------------------------------------------

class TaskTable {
 public:
  virtual ~TaskTable() = default;
  virtual const TableShape& shape() = 0;
  virtual TableRows rows() = 0;                                                    // everything
  // Two transactions of one Store that give the same text have the same rows(). Empty = cannot tell, as in a view, whose
  // rows may change by themselves.
  virtual std::string version() { return {}; }
  // Whole rows as JSON objects by column name, unknown columns included, in the order of `ids`; empty text = absent.
  // A column that is a field has the form of to_json where its value fits the field, the column's text else.
  // In a writing transaction: holds the rows against other writers until it ends; a row that another changed
  // since the snapshot is Error(changed, retryable).
  virtual std::vector<std::string> row_images(std::span<const std::int64_t> ids) = 0;
  // All at once, in bulk. Rows whose constraint refuses them are left as they are and reported; the others stand.
  // Removals first, then updates, then insertions; rows that need each other may come in any order.
  // A row that is not as expected, or an insertion whose id is taken: Error(changed, retryable). `now` becomes
  // updated_at, and created_at of an inserted task that has none.
  virtual std::vector<RefusedRow> apply(std::span<const RowChange>, Timestamp now) = 0;
  virtual std::int64_t highest_id() = 0;                                           // invalid rows included; 0 = empty

  // The change feed. A backend without one keeps these defaults, and everything is compared every time.
  //
  // How far this transaction sees, to be kept in ReplicaState; empty = there is no feed (any more).
  virtual std::string cursor() { return {}; }
  // The ids of rows that may differ from what a transaction with that cursor saw (deleted ones and its own writes
  // included), sorted; nullopt = cannot tell, read rows(). Never misses a row, save one that was changed past the
  // triggers: that is what a full comparison now and then is for.
  virtual std::optional<std::vector<std::int64_t>> changed_since(std::string_view) { return std::nullopt; }
  // Who committed the last change of these rows since a transaction with that cursor, as far as the feed tells: names of
  // the database's roles, in the order of `ids`; empty = not known.
  virtual std::vector<std::string> authors_since(std::string_view cursor, std::span<const std::int64_t> ids) {
    static_cast<void>(cursor);
    return std::vector<std::string>(ids.size());
  }
  // Only the rows with these ids; an id without a row is left out.
  virtual TableRows rows_of(std::span<const std::int64_t> ids) {
    std::vector<std::int64_t> sorted(ids.begin(), ids.end());
    std::sort(sorted.begin(), sorted.end());
    TableRows all = rows();
    const auto unwanted = [&sorted](const auto& row) { return !std::binary_search(sorted.begin(), sorted.end(), row.id); };
    std::erase_if(all.tasks, unwanted);
    std::erase_if(all.invalid, unwanted);
    return all;
  }
};

class BaseTable {
 public:
  virtual ~BaseTable() = default;
  virtual std::vector<IndexEntry> index() = 0;                                     // sorted by id
  virtual std::vector<Task> load(std::span<const std::int64_t> ids) = 0;           // those that exist, sorted by id
  virtual void write(std::span<const BaseChange>, FieldSet synced) = 0;            // `synced`: what fingerprints cover
  // What the engine keeps about the YAML's text beside the base (engine/known_texts.hpp), as it was last set; empty = nothing.
  // In a writing transaction only.
  virtual std::string texts() = 0;
  virtual void set_texts(std::string_view) = 0;
  virtual ReplicaState state() = 0;                                                // defaults if the replica is new
  virtual void set_state(const ReplicaState&) = 0;                                 // of this replica, whatever its `name`
  virtual std::vector<ReplicaState> replicas() = 0;
  virtual bool forget_replica(std::string_view name) = 0;                          // with base, conflicts; false = unknown
};

class ConflictTable {
 public:
  virtual ~ConflictTable() = default;
  virtual std::vector<Conflict> list(const ConflictFilter&) = 0;                   // oldest first
  virtual std::size_t count(const ConflictFilter&) = 0;                            // limit and offset ignored
  virtual std::vector<std::int64_t> insert(std::span<const Conflict>) = 0;         // gives the numbers
  virtual void reopen(std::span<const Conflict>) = 0;                              // closed ones, under the numbers that they had
  virtual void update(std::span<const Conflict>) = 0;                              // by number; Error(changed) if it is gone
  virtual void close(std::span<const std::int64_t> numbers) = 0;                   // their numbers are never given again
};

class HistoryTable {
 public:
  virtual ~HistoryTable() = default;
  virtual std::int64_t record(const Run&, std::span<const ChangeRecord>) = 0;      // gives the run's id
  virtual std::vector<Run> runs(const RunFilter&) = 0;                             // newest first
  virtual std::optional<Run> run(std::int64_t id) = 0;
  virtual bool has_run(std::string_view key) = 0;
  virtual std::vector<ChangeRecord> changes(std::int64_t run) = 0;                 // by task id, YAML first
  // Of one task, by runs of a replica with a lower id; the newest run's first. `limit`: of records.
  virtual std::vector<ChangeRecord> changes_before(std::int64_t run, std::string_view replica, std::int64_t task_id, std::size_t limit) = 0;
  virtual std::string undo_notes(std::int64_t run) = 0;                            // as recorded; empty = none, or no such run
  virtual void request_undo(std::int64_t run, std::string_view request) = 0;       // empty = no longer; no such run: nothing
  // The oldest go first; the newest run of each replica always stays, since a file journal may still ask for it.
  virtual void prune(Timestamp older_than, std::uint64_t max_bytes) = 0;
};

class Transaction {
 public:
  virtual ~Transaction() = default;  // rolls back what was not committed; never throws
  virtual TaskTable& tasks() = 0;
  virtual BaseTable& base() = 0;     // of the replica given to begin()
  virtual ConflictTable& conflicts() = 0;  // of all replicas
  virtual HistoryTable& history() = 0;     // of all replicas
  // Error(database): nothing was committed. Error(unreachable): not known; has_run() in a new transaction tells.
  virtual void commit() = 0;
};

enum class Access : std::uint8_t { read, write };

// Whether changes of other writers are noted as they happen.
struct FeedState {
  bool active = false;
  std::string why_not;     // not active: a sentence for people
  bool try_again = false;  // not active for now: writers were busy
};

class Store {
 public:
  virtual ~Store() = default;
  // Creates what is missing (task table, own tables), migrates, adopts. Idempotent. What it did, in sentences.
  // Where it creates the task table, bases that were about one of that name are forgotten: an empty table that
  // replaced a dropped one must not read as "all tasks were deleted".
  virtual std::vector<std::string> prepare() = 0;
  // The statements that prepare() would need, as SQL to run as the table's owner.
  virtual std::string setup_sql() = 0;
  // write: serialises with other syncs of this replica, and prepares what is missing. read: a consistent view that
  // blocks nobody; works on a database that was never prepared (an absent table has no rows), and creates nothing.
  // Either throws Error(newer_schema) on a database that a newer lockstep has written.
  virtual std::unique_ptr<Transaction> begin(Access, std::string_view replica) = 0;
  virtual std::string_view backend() const = 0;  // "sqlite", "postgresql", "memory"

  // What begin(write) found dropped of our own tables and has made again since the last call, in sentences.
  virtual std::vector<std::string> mended() { return {}; }

  // Whether there is a database to open; false: writing makes it. Error: it cannot be made.
  virtual bool is_there() { return true; }

  // From now on it waits so long in all, then Error(busy, retryable), or Error(unreachable) where a server gives no
  // sign of life. At first: StoreOptions::lock_timeout_ms. A statement that is at work may take longer.
  virtual void wait_at_most(const Waiting&) {}
  virtual std::chrono::milliseconds waited() const { return {}; }  // of that
  // Once for each of these calls, after two seconds: what it waits for, and who holds it where that can be known.
  virtual void on_wait(std::function<void(const std::string&)>) {}
  // From any thread: what it waits for, now and from now on, ends so at once.
  virtual void give_up() {}
  // The same text twice: in between nobody but this very Store has committed anything to the database. Empty =
  // cannot tell. Costs microseconds. While a writing Transaction lives: of what it sees.
  virtual std::string version_mark() { return {}; }

  // Makes the change triggers (after prepare()), or takes them away. Idempotent; the first also mends them, e.g.
  // after a partition was added, so it is worth a call whenever TaskTable::cursor() is empty. Waits behind other
  // writers for a moment only. Not to be called while a Transaction lives.
  virtual FeedState install_feed() { return {.active = false, .why_not = "this database has no change feed", .try_again = false}; }
  virtual FeedState remove_feed() { return {.active = false, .why_not = "this database has no change feed", .try_again = false}; }

  // What stands in the way of syncing, or may: rights, clocks, triggers (if they are wanted). Changes nothing. May
  // read the whole database. Throws as begin(read) does. Not to be called while a Transaction lives.
  virtual std::vector<Finding> examine(bool feed_wanted) {
    static_cast<void>(feed_wanted);
    return {};
  }
};

struct StoreOptions {
  std::string table = "scheduled_tasks";  // with schema if need be
  std::int64_t lock_timeout_ms = 10'000;  // how long to wait for others, until Store::wait_at_most() says otherwise
  bool create = true;                     // false: a dry run; a missing database file is an empty database, and is not created;
                                          // prepare() and begin(write) are then Error(internal)
  bool wait_for_server = true;            // false: a server that is away is Error(unreachable) at the first attempt
};

// By the URL's scheme: `sqlite:PATH` (also sqlite:///PATH, sqlite:///:memory: is refused), `postgresql://…`,
// `postgres://…`, with a SQLAlchemy driver suffix or not. Connects lazily: throws Error(usage) for a URL it
// does not understand, Error(unreachable) from the first use. No message carries the URL's password.
std::unique_ptr<Store> open_store(std::string_view url, const StoreOptions&);

}  // namespace lockstep
