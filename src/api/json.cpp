#include "api/json.hpp"

#include "api/problem.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace lockstep::api {
namespace {

constexpr std::size_t kGuardIdsShown = 100;
constexpr std::string_view kConflictPrefix = "conflict_";

Json count(std::size_t n) { return Json::number(static_cast<std::int64_t>(n)); }

// Shortest decimal text; JSON has no NaN or infinity, and no value of ours is one.
Json decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return Json::number(std::string(text));
}

Json milliseconds(double value) { return decimal(std::round(value * 1000) / 1000); }

Json text(std::string_view value) { return Json::string(std::string(value)); }
Json text_or_null(std::string_view value) { return value.empty() ? Json::null() : text(value); }
Json instant(Timestamp value) { return Json::string(format_rfc3339(value)); }
Json instant_or_null(const std::optional<Timestamp>& value) { return value ? instant(*value) : Json::null(); }
Json integer_or_null(const std::optional<std::int64_t>& value) { return value ? Json::number(*value) : Json::null(); }
Json line_or_null(std::size_t line) { return line == 0 ? Json::null() : count(line); }
Json task_or_null(const std::optional<Task>& task) { return task ? to_json(*task) : Json::null(); }

Json instant_of(const std::optional<Task>& task, Field field) {
  return task ? instant_or_null(task->instant(field)) : Json::null();
}

Json field_names(FieldSet fields) {
  Json names = Json::array();
  for (const FieldSpec& field : kSchema)
    if (fields.contains(field.field)) names.items.push_back(text(field.name));
  return names;
}

// The plan's word for a write, which is the one of docs/HTTP.md.
Json action_or_null(const std::optional<Write>& write) {
  if (!write) return Json::null();
  switch (write->action) {
    case Action::insert: return text("insert");
    case Action::update: return text("update");
    case Action::remove: return text("delete");
  }
  return Json::null();
}

template <typename Range, typename Convert>
Json array_of(const Range& values, Convert convert) {
  Json result = Json::array();
  result.items.reserve(std::size(values));
  for (const auto& value : values) result.items.push_back(convert(value));
  return result;
}

Json conflict_ref_json(const ConflictRef& conflict) {
  Json object = Json::object();
  object.set("conflict_id", conflict.number ? text(conflict_id(*conflict.number)) : Json::null());
  object.set("task_id", Json::number(conflict.task_id));
  object.set("reason", text(to_string(conflict.reason)));
  return object;
}

Json parsed_or_null(const std::string& json) {
  if (json.empty()) return Json::null();
  JsonResult parsed = parse_json(json);
  return parsed.ok() ? std::move(parsed.value) : Json::null();
}

// A change's state of one side: the row as stored, or for the YAML (stored as
// {"task","text"}) the task, with its own lines beside it.
void set_change_state(Json& change, Side side, const char* member, const char* text_member, const std::string& stored) {
  Json state = parsed_or_null(stored);
  if (side == Side::database || state.kind != Json::Kind::object || state.find("task") == nullptr) {
    change.set(member, std::move(state));
    return;
  }
  change.set(member, *state.find("task"));
  if (const Json* lines = state.find("text")) change.set(text_member, *lines);
}

Json change_json(const ChangeRecord& record) {
  Json change = Json::object();
  change.set("task_id", Json::number(record.task_id));
  change.set("side", text(record.side == Side::yaml ? "yaml" : "database"));
  set_change_state(change, record.side, "before", "before_text", record.before);
  set_change_state(change, record.side, "after", "after_text", record.after);
  change.set("author", text_or_null(record.author));
  return change;
}

void set_waiting(Json& object, std::span<const WaitingChange> waiting, std::size_t all) {
  object.set("waiting", array_of(waiting.first(std::min(waiting.size(), WaitingChange::kShown)),
                                 [](const WaitingChange& change) { return lockstep::to_json(change); }));
  object.set("waiting_count", count(all));
}

Json failure_or_null(const std::optional<SyncFailure>& failure) {
  if (!failure) return Json::null();
  const Problem problem = std::visit([](const auto& why) { return problem_of(why); }, failure->why);
  Json object = Json::object();
  object.set("at", instant(failure->at));
  object.set("title", text(spec(problem.kind).title));
  object.set("detail", Json::string(problem.hint.empty() ? problem.detail : problem.detail + " (" + problem.hint + ")"));
  return object;
}

// Only the fields that have one.
Json owners_json(const std::array<Owner, kFieldCount>& owners) {
  Json object = Json::object();
  for (const FieldSpec& field : kSchema) {
    const Owner owner = owners[static_cast<std::size_t>(field.field)];
    if (owner != Owner::shared) object.set(std::string(field.name), text(owner == Owner::yaml ? "yaml" : "database"));
  }
  return object;
}

Json planned_task_json(const PlannedTask& planned) {
  Json object = Json::object();
  object.set("task_id", Json::number(planned.plan.id));
  object.set("yaml", action_or_null(planned.plan.yaml));
  object.set("database", action_or_null(planned.plan.database));
  const bool open = planned.plan.outcome == Outcome::conflict && planned.plan.conflict;
  object.set("conflict", open ? text(to_string(planned.plan.conflict->reason)) : Json::null());
  object.set("fields", array_of(field_rows(planned), [](const FieldRow& row) {
    Json field = Json::object();
    field.set("field", text(spec(row.field).name));
    field.set("base", to_json(row.base));
    field.set("yaml", to_json(row.yaml));
    field.set("database", to_json(row.database));
    return field;
  }));
  return object;
}

}  // namespace

std::string conflict_id(std::int64_t number) { return std::string(kConflictPrefix) + std::to_string(number); }

std::optional<std::int64_t> conflict_number(std::string_view id) {
  if (id.starts_with(kConflictPrefix)) id.remove_prefix(kConflictPrefix.size());
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (fault != std::errc{} || end != id.data() + id.size() || number < 1) return std::nullopt;
  return number;
}

Json counts_json(const SideCounts& counts) {
  Json object = Json::object();
  object.set("inserted", count(counts.inserted));
  object.set("updated", count(counts.updated));
  object.set("deleted", count(counts.deleted));
  return object;
}

Json warning_json(const Warning& warning) {
  Json object = Json::object();
  object.set("message", text(warning.message));
  object.set("task_id", integer_or_null(warning.task_id));
  object.set("line", warning.line ? line_or_null(*warning.line) : Json::null());
  return object;
}

Json diagnostic_json(const Diagnostic& diagnostic) {
  Json object = Json::object();
  object.set("file", text_or_null(diagnostic.file));
  object.set("line", line_or_null(diagnostic.line));
  object.set("column", line_or_null(diagnostic.column));
  object.set("task_id", integer_or_null(diagnostic.task_id));
  object.set("field", text_or_null(diagnostic.field));
  object.set("message", text(diagnostic.message));
  return object;
}

Json diagnostic_with_source_json(const Diagnostic& diagnostic) {
  Json object = diagnostic_json(diagnostic);
  object.set("source", text_or_null(source_with_caret(diagnostic)));
  return object;
}

Json guard_json(const GuardStop& guard) {
  Json object = Json::object();
  object.set("side", text(guard.side == Side::yaml ? "yaml" : "database"));
  object.set("would_delete", count(guard.would_delete));
  const std::span<const std::int64_t> ids(guard.task_ids);
  object.set("task_ids", array_of(ids.first(std::min(ids.size(), kGuardIdsShown)),
                                  [](std::int64_t id) { return Json::number(id); }));
  object.set("of", count(guard.of));
  object.set("max_delete_percent", decimal(guard.max_delete_percent));
  return object;
}

Json sync_result_json(const SyncResult& result) {
  Json object = Json::object();
  object.set("status", text(result.conflicts.empty() ? "success" : "conflicts"));
  object.set("direction", text(to_string(result.direction)));
  object.set("trigger", text(to_string(result.trigger)));
  object.set("run_id", integer_or_null(result.run_id));
  object.set("timestamp", instant(result.at));
  object.set("duration_ms", milliseconds(result.duration_ms));
  object.set("dry_run", Json::of(result.dry_run));
  object.set("yaml", counts_json(result.yaml));
  object.set("database", counts_json(result.database));
  object.set("merged", count(result.merged));
  object.set("unchanged", count(result.unchanged));
  object.set("conflicts_detected", count(result.conflicts.size()));
  object.set("conflicts", array_of(result.conflicts, conflict_ref_json));
  object.set("warnings", array_of(result.warnings, warning_json));
  set_waiting(object, result.waiting, result.waiting.size());
  return object;
}

Json plan_json(const PlanReport& plan) {
  Json object = sync_result_json(plan.result);
  object.set("tasks", array_of(plan.tasks, planned_task_json));
  if (plan.guard) object.set("guard", guard_json(*plan.guard));
  return object;
}

Json conflict_json(const Conflict& conflict) {
  Json object = Json::object();
  object.set("conflict_id", text(conflict_id(conflict.number)));
  object.set("version", Json::number(conflict.version));
  object.set("replica", text(conflict.replica));
  object.set("task_id", Json::number(conflict.task_id));
  object.set("kind", text(to_string(conflict.finding.kind)));
  object.set("conflict_reason", text(to_string(conflict.finding.reason)));
  object.set("fields", field_names(conflict.finding.fields));
  object.set("yaml_updated_at", instant_of(conflict.yaml, Field::updated_at));
  object.set("db_updated_at", instant_of(conflict.database, Field::updated_at));
  object.set("yaml_data", task_or_null(conflict.yaml));
  object.set("db_data", task_or_null(conflict.database));
  object.set("base_data", task_or_null(conflict.base));
  object.set("detected_at", instant(conflict.detected_at));
  object.set("yaml_author", text_or_null(conflict.yaml_author));
  object.set("db_author", text_or_null(conflict.database_author));
  return object;
}

Json resolved_json(const ResolveDone& done) {
  Json object = Json::object();
  object.set("status", text(done.stored ? "stored" : "success"));
  object.set("message", text(done.message));
  object.set("conflict_id", text(conflict_id(done.number)));
  object.set("task_id", Json::number(done.task_id));
  object.set("resolution", text(to_string(done.choice)));
  object.set("task", task_or_null(done.task));
  if (done.new_task_id) object.set("new_task_id", Json::number(*done.new_task_id));
  if (done.run_id) object.set("run_id", Json::number(*done.run_id));
  return object;
}

std::string describe(std::int64_t run, const UndoStored& stored) {
  return "Stored: the process that can write the file of replica \"" + stored.replica + "\" takes run " +
         std::to_string(run) + " back";
}

Json undo_stored_json(std::int64_t run, const UndoStored& stored) {
  Json object = Json::object();
  object.set("status", text("stored"));
  object.set("message", text(describe(run, stored)));
  object.set("run_id", Json::number(run));
  return object;
}

Json run_json(const Run& run) {
  Json details = parsed_or_null(run.details);
  Json object = Json::object();
  object.set("status", text(run.status));
  object.set("direction", text(to_string(run.direction)));
  object.set("trigger", text(to_string(run.trigger)));
  object.set("run_id", Json::number(run.id));
  object.set("timestamp", instant(run.at));
  object.set("duration_ms", Json::number(run.duration_ms));
  object.set("dry_run", Json::of(false));
  object.set("yaml", counts_json(run.yaml));
  object.set("database", counts_json(run.database));
  object.set("merged", count(run.merged));
  object.set("unchanged", count(run.unchanged));
  object.set("conflicts_detected", count(run.conflicts_detected));
  object.set("conflicts", Json::array());
  object.set("warnings", Json::array());
  object.set("replica", text(run.replica));
  object.set("author", text_or_null(run.author));
  set_waiting(object, waiting_from_details(run.details), waiting_count_from_details(run.details));
  // What the engine stored besides (conflicts, warnings, guard, closed conflicts, undone run) goes out as it is,
  // save its notes for other processes' events.
  for (auto& [name, value] : details.members)
    if (name != "effects" && name != "waiting") object.set(name, std::move(value));
  return object;
}

Json run_details_json(const RunDetails& details) {
  Json object = run_json(details.run);
  object.set("changes", array_of(details.changes, change_json));
  return object;
}

Json replica_json(const ReplicaState& replica) {
  Json object = Json::object();
  object.set("replica", text(replica.name));
  object.set("host", text_or_null(replica.host));
  object.set("path", text_or_null(replica.path));
  object.set("last_sync_timestamp", instant_or_null(replica.last_sync));
  object.set("sync_source", text(replica.sync_source.value_or("unknown")));
  return object;
}

Json status_json(const Status& status, const HostFacts& host) {
  Json yaml = Json::object();
  yaml.set("path", text(status.yaml.path));
  yaml.set("valid", Json::of(status.yaml.valid));
  yaml.set("writable", Json::of(status.yaml.writable));
  yaml.set("tasks", count(status.yaml.tasks));
  yaml.set("checksum", text_or_null(status.yaml.checksum));
  yaml.set("modified_at", instant_or_null(status.yaml.modified_at));
  yaml.set("errors", array_of(status.yaml.errors, diagnostic_with_source_json));

  Json database = Json::object();
  database.set("backend", text(status.database.backend));
  database.set("reachable", Json::of(status.database.reachable));
  database.set("tasks", count(status.database.tasks));
  database.set("warnings", array_of(status.database.warnings, warning_json));

  Json object = Json::object();
  object.set("last_sync_timestamp", instant_or_null(status.last_sync));
  object.set("total_tasks", count(status.total_tasks));
  object.set("pending_conflicts", count(status.pending_conflicts));
  object.set("sync_source", text(status.sync_source));
  object.set("in_sync", Json::of(status.in_sync));
  object.set("replica", text(status.replica));
  object.set("timezone", text(status.timezone));
  object.set("owners", owners_json(status.owners));
  object.set("version", text(host.version));
  object.set("uptime_seconds", milliseconds(host.uptime_seconds));
  object.set("yaml", std::move(yaml));
  object.set("database", std::move(database));
  set_waiting(object, status.waiting, status.waiting_count);
  object.set("last_error", failure_or_null(status.last_error));
  object.set("watcher", text(host.watcher));
  object.set("last_run", status.last_run ? run_json(*status.last_run) : Json::null());
  return object;
}

std::vector<Timestamp> next_runs(const Cron& cron, Timestamp from, const TimeZone& zone, std::size_t count) {
  std::vector<Timestamp> times;
  for (std::optional<Timestamp> at = from; times.size() < count;) {
    at = cron.next(*at, zone);
    if (!at) break;
    times.push_back(*at);
  }
  return times;
}

Json next_runs_json(std::optional<std::int64_t> task_id, std::string_view cron, const TimeZone& zone,
                    std::span<const Timestamp> next) {
  Json object = Json::object();
  if (task_id) object.set("task_id", Json::number(*task_id));
  object.set("cron", text(cron));
  object.set("timezone", text(zone.name()));
  object.set("next", array_of(next, instant));
  return object;
}

std::vector<FieldRow> field_rows(const PlannedTask& planned) {
  FieldSet fields;
  for (const std::optional<Write>* write : {&planned.plan.yaml, &planned.plan.database})
    if (*write && (*write)->action == Action::update) fields = fields | (*write)->fields;
  if (planned.plan.conflict) fields = fields | planned.plan.conflict->fields;
  const bool one_side_lacks_it = !planned.yaml || !planned.database;

  const auto value = [](const std::optional<Task>& task, Field field) { return task ? (*task)[field] : Value{}; };
  std::vector<FieldRow> rows;
  for (const FieldSpec& field : kSchema) {
    FieldRow row{field.field, value(planned.base, field.field), value(planned.yaml, field.field),
                 value(planned.database, field.field)};
    const bool has_value = !is_null(row.yaml) || !is_null(row.database) || !is_null(row.base);
    if (fields.contains(field.field) || (one_side_lacks_it && field.synced && has_value)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lockstep::api
