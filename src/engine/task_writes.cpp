// Tasks written by programs through lockstep: into the database, then, by a sync, into the YAML.
#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

TaskProblems problem(std::string field, std::string message) {
  return {{FieldProblem{std::move(field), std::move(message)}}};
}

// What the table cannot hold would be lost without a word.
TaskProblems misfits(const TableShape& shape, const Task& task) {
  TaskProblems found;
  if (task.id > shape.max_id)
    found.problems.push_back({std::string(kIdName), "the column holds at most " + std::to_string(shape.max_id)});
  for (const FieldSpec& field : kSchema) {
    if (!field.synced) continue;
    if (auto why = misfit(shape, field, task[field.field])) found.problems.push_back({std::string(field.name), *why});
  }
  return found;
}

// The change of one row; nullopt: it is as it shall be. Refers to `current`.
std::optional<RowChange> row_change(const TaskWriteRequest& request, const TableShape& shape, const Task* current,
                                    Task wanted) {
  RowChange change;
  if (request.kind == TaskWriteRequest::Kind::create) {
    change.action = Action::insert;
    change.task = std::move(wanted);
    return change;
  }
  change.expected = HeldTask::at(current);
  change.task = HeldTask::at(current);
  if (request.kind == TaskWriteRequest::Kind::remove) {
    change.action = Action::remove;
    return change;
  }
  change.action = Action::update;
  change.fields = differing(*current, wanted, FieldSet::synced() & shape.columns);
  if (change.fields.empty()) return std::nullopt;
  for (const FieldSpec& field : kSchema)
    if (change.fields.contains(field.field)) change.task.own()[field.field] = wanted[field.field];
  return change;
}

}  // namespace

// The id that was written, or why nothing was.
std::variant<std::int64_t, TaskWriteOutcome> Core::write_row(const TaskWriteRequest& request) {
  using Kind = TaskWriteRequest::Kind;
  auto transaction = begin(Access::write);
  TaskTable& table = transaction->tasks();
  std::int64_t id = request.id.value_or(0);
  if (!request.id) {
    id = table.highest_id();
    if (seen && seen->index && !seen->index->empty()) id = std::max(id, seen->index->back().id);
    if (id == INT64_MAX) return TaskWriteOutcome(problem(std::string(kIdName), "there is no free id above the highest one"));
    ++id;
  }
  const TableRows rows = table.rows_of(std::span(&id, 1));
  if (!rows.invalid.empty())
    return TaskWriteOutcome(problem(rows.invalid.front().field, "the row in the database is not valid, and has to be mended there: " +
                                                                    rows.invalid.front().message));
  const Task* current = rows.tasks.empty() ? nullptr : &rows.tasks.front();
  if (request.kind == Kind::create && current) return TaskWriteOutcome(TaskExists{});
  if (request.kind != Kind::create && !current) return TaskWriteOutcome(TaskMissing{});

  auto made = request.make(current);
  if (auto* stale = std::get_if<TaskStale>(&made)) return TaskWriteOutcome(std::move(*stale));
  if (auto* problems = std::get_if<TaskProblems>(&made)) return TaskWriteOutcome(std::move(*problems));
  Task wanted = std::move(std::get<Task>(made));
  wanted.id = id;
  if (request.kind != Kind::remove)
    if (TaskProblems found = misfits(table.shape(), wanted); !found.problems.empty()) return TaskWriteOutcome(std::move(found));

  const auto change = row_change(request, table.shape(), current, std::move(wanted));
  if (!change) return id;
  const std::vector<RefusedRow> refused = table.apply(std::span(&*change, 1), clock());
  if (!refused.empty()) return TaskWriteOutcome(problem({}, "the database refuses it: " + refused.front().message));
  transaction->commit();
  return id;
}

// A sync, as seen by one task.
TaskWritten Core::carry_to_yaml(std::int64_t id) {
  using Yaml = TaskWritten::Yaml;
  TaskWritten written;
  const auto pending = [&](std::string why) {
    written.yaml = Yaml::pending;
    written.detail = std::move(why);
  };
  try {
    const SyncOutcome outcome = sync({.trigger = Trigger::api});
    if (const auto* busy = std::get_if<FileBusy>(&outcome)) pending(busy->busy.what);
    if (const auto* invalid = std::get_if<InvalidYaml>(&outcome))
      pending("YAML validation failed" +
              (invalid->diagnostics.empty() ? std::string() : "\n" + format_diagnostic(invalid->diagnostics.front(), false)));
    if (std::holds_alternative<GuardStopped>(outcome)) pending("the deletion guard stopped the sync");
    if (const auto* result = std::get_if<SyncResult>(&outcome)) {
      for (const Warning& warning : result->warnings)
        if (warning.task_id == id) pending(warning.message);
      if (const auto reason = file.read_only_reason()) pending("the YAML cannot be written: " + *reason);
      for (const ConflictRef& conflict : result->conflicts) {
        if (conflict.task_id != id) continue;
        written.yaml = Yaml::conflict;
        written.detail = std::string(to_string(conflict.reason)) + " (" + conflict_name(conflict.number.value_or(0)) + ")";
      }
    }
  } catch (const Error& error) {  // the row is written and stays so
    pending(error.what());
  }
  return written;
}

TaskWriteOutcome Core::write_task(const TaskWriteRequest& request) {
  const Operation operation(*this);  // the row and the YAML in the time of one
  rest.reset();
  const auto row = [&]() -> std::variant<std::int64_t, TaskWriteOutcome> {
    for (int attempt = 1;; ++attempt) {
      try {
        return write_row(request);
      } catch (const Error& error) {  // a lost COMMIT may stand: that is for the caller to look at
        if (!error.retryable() || error.code() == ErrorCode::unreachable || (attempt >= kMaxAttempts && error.code() != ErrorCode::busy)) throw;
        if (error.code() == ErrorCode::busy) wait_for_database(error);
      }
    }
  }();
  if (const auto* refused = std::get_if<TaskWriteOutcome>(&row)) return *refused;
  const std::int64_t id = std::get<std::int64_t>(row);
  TaskWritten written = carry_to_yaml(id);
  TableRows now = begin(Access::read)->tasks().rows_of(std::span(&id, 1));
  if (!now.tasks.empty()) written.task = std::move(now.tasks.front());
  return written;
}

}  // namespace lockstep
