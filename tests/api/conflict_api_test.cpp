#include <gtest/gtest.h>

#include "api/api_world.hpp"
#include "store/store.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

// `count` tasks that both sides changed apart: conflict_1 is of task 1, and so on.
void make_conflicts(ApiWorld& world, int count) {
  std::string tasks;
  for (int id = 1; id <= count; ++id) tasks += task_yaml(id, "task" + std::to_string(id));
  world.write_tasks(tasks);
  world.start();
  world.between_runs([&] {
    for (int id = count; id >= 1; --id) world.replace("task" + std::to_string(id) + " ", "by_file ");
    world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row'");
  });
}

std::string row(ApiWorld& world, int id, const std::string& column = "skill_name") {
  return world.sql("SELECT " + column + " FROM scheduled_tasks WHERE id = " + std::to_string(id));
}

TEST(ConflictApi, ListsThemWithTheTotal) {
  ApiWorld world;
  make_conflicts(world, 3);
  const Response all = world.get("/api/sync/conflicts");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(header(all, "X-Total-Count"), "3");
  EXPECT_EQ(json_of(all).items.size(), 3U);
  EXPECT_EQ(member(all, "0.conflict_id"), "\"conflict_1\"");
  EXPECT_EQ(member(all, "0.kind"), "\"update/update\"");
  EXPECT_EQ(member(all, "0.fields"), "[\"skill_name\"]");
  EXPECT_EQ(member(all, "0.yaml_data.skill_name"), "\"by_file\"");
  EXPECT_EQ(member(all, "0.db_data.skill_name"), "\"by_row\"");
  EXPECT_EQ(member(all, "0.base_data.skill_name"), "\"task1\"");

  const Response page = world.get("/api/sync/conflicts?limit=1&offset=1");
  EXPECT_EQ(json_of(page).items.size(), 1U);
  EXPECT_EQ(member(page, "0.task_id"), "2");
  EXPECT_EQ(header(page, "X-Total-Count"), "3");
  EXPECT_EQ(member(world.get("/api/sync/conflicts?task_id=3"), "0.conflict_id"), "\"conflict_3\"");
  EXPECT_EQ(header(world.get("/api/sync/conflicts?replica=default"), "X-Total-Count"), "3");
  EXPECT_EQ(header(world.get("/api/sync/conflicts?replica=other"), "X-Total-Count"), "0");
  const Response none = world.get("/api/sync/conflicts?limit=0");
  EXPECT_EQ(none.body, "[]");
  EXPECT_EQ(header(none, "X-Total-Count"), "3");
}

TEST(ConflictApi, ParametersAreChecked) {
  ApiWorld world;
  make_conflicts(world, 1);
  const auto detail = [&](const std::string& query) {
    const Response response = world.get("/api/sync/conflicts?" + query);
    EXPECT_EQ(response.status, 400) << query;
    return member(response, "detail");
  };
  EXPECT_EQ(detail("limt=1"), R"("unknown parameter \"limt\"; did you mean \"limit\"?")");
  EXPECT_EQ(detail("limit=-1"), R"("parameter limit must be a whole number from 0, not \"-1\"")");
  EXPECT_EQ(detail("limit=1&limit=2"), R"("parameter limit is given twice")");
  EXPECT_EQ(detail("task_id=x"), R"("parameter task_id must be a whole number from 1, not \"x\"")");
  EXPECT_NE(detail("replica=%zz").find("escape"), std::string::npos);
}

TEST(ConflictApi, OneByItsId) {
  ApiWorld world;
  make_conflicts(world, 1);
  EXPECT_EQ(member(world.get("/api/sync/conflicts/conflict_1"), "version"), "1");
  EXPECT_EQ(world.get("/api/sync/conflicts/conflict%5F1").status, 200) << "escapes are undone";
  for (const char* id : {"conflict_2", "nonsense", "conflict_", "-1"}) {
    const Response response = world.get(std::string("/api/sync/conflicts/") + id);
    EXPECT_EQ(response.status, 404) << id;
    EXPECT_EQ(member(response, "type"), "\"urn:lockstep:problem:not-found\"");
  }
}

TEST(ConflictApi, KeepYaml) {
  ApiWorld world;
  make_conflicts(world, 1);
  const Response response =
      world.send("POST", "/api/sync/conflicts/conflict_1/resolve", R"({"choice":"keep_yaml","version":1})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(member(response, "status"), "\"success\"");
  EXPECT_EQ(member(response, "resolution"), "\"keep_yaml\"");
  EXPECT_EQ(member(response, "task.skill_name"), "\"by_file\"");
  EXPECT_EQ(row(world, 1), "by_file");
  EXPECT_EQ(world.get("/api/sync/conflicts/conflict_1").status, 404);
  const Json event = world.await_event("sync_conflict_resolved");
  EXPECT_EQ(member(event, "conflict_id"), "\"conflict_1\"");
  EXPECT_EQ(member(event, "resolution"), "\"keep_yaml\"");
  EXPECT_TRUE(world.log_has("conflict_1 resolved: keep_yaml"));
}

TEST(ConflictApi, CustomTakesEachFieldFromWhereItIsTold) {
  ApiWorld world;
  make_conflicts(world, 2);
  const auto resolve = [&](int id, const std::string& body) {
    return world.send("POST", "/api/sync/conflicts/conflict_" + std::to_string(id) + "/resolve", body);
  };
  EXPECT_EQ(resolve(1, R"({"choice":"custom","fields":{"skill_name":"db","user_id":{"value":"ops"}}})").status, 200);
  EXPECT_EQ(row(world, 1), "by_row");
  EXPECT_EQ(row(world, 1, "user_id"), "ops");
  EXPECT_NE(world.read().find("user_id: ops"), std::string::npos);

  const Response unnamed = resolve(2, R"({"choice":"custom","fields":{}})");
  EXPECT_EQ(unnamed.status, 400);
  EXPECT_NE(member(unnamed, "detail").find("skill_name"), std::string::npos) << "names the field that is missing";
  EXPECT_EQ(resolve(2, R"({"choice":"custom","fields":{"nonsense":"db"}})").status, 400);
  EXPECT_EQ(resolve(2, R"({"choice":"custom","fields":{"status":{"value":"nonsense"}}})").status, 400);
  EXPECT_EQ(resolve(2, R"({"choice":"keep_db","fields":{"skill_name":"db"}})").status, 400);
}

TEST(ConflictApi, RefusedChoices) {
  ApiWorld world;
  make_conflicts(world, 1);
  const std::string path = "/api/sync/conflicts/conflict_1/resolve";
  EXPECT_EQ(world.send("POST", path, "").status, 400);
  EXPECT_EQ(member(world.send("POST", path, "{}"), "detail"),
            R"("choice is missing; it must be keep_yaml, keep_db, merge, custom or keep_both")");
  EXPECT_EQ(world.send("POST", path, R"({"choice":"keep_yml"})").status, 400);
  const Response both = world.send("POST", path, R"({"choice":"keep_both"})");
  EXPECT_EQ(both.status, 400);
  EXPECT_EQ(member(both, "type"), "\"urn:lockstep:problem:choice-refused\"");
  EXPECT_EQ(world.send("POST", "/api/sync/conflicts/conflict_9/resolve", R"({"choice":"keep_db"})").status, 404);
  EXPECT_EQ(world.send("POST", "/api/sync/conflicts/nonsense/resolve", R"({"choice":"keep_db"})").status, 404);
  EXPECT_EQ(world.get("/api/sync/conflicts/conflict_1").status, 200) << "still pending";
}

TEST(ConflictApi, AVersionThatHasMovedOnIsRefusedWithTheCurrentOne) {
  ApiWorld world;
  make_conflicts(world, 1);
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row_again'");
  EXPECT_EQ(world.send("POST", "/api/sync/trigger").status, 409);
  const Response moved =
      world.send("POST", "/api/sync/conflicts/conflict_1/resolve", R"({"choice":"keep_db","version":1})");
  EXPECT_EQ(moved.status, 409) << moved.body;
  EXPECT_EQ(member(moved, "conflict.version"), "2");
  EXPECT_EQ(member(moved, "conflict.db_data.skill_name"), "\"by_row_again\"");
  EXPECT_EQ(row(world, 1), "by_row_again");
}

TEST(ConflictApi, KeepBothNamesTheNewId) {
  ApiWorld world;
  world.write_tasks(task_yaml(1, "first"));
  world.start();
  world.between_runs([&] {
    world.write(world.read() + task_yaml(2, "by_file"));
    world.sql(
        "INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at) VALUES "
        "(2, 'by_row', '@daily', '2026-11-23 02:00:00.000000')");
  });
  const Response response = world.send("POST", "/api/sync/conflicts/conflict_1/resolve", R"({"choice":"keep_both"})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(member(response, "new_task_id"), "3");
  EXPECT_EQ(row(world, 3), "by_file");
}

TEST(ConflictApi, AnotherHostsConflictIsStored) {
  ApiWorld world;
  make_conflicts(world, 1);
  world.sql("UPDATE lockstep_conflicts SET replica = 'elsewhere'");
  const Response response = world.send("POST", "/api/sync/conflicts/conflict_1/resolve", R"({"choice":"keep_db"})");
  EXPECT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(member(response, "status"), "\"stored\"");
  EXPECT_EQ(row(world, 1), "by_row");
}

TEST(ConflictApi, ManyAtOnce) {
  ApiWorld world;
  make_conflicts(world, 4);
  const Response some = world.send("POST", "/api/sync/conflicts/resolve",
                                   R"({"choice":"keep_db","conflict_ids":["conflict_2","conflict_9"]})");
  EXPECT_EQ(some.status, 200) << some.body;
  EXPECT_EQ(member(some, "resolved.0.conflict_id"), "\"conflict_2\"");
  EXPECT_EQ(member(some, "resolved.0.task.skill_name"), "\"by_row\"");
  EXPECT_EQ(member(some, "resolved.1"), "(absent)");
  EXPECT_EQ(member(some, "failed.0.conflict_id"), "\"conflict_9\"");
  EXPECT_EQ(member(some, "failed.0.problem.status"), "404");

  const Response rest = world.send("POST", "/api/sync/conflicts/resolve", R"({"choice":"keep_yaml"})");
  EXPECT_EQ(json_of(rest).find("resolved")->items.size(), 3U) << rest.body;
  EXPECT_EQ(json_of(rest).find("failed")->items.size(), 0U);
  EXPECT_EQ(member(rest, "resolved.0.run_id"), member(rest, "resolved.2.run_id")) << "one run";
  EXPECT_EQ(row(world, 1), "by_file");
  EXPECT_EQ(row(world, 2), "by_row");
  EXPECT_EQ(header(world.get("/api/sync/conflicts"), "X-Total-Count"), "0");
}

TEST(ConflictApi, ManyAtOnceIsCheckedToo) {
  ApiWorld world;
  make_conflicts(world, 1);
  const auto status = [&](const std::string& body) {
    return world.send("POST", "/api/sync/conflicts/resolve", body).status;
  };
  EXPECT_EQ(status(R"({"choice":"custom"})"), 400);
  EXPECT_EQ(status(R"({"choice":"keep_db","conflict_ids":["nonsense"]})"), 400);
  EXPECT_EQ(status(R"({"choice":"keep_db","conflict_ids":"conflict_1"})"), 400);
  EXPECT_EQ(status(R"({"choice":"keep_db","conflict_ids":[1]})"), 400);
  EXPECT_EQ(status(""), 400);
  const Response none = world.send("POST", "/api/sync/conflicts/resolve", R"({"choice":"keep_db","conflict_ids":[]})");
  EXPECT_EQ(none.body, R"({"resolved":[],"failed":[]})");
}

TEST(ConflictApi, WhatStopsOneStopsTheRest) {
  ApiWorld world;
  make_conflicts(world, 3);
  world.write("tasks: [\n");
  const Response response = world.send("POST", "/api/sync/conflicts/resolve", R"({"choice":"keep_yaml"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json_of(response).find("failed")->items.size(), 3U) << response.body;
  EXPECT_EQ(member(response, "failed.2.problem.status"), "422");
  const Response one = world.send("POST", "/api/sync/conflicts/conflict_1/resolve", R"({"choice":"keep_yaml"})");
  EXPECT_EQ(one.status, 422) << one.body;
}

TEST(ConflictApi, ForgottenOnesAreFoundAgain) {
  ApiWorld world;
  make_conflicts(world, 2);
  const Response cleared = world.send("DELETE", "/api/sync/conflicts");
  EXPECT_EQ(cleared.body, R"({"status":"success","conflicts_cleared":2})");
  EXPECT_EQ(world.get("/api/sync/conflicts").body, "[]");
  EXPECT_EQ(world.send("POST", "/api/sync/trigger").status, 409);
  EXPECT_EQ(header(world.get("/api/sync/conflicts"), "X-Total-Count"), "2");
}

}  // namespace
}  // namespace lockstep::api
