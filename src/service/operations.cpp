#include "service/operations.hpp"

#include <utility>

#include "api/json.hpp"
#include "api/problem.hpp"
#include "api/version.hpp"
#include "engine/resolution_request.hpp"
#include "model/validation.hpp"

namespace lockstep::service {
namespace {

Verdict verdict_of(api::ProblemKind kind) {
  switch (kind) {
    case api::ProblemKind::invalid_yaml: return Verdict::invalid_yaml;
    case api::ProblemKind::file_locked: return Verdict::file_locked;
    case api::ProblemKind::deletion_guard: return Verdict::deletion_guard;
    case api::ProblemKind::not_found: return Verdict::not_found;
    case api::ProblemKind::conflict_moved: return Verdict::moved;
    default: return Verdict::refused;
  }
}

Answer refused(const api::Problem& problem) { return {verdict_of(problem.kind), write_json(api::to_json(problem))}; }

Answer done(const Json& json) { return {Verdict::done, write_json(json)}; }

Answer synced(const SyncResult& result) {
  return {result.conflicts.empty() ? Verdict::done : Verdict::conflicts, write_json(api::sync_result_json(result))};
}

[[noreturn]] void refuse_words(std::string operation, std::string subject, std::string cause, std::string hint) {
  throw Error({.code = ErrorCode::usage, .operation = std::move(operation), .subject = std::move(subject),
               .cause = std::move(cause), .hint = std::move(hint)});
}

template <typename Item>
Answer list(const std::vector<Item>& items, Json (*json_of)(const Item&)) {
  std::string text = "[";
  for (const Item& item : items) text += (text.size() == 1 ? "" : ",") + write_json(json_of(item));
  return {Verdict::done, text + "]"};
}

}  // namespace

SyncRequest sync_request(const SyncOptions& options) {
  if (options.max_delete_percent && !(*options.max_delete_percent >= 0 && *options.max_delete_percent <= 100))
    refuse_words("sync", "max_delete_percent", "it is not between 0 and 100", "");
  if (options.task_id && *options.task_id < 1) refuse_words("sync", "task_id", "ids are positive", "");
  SyncRequest request;
  request.direction = options.direction;
  request.force = options.force;
  request.max_delete_percent = options.max_delete_percent;
  request.trigger = Trigger::api;
  request.only = options.task_id;
  return request;
}

Answer answer(const SyncOutcome& outcome) {
  if (const SyncResult* result = std::get_if<SyncResult>(&outcome)) return synced(*result);
  return std::visit(
      []<typename T>(const T& stopped) {
        if constexpr (std::is_same_v<T, SyncResult>) return synced(stopped);
        else return refused(api::problem_of(stopped));
      },
      outcome);
}

Answer plan(Engine& engine, const SyncOptions& options) {
  const PlanOutcome outcome = engine.plan(sync_request(options));
  if (const InvalidYaml* invalid = std::get_if<InvalidYaml>(&outcome)) return refused(api::problem_of(*invalid));
  if (const FileBusy* busy = std::get_if<FileBusy>(&outcome)) return refused(api::problem_of(*busy));
  const PlanReport& report = std::get<PlanReport>(outcome);
  if (!options.dry_run) return done(api::plan_json(report));
  Json result = api::sync_result_json(report.result);
  if (report.guard) result.set("guard", api::guard_json(*report.guard));
  return {report.result.conflicts.empty() ? Verdict::done : Verdict::conflicts, write_json(result)};
}

Answer conflicts(Engine& engine) { return list<Conflict>(engine.conflicts({}), api::conflict_json); }

ResolveRequest resolve_request(const ResolveOptions& options) {
  const std::optional<Choice> choice = choice_by_name(options.choice);
  if (!choice)
    refuse_words("resolve", options.conflict_id, quoted_for_message(options.choice) + " is no choice",
                 "keep_yaml, keep_db, merge, custom and keep_both are");
  ResolveRequest request;
  request.resolution.choice = *choice;
  request.version = options.version;
  if (options.fields.empty()) return request;
  if (*choice != Choice::custom) refuse_words("resolve", options.conflict_id, "fields goes with the choice custom only", "");
  const JsonResult fields = parse_json(options.fields);
  if (!fields.ok()) refuse_words("resolve", options.conflict_id, "fields: " + fields.problem_message, "");
  auto choices = field_choices_from_json(fields.value);
  if (const std::string* problem = std::get_if<std::string>(&choices)) refuse_words("resolve", options.conflict_id, *problem, "");
  request.resolution.fields = std::move(std::get<0>(choices));
  return request;
}

Answer resolve(Engine& engine, const ResolveOptions& options) {
  ResolveRequest request = resolve_request(options);
  const std::optional<std::int64_t> number = api::conflict_number(options.conflict_id);
  if (!number) return refused(api::conflict_not_found(options.conflict_id));
  request.number = *number;
  const ResolveOutcome outcome = engine.resolve(request);
  if (const auto problem = api::problem_of(outcome, *number)) return refused(*problem);
  return done(api::resolved_json(std::get<ResolveDone>(outcome)));
}

Answer history(Engine& engine, std::size_t limit) {
  RunFilter filter;
  filter.limit = limit;
  return list<Run>(limit == 0 ? std::vector<Run>() : engine.history(filter), api::run_json);
}

Answer undo(Engine& engine, std::int64_t run_id) {
  return std::visit(
      [run_id]<typename T>(const T& outcome) {
        if constexpr (std::is_same_v<T, SyncResult>) return synced(outcome);
        else if constexpr (std::is_same_v<T, UndoStored>) return done(api::undo_stored_json(run_id, outcome));
        else if constexpr (std::is_same_v<T, RunUnknown>) return refused(api::run_not_found(run_id));
        else return refused(api::problem_of(outcome));
      },
      engine.undo(run_id));
}

Answer status(const Status& status, std::string_view watcher, double uptime_seconds) {
  return done(api::status_json(status, {api::version(), uptime_seconds, watcher}));
}

}  // namespace lockstep::service
