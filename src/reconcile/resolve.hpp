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
  // One plan, or two for keep_both (the row's own id first, then the new one). Outcome::decided.
  std::vector<TaskPlan> tasks;
  std::optional<Task> task;                 // what both sides hold afterwards; nullopt = deleted
  std::optional<std::int64_t> new_task_id;  // keep_both
  std::string problem;                      // not empty: this conflict does not allow the choice, and which it does
};

// `free_id`: the next free id, for keep_both: one above the highest on either side, invalid rows included.
Resolved resolve(const Triple&, const ConflictFinding&, const Resolution&, const Policy&, std::int64_t free_id);

}  // namespace lockstep
