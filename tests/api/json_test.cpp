#include "api/json.hpp"

#include <gtest/gtest.h>

namespace lockstep::api {
namespace {

constexpr Timestamp kNoon{1'795'348'800'123'456};  // 2026-11-22T12:00:00.123456Z

Task task(std::int64_t id, const std::string& cron) {
  Task result = task_with_defaults(id);
  result[Field::skill_name] = std::string("backup");
  result[Field::schedule_cron] = cron;
  result[Field::next_run_at] = kNoon;
  return result;
}

std::string member(const Json& object, std::string_view name) {
  const Json* const found = object.find(name);
  return found == nullptr ? "(absent)" : write_json(*found);
}

TEST(ApiJson, ConflictIds) {
  EXPECT_EQ(conflict_id(12), "conflict_12");
  EXPECT_EQ(conflict_number("conflict_12"), 12);
  EXPECT_EQ(conflict_number("12"), 12);
  for (const char* id : {"", "conflict_", "conflict_0", "-1", "12x", "x12", "conflict_conflict_1", "99999999999999999999"})
    EXPECT_EQ(conflict_number(id), std::nullopt) << id;
}

TEST(ApiJson, SyncResultHasTheMembersOfTheContract) {
  SyncResult result;
  result.at = kNoon;
  result.duration_ms = 1.23456;
  result.run_id = 7;
  result.database.inserted = 3;
  result.trigger = Trigger::cron;
  result.warnings.push_back({"odd", 5, std::nullopt});
  result.waiting.push_back({6, "", Side::database, "a foreign key", kNoon, true});
  EXPECT_EQ(write_json(sync_result_json(result)),
            R"({"status":"success","direction":"bidirectional","trigger":"cron","run_id":7,)"
            R"("timestamp":"2026-11-22T12:00:00.123456Z","duration_ms":1.235,"dry_run":false,)"
            R"("yaml":{"inserted":0,"updated":0,"deleted":0},"database":{"inserted":3,"updated":0,"deleted":0},)"
            R"("merged":0,"unchanged":0,"conflicts_detected":0,"conflicts":[],)"
            R"("warnings":[{"message":"odd","task_id":5,"line":null}],)"
            R"("waiting":[{"task_id":6,"field":null,"side":"database","reason":"a foreign key",)"
            R"("since":"2026-11-22T12:00:00.123456Z"}],"waiting_count":1})");
}

TEST(ApiJson, ConflictsOfADryRunHaveNoId) {
  SyncResult result;
  result.conflicts.push_back({std::nullopt, 4, ConflictReason::both_changed});
  const Json json = sync_result_json(result);
  EXPECT_EQ(member(json, "status"), "\"conflicts\"");
  EXPECT_EQ(member(json, "run_id"), "null");
  EXPECT_EQ(member(json, "conflicts_detected"), "1");
  EXPECT_EQ(member(json, "conflicts"),
            R"([{"conflict_id":null,"task_id":4,"reason":"Both YAML and database changed since the last sync"}])");
}

TEST(ApiJson, OfWhatWaitsTheFirstHundredAreNamedAndAllCounted) {
  SyncResult result;
  for (std::int64_t id = 1; id <= 250; ++id) result.waiting.push_back({id, "status", Side::yaml, "", kNoon, true});
  const Json json = sync_result_json(result);
  EXPECT_EQ(json.find("waiting")->items.size(), 100U);
  EXPECT_EQ(member(json, "waiting_count"), "250");
  EXPECT_EQ(member(json, "status"), "\"success\"");
}

TEST(ApiJson, AFailedSyncIsAStatusLastError) {
  Status status;
  EXPECT_EQ(member(status_json(status, {"1", 1, "running"}), "last_error"), "null");
  status.last_error = SyncFailure{kNoon, FileBusy{{std::nullopt, "File locked by another process"}}};
  EXPECT_EQ(member(status_json(status, {"1", 1, "running"}), "last_error"),
            R"({"at":"2026-11-22T12:00:00.123456Z","title":"File locked",)"
            R"x("detail":"File locked by another process (nothing was written; try again once it is done)"})x");
}

TEST(ApiJson, GuardNamesTheFirstHundred) {
  GuardStop guard;
  guard.side = Side::database;
  guard.would_delete = guard.of = 150;
  guard.max_delete_percent = 12.5;
  for (std::int64_t id = 1; id <= 150; ++id) guard.task_ids.push_back(id);
  const Json json = guard_json(guard);
  EXPECT_EQ(member(json, "side"), "\"database\"");
  EXPECT_EQ(member(json, "would_delete"), "150");
  EXPECT_EQ(member(json, "max_delete_percent"), "12.5");
  EXPECT_EQ(json.find("task_ids")->items.size(), 100U);
}

TEST(ApiJson, ConflictOfADeletion) {
  Conflict conflict;
  conflict.number = 3;
  conflict.replica = "office";
  conflict.task_id = 42;
  conflict.finding = {ConflictReason::deleted_in_yaml, ConflictKind::delete_update, {Field::schedule_cron, Field::status}};
  conflict.database = task(42, "0 4 * * *");
  (*conflict.database)[Field::updated_at] = kNoon;
  conflict.base = task(42, "0 2 * * *");
  conflict.detected_at = kNoon;
  const Json json = conflict_json(conflict);
  EXPECT_EQ(member(json, "conflict_id"), "\"conflict_3\"");
  EXPECT_EQ(member(json, "kind"), "\"delete/update\"");
  EXPECT_EQ(member(json, "conflict_reason"), "\"Deleted in YAML but changed in database\"");
  EXPECT_EQ(member(json, "fields"), R"(["schedule_cron","status"])");
  EXPECT_EQ(member(json, "yaml_data"), "null");
  EXPECT_EQ(member(json, "yaml_updated_at"), "null");
  EXPECT_EQ(member(json, "db_updated_at"), "\"2026-11-22T12:00:00.123456Z\"");
  EXPECT_EQ(member(*json.find("db_data"), "schedule_cron"), "\"0 4 * * *\"");
}

TEST(ApiJson, ResolvedNamesANewTaskOnlyWhereThereIsOne) {
  ResolveDone done;
  done.number = 3;
  done.task_id = 42;
  done.choice = Choice::keep_both;
  done.message = "Both stand";
  EXPECT_EQ(member(resolved_json(done), "new_task_id"), "(absent)");
  EXPECT_EQ(member(resolved_json(done), "task"), "null");
  done.new_task_id = 43;
  done.task = task(42, "@daily");
  const Json json = resolved_json(done);
  EXPECT_EQ(member(json, "status"), "\"success\"");
  EXPECT_EQ(member(json, "resolution"), "\"keep_both\"");
  EXPECT_EQ(member(json, "new_task_id"), "43");
  EXPECT_EQ(member(*json.find("task"), "id"), "42");
  done.stored = true;
  EXPECT_EQ(member(resolved_json(done), "status"), "\"stored\"");
}

TEST(ApiJson, RunsCarryWhatTheEngineStoredBesides) {
  lockstep::Run run;
  run.id = 9;
  run.status = "guard";
  run.replica = "default";
  run.details = R"({"guard":{"side":"yaml"},"warnings":[{"message":"odd"}]})";
  const Json json = run_json(run);
  EXPECT_EQ(member(json, "run_id"), "9");
  EXPECT_EQ(member(json, "status"), "\"guard\"");
  EXPECT_EQ(member(json, "guard"), R"({"side":"yaml"})");
  EXPECT_EQ(member(json, "warnings"), R"([{"message":"odd"}])");
  EXPECT_EQ(member(json, "conflicts"), "[]");
}

TEST(ApiJson, ChangesShowTheTaskAndItsOwnLines) {
  RunDetails details;
  details.changes.push_back({4, Side::yaml, "", R"({"task":{"id":4,"status":"pending"},"text":"- id: 4\n"})"});
  details.changes.push_back({4, Side::database, R"({"id":4,"extra":1})", ""});
  const Json json = run_details_json(details);
  EXPECT_EQ(member(json, "changes"),
            R"([{"task_id":4,"side":"yaml","before":null,"after":{"id":4,"status":"pending"},"after_text":"- id: 4\n"},)"
            R"({"task_id":4,"side":"database","before":{"id":4,"extra":1},"after":null}])");
}

TEST(ApiJson, PlanNamesWritesAndFields) {
  PlanReport report;
  PlannedTask update;
  update.base = task(1, "0 2 * * *");
  update.yaml = task(1, "0 3 * * *");
  update.database = task(1, "0 2 * * *");
  update.plan.id = 1;
  update.plan.outcome = Outcome::carried;
  update.plan.database = Write{Action::update, *update.yaml, {Field::schedule_cron}};
  PlannedTask removal;
  removal.base = removal.database = task(2, "@daily");
  removal.plan.id = 2;
  removal.plan.outcome = Outcome::carried;
  removal.plan.database = Write{Action::remove, *removal.database, {}};
  PlannedTask conflict = update;
  conflict.plan.id = 3;
  conflict.plan.outcome = Outcome::conflict;
  conflict.plan.database.reset();
  conflict.plan.conflict =
      ConflictFinding{ConflictReason::both_changed, ConflictKind::update_update, {Field::schedule_cron}};
  report.tasks = {update, removal, conflict};
  const Json json = plan_json(report);
  const std::vector<Json>& tasks = json.find("tasks")->items;
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(member(tasks[0], "yaml"), "null");
  EXPECT_EQ(member(tasks[0], "database"), "\"update\"");
  EXPECT_EQ(member(tasks[0], "conflict"), "null");
  EXPECT_EQ(member(tasks[0], "fields"),
            R"([{"field":"schedule_cron","base":"0 2 * * *","yaml":"0 3 * * *","database":"0 2 * * *"}])");
  EXPECT_EQ(member(tasks[1], "database"), "\"delete\"");
  const std::string fields = member(tasks[1], "fields");
  EXPECT_NE(fields.find(R"({"field":"skill_name","base":"backup","yaml":null,"database":"backup"})"), std::string::npos);
  EXPECT_EQ(fields.find("user_id"), std::string::npos);  // null on every side
  EXPECT_EQ(member(tasks[2], "conflict"), "\"Both YAML and database changed since the last sync\"");
  EXPECT_EQ(member(json, "guard"), "(absent)");
}

TEST(ApiJson, StatusOfAMissingFileHasNulls) {
  Status status;
  status.yaml.path = "s.yml";
  const Json json = status_json(status, {"1.2.3", 1.5, "running"});
  EXPECT_EQ(member(json, "last_sync_timestamp"), "null");
  EXPECT_EQ(member(json, "sync_source"), "\"unknown\"");
  EXPECT_EQ(member(json, "version"), "\"1.2.3\"");
  EXPECT_EQ(member(json, "uptime_seconds"), "1.5");
  EXPECT_EQ(member(json, "watcher"), "\"running\"");
  EXPECT_EQ(member(json, "last_run"), "null");
  EXPECT_EQ(member(*json.find("yaml"), "checksum"), "null");
}

TEST(ApiJson, NextRuns) {
  const Cron cron = *Cron::parse("0 2 * * *").cron;
  const std::vector<Timestamp> times = next_runs(cron, kNoon, TimeZone::utc(), 2);
  EXPECT_EQ(write_json(next_runs_json(std::nullopt, "0 2 * * *", TimeZone::utc(), times)),
            R"({"cron":"0 2 * * *","timezone":"UTC","next":["2026-11-23T02:00:00Z","2026-11-24T02:00:00Z"]})");
  EXPECT_EQ(member(next_runs_json(5, "0 2 * * *", TimeZone::utc(), times), "task_id"), "5");
}

}  // namespace
}  // namespace lockstep::api
