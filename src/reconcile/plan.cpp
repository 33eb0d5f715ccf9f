#include "reconcile/plan.hpp"

#include <utility>

namespace lockstep {
namespace {

// Fewer deletions than this are everyday work, however small the schedule.
constexpr std::size_t kDeletionsAlwaysAllowed = 5;
// All of so many tasks is more than that.
constexpr std::size_t kWholeSide = 2;

bool says_something(const TaskPlan& task) {
  return task.outcome != Outcome::in_sync || task.base.kind != BaseMove::Kind::keep;
}

void count(SideCounts& counts, const std::optional<Write>& write) {
  if (!write) return;
  switch (write->action) {
    case Action::insert: ++counts.inserted; break;
    case Action::update: ++counts.updated; break;
    case Action::remove: ++counts.deleted; break;
  }
}

bool too_much(std::size_t deleted, std::size_t of, double max_percent) {
  if (max_percent >= 100) return false;
  // A side that loses everything was more likely emptied by accident than by hand, however small it is.
  if (deleted >= kWholeSide && deleted == of) return true;
  return deleted > kDeletionsAlwaysAllowed &&
         static_cast<double>(deleted) * 100 > max_percent * static_cast<double>(of);
}

GuardStop stop(const std::vector<TaskPlan>& tasks, Side side, std::size_t deleted, std::size_t of, double percent) {
  GuardStop stop{side, deleted, of, {}, percent};
  stop.task_ids.reserve(deleted);
  for (const TaskPlan& task : tasks) {
    const std::optional<Write>& write = side == Side::yaml ? task.yaml : task.database;
    if (write && write->action == Action::remove) stop.task_ids.push_back(task.id);
  }
  return stop;
}

}  // namespace

void TaskPlan::own_tasks() {
  if (yaml) yaml->task.own();
  if (database) database->task.own();
  if (base.task) base.task.own();
}

Plan assemble(std::vector<TaskPlan> tasks, const Policy& policy, Totals totals) {
  Plan plan;
  for (const TaskPlan& task : tasks) {
    count(plan.yaml, task.yaml);
    count(plan.database, task.database);
    if (task.outcome == Outcome::merged) ++plan.merged;
    if (task.outcome == Outcome::conflict) ++plan.conflicts;
  }
  plan.tasks = std::move(tasks);
  const double percent = policy.max_delete_percent;
  if (too_much(plan.yaml.deleted, totals.yaml, percent))
    plan.guard = stop(plan.tasks, Side::yaml, plan.yaml.deleted, totals.yaml, percent);
  else if (too_much(plan.database.deleted, totals.database, percent))
    plan.guard = stop(plan.tasks, Side::database, plan.database.deleted, totals.database, percent);
  return plan;
}

Plan reconcile(std::span<const Triple> triples, const Policy& policy, Totals totals) {
  std::vector<TaskPlan> tasks;
  tasks.reserve(triples.size());  // growing would hold a large plan twice
  for (const Triple& triple : triples) {
    TaskPlan task = reconcile_task(triple, policy);
    if (says_something(task)) tasks.push_back(std::move(task));
  }
  return assemble(std::move(tasks), policy, totals);
}

}  // namespace lockstep
