// The JSON objects of the API (docs/HTTP.md), made from the engine's values. The
// command line's --json and the HTTP server print the same ones. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "model/cron.hpp"
#include "model/json.hpp"

namespace lockstep::api {

// `conflict_12`, and back: `conflict_12` or `12`; nullopt for anything else.
std::string conflict_id(std::int64_t number);
std::optional<std::int64_t> conflict_number(std::string_view id);

Json counts_json(const SideCounts&);
Json warning_json(const Warning&);
Json diagnostic_json(const Diagnostic&);
Json diagnostic_with_source_json(const Diagnostic&);  // with the line and, below it, the caret: for the status
Json guard_json(const GuardStop&);  // the first 100 ids only

Json sync_result_json(const SyncResult&);
// The sync result with `tasks`, and with `guard` where a sync would stop.
Json plan_json(const PlanReport&);
Json conflict_json(const Conflict&);
Json resolved_json(const ResolveDone&);
// An undo that another host's process carries out: {"status":"stored","message","run_id"}; and its message.
Json undo_stored_json(std::int64_t run, const UndoStored&);
std::string describe(std::int64_t run, const UndoStored&);
Json run_json(const Run&);
Json run_details_json(const RunDetails&);
Json replica_json(const ReplicaState&);

// What the engine does not know of itself: who runs it.
struct HostFacts {
  std::string_view version;
  double uptime_seconds = 0;
  std::string_view watcher = "stopped";  // "running", "polling", "stopped"
};
Json status_json(const Status&, const HostFacts&);

// The coming `count` run times after `from` (fewer if the horizon ends before).
std::vector<Timestamp> next_runs(const Cron&, Timestamp from, const TimeZone&, std::size_t count);
// `task_id` is named first where it is given.
Json next_runs_json(std::optional<std::int64_t> task_id, std::string_view cron, const TimeZone&,
                    std::span<const Timestamp> next);

// One value of a plan's task, for one field; null where the side lacks the task.
struct FieldRow {
  Field field;
  Value base, yaml, database;
};
// The fields that a planned task is about, in schema order: written to a side, in conflict, or, where a
// side lacks the task, every one that has a value.
std::vector<FieldRow> field_rows(const PlannedTask&);

}  // namespace lockstep::api
