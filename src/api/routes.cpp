#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/handlers.hpp"
#include "api/metrics.hpp"
#include "api/task_query.hpp"

namespace lockstep::api {
namespace {

using enum InputType;
using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kDirections{"bidirectional", "yaml_to_db", "db_to_yaml"};
constexpr std::array<std::string_view, 5> kChoices{"keep_yaml", "keep_db", "merge", "custom", "keep_both"};
constexpr std::array<std::string_view, 4> kBulkChoices{"keep_yaml", "keep_db", "merge", "keep_both"};
constexpr std::array<std::string_view, 1> kTotalCount{"X-Total-Count"};
constexpr std::array<std::string_view, 1> kETag{"ETag"};
constexpr std::array<std::string_view, 2> kETagAndLocation{"ETag", "Location"};
constexpr std::array<std::string_view, 1> kSetCookie{"Set-Cookie"};

// ---- what can be said

constexpr InputSpec kLimit{"limit", integer, "At most so many; all if it is left out"};
constexpr InputSpec kOffset{"offset", integer, "Skip so many"};
constexpr InputSpec kDirection{"direction", choice, "Which side may be written", kDirections, 0, 0, "\"bidirectional\""};
constexpr InputSpec kMaxDelete{"max_delete_percent", number, "The deletion guard lets so many percent of a side be deleted; else the setting max_delete", {}, 0, 100};
constexpr InputSpec kTaskFilter{"task_id", integer, "Only those of this task", {}, 1};
constexpr InputSpec kSince{"since", integer, "Replay the events after this number; 0: all that are kept"};

constexpr InputSpec kConflictVariable{"id", text, "The conflict's id, such as conflict_12"};
constexpr InputSpec kRunVariable{"run", integer, "The run's id", {}, 1};
constexpr InputSpec kTaskVariable{"id", integer, "The task's id", {}, 1};

constexpr std::array kConflictList{kLimit, kOffset, kTaskFilter, InputSpec{"replica", text, "Only those of this replica"}};
constexpr std::array kPlanQuery{kDirection};
constexpr std::array kHistoryQuery{kLimit, InputSpec{"before", integer, "Only runs with a lower id", {}, 1}, kTaskFilter};
constexpr std::array kStreamQuery{kSince};
constexpr std::array kRunsQuery{InputSpec{"count", integer, "How many times", {}, 1, 1'000, "5"},
                                InputSpec{"from", instant, "The times after this one; now if it is left out"}};
const std::array kTaskList{
    InputSpec{"status", choice, "Only tasks with this status", kStatuses},
    InputSpec{"skill_name", text, "Only tasks of this skill"},
    InputSpec{"user_id", text, "Only tasks of this user"},
    InputSpec{"q", text, "Only tasks that have this text, whatever its case, in id, skill_name, schedule_cron, user_id or params_json"},
    InputSpec{"due_before", instant, "Only tasks whose next_run_at is earlier"},
    InputSpec{"sort", choice, "The field to sort by, with - before it in falling order; equal ones by id", task_order_names(), 0, 0, "\"id\""},
    kLimit,
    kOffset,
};

constexpr std::array kTriggerBody{kDirection,
                                  InputSpec{"force", boolean, "Decide conflicts instead of recording them", {}, 0, 0, "false"},
                                  InputSpec{"dry_run", boolean, "Tell what a sync would do, and write nothing", {}, 0, 0, "false"},
                                  kMaxDelete};
constexpr std::array kResolveBody{
    InputSpec{"choice", choice, "What to keep", kChoices, 0, 0, "", true},
    InputSpec{"fields", object, "For custom: for each field \"yaml\", \"db\" or {\"value\": …}"},
    InputSpec{"version", integer, "The version of the conflict that was looked at; another one is refused", {}, 1, INT32_MAX}};
constexpr std::array kBulkBody{InputSpec{"choice", choice, "What to keep", kBulkChoices, 0, 0, "", true},
                               InputSpec{"conflict_ids", texts, "Which conflicts; all pending ones if it is left out"}};
constexpr std::array kUndoBody{kMaxDelete};
constexpr std::array kSessionBody{InputSpec{"token", text, "The token", {}, 0, 0, "", true}};

// ---- what is answered (besides what any request can meet: openapi.cpp)

constexpr Answer ok(std::string_view schema, std::string_view meaning, Names headers = {}) { return {200, schema, meaning, headers}; }
constexpr Answer kDatabase{503, "Problem", "The database cannot be reached"};
constexpr Answer kInvalidYaml{422, "InvalidProblem", "The YAML file is not valid; every error with its place"};
constexpr Answer kLocked{423, "Problem", "Another process has the file locked"};
constexpr Answer kNoConflict{404, "Problem", "The conflict is not pending (any more)"};
constexpr Answer kNoRun{404, "Problem", "There is no such run"};
constexpr Answer kNoTask{404, "Problem", "There is no such task in the database"};
constexpr Answer kInvalidTask{422, "InvalidProblem", "The task breaks the rules; every error with its field"};
constexpr Answer kStale{412, "StaleProblem", "The task is not what If-Match names; `task` is what it is", kETag};

constexpr std::array kStatusAnswers{ok("Status", "How things stand")};
constexpr std::array kTriggerAnswers{
    ok("SyncResult", "What was done, or would be"),
    Answer{409, "SyncRefusedProblem", "Conflicts were found (everything else was synced; `conflicts`, `result`), or the deletion guard stopped the sync before it wrote anything (`guard`)"},
    kInvalidYaml, kLocked, kDatabase};
constexpr std::array kPlanAnswers{ok("Plan", "What a sync would do, task by task and field by field"), kInvalidYaml, kLocked, kDatabase};
constexpr std::array kConflictListAnswers{ok("Conflict[]", "Pending conflicts, oldest first", kTotalCount), kDatabase};
constexpr std::array kConflictAnswers{ok("Conflict", "The conflict"), kNoConflict, kDatabase};
constexpr std::array kResolveAnswers{
    ok("Resolved", "Done, on both sides"),
    Answer{202, "Resolved", "Stored; the process that can write that replica's file carries it out"},
    kNoConflict,
    Answer{409, "MovedProblem", "The conflict has moved on from `version`; `conflict` is what it is now"},
    kInvalidYaml, kLocked, kDatabase};
constexpr std::array kBulkAnswers{ok("BulkResolved", "What was resolved and what was not"), kDatabase};
constexpr std::array kClearAnswers{ok("Cleared", "Forgotten; the next sync finds again what still stands"), kDatabase};
constexpr std::array kHistoryAnswers{ok("Run[]", "Runs, newest first"), kDatabase};
constexpr std::array kRunAnswers{ok("RunDetails", "The run with its changes, before and after"), kNoRun, kDatabase};
constexpr std::array kUndoAnswers{ok("SyncResult", "What the undoing run did"),
                                  Answer{202, "UndoStored", "Stored; the process that can write that replica's file carries it out"}, kNoRun,
                                  Answer{409, "UndoRefusedProblem", "Tasks have changed since (`changed`), or the deletion guard (`guard`); nothing was undone"},
                                  kInvalidYaml, kLocked, kDatabase};
constexpr std::array kTaskListAnswers{ok("Task[]", "The tasks", kTotalCount), kDatabase};
constexpr std::array kTaskAnswers{ok("Task", "The task", kETag), Answer{304, "", "It still is what If-None-Match names", kETag},
                                  kNoTask, kInvalidTask, kDatabase};
constexpr std::array kCreateAnswers{Answer{201, "WrittenTask", "Made", kETagAndLocation},
                                    Answer{409, "Problem", "There is a task with this id"}, kInvalidTask, kDatabase};
constexpr std::array kWriteAnswers{ok("WrittenTask", "The task as it is now", kETag), kNoTask, kStale, kInvalidTask, kDatabase};
constexpr std::array kDeleteAnswers{ok("DeletedTask", "Deleted from the database; the YAML could not follow (yet)"),
                                    Answer{204, "", "Deleted on both sides"}, kNoTask, kStale, kInvalidTask, kDatabase};
constexpr std::array kTaskRunsAnswers{ok("NextRuns", "The coming run times"), kNoTask, kInvalidTask, kDatabase};
constexpr std::array kHealthAnswers{ok("Health", "Healthy, or degraded in a way that restarting would not mend"),
                                    Answer{503, "Health", "The database cannot be reached", {}, "application/json"}};
constexpr std::array kLiveAnswers{ok("Alive", "The process answers")};
constexpr std::array kMetricsAnswers{Answer{200, "Text", "Prometheus text format", {}, Metrics::kContentType}};
constexpr std::array kOpenApiAnswers{ok("Document", "This document")};
constexpr std::array kSessionAnswers{Answer{204, "", "Signed in", kSetCookie}, Answer{401, "Problem", "The token is not valid"}};
constexpr std::array kSignOutAnswers{Answer{204, "", "Signed out", kSetCookie}};
constexpr std::array kEventsAnswers{Answer{200, "Text", "Each event's `data` is an Event", {}, "text/event-stream"}};
constexpr std::array kWebsocketAnswers{Answer{101, "", "Each text message is an Event"},
                                       Answer{426, "Problem", "Asked for without a WebSocket"}};

// Literal paths before those with a variable that could be taken for them.
const std::array kRoutes{
    Route{"GET", "/api/sync/status", "getStatus", "Sync", "How YAML and database stand", nullptr, {}, {}, kStatusAnswers, RouteAccess::guarded, get_status},
    Route{"POST", "/api/sync/trigger", "triggerSync", "Sync", "Sync now", nullptr, {}, {"TriggerRequest", kTriggerBody}, kTriggerAnswers, RouteAccess::guarded, trigger_sync},
    Route{"GET", "/api/sync/plan", "getPlan", "Sync", "What a sync would do; nothing is written", nullptr, kPlanQuery, {}, kPlanAnswers, RouteAccess::guarded, get_plan},
    Route{"GET", "/api/sync/events", "streamEvents", "Events", "Events as Server-Sent Events; resumes after Last-Event-ID", nullptr, kStreamQuery, {}, kEventsAnswers, RouteAccess::events, nullptr},
    Route{"GET", "/ws/sync", "openWebSocket", "Events", "Events over a WebSocket", nullptr, kStreamQuery, {}, kWebsocketAnswers, RouteAccess::websocket, nullptr},

    Route{"GET", "/api/sync/conflicts", "listConflicts", "Conflicts", "Pending conflicts", nullptr, kConflictList, {}, kConflictListAnswers, RouteAccess::guarded, list_conflicts},
    Route{"DELETE", "/api/sync/conflicts", "clearConflicts", "Conflicts", "Forget all pending conflicts", nullptr, {}, {}, kClearAnswers, RouteAccess::guarded, clear_conflicts},
    Route{"POST", "/api/sync/conflicts/resolve", "resolveConflicts", "Conflicts", "Resolve many conflicts alike", nullptr, {}, {"BulkResolveRequest", kBulkBody, true}, kBulkAnswers, RouteAccess::guarded, resolve_conflicts},
    Route{"GET", "/api/sync/conflicts/{id}", "getConflict", "Conflicts", "One pending conflict", &kConflictVariable, {}, {}, kConflictAnswers, RouteAccess::guarded, get_conflict},
    Route{"POST", "/api/sync/conflicts/{id}/resolve", "resolveConflict", "Conflicts", "Resolve a conflict", &kConflictVariable, {}, {"ResolveRequest", kResolveBody, true}, kResolveAnswers, RouteAccess::guarded, resolve_conflict},

    Route{"GET", "/api/sync/history", "listRuns", "History", "Runs, newest first", nullptr, kHistoryQuery, {}, kHistoryAnswers, RouteAccess::guarded, list_runs},
    Route{"GET", "/api/sync/history/{run}", "getRun", "History", "One run with its changes", &kRunVariable, {}, {}, kRunAnswers, RouteAccess::guarded, get_run},
    Route{"POST", "/api/sync/history/{run}/undo", "undoRun", "History", "Take back what a run did", &kRunVariable, {}, {"UndoRequest", kUndoBody}, kUndoAnswers, RouteAccess::guarded, undo_run},

    Route{"GET", "/api/tasks", "listTasks", "Tasks", "Tasks, as the database has them", nullptr, kTaskList, {}, kTaskListAnswers, RouteAccess::guarded, list_tasks},
    Route{"POST", "/api/tasks", "createTask", "Tasks", "A new task", nullptr, {}, {"NewTask", {}, true}, kCreateAnswers, RouteAccess::guarded, create_task},
    Route{"GET", "/api/tasks/{id}", "getTask", "Tasks", "One task", &kTaskVariable, {}, {}, kTaskAnswers, RouteAccess::guarded, get_task},
    Route{"PUT", "/api/tasks/{id}", "replaceTask", "Tasks", "Replace a task", &kTaskVariable, {}, {"TaskInput", {}, true}, kWriteAnswers, RouteAccess::guarded, replace_task},
    Route{"PATCH", "/api/tasks/{id}", "patchTask", "Tasks", "Change members of a task (merge patch, RFC 7396)", &kTaskVariable, {}, {"TaskPatch", {}, true}, kWriteAnswers, RouteAccess::guarded, patch_task},
    Route{"DELETE", "/api/tasks/{id}", "deleteTask", "Tasks", "Delete a task", &kTaskVariable, {}, {}, kDeleteAnswers, RouteAccess::guarded, delete_task},
    Route{"GET", "/api/tasks/{id}/runs", "getTaskRuns", "Tasks", "The coming run times by the task's cron expression", &kTaskVariable, kRunsQuery, {}, kTaskRunsAnswers, RouteAccess::guarded, get_task_runs},

    Route{"GET", "/health", "getHealth", "Operations", "Whether it can work", nullptr, {}, {}, kHealthAnswers, RouteAccess::open, get_health},
    Route{"GET", "/health/live", "getLiveness", "Operations", "Whether it runs", nullptr, {}, {}, kLiveAnswers, RouteAccess::open, get_liveness},
    Route{"GET", "/metrics", "getMetrics", "Operations", "Figures for Prometheus", nullptr, {}, {}, kMetricsAnswers, RouteAccess::guarded, get_metrics},
    Route{"GET", "/openapi.json", "getOpenApi", "Operations", "This document", nullptr, {}, {}, kOpenApiAnswers, RouteAccess::guarded, get_openapi},
    Route{"POST", "/api/session", "openSession", "Operations", "Sign a browser in", nullptr, {}, {"SessionRequest", kSessionBody, true}, kSessionAnswers, RouteAccess::open, open_session},
    Route{"DELETE", "/api/session", "closeSession", "Operations", "Sign it out", nullptr, {}, {}, kSignOutAnswers, RouteAccess::open, close_session},
};

// The variable's part of `path`, empty where the pattern has none; nullopt: the path is not of that pattern.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
  const std::string_view variable = path.substr(before.size(), path.size() - before.size() - after.size());
  return variable.find('/') == std::string_view::npos ? std::optional(variable) : std::nullopt;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::optional<RouteMatch> find_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch found;
  for (const Route& route : kRoutes) {
    const std::optional<std::string_view> variable = match(route.pattern, path);
    if (!variable) continue;
    if (route.method == wanted) return RouteMatch{&route, *variable, {}};
    if (std::ranges::find(found.methods, route.method) != found.methods.end()) continue;
    found.methods.push_back(route.method);
    if (route.method == "GET") found.methods.push_back("HEAD");
  }
  if (found.methods.empty()) return std::nullopt;
  found.methods.push_back("OPTIONS");
  return found;
}

std::string join_methods(const std::vector<std::string_view>& methods) {
  std::string text;
  for (const std::string_view method : methods) text += (text.empty() ? "" : ", ") + std::string(method);
  return text;
}

}  // namespace lockstep::api
