#include "api/problem.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "api/json.hpp"

namespace lockstep::api {
namespace {

constexpr std::array<ProblemSpec, 23> kProblems{{
    {ProblemKind::bad_request, 400, "bad-request", "Bad request"},
    {ProblemKind::choice_refused, 400, "choice-refused", "Choice not possible for this conflict"},
    {ProblemKind::unauthorized, 401, "unauthorized", "A token is needed"},
    {ProblemKind::forbidden, 403, "forbidden", "Not allowed"},
    {ProblemKind::not_found, 404, "not-found", "Not found"},
    {ProblemKind::method_not_allowed, 405, "method-not-allowed", "Method not allowed"},
    {ProblemKind::timeout, 408, "timeout", "The request took too long to arrive"},
    {ProblemKind::conflicts, 409, "conflicts", "Conflicts detected"},
    {ProblemKind::deletion_guard, 409, "deletion-guard", "Stopped by the deletion guard"},
    {ProblemKind::conflict_moved, 409, "conflict-moved-on", "The conflict has moved on"},
    {ProblemKind::undo_refused, 409, "undo-refused", "Tasks changed since"},
    {ProblemKind::task_exists, 409, "task-exists", "The task exists"},
    {ProblemKind::precondition_failed, 412, "precondition-failed", "The task has changed"},
    {ProblemKind::body_too_large, 413, "body-too-large", "The body is too large"},
    {ProblemKind::invalid_yaml, 422, "invalid-yaml", "YAML validation failed"},
    {ProblemKind::invalid_task, 422, "invalid-task", "The task is not valid"},
    {ProblemKind::file_locked, 423, "file-locked", "File locked"},
    {ProblemKind::upgrade_required, 426, "upgrade-required", "This path speaks WebSocket"},
    {ProblemKind::header_too_large, 431, "header-too-large", "The header is too large"},
    {ProblemKind::internal, 500, "internal", "The operation failed"},
    {ProblemKind::database, 503, "database-unavailable", "Database unavailable"},
    {ProblemKind::database_busy, 503, "database-busy", "Database busy"},
    {ProblemKind::unavailable, 503, "unavailable", "Not available now"},
}};

constexpr bool in_order_of_kind() {
  for (std::size_t i = 0; i < kProblems.size(); ++i)
    if (static_cast<std::size_t>(kProblems[i].kind) != i) return false;
  return true;
}
static_assert(in_order_of_kind(), "spec() indexes kProblems by kind");

// `1, 2, 3`; of many the first ten `and 90 more`.
std::string first_ids(const std::vector<std::int64_t>& ids) {
  constexpr std::size_t kNamed = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(ids.size(), kNamed); ++i) names += (i == 0 ? "" : ", ") + std::to_string(ids[i]);
  if (ids.size() > kNamed) names += " and " + std::to_string(ids.size() - kNamed) + " more";
  return names;
}

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %%", value);
  return text;
}

template <typename Range, typename Convert>
Json array_of(const Range& values, Convert convert) {
  Json result = Json::array();
  for (const auto& value : values) result.items.push_back(convert(value));
  return result;
}

ProblemKind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage: return ProblemKind::bad_request;
    case ErrorCode::not_found: return ProblemKind::not_found;
    case ErrorCode::locked: return ProblemKind::file_locked;
    case ErrorCode::busy: return ProblemKind::database_busy;
    case ErrorCode::database:
    case ErrorCode::unreachable:
    case ErrorCode::changed:
    case ErrorCode::newer_schema:
    case ErrorCode::unsuitable_table: return ProblemKind::database;
    case ErrorCode::io:
    case ErrorCode::permission:
    case ErrorCode::internal: return ProblemKind::internal;
  }
  return ProblemKind::internal;
}

}  // namespace

const ProblemSpec& spec(ProblemKind kind) { return kProblems[static_cast<std::size_t>(kind)]; }

Json to_json(const Problem& problem) {
  const ProblemSpec& known = spec(problem.kind);
  Json object = Json::object();
  object.set("type", Json::string("urn:lockstep:problem:" + std::string(known.name)));
  object.set("title", Json::string(std::string(known.title)));
  object.set("status", Json::number(known.status));
  object.set("detail", Json::string(problem.hint.empty() ? problem.detail : problem.detail + " (" + problem.hint + ")"));
  for (const auto& [name, value] : problem.members) object.set(name, value);
  return object;
}

Problem problem_of(const InvalidYaml& invalid) {
  Problem problem{ProblemKind::invalid_yaml, "YAML validation failed", "", {}};
  for (const Diagnostic& diagnostic : invalid.diagnostics) problem.detail += "\n" + format_diagnostic(diagnostic, false);
  if (invalid.more > 0) problem.detail += "\n… and " + std::to_string(invalid.more) + " more";
  problem.members.emplace_back("errors", array_of(invalid.diagnostics, diagnostic_json));
  if (invalid.more > 0)
    problem.members.emplace_back("more_errors", Json::number(static_cast<std::int64_t>(invalid.more)));
  return problem;
}

Problem problem_of(const FileBusy& busy) {
  return {ProblemKind::file_locked, busy.busy.what, "nothing was written; try again once it is done", {}};
}

std::string describe(const GuardStop& guard) {
  const double share = guard.of == 0 ? 100 : 100.0 * static_cast<double>(guard.would_delete) / static_cast<double>(guard.of);
  return "Deletion guard: this sync would delete " + std::to_string(guard.would_delete) + " of " +
         std::to_string(guard.of) + " tasks (" + percent(std::round(share * 10) / 10) + ") from the " +
         (guard.side == Side::yaml ? "YAML" : "database") + "; at most " + percent(guard.max_delete_percent) +
         " are allowed, so nothing was written. It would delete task" + (guard.task_ids.size() == 1 ? " " : "s ") +
         first_ids(guard.task_ids);
}

Problem problem_of(const GuardStopped& stopped) {
  return {ProblemKind::deletion_guard,
          describe(stopped.guard),
          "if that is what you want: --max-delete 100 on the command line, \"max_delete_percent\": 100 in the API",
          {{"guard", guard_json(stopped.guard)}}};
}

Problem problem_of(const ConflictMoved& moved) {
  return {ProblemKind::conflict_moved,
          conflict_id(moved.current.number) + " has changed since it was shown; it is now at version " +
              std::to_string(moved.current.version),
          "look at it again, then resolve that version",
          {{"conflict", conflict_json(moved.current)}}};
}

Problem problem_of(const ChoiceRefused& refused) { return {ProblemKind::choice_refused, refused.message, "", {}}; }

Problem problem_of(const UndoRefused& refused) {
  std::string ids;
  for (const auto& [task_id, side] : refused.changed)
    ids += (ids.empty() ? "" : ", ") + std::to_string(task_id) + (side == Side::yaml ? " (YAML)" : " (database)");
  return {ProblemKind::undo_refused,
          "Not undone: tasks have changed since that run: " + ids,
          "undo the later runs first, or edit these tasks by hand",
          {{"changed", array_of(refused.changed, [](const std::pair<std::int64_t, Side>& changed) {
              Json object = Json::object();
              object.set("task_id", Json::number(changed.first));
              object.set("side", Json::string(changed.second == Side::yaml ? "yaml" : "database"));
              return object;
            })}}};
}

Problem problem_of(const Error& error) {
  const Error::Parts& parts = error.parts();
  std::string detail = parts.operation;
  if (!parts.subject.empty()) detail += (detail.empty() ? "" : " ") + parts.subject;
  if (!parts.cause.empty()) detail += (detail.empty() ? "" : ": ") + parts.cause;
  return {kind_of(parts.code), std::move(detail), parts.hint, {}};
}

Problem problem_of(const TaskProblems& invalid, std::optional<std::int64_t> task_id) {
  Problem problem{ProblemKind::invalid_task, "", "", {}};
  Json errors = Json::array();
  for (const FieldProblem& fault : invalid.problems) {
    problem.detail += (problem.detail.empty() ? "" : "\n") + fault.message;
    Diagnostic diagnostic;
    diagnostic.task_id = task_id;
    diagnostic.field = fault.field;
    diagnostic.message = fault.message;
    errors.items.push_back(diagnostic_json(diagnostic));
  }
  problem.members.emplace_back("errors", std::move(errors));
  return problem;
}

std::optional<Problem> problem_of(const ResolveOutcome& outcome, std::int64_t conflict) {
  return std::visit(
      [conflict]<typename T>(const T& refused) -> std::optional<Problem> {
        if constexpr (std::is_same_v<T, ResolveDone>) return std::nullopt;
        else if constexpr (std::is_same_v<T, ConflictGone>) return conflict_not_found(conflict_id(conflict));
        else return problem_of(refused);
      },
      outcome);
}

std::string resolutions_text(const std::vector<ResolveRequest>& requests, const std::vector<ResolveOutcome>& outcomes) {
  std::string resolved, failed;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::int64_t number = requests[i].number;
    if (const auto problem = problem_of(outcomes[i], number)) {
      Json failure = Json::object();
      failure.set("conflict_id", Json::string(conflict_id(number)));
      failure.set("problem", to_json(*problem));
      failed += (failed.empty() ? "" : ",") + write_json(failure);
    } else {
      resolved += (resolved.empty() ? "" : ",") + write_json(resolved_json(std::get<ResolveDone>(outcomes[i])));
    }
  }
  return "{\"resolved\":[" + resolved + "],\"failed\":[" + failed + "]}";
}

Problem conflict_not_found(std::string_view id) {
  return {ProblemKind::not_found, "Conflict " + std::string(id) + " is not pending (any more)",
          "`lockstep conflicts` lists those that are", {}};
}

Problem run_not_found(std::int64_t id) {
  return {ProblemKind::not_found, "There is no run " + std::to_string(id) + " in the history",
          "`lockstep history` lists those that are", {}};
}

Problem task_not_found(std::int64_t id) {
  return {ProblemKind::not_found, "There is no task " + std::to_string(id) + " in the database", "", {}};
}

Problem conflicts_problem(const SyncResult& result) {
  const std::size_t found = result.conflicts.size();
  Json whole = sync_result_json(result);
  Json conflicts = *whole.find("conflicts");
  return {ProblemKind::conflicts,
          "Sync detected " + std::to_string(found) + (found == 1 ? " conflict" : " conflicts"),
          "everything else was synced",
          {{"conflicts", std::move(conflicts)}, {"result", std::move(whole)}}};
}

}  // namespace lockstep::api
