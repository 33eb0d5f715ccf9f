// Taking a run back: pure, like the planner.
#pragma once

#include <optional>

#include "reconcile/plan.hpp"

namespace lockstep {

// What one run did to one task on one side; nullopt = absent. Both present: the task after
// differs in what was written.
struct SideChange {
  std::optional<Task> before, after;
};

// What a run did to one task, side by side; nullopt = it did not write that side.
struct TaskChange {
  std::optional<SideChange> yaml, database;
};

struct Reverted {
  TaskPlan plan;                            // Outcome::decided; nothing to write if the owners keep what there is
  std::optional<Side> changed;              // the task is not any more as the run left it there: nothing may be written
};

// The plan that gives every field that the run wrote its former value on both sides, takes out what it
// inserted and puts back what it deleted: on the side that it did not write, too, since the change that it
// carried came from there. Fields with an owner are neither compared nor taken back.
Reverted revert(const Triple& now, const TaskChange& change, const Policy& policy);

// The same of a task that a person's decision made alike on both sides: each side gets what it had itself, so that they
// are apart again, and `base` (null: none) becomes what it was then. Nothing is carried from one side to the other.
// `parted`: the run was such an undo itself; then taking it back makes the sides alike.
Reverted revert_decision(const Triple& now, const TaskChange& change, const Task* base, bool parted, const Policy& policy);

}  // namespace lockstep
