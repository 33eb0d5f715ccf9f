#include "api/schemas.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/task.hpp"

namespace lockstep::api {
namespace {

using Properties = std::vector<Json::Member>;

Json text(std::string_view value) { return Json::string(std::string(value)); }

Json texts(std::span<const std::string_view> values) {
  Json list = Json::array();
  for (const std::string_view value : values) list.items.push_back(text(value));
  return list;
}

Json with(Json schema, std::string key, Json value) {
  schema.set(std::move(key), std::move(value));
  return schema;
}

Json string() { return schema_of_type("string"); }
Json boolean() { return schema_of_type("boolean"); }
Json number() { return schema_of_type("number"); }
Json count() { return with(schema_of_type("integer"), "minimum", Json::number(std::int64_t{0})); }
Json identifier() { return with(schema_of_type("integer"), "minimum", Json::number(std::int64_t{1})); }
Json instant() { return with(string(), "format", text("date-time")); }
Json one_of(std::initializer_list<std::string_view> values) {
  return with(string(), "enum", texts({values.begin(), values.size()}));
}
Json exactly(std::string_view value) { return with(Json::object(), "const", text(value)); }
Json any_object() { return schema_of_type("object"); }
Json list_of(std::string_view name) { return schema_array(schema_ref(name)); }

Json or_null(Json schema) {
  Json null = schema_of_type("null");
  if (const Json* type = schema.find("type"); type != nullptr && schema.find("enum") == nullptr) {
    Json both = Json::array();
    both.items = {*type, text("null")};
    return with(std::move(schema), "type", std::move(both));
  }
  Json either = Json::array();
  either.items = {std::move(schema), std::move(null)};
  return with(Json::object(), "anyOf", std::move(either));
}

// All members are there, save those of `optional`; no others are.
Json object(Properties properties, std::initializer_list<std::string_view> optional = {}) {
  Json required = Json::array();
  Json members = Json::object();
  for (auto& [name, schema] : properties) {
    if (std::ranges::find(optional, name) == optional.end()) required.items.push_back(text(name));
    members.set(name, std::move(schema));
  }
  Json schema = with(schema_of_type("object"), "properties", std::move(members));
  if (!required.items.empty()) schema.set("required", std::move(required));
  return with(std::move(schema), "additionalProperties", Json::of(false));
}

// An object schema with more members.
Json extended(Json base, Properties more, std::initializer_list<std::string_view> optional = {}) {
  const Json addition = object(std::move(more), optional);
  Json properties = *base.find("properties");
  for (const auto& [name, schema] : addition.find("properties")->members) properties.set(name, schema);
  Json required = *base.find("required");
  if (const Json* also = addition.find("required"))
    required.items.insert(required.items.end(), also->items.begin(), also->items.end());
  base.set("properties", std::move(properties));
  base.set("required", std::move(required));
  return base;
}

// ---- tasks

Json field_schema(const FieldSpec& field) {
  Json schema;
  switch (field.type) {
    case FieldType::text:
    case FieldType::cron: schema = string(); break;
    case FieldType::timestamp: schema = instant(); break;
    case FieldType::json_object: schema = any_object(); break;
    case FieldType::status: schema = with(string(), "enum", texts(kStatuses)); break;
  }
  if (field.required && schema.find("format") == nullptr) schema.set("minLength", Json::number(std::int64_t{1}));
  if (field.max_length > 0 && field.type != FieldType::status)
    schema.set("maxLength", Json::number(static_cast<std::int64_t>(field.max_length)));
  if (field.type == FieldType::cron) schema.set("description", text("A cron expression, such as `0 6 * * 1-5`"));
  if (!field.synced) schema.set("description", text("Bookkeeping: kept, and never a difference by itself"));
  return schema;
}

bool nullable(const FieldSpec& field) { return !field.required && field.default_text.empty(); }

enum class TaskForm : std::uint8_t { answer, made, whole, patch };

Json task_schema(TaskForm form) {
  Json properties = Json::object();
  Json required = Json::array();
  properties.set(std::string(kIdName), identifier());
  if (form == TaskForm::answer) required.items.push_back(text(kIdName));
  for (const FieldSpec& field : kSchema) {
    Json schema = field_schema(field);
    if (form != TaskForm::answer && !field.default_text.empty())
      schema.set("default", field.type == FieldType::json_object ? Json::object() : text(field.default_text));
    const bool null_allowed = form == TaskForm::answer ? nullable(field) : !field.required;
    properties.set(std::string(field.name), null_allowed ? or_null(std::move(schema)) : std::move(schema));
    const bool computed = form == TaskForm::made && field.field == Field::next_run_at;
    if (form == TaskForm::answer || (form != TaskForm::patch && field.required && !computed))
      required.items.push_back(text(field.name));
  }
  Json schema = with(schema_of_type("object"), "properties", std::move(properties));
  if (!required.items.empty()) schema.set("required", std::move(required));
  return with(std::move(schema), "additionalProperties", Json::of(false));
}

Json yaml_sync() { return object({{"yaml", one_of({"written", "pending", "conflict"})}, {"detail", string()}}); }

void add_tasks(Json& schemas) {
  schemas.set("Task", task_schema(TaskForm::answer));
  schemas.set("NewTask", task_schema(TaskForm::made));
  schemas.set("TaskInput", task_schema(TaskForm::whole));
  schemas.set("TaskPatch", task_schema(TaskForm::patch));
  schemas.set("YamlSync", yaml_sync());
  schemas.set("WrittenTask", extended(task_schema(TaskForm::answer), {{"sync", schema_ref("YamlSync")}}));
  schemas.set("DeletedTask", object({{"sync", schema_ref("YamlSync")}}));
  schemas.set(
      "NextRuns",
      object(
          {{"task_id", identifier()}, {"cron", string()}, {"timezone", string()}, {"next", schema_array(instant())}}));
  schemas.set("TaskRuns", object({{"task_id", identifier()},
                                  {"skill_name", string()},
                                  {"status", string()},
                                  {"runs", schema_array(instant())}}));
  schemas.set("RunTimes", object({{"timezone", string()},
                                  {"from", instant()},
                                  {"to", instant()},
                                  {"truncated", boolean()},
                                  {"tasks", list_of("TaskRuns")}}));
}

// ---- syncs, conflicts, history

Json direction() { return one_of({"bidirectional", "yaml_to_db", "db_to_yaml"}); }

Json sync_result() {
  return object(
      {{"status", one_of({"success", "conflicts"})},
       {"direction", direction()},
       {"trigger", one_of({"startup", "file", "database", "interval", "cron", "manual", "api", "resolve", "undo"})},
       {"run_id", or_null(count())},
       {"timestamp", instant()},
       {"duration_ms", number()},
       {"dry_run", boolean()},
       {"yaml", schema_ref("Counts")},
       {"database", schema_ref("Counts")},
       {"merged", count()},
       {"unchanged", count()},
       {"conflicts_detected", count()},
       {"conflicts", list_of("ConflictRef")},
       {"warnings", list_of("Warning")},
       {"waiting", list_of("WaitingChange")},
       {"waiting_count", count()},
       {"guard", schema_ref("Guard")}},
      {"guard"});
}

Json run() {
  Json schema = extended(
      sync_result(),
      {{"replica", string()}, {"author", or_null(string())}, {"closed", list_of("ClosedConflict")}, {"undone_run", count()}, {"guard", any_object()}},
      {"closed", "undone_run", "guard"});
  Json properties = *schema.find("properties");
  properties.set("status", one_of({"success", "conflicts", "guard"}));
  schema.set("properties", std::move(properties));
  return schema;
}

Json conflict() {
  const Json task = or_null(schema_ref("Task"));
  return object({{"conflict_id", string()},
                 {"version", identifier()},
                 {"replica", string()},
                 {"task_id", identifier()},
                 {"kind", one_of({"update/update", "update/delete", "delete/update", "create/create"})},
                 {"conflict_reason", string()},
                 {"fields", schema_array(string())},
                 {"yaml_updated_at", or_null(instant())},
                 {"db_updated_at", or_null(instant())},
                 {"yaml_data", task},
                 {"db_data", task},
                 {"base_data", task},
                 {"detected_at", instant()},
                 {"yaml_author", or_null(string())},
                 {"db_author", or_null(string())}});
}

void add_syncs(Json& schemas) {
  const Json action = or_null(one_of({"insert", "update", "delete"}));
  const Json anything = Json::object();
  schemas.set("Counts", object({{"inserted", count()}, {"updated", count()}, {"deleted", count()}}));
  schemas.set(
      "Warning",
      object({{"message", string()}, {"task_id", or_null(schema_of_type("integer"))}, {"line", or_null(count())}}));
  schemas.set("WaitingChange", object({{"task_id", schema_of_type("integer")},
                                       {"field", or_null(string())},
                                       {"side", one_of({"yaml", "database"})},
                                       {"reason", string()},
                                       {"since", instant()}}));
  schemas.set("ConflictRef",
              object({{"conflict_id", or_null(string())}, {"task_id", identifier()}, {"reason", string()}}));
  schemas.set("ClosedConflict",
              object({{"conflict_id", string()}, {"task_id", identifier()}, {"resolution", string()}}));
  schemas.set("Guard", object({{"side", one_of({"yaml", "database"})},
                               {"would_delete", count()},
                               {"task_ids", schema_array(identifier())},
                               {"of", count()},
                               {"max_delete_percent", number()}}));
  schemas.set("SyncResult", sync_result());
  schemas.set("PlannedField",
              object({{"field", string()}, {"base", anything}, {"yaml", anything}, {"database", anything}}));
  schemas.set("PlannedTask", object({{"task_id", identifier()},
                                     {"yaml", action},
                                     {"database", action},
                                     {"conflict", or_null(string())},
                                     {"fields", list_of("PlannedField")}}));
  schemas.set("Plan", extended(sync_result(), {{"tasks", list_of("PlannedTask")}}));
  schemas.set("Conflict", conflict());
  schemas.set("Resolved", object({{"status", one_of({"success", "stored"})},
                                  {"message", string()},
                                  {"conflict_id", string()},
                                  {"task_id", identifier()},
                                  {"resolution", string()},
                                  {"task", or_null(schema_ref("Task"))},
                                  {"new_task_id", identifier()},
                                  {"run_id", identifier()}},
                                 {"new_task_id", "run_id"}));
  schemas.set("BulkFailure", object({{"conflict_id", string()}, {"problem", schema_ref("Problem")}}));
  schemas.set("BulkResolved", object({{"resolved", list_of("Resolved")}, {"failed", list_of("BulkFailure")}}));
  schemas.set("Cleared", object({{"status", exactly("success")}, {"conflicts_cleared", count()}}));
  schemas.set("UndoStored", object({{"status", exactly("stored")}, {"message", string()}, {"run_id", identifier()}}));
  schemas.set("Run", run());
  schemas.set("Change", object({{"task_id", identifier()},
                                {"side", one_of({"yaml", "database"})},
                                {"before", or_null(any_object())},
                                {"before_text", string()},
                                {"after", or_null(any_object())},
                                {"after_text", string()},
                                {"author", or_null(string())}},
                               {"before_text", "after_text"}));
  schemas.set("RunDetails", extended(run(), {{"changes", list_of("Change")}}));
}

// ---- status and operations

void add_status(Json& schemas) {
  const Json diagnostic = object({{"file", or_null(string())},
                                  {"line", or_null(count())},
                                  {"column", or_null(count())},
                                  {"task_id", or_null(schema_of_type("integer"))},
                                  {"field", or_null(string())},
                                  {"message", string()}});
  schemas.set("Diagnostic", diagnostic);
  schemas.set("YamlError", extended(diagnostic, {{"source", or_null(string())}}));
  schemas.set("YamlStatus", object({{"path", string()},
                                    {"valid", boolean()},
                                    {"writable", boolean()},
                                    {"tasks", count()},
                                    {"checksum", or_null(string())},
                                    {"modified_at", or_null(instant())},
                                    {"errors", list_of("YamlError")}}));
  schemas.set(
      "DatabaseStatus",
      object({{"backend", string()}, {"reachable", boolean()}, {"tasks", count()}, {"warnings", list_of("Warning")}}));
  const Json watcher = one_of({"running", "polling", "stopped"});
  schemas.set("LastError", object({{"at", instant()}, {"title", string()}, {"detail", string()}}));
  schemas.set("Status", object({{"last_sync_timestamp", or_null(instant())},
                                {"total_tasks", count()},
                                {"pending_conflicts", count()},
                                {"sync_source", one_of({"yaml", "database", "manual", "unknown"})},
                                {"in_sync", boolean()},
                                {"replica", string()},
                                {"timezone", string()},
                                {"owners", with(schema_of_type("object"), "additionalProperties", one_of({"yaml", "database"}))},
                                {"version", string()},
                                {"uptime_seconds", number()},
                                {"yaml", schema_ref("YamlStatus")},
                                {"database", schema_ref("DatabaseStatus")},
                                {"waiting", list_of("WaitingChange")},
                                {"waiting_count", count()},
                                {"last_error", or_null(schema_ref("LastError"))},
                                {"watcher", watcher},
                                {"last_run", or_null(schema_ref("Run"))}}));
  schemas.set("Health", object({{"status", one_of({"healthy", "degraded"})},
                                {"reason", string()},
                                {"database", one_of({"connected", "unreachable", "not answering"})},
                                {"file_watcher", watcher},
                                {"yaml", one_of({"valid", "invalid", "missing"})}},
                               {"reason"}));
  schemas.set("Alive", object({{"status", exactly("alive")}}));
  schemas.set("Text", string());
  schemas.set("Document", any_object());
}

// ---- problems

Json problem(Properties more = {}, std::initializer_list<std::string_view> optional = {}) {
  Json base = object({{"type", with(string(), "format", text("uri"))},
                      {"title", string()},
                      {"status", count()},
                      {"detail", string()}});
  return more.empty() ? base : extended(std::move(base), std::move(more), optional);
}

void add_problems(Json& schemas) {
  const Json errors = list_of("Diagnostic");
  schemas.set("Problem", with(problem(), "additionalProperties", Json::of(true)));  // in a bulk answer: of any kind
  schemas.set("InvalidProblem", problem({{"errors", errors}, {"more_errors", count()}}, {"more_errors"}));
  schemas.set("SyncRefusedProblem", problem({{"conflicts", list_of("ConflictRef")},
                                             {"result", schema_ref("SyncResult")},
                                             {"guard", schema_ref("Guard")}},
                                            {"conflicts", "result", "guard"}));
  schemas.set("MovedProblem", problem({{"conflict", schema_ref("Conflict")}}));
  const Json changed = object({{"task_id", identifier()}, {"side", one_of({"yaml", "database"})}});
  schemas.set("UndoRefusedProblem",
              problem({{"changed", schema_array(changed)}, {"guard", schema_ref("Guard")}}, {"changed", "guard"}));
  schemas.set("StaleProblem", problem({{"task", schema_ref("Task")}}));
}

// ---- events

Json event(std::string_view name, Properties more) {
  Properties all{{"event", exactly(name)}, {"timestamp", instant()}, {"seq", count()}};
  all.insert(all.end(), more.begin(), more.end());
  return object(std::move(all));
}

void add_events(Json& schemas) {
  const Properties conflict{{"conflict_id", string()}, {"task_id", identifier()}};
  Properties detected = conflict, resolved = conflict;
  detected.insert(detected.end(), {{"reason", string()},
                                    {"yaml_author", or_null(string())},
                                    {"db_author", or_null(string())},
                                    {"action_required", boolean()}});
  resolved.insert(resolved.end(), {{"resolution", string()}, {"author", or_null(string())}});
  const Properties events{
      {"ConnectionEstablished", event("connection_established", {{"message", string()}})},
      {"ScheduleConfigUpdated", event("schedule_config_updated", {{"source", one_of({"file", "database"})},
                                                                  {"task_ids", schema_array(identifier())},
                                                                  {"task_count", count()},
                                                                  {"checksum", string()},
                                                                  {"author", or_null(string())},
                                                                  {"message", string()}})},
      {"ConflictDetected", event("sync_conflict_detected", detected)},
      {"ConflictResolved", event("sync_conflict_resolved", resolved)},
      {"StatusChanged", event("sync_status_changed", {{"status", schema_ref("Status")}})},
      {"ResyncRequired", event("resync_required", {})},
      {"Pong", object({{"event", exactly("pong")}})},
  };
  Json either = Json::array();
  for (const auto& [name, schema] : events) {
    schemas.set(name, schema);
    either.items.push_back(schema_ref(name));
  }
  schemas.set("Event", with(Json::object(), "oneOf", std::move(either)));
}

}  // namespace

Json schema_of_type(std::string_view type) { return with(Json::object(), "type", text(type)); }
Json schema_ref(std::string_view name) {
  return with(Json::object(), "$ref", Json::string("#/components/schemas/" + std::string(name)));
}
Json schema_array(Json items) { return with(schema_of_type("array"), "items", std::move(items)); }

Json component_schemas() {
  Json schemas = Json::object();
  add_tasks(schemas);
  add_syncs(schemas);
  add_status(schemas);
  add_problems(schemas);
  add_events(schemas);
  return schemas;
}

}  // namespace lockstep::api
