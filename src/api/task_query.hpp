// Which tasks a list holds, and in which order: pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/task.hpp"

namespace lockstep::api {

struct TaskOrder {
  std::optional<Field> field;  // nullopt: the id
  bool descending = false;
};
// `next_run_at` or `-next_run_at`; nullopt: not a field.
std::optional<TaskOrder> task_order(std::string_view text);
// Every word that task_order() takes.
std::span<const std::string_view> task_order_names();

struct TaskQuery {
  std::optional<std::string> status, skill_name, user_id;
  std::optional<std::string>
      text;  // somewhere in id, skill_name, schedule_cron, user_id or params_json, whatever the case
  std::optional<Timestamp> due_before;
  TaskOrder order;
  std::optional<std::size_t> limit;
  std::size_t offset = 0;
};

struct TaskSelection {
  std::vector<const Task*> tasks;  // of the given ones
  std::size_t total = 0;           // without limit and offset
};
// `tasks` stand by id. Equal ones stand by id, nulls last in either direction.
TaskSelection select_tasks(std::span<const Task> tasks, const TaskQuery&);

}  // namespace lockstep::api
