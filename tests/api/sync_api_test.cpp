#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "api/api_world.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

TEST(SyncApi, StatusTellsHowThingsStand) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.start();
  const Response response = world.get("/api/sync/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  const Json status = json_of(response);
  EXPECT_EQ(member(status, "total_tasks"), "2");
  EXPECT_EQ(member(status, "in_sync"), "true");
  EXPECT_EQ(member(status, "yaml.valid"), "true");
  EXPECT_EQ(member(status, "database.backend"), "\"sqlite\"");
  EXPECT_EQ(member(status, "watcher"), "\"running\"");
  EXPECT_EQ(member(status, "last_run.trigger"), "\"startup\"");
}

TEST(SyncApi, TriggerSyncsWithDefaultsForAnEmptyBody) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  for (const char* body : {"", " \n", "{}"}) {
    const Response response = world.send("POST", "/api/sync/trigger", body);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(member(response, "status"), "\"success\"");
    EXPECT_EQ(member(response, "direction"), "\"bidirectional\"");
    EXPECT_EQ(member(response, "trigger"), "\"api\"");
    EXPECT_EQ(member(response, "dry_run"), "false");
    EXPECT_EQ(member(response, "unchanged"), "1");
  }
}

TEST(SyncApi, APersonAskedSoTheSourceIsManual) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.between_runs([&] { world.replace("backup", "restore"); });
  EXPECT_EQ(member(world.get("/api/sync/status"), "sync_source"), "\"yaml\"");
  // The watchers may be faster than the request: whoever carries the change, a sync of a person's follows.
  world.sql("UPDATE scheduled_tasks SET status = 'running'");
  EXPECT_EQ(world.send("POST", "/api/sync/trigger").status, 200);
  EXPECT_NE(world.read().find("status: running"), std::string::npos);
}

// One task that both sides changed apart while nobody watched.
void make_conflict(ApiWorld& world) {
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.start();
  world.between_runs([&] {
    world.replace("backup", "by_file");
    world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row' WHERE id = 1");
  });
}

std::string many_tasks(int count) {
  std::string tasks;
  for (int id = 1; id <= count; ++id) tasks += task_yaml(id, "task" + std::to_string(id));
  return tasks;
}

TEST(SyncApi, WhatItIsToldIsCheckedAndNamed) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const auto refused = [&](const std::string& body) {
    const Response response = world.send("POST", "/api/sync/trigger", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(member(response, "status"), "400");
    return member(response, "detail");
  };
  EXPECT_EQ(
      refused(R"({"direction":"yaml_to_dv"})"),
      R"("direction must be bidirectional, yaml_to_db or db_to_yaml, not \"yaml_to_dv\"; did you mean \"yaml_to_db\"?")");
  EXPECT_EQ(refused(R"({"directon":"bidirectional"})"),
            R"("unknown member \"directon\"; did you mean \"direction\"?")");
  EXPECT_EQ(refused(R"({"force":"yes"})"), R"("force must be true or false, not \"yes\"")");
  EXPECT_EQ(refused(R"({"dry_run":1})"), R"("dry_run must be true or false, not 1")");
  EXPECT_EQ(refused(R"({"max_delete_percent":101})"),
            R"("max_delete_percent must be a number from 0 to 100, not 101")");
  EXPECT_EQ(refused(R"({"max_delete_percent":"50"})"),
            R"("max_delete_percent must be a number from 0 to 100, not \"50\"")");
  EXPECT_EQ(refused("[]"), R"("the body must be a JSON object")");
  EXPECT_NE(refused("{\"force\":true").find("the body is not valid JSON"), std::string::npos);
  EXPECT_NE(refused("{\"force\":true,\"force\":true}").find("force"), std::string::npos);
  EXPECT_NE(refused(std::string(65, '[') + std::string(65, ']')).find("64"), std::string::npos);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger?direction=yaml_to_db").status, 400)
      << "a parameter that it does not have";
}

TEST(SyncApi, BodiesAreReadAsJsonWhateverTheirType) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const Response response = world.send("POST", "/api/sync/trigger", R"({"direction":"yaml_to_db"})",
                                       {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response, "direction"), "\"yaml_to_db\"");
}

TEST(SyncApi, DryRunAndPlanTellAndWriteNothing) {
  ApiWorld world;
  make_conflict(world);
  const std::string before = world.read();
  const Response dry = world.send("POST", "/api/sync/trigger", R"({"dry_run":true})");
  EXPECT_EQ(dry.status, 200) << "whatever it finds";
  EXPECT_EQ(member(dry, "dry_run"), "true");
  EXPECT_EQ(member(dry, "run_id"), "null");
  EXPECT_EQ(member(dry, "status"), "\"conflicts\"");
  EXPECT_EQ(member(dry, "conflicts.0.task_id"), "1");
  const Response plan = world.get("/api/sync/plan?direction=bidirectional");
  EXPECT_EQ(plan.status, 200);
  EXPECT_EQ(member(plan, "tasks.0.task_id"), "1");
  EXPECT_EQ(member(plan, "tasks.0.conflict"), "\"Both YAML and database changed since the last sync\"");
  EXPECT_EQ(member(plan, "tasks.0.fields.0"),
            R"({"field":"skill_name","base":"backup","yaml":"by_file","database":"by_row"})");
  EXPECT_EQ(world.read(), before);
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks WHERE id = 1"), "by_row");
  EXPECT_EQ(world.get("/api/sync/plan?direction=sideways").status, 400);
}

TEST(SyncApi, ConflictsAre409WithWhatWasDone) {
  ApiWorld world;
  make_conflict(world);
  const Response response = world.send("POST", "/api/sync/trigger");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(member(response, "type"), "\"urn:lockstep:problem:conflicts\"");
  EXPECT_EQ(
      member(response, "conflicts.0"),
      R"({"conflict_id":"conflict_1","task_id":1,"reason":"Both YAML and database changed since the last sync"})");
  EXPECT_EQ(member(response, "result.conflicts_detected"), "1");
  EXPECT_EQ(member(response, "result.unchanged"), "1");
}

TEST(SyncApi, ForceDecides) {
  ApiWorld world;
  make_conflict(world);
  const Response response = world.send("POST", "/api/sync/trigger", R"({"direction":"yaml_to_db","force":true})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks WHERE id = 1"), "by_file");
}

TEST(SyncApi, TheGuardIs409AndSaysHowToAllowIt) {
  ApiWorld world;
  world.write_tasks(many_tasks(20));
  world.start();
  world.between_runs([&] { world.write_tasks(many_tasks(4)); });
  const Response stopped = world.send("POST", "/api/sync/trigger");
  EXPECT_EQ(stopped.status, 409);
  EXPECT_EQ(member(stopped, "guard.side"), "\"database\"");
  EXPECT_EQ(member(stopped, "guard.would_delete"), "16");
  EXPECT_EQ(member(stopped, "guard.of"), "20");
  EXPECT_EQ(member(stopped, "guard.task_ids.0"), "5");
  EXPECT_NE(member(stopped, "detail").find(R"(\"max_delete_percent\": 100)"), std::string::npos);
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "20");
  const Response dry = world.send("POST", "/api/sync/trigger", R"({"dry_run":true})");
  EXPECT_EQ(dry.status, 200);
  EXPECT_EQ(member(dry, "guard.would_delete"), "16");
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", R"({"max_delete_percent":100})").status, 200);
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "4");
}

TEST(SyncApi, AnInvalidFileIs422WithEveryError) {
  ApiWorld world;
  world.write(
      "tasks:\n  - id: 1\n    skill_name: x\n    schedule_cron: nonsense\n    next_run_at: 2026-11-23T02:00:00Z\n");
  world.start();
  for (const Response& response : {world.send("POST", "/api/sync/trigger"), world.get("/api/sync/plan"),
                                   world.send("POST", "/api/sync/trigger", R"({"dry_run":true})")}) {
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(member(response, "errors.0.line"), "4");
    EXPECT_EQ(member(response, "errors.0.task_id"), "1");
    EXPECT_EQ(member(response, "errors.0.field"), "\"schedule_cron\"");
    EXPECT_TRUE(member(response, "detail").starts_with("\"YAML validation failed\\n")) << response.body;
  }
  EXPECT_EQ(member(world.get("/api/sync/status"), "yaml.valid"), "false");
  EXPECT_EQ(member(world.get("/health"), "yaml"), "\"invalid\"");
  EXPECT_EQ(member(world.get("/health"), "status"), "\"degraded\"");
}

TEST(SyncApi, ALockedFileIs423) {
  ApiWorld world;
  world.settings.lock_timeout = std::chrono::milliseconds(50);
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const int lock = open((world.settings.yaml + ".lock").c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  world.replace("backup", "restore");  // or there would be nothing to lock the file for
  const Response response = world.send("POST", "/api/sync/trigger");
  close(lock);
  EXPECT_EQ(response.status, 423) << response.body;
  EXPECT_NE(member(response, "detail").find("File locked by another process"), std::string::npos);
}

TEST(SyncApi, ADatabaseThatIsAwayIs503AndNoAnswerHoldsItsPassword) {
  ApiWorld world;
  world.settings.database = "postgresql://somebody:hunter2secret@127.0.0.1:1/nowhere?connect_timeout=2";
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  for (const char* target :
       {"/api/tasks", "/api/tasks/1", "/api/tasks/1/runs", "/api/sync/conflicts", "/api/sync/history",
        "/api/sync/conflicts/conflict_1", "/api/sync/plan", "/health", "/api/tasks/runs", "/api/sync/history/1"}) {
    const Response response = world.get(target);
    EXPECT_EQ(response.status, 503) << target << response.body;
    EXPECT_EQ(response.body.find("hunter2secret"), std::string::npos) << response.body;
  }
  const Response triggered = world.send("POST", "/api/sync/trigger");
  EXPECT_EQ(triggered.status, 503) << triggered.body;
  EXPECT_EQ(member(triggered, "type"), "\"urn:lockstep:problem:database-unavailable\"");
  const Response created = world.send("POST", "/api/tasks", R"({"skill_name":"a","schedule_cron":"@daily"})");
  EXPECT_EQ(created.status, 503) << created.body;
  const Response status = world.get("/api/sync/status");
  EXPECT_EQ(status.status, 200) << "how things stand can be told all the same";
  EXPECT_EQ(member(status, "database.reachable"), "false");
  EXPECT_EQ(world.get("/health/live").status, 200);
  EXPECT_EQ(world.get("/metrics").status, 200);
  for (const LogRecord& record : world.log()) {
    EXPECT_EQ(record.message.find("hunter2secret"), std::string::npos) << record.message;
    for (const auto& [name, value] : record.fields)
      EXPECT_EQ(write_json(value).find("hunter2secret"), std::string::npos);
  }
}

TEST(SyncApi, EventsFollowWhatHappens) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.replace("backup", "restore");
  const Json updated = world.await_event("schedule_config_updated");
  EXPECT_EQ(member(updated, "source"), "\"file\"");
  EXPECT_EQ(member(updated, "task_ids"), "[1]");
  EXPECT_EQ(member(updated, "task_count"), "1");
  const Json changed = world.await_event("sync_status_changed");
  EXPECT_EQ(member(changed, "status.total_tasks"), "1");
  EXPECT_EQ(member(changed, "status.yaml.checksum"), member(updated, "checksum"));
}

}  // namespace
}  // namespace lockstep::api
