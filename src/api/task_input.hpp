// Tasks as programs send them: whole, new, or as a merge patch (RFC 7396).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "api/inputs.hpp"
#include "engine/engine.hpp"
#include "model/json.hpp"
#include "model/time_zone.hpp"

namespace lockstep::api {

// InputFault: not the shape of a task at all (400): an unknown member, a value of the wrong type, another id than the
// path's. TaskProblems: a task that breaks the rules (422).
using TaskInputFault = std::variant<InputFault, TaskProblems>;

struct TaskInput {
  Task task;
  FieldSet present;                // what the sender gave
  std::optional<std::int64_t> id;  // if the sender gave a valid one
  std::optional<TaskInputFault> fault;
};

// Without next_run_at: the first time after `now` by its cron expression, read in `zone`.
TaskInput read_new_task(const Json& document, const TimeZone& zone, Timestamp now);
TaskInput read_whole_task(const Json& document, std::int64_t path_id);

// What is wrong with a patch whatever it is applied to.
std::optional<TaskInputFault> check_patch(const Json& patch, std::int64_t path_id);
// Precondition: check_patch() found nothing. A member that is null goes back to its default; params_json is
// patched member by member.
TaskInput apply_patch(const Task& current, const Json& patch);

// RFC 7396 itself.
Json merge_patch(const Json& target, const Json& patch);

}  // namespace lockstep::api
