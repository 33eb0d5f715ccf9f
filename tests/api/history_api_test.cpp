#include <gtest/gtest.h>

#include "api/api_world.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

// Run 1 inserts the task, run 2 renames it.
void make_two_runs(ApiWorld& world) {
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.between_runs([&] { world.replace("backup", "restore"); });
}

TEST(HistoryApi, ListsRunsNewestFirst) {
  ApiWorld world;
  make_two_runs(world);
  const Response all = world.get("/api/sync/history");
  EXPECT_EQ(all.status, 200);
  ASSERT_EQ(json_of(all).items.size(), 2U) << all.body;
  EXPECT_EQ(member(all, "0.run_id"), "2");
  EXPECT_EQ(member(all, "0.trigger"), "\"startup\"");
  EXPECT_EQ(member(all, "0.database.updated"), "1");
  EXPECT_EQ(member(all, "0.replica"), "\"default\"");
  EXPECT_EQ(member(all, "0.effects"), "(absent)") << "lockstep's own notes";
  EXPECT_EQ(member(world.get("/api/sync/history?limit=1"), "0.run_id"), "2");
  EXPECT_EQ(member(world.get("/api/sync/history?before=2"), "0.run_id"), "1");
  EXPECT_EQ(world.get("/api/sync/history?limit=0").body, "[]");
  EXPECT_EQ(json_of(world.get("/api/sync/history?task_id=1")).items.size(), 2U);
  EXPECT_EQ(world.get("/api/sync/history?task_id=2").body, "[]");
  EXPECT_EQ(world.get("/api/sync/history?before=x").status, 400);
}

TEST(HistoryApi, OneRunWithItsChanges) {
  ApiWorld world;
  make_two_runs(world);
  const Response run = world.get("/api/sync/history/2");
  EXPECT_EQ(run.status, 200);
  EXPECT_EQ(member(run, "changes.0.task_id"), "1");
  EXPECT_EQ(member(run, "changes.0.side"), "\"database\"");
  EXPECT_EQ(member(run, "changes.0.before.skill_name"), "\"backup\"");
  EXPECT_EQ(member(run, "changes.0.after.skill_name"), "\"restore\"");
  EXPECT_EQ(world.get("/api/sync/history/99").status, 404);
  EXPECT_EQ(world.get("/api/sync/history/x").status, 400);
  EXPECT_EQ(world.get("/api/sync/history/0").status, 400);
}

TEST(HistoryApi, UndoBringsBackWhatWas) {
  ApiWorld world;
  make_two_runs(world);
  const Response undone = world.send("POST", "/api/sync/history/2/undo");
  EXPECT_EQ(undone.status, 200) << undone.body;
  EXPECT_EQ(member(undone, "trigger"), "\"undo\"");
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "backup");
  EXPECT_NE(world.read().find("skill_name: backup"), std::string::npos);
  const std::string run = member(undone, "run_id");
  EXPECT_EQ(member(world.get("/api/sync/history/" + run), "undone_run"), "2");
  EXPECT_NE(world.get("/metrics").body.find(R"(lockstep_runs_total{outcome="success",trigger="undo"} 1)"),
            std::string::npos);
  EXPECT_EQ(world.send("POST", "/api/sync/history/99/undo").status, 404);
  EXPECT_EQ(world.send("POST", "/api/sync/history/2/undo", R"({"force":true})").status, 400);
}

TEST(HistoryApi, UndoRefusesWhatHasChangedSince) {
  ApiWorld world;
  make_two_runs(world);
  world.replace("restore", "changed_since");
  EXPECT_EQ(world.send("POST", "/api/sync/trigger").status, 200);
  const Response refused = world.send("POST", "/api/sync/history/2/undo");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(member(refused, "changed.0.task_id"), "1");
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "changed_since");
}

TEST(HistoryApi, AnotherHostsRunIsStored) {
  ApiWorld world;
  make_two_runs(world);
  world.sql("UPDATE lockstep_runs SET replica = 'elsewhere' WHERE id = 2");
  const Response stored = world.send("POST", "/api/sync/history/2/undo");
  EXPECT_EQ(stored.status, 202) << stored.body;
  EXPECT_EQ(member(stored, "status"), "\"stored\"");
  EXPECT_EQ(member(stored, "run_id"), "2");
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "restore");
}

TEST(HistoryApi, UndoIsHeldByTheDeletionGuard) {
  ApiWorld world;
  std::string tasks;
  for (int id = 1; id <= 10; ++id) tasks += task_yaml(id, "task" + std::to_string(id));
  world.write_tasks(tasks);
  world.start();
  const Response refused = world.send("POST", "/api/sync/history/1/undo");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(member(refused, "guard.would_delete"), "10");
  EXPECT_EQ(world.send("POST", "/api/sync/history/1/undo", R"({"max_delete_percent":100})").status, 200);
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "0");
}

}  // namespace
}  // namespace lockstep::api
