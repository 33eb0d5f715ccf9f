// What a sync does, decided by one pure function over three snapshots.
//
// Nothing in this room knows of files, databases, clocks or failure: triples and
// a policy go in, a sorted, printable plan comes out, and the same input gives
// the same plan to the byte. A dry run prints the plan; nothing else decides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/task.hpp"

namespace lockstep {

enum class Direction : std::uint8_t { bidirectional, yaml_to_db, db_to_yaml };
enum class Owner : std::uint8_t { shared, yaml, database };
enum class OnYamlDelete : std::uint8_t { remove, disable, ignore };

std::string_view to_string(Direction);
std::optional<Direction> direction_by_name(std::string_view);

struct Policy {
  Direction direction = Direction::bidirectional;
  bool force = false;                     // decide conflicts instead of recording them
  bool auto_merge = true;
  OnYamlDelete on_yaml_delete = OnYamlDelete::remove;
  std::array<Owner, kFieldCount> owners{};  // by Field; all shared
  FieldSet synced = FieldSet::synced();   // less what the adopted table has no column for
  bool first_sync = false;                // the replica has no base for any task
  // The YAML cannot be written: with direction yaml_to_db, a task that only the
  // database changed waits (Outcome::waits) instead of being a conflict.
  bool yaml_read_only = false;
  std::optional<Timestamp> yaml_file_time;  // the file's modification time, for `force`
  Timestamp now;                          // becomes `updated_at` of what is written
  double max_delete_percent = 50;
};

// One task as the three snapshots have it; null = absent. Not owned; valid
// while the plan is made. base's `updated_at` is the YAML's at the last
// agreement, so that a later move of it can be seen.
struct Triple {
  std::int64_t id = 0;
  const Task* base = nullptr;
  const Task* yaml = nullptr;
  const Task* database = nullptr;
};

enum class Outcome : std::uint8_t {
  in_sync,     // the sides agree; at most the base has to learn it
  carried,     // one side's change goes to the other (insert, update, delete, owned fields included)
  merged,      // both changed, apart field by field: settled
  conflict,    // left for a person
  decided,     // a conflict that `force` decided
  left_alone,  // a one-way sync has nothing to say about it
  waits,       // the database's change cannot reach a YAML that is read-only
};

enum class ConflictReason : std::uint8_t {
  database_newer,      // "Database updated more recently than YAML"
  yaml_newer,          // "YAML updated more recently than database"
  both_changed,        // "Both YAML and database changed since the last sync"
  never_synced,        // "YAML and database differ and were never synced"
  deleted_in_yaml,     // "Deleted in YAML but changed in database"
  deleted_in_database, // "Deleted in database but changed in YAML"
};
std::string_view to_string(ConflictReason);  // the verbatim sentence
std::optional<ConflictReason> reason_by_text(std::string_view);

enum class ConflictKind : std::uint8_t { update_update, update_delete, delete_update, create_create };  // YAML's part first
std::string_view to_string(ConflictKind);  // "update/update"
std::optional<ConflictKind> kind_by_text(std::string_view);

struct ConflictFinding {
  ConflictReason reason = ConflictReason::both_changed;
  ConflictKind kind = ConflictKind::update_update;
  FieldSet fields;  // see semantics: changed apart; else in which the sides differ; with a deletion, changed by the side that is left
  friend bool operator==(const ConflictFinding&, const ConflictFinding&) = default;
};

enum class Action : std::uint8_t { insert, update, remove };
std::string_view to_string(Action);

// One write to one side.
struct Write {
  Action action = Action::update;
  // insert: the new task. update: the task as it shall be; only `fields` differ from what is
  // there. remove: the task as it was.
  Task task;
  FieldSet fields;  // update: what changes (synced fields only; the writer adds updated_at)
};

struct BaseMove {
  enum class Kind : std::uint8_t { keep, set, forget } kind = Kind::keep;
  Task task;  // set: the whole new base record
};

struct TaskPlan {
  std::int64_t id = 0;
  Outcome outcome = Outcome::in_sync;
  std::optional<Write> yaml;
  std::optional<Write> database;
  std::optional<ConflictFinding> conflict;  // outcome conflict, or decided: what was found
  std::optional<Side> winner;               // outcome decided
  BaseMove base;
};

struct SideCounts {
  std::size_t inserted = 0, updated = 0, deleted = 0;
  friend bool operator==(const SideCounts&, const SideCounts&) = default;
};

// Too much would be deleted: nothing may be written.
struct GuardStop {
  Side side = Side::yaml;
  std::size_t would_delete = 0;
  std::size_t of = 0;                  // tasks on that side before
  std::vector<std::int64_t> task_ids;  // all of them, sorted
  double max_delete_percent = 50;
};

struct Plan {
  std::vector<TaskPlan> tasks;  // sorted by id; only tasks with something to say (not: in_sync with base kept)
  SideCounts yaml, database;
  std::size_t merged = 0;
  std::size_t conflicts = 0;
  std::optional<GuardStop> guard;
};

// How many tasks each side has in all, the unchanged ones included: what the guard measures against.
struct Totals {
  std::size_t yaml = 0;
  std::size_t database = 0;
};

// Precondition: triples sorted by id, ids unique, at least one of the three present in each; ids of
// the tasks equal the triple's. O(n) in the triples.
Plan reconcile(std::span<const Triple> triples, const Policy& policy, Totals totals);
// One task by the same rules (no guard): what resolve and the tests look at.
TaskPlan reconcile_task(const Triple&, const Policy&);

// The plan as lines of text, sorted, the same for the same plan: for logs and tests.
std::string to_text(const Plan&);

}  // namespace lockstep
