#include "api/routes.hpp"

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
constexpr InputSpec kDirection{"direction", choice, "Which side may be written", kDirections,
                               0,           0,      "\"bidirectional\""};
constexpr InputSpec kMaxDelete{
    "max_delete_percent",
    number,
    "The deletion guard lets so many percent of a side be deleted; else the setting max_delete",
    {},
    0,
    100};
constexpr InputSpec kForce{"force", boolean, "Decide conflicts instead of recording them", {}, 0, 0, "false"};
constexpr InputSpec kTaskFilter{"task_id", integer, "Only those of this task", {}, 1};
constexpr InputSpec kSince{"since", integer, "Replay the events after this number; 0: all that are kept"};

constexpr InputSpec kConflictVariable{"id", text, "The conflict's id, such as conflict_12"};
constexpr InputSpec kRunVariable{"run", integer, "The run's id", {}, 1};
constexpr InputSpec kTaskVariable{"id", integer, "The task's id", {}, 1};

constexpr std::array kConflictList{kLimit, kOffset, kTaskFilter,
                                   InputSpec{"replica", text, "Only those of this replica"}};
constexpr std::array kPlanQuery{kDirection, kForce, kMaxDelete};
constexpr std::array kHistoryQuery{kLimit, InputSpec{"before", integer, "Only runs with a lower id", {}, 1},
                                   kTaskFilter};
constexpr std::array kStreamQuery{kSince};
constexpr std::array kRunsQuery{InputSpec{"count", integer, "How many times", {}, 1, 1'000, "5"},
                                InputSpec{"from", instant, "The times after this one; now if it is left out"}};
constexpr std::array kWindowQuery{
    InputSpec{"from", instant, "The times after this one; now if it is left out"},
    InputSpec{"to", instant, "Up to this one, at most 8 days later; a day later if it is left out"}};
const std::array kTaskList{
    InputSpec{"status", choice, "Only tasks with this status", kStatuses},
    InputSpec{"skill_name", text, "Only tasks of this skill"},
    InputSpec{"user_id", text, "Only tasks of this user"},
    InputSpec{
        "q", text,
        "Only tasks that have this text, whatever its case, in id, skill_name, schedule_cron, user_id or params_json"},
    InputSpec{"due_before", instant, "Only tasks whose next_run_at is earlier"},
    InputSpec{"sort", choice, "The field to sort by, with - before it in falling order; equal ones by id",
              task_order_names(), 0, 0, "\"id\""},
    kLimit,
    kOffset,
};

constexpr std::array kTriggerBody{
    kDirection, kForce,
    InputSpec{"dry_run", boolean, "Tell what a sync would do, and write nothing", {}, 0, 0, "false"}, kMaxDelete};
constexpr std::array kResolveBody{
    InputSpec{"choice", choice, "What to keep", kChoices, 0, 0, "", true},
    InputSpec{"fields", object, "For custom: for each field \"yaml\", \"db\" or {\"value\": …}"},
    InputSpec{"version",
              integer,
              "The version of the conflict that was looked at; another one is refused",
              {},
              1,
              INT32_MAX}};
constexpr std::array kBulkBody{InputSpec{"choice", choice, "What to keep", kBulkChoices, 0, 0, "", true},
                               InputSpec{"conflict_ids", texts, "Which conflicts; all pending ones if it is left out"}};
constexpr std::array kUndoBody{kMaxDelete};
constexpr std::array kSessionBody{InputSpec{"token", text, "The token", {}, 0, 0, "", true}};

// ---- what is answered (besides what any request can meet: openapi.cpp)

constexpr Answer ok(std::string_view schema, std::string_view meaning, Names headers = {}) {
  return {200, schema, meaning, headers};
}
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
    Answer{409, "SyncRefusedProblem",
           "Conflicts were found (everything else was synced; `conflicts`, `result`), or the deletion guard stopped "
           "the sync before it wrote anything (`guard`)"},
    kInvalidYaml, kLocked, kDatabase};
constexpr std::array kPlanAnswers{ok("Plan", "What a sync would do, task by task and field by field"), kInvalidYaml,
                                  kLocked, kDatabase};
constexpr std::array kConflictListAnswers{ok("Conflict[]", "Pending conflicts, oldest first", kTotalCount), kDatabase};
constexpr std::array kConflictAnswers{ok("Conflict", "The conflict"), kNoConflict, kDatabase};
constexpr std::array kResolveAnswers{
    ok("Resolved", "Done, on both sides"),
    Answer{202, "Resolved", "Stored; the process that can write that replica's file carries it out"},
    kNoConflict,
    Answer{409, "MovedProblem", "The conflict has moved on from `version`; `conflict` is what it is now"},
    kInvalidYaml,
    kLocked,
    kDatabase};
constexpr std::array kBulkAnswers{ok("BulkResolved", "What was resolved and what was not"), kDatabase};
constexpr std::array kClearAnswers{ok("Cleared", "Forgotten; the next sync finds again what still stands"), kDatabase};
constexpr std::array kHistoryAnswers{ok("Run[]", "Runs, newest first"), kDatabase};
constexpr std::array kRunAnswers{ok("RunDetails", "The run with its changes, before and after"), kNoRun, kDatabase};
constexpr std::array kUndoAnswers{
    ok("SyncResult", "What the undoing run did"),
    Answer{202, "UndoStored", "Stored; the process that can write that replica's file carries it out"},
    kNoRun,
    Answer{409, "UndoRefusedProblem",
           "Tasks have changed since (`changed`), or the deletion guard (`guard`); nothing was undone"},
    kInvalidYaml,
    kLocked,
    kDatabase};
constexpr std::array kTaskListAnswers{ok("Task[]", "The tasks", kTotalCount), kDatabase};
constexpr std::array kTaskAnswers{ok("Task", "The task", kETag),
                                  Answer{304, "", "It still is what If-None-Match names", kETag}, kNoTask, kInvalidTask,
                                  kDatabase};
constexpr std::array kCreateAnswers{Answer{201, "WrittenTask", "Made", kETagAndLocation},
                                    Answer{409, "Problem", "There is a task with this id"}, kInvalidTask, kDatabase};
constexpr std::array kWriteAnswers{ok("WrittenTask", "The task as it is now", kETag), kNoTask, kStale, kInvalidTask,
                                   kDatabase};
constexpr std::array kDeleteAnswers{ok("DeletedTask", "Deleted from the database; the YAML could not follow (yet)"),
                                    Answer{204, "", "Deleted on both sides"},
                                    kNoTask,
                                    kStale,
                                    kInvalidTask,
                                    kDatabase};
constexpr std::array kTaskRunsAnswers{ok("NextRuns", "The coming run times"), kNoTask, kInvalidTask, kDatabase};
constexpr std::array kRunTimesAnswers{
    ok("RunTimes",
       "The coming run times of all tasks that are not disabled; `truncated` where there are more than 50,000"),
    kDatabase};
constexpr std::array kHealthAnswers{ok("Health", "Healthy, or degraded in a way that restarting would not mend"),
                                    Answer{503, "Health", "The database cannot be reached", {}, "application/json"}};
constexpr std::array kLiveAnswers{ok("Alive", "The process answers")};
constexpr std::array kMetricsAnswers{Answer{200, "Text", "Prometheus text format", {}, Metrics::kContentType}};
constexpr std::array kOpenApiAnswers{ok("Document", "This document")};
constexpr std::array kSessionAnswers{Answer{204, "", "Signed in", kSetCookie},
                                     Answer{401, "Problem", "The token is not valid"}};
constexpr std::array kSignOutAnswers{Answer{204, "", "Signed out", kSetCookie}};
constexpr std::array kEventsAnswers{Answer{200, "Text", "Each event's `data` is an Event", {}, "text/event-stream"}};
constexpr std::array kWebsocketAnswers{Answer{101, "", "Each text message is an Event"},
                                       Answer{426, "Problem", "Asked for without a WebSocket"}};

// Literal paths before those with a variable that could be taken for them.
// clang-format off: a table
const std::array kRoutes{
    Route{.method = "GET", .pattern = "/api/sync/status", .operation = "getStatus", .tag = "Sync",
          .summary = "How YAML and database stand", .answers = kStatusAnswers, .handler = get_status},
    Route{.method = "POST", .pattern = "/api/sync/trigger", .operation = "triggerSync", .tag = "Sync",
          .summary = "Sync now", .body = {"TriggerRequest", kTriggerBody}, .answers = kTriggerAnswers,
          .handler = trigger_sync},
    Route{.method = "GET", .pattern = "/api/sync/plan", .operation = "getPlan", .tag = "Sync",
          .summary = "What a sync would do; nothing is written", .query = kPlanQuery, .answers = kPlanAnswers,
          .handler = get_plan},

    Route{.method = "GET", .pattern = "/api/sync/events", .operation = "streamEvents", .tag = "Events",
          .summary = "Events as Server-Sent Events; resumes after Last-Event-ID", .query = kStreamQuery,
          .answers = kEventsAnswers, .access = RouteAccess::events},
    Route{.method = "GET", .pattern = "/ws/sync", .operation = "openWebSocket", .tag = "Events",
          .summary = "Events over a WebSocket", .query = kStreamQuery, .answers = kWebsocketAnswers,
          .access = RouteAccess::websocket},

    Route{.method = "GET", .pattern = "/api/sync/conflicts", .operation = "listConflicts", .tag = "Conflicts",
          .summary = "Pending conflicts", .query = kConflictList, .answers = kConflictListAnswers,
          .handler = list_conflicts},
    Route{.method = "DELETE", .pattern = "/api/sync/conflicts", .operation = "clearConflicts", .tag = "Conflicts",
          .summary = "Forget all pending conflicts", .answers = kClearAnswers, .handler = clear_conflicts},
    Route{.method = "POST", .pattern = "/api/sync/conflicts/resolve", .operation = "resolveConflicts",
          .tag = "Conflicts",
          .summary = "Resolve many conflicts alike", .body = {"BulkResolveRequest", kBulkBody, true},
          .answers = kBulkAnswers, .handler = resolve_conflicts},
    Route{.method = "GET", .pattern = "/api/sync/conflicts/{id}", .operation = "getConflict", .tag = "Conflicts",
          .summary = "One pending conflict", .variable = &kConflictVariable, .answers = kConflictAnswers,
          .handler = get_conflict},
    Route{.method = "POST", .pattern = "/api/sync/conflicts/{id}/resolve", .operation = "resolveConflict",
          .tag = "Conflicts",
          .summary = "Resolve a conflict", .variable = &kConflictVariable,
          .body = {"ResolveRequest", kResolveBody, true}, .answers = kResolveAnswers, .handler = resolve_conflict},

    Route{.method = "GET", .pattern = "/api/sync/history", .operation = "listRuns", .tag = "History",
          .summary = "Runs, newest first", .query = kHistoryQuery, .answers = kHistoryAnswers, .handler = list_runs},
    Route{.method = "GET", .pattern = "/api/sync/history/{run}", .operation = "getRun", .tag = "History",
          .summary = "One run with its changes", .variable = &kRunVariable, .answers = kRunAnswers,
          .handler = get_run},
    Route{.method = "POST", .pattern = "/api/sync/history/{run}/undo", .operation = "undoRun", .tag = "History",
          .summary = "Take back what a run did", .variable = &kRunVariable, .body = {"UndoRequest", kUndoBody},
          .answers = kUndoAnswers, .handler = undo_run},

    Route{.method = "GET", .pattern = "/api/tasks", .operation = "listTasks", .tag = "Tasks",
          .summary = "Tasks, as the database has them", .query = kTaskList, .answers = kTaskListAnswers,
          .handler = list_tasks},
    Route{.method = "POST", .pattern = "/api/tasks", .operation = "createTask", .tag = "Tasks",
          .summary = "A new task", .body = {"NewTask", {}, true}, .answers = kCreateAnswers, .handler = create_task},
    Route{.method = "GET", .pattern = "/api/tasks/runs", .operation = "listTaskRuns", .tag = "Tasks",
          .summary = "The run times of all tasks in a window of time", .query = kWindowQuery,
          .answers = kRunTimesAnswers, .handler = list_task_runs},
    Route{.method = "GET", .pattern = "/api/tasks/{id}", .operation = "getTask", .tag = "Tasks",
          .summary = "One task", .variable = &kTaskVariable, .answers = kTaskAnswers, .handler = get_task},
    Route{.method = "PUT", .pattern = "/api/tasks/{id}", .operation = "replaceTask", .tag = "Tasks",
          .summary = "Replace a task", .variable = &kTaskVariable, .body = {"TaskInput", {}, true},
          .answers = kWriteAnswers, .handler = replace_task},
    Route{.method = "PATCH", .pattern = "/api/tasks/{id}", .operation = "patchTask", .tag = "Tasks",
          .summary = "Change members of a task (merge patch, RFC 7396)", .variable = &kTaskVariable,
          .body = {"TaskPatch", {}, true}, .answers = kWriteAnswers, .handler = patch_task},
    Route{.method = "DELETE", .pattern = "/api/tasks/{id}", .operation = "deleteTask", .tag = "Tasks",
          .summary = "Delete a task", .variable = &kTaskVariable, .answers = kDeleteAnswers, .handler = delete_task},
    Route{.method = "GET", .pattern = "/api/tasks/{id}/runs", .operation = "getTaskRuns", .tag = "Tasks",
          .summary = "The coming run times by the task's cron expression", .variable = &kTaskVariable,
          .query = kRunsQuery, .answers = kTaskRunsAnswers, .handler = get_task_runs},

    Route{.method = "GET", .pattern = "/health", .operation = "getHealth", .tag = "Operations",
          .summary = "Whether it can work", .answers = kHealthAnswers, .access = RouteAccess::open,
          .handler = get_health},
    Route{.method = "GET", .pattern = "/health/live", .operation = "getLiveness", .tag = "Operations",
          .summary = "Whether it runs", .answers = kLiveAnswers, .access = RouteAccess::open, .handler = get_liveness},
    Route{.method = "GET", .pattern = "/metrics", .operation = "getMetrics", .tag = "Operations",
          .summary = "Figures for Prometheus", .answers = kMetricsAnswers, .handler = get_metrics},
    Route{.method = "GET", .pattern = "/openapi.json", .operation = "getOpenApi", .tag = "Operations",
          .summary = "This document", .answers = kOpenApiAnswers, .handler = get_openapi},
    Route{.method = "POST", .pattern = "/api/session", .operation = "openSession", .tag = "Operations",
          .summary = "Sign a browser in", .body = {"SessionRequest", kSessionBody, true}, .answers = kSessionAnswers,
          .access = RouteAccess::open, .handler = open_session},
    Route{.method = "DELETE", .pattern = "/api/session", .operation = "closeSession", .tag = "Operations",
          .summary = "Sign it out", .answers = kSignOutAnswers, .access = RouteAccess::open, .handler = close_session},
};
// clang-format on

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace lockstep::api
