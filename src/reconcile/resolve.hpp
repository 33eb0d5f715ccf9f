// A person's decision on a conflict, turned into writes: pure, like the planner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "reconcile/plan.hpp"

namespace lockstep {

enum class Choice : std::uint8_t { keep_yaml, keep_db, merge, custom, keep_both };
std::string_view to_string(Choice);
std::optional<Choice> choice_by_name(std::string_view);

// custom: per field, a side or an own value (already validated).
using FieldChoice = std::variant<Side, Value>;

struct Resolution {
  Choice choice = Choice::keep_yaml;
  std::map<Field, FieldChoice> fields;  // custom only
};

struct Resolved {
  // Outcome::decided. One plan, or two for keep_both, sorted by id: that of the row's own id inserts the
  // row into the YAML; that of `free_id` is an update of the YAML with Write::former_id (the task
  // changes its id in place and keeps its comments) and an insert into the database.
  std::vector<TaskPlan> tasks;
  // What both sides hold afterwards; nullopt = deleted. created_at is the database's, if it had
  // the task; updated_at is Policy::now if the database is written. keep_both: the row's own.
  std::optional<Task> task;
  std::optional<std::int64_t> new_task_id;  // keep_both
  std::string problem;                      // not empty: this conflict does not allow the choice, and which it does
};

// Precondition: not both sides absent. Writes both sides, whatever the policy's direction; on_yaml_delete
// has no say (keep_yaml of a task gone from the YAML deletes the row). Fields with an owner
// take its value after all, save those that `custom` names.
// custom: needs every field of the finding in which the sides differ; may name any other; one outside
// Policy::synced is ignored.
// `free_id`: the next free id, for keep_both: one above the highest on either side, invalid rows included.
Resolved resolve(const Triple&, const ConflictFinding&, const Resolution&, const Policy&, std::int64_t free_id);

}  // namespace lockstep
