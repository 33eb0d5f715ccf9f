// What a task is after two people changed it apart from each other: by its values.
#pragma once

#include "merge/sequence_merge.hpp"
#include "model/task.hpp"

namespace lockstep::merge {

struct MergedTask {
  std::optional<Task> task;  // nullopt: it is gone
  bool clash = false;        // both changed it apart, and `prefer` decided …
  FieldSet fields;           // … in these fields; none: one side deleted what the other one changed
};

// Field by field, inside params_json member by member (a list is one value). Bookkeeping never clashes: the later stands.
// Null = absent; at least one is there.
MergedTask merge_task(const Task* base, const Task* ours, const Task* theirs, Prefer prefer);

}  // namespace lockstep::merge
