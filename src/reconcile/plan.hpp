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

#include "lockstep/sync.hpp"
#include "model/held_task.hpp"
#include "model/task.hpp"

namespace lockstep {

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
  // What may be compared and written at all: less what the adopted table has no column for. In a
  // base that a plan creates, fields outside it hold their defaults, as the rows of such a table do,
  // so that a column added later takes the YAML's values instead of wiping them.
  FieldSet synced = FieldSet::synced();
  bool first_sync = false;                // the replica has no base for any task
  // A sync that should go both ways but cannot write the YAML, and so runs as yaml_to_db: a task that
  // only the database changed or deleted waits (Outcome::waits) instead of being a conflict or
  // being inserted again, under `force` too (there is no conflict to decide). Without meaning in
  // other directions. Not for a yaml_to_db that was asked for as such.
  bool yaml_read_only = false;
  std::optional<Timestamp> yaml_file_time;  // the file's modification time, for `force`
  Timestamp now;                          // becomes `updated_at` of what is updated
  double max_delete_percent = 50;
};

// One task as the three snapshots have it; null = absent. Not owned; valid
// while the plan is made. base's `updated_at` is the YAML's at the last
// agreement (of every field without an owner), so that a later move of it can
// be seen: it tells `force` when a person changed the task.
struct Triple {
  std::int64_t id = 0;
  const Task* base = nullptr;
  const Task* yaml = nullptr;
  const Task* database = nullptr;
  // The YAML was saved twice at the same moment, and `yaml` is what stands; this is what the other save says, until a
  // person decides between them.
  bool contested = false;
  const Task* other_save = nullptr;

  // What stands against the YAML's task in a conflict.
  const Task* rival() const { return contested ? other_save : database; }
};

enum class Outcome : std::uint8_t {
  in_sync,     // the sides agree, or both are gone; at most the base has to learn it
  carried,     // one side's change goes to the other (insert, update, delete, owned fields included)
  merged,      // both changed, apart field by field: settled
  conflict,    // left for a person
  decided,     // a conflict that `force` decided
  left_alone,  // a one-way sync has nothing to say about it, or on_yaml_delete keeps the row
  waits,       // the database's change cannot reach a YAML that is read-only
};
std::string_view to_string(Outcome);

enum class ConflictReason : std::uint8_t {
  database_newer,      // "Database updated more recently than YAML"
  yaml_newer,          // "YAML updated more recently than database"
  both_changed,        // "Both YAML and database changed since the last sync"
  never_synced,        // "YAML and database differ and were never synced"
  deleted_in_yaml,     // "Deleted in YAML but changed in database"
  deleted_in_database, // "Deleted in database but changed in YAML"
  two_saves,           // "Two saves at the same moment": of the YAML, one of which is in it
};
std::string_view to_string(ConflictReason);  // the verbatim sentence
std::optional<ConflictReason> reason_by_text(std::string_view);

enum class ConflictKind : std::uint8_t { update_update, update_delete, delete_update, create_create };  // YAML's part first
std::string_view to_string(ConflictKind);  // "update/update"
std::optional<ConflictKind> kind_by_text(std::string_view);

struct ConflictFinding {
  ConflictReason reason = ConflictReason::both_changed;
  ConflictKind kind = ConflictKind::update_update;
  // Those that both sides changed apart; where there are none, those in which the sides differ; with a
  // deletion, those in which the side that is left differs from the base. Never one with an owner.
  FieldSet fields;
  friend bool operator==(const ConflictFinding&, const ConflictFinding&) = default;
};

enum class Action : std::uint8_t { insert, update, remove };
std::string_view to_string(Action);  // "insert", "update", "delete"

// One write to one side.
struct Write {
  Action action = Action::update;
  // insert: the new task, as the other side has it, bookkeeping included. update: the task as it
  // shall be; only `fields` differ from what is there, created_at and updated_at are those that
  // are there. remove: the task as it was.
  HeldTask task;
  FieldSet fields;  // update: what changes (synced fields only; the writer adds updated_at)
  // Only in resolve()'s keep_both, and only to the YAML, in an update: the task that stands there
  // under this id becomes `task`, whose id is the new one. Carried out before any insert to
  // the same file, since one of them takes the id that this one leaves.
  std::optional<std::int64_t> former_id;
};

// What the base becomes once the plan has been carried out. Each synced field on which both sides
// then agree has that value; the others keep theirs. A task without a base gets one only when
// the sides agree in every field without an owner; where an owner's value has not been carried (a
// one-way sync against it) that new base holds the other side's, so that the field, should it lose
// its owner, still carries the owner's change. A row that on_yaml_delete keeps is its own base.
struct BaseMove {
  enum class Kind : std::uint8_t { keep, set, forget } kind = Kind::keep;
  // set: the whole new base record. Its updated_at supposes that the YAML's is brought up to
  // Policy::now by an update where it has one, and inserted as it stands; a writer
  // that leaves the key out of an inserted task puts null here. keep, forget: none.
  HeldTask task;
};

// Its writes and its base refer to the tasks of the triple wherever these are to be written as they stand: it
// is valid as long as they are, or until own_tasks().
struct TaskPlan {
  std::int64_t id = 0;
  Outcome outcome = Outcome::in_sync;
  std::optional<Write> yaml;
  std::optional<Write> database;
  std::optional<ConflictFinding> conflict;  // outcome conflict, or decided: what was found
  std::optional<Side> winner;               // outcome decided, save by merge, custom or keep_both
  BaseMove base;

  // For a plan that outlives the tasks it was made from.
  void own_tasks();
};

struct SideCounts {
  std::size_t inserted = 0, updated = 0, deleted = 0;
  friend bool operator==(const SideCounts&, const SideCounts&) = default;
};

// Too much would be deleted (more than the share and more than five, or all of two and more, unless all is allowed):
// nothing may be written. The YAML's if both sides' are too much.
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
// the tasks equal the triple's. O(n) in the triples. The plan refers to the tasks of the triples (see TaskPlan).
Plan reconcile(std::span<const Triple> triples, const Policy& policy, Totals totals);
// One task by the same rules (no guard): what resolve and the tests look at.
TaskPlan reconcile_task(const Triple&, const Policy&);

// A plan of tasks that were decided one by one (resolved, reverted): counted and guarded. Sorted by id.
Plan assemble(std::vector<TaskPlan> tasks, const Policy& policy, Totals totals);

// The plan as lines of text, sorted, the same for the same plan: for logs and tests.
std::string to_text(const Plan&);

}  // namespace lockstep
