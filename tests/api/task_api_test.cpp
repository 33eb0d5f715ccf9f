#include <gtest/gtest.h>

#include "api/api_world.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

struct TaskApi : ::testing::Test {
  ApiWorld world;
  void SetUp() override {
    world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    world.start();
  }
  std::string column(int id, const std::string& name) {
    return world.sql("SELECT " + name + " FROM scheduled_tasks WHERE id = " + std::to_string(id));
  }
};

TEST_F(TaskApi, OneWithItsEntityTag) {
  const Response response = world.get("/api/tasks/1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response, "id"), "1");
  EXPECT_EQ(member(response, "skill_name"), "\"backup\"");
  EXPECT_EQ(member(response, "user_id"), "null");
  const std::string etag = header(response, "ETag");
  EXPECT_TRUE(etag.starts_with('"') && etag.ends_with('"')) << etag;
  for (const std::string& tags : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const Response same = world.get("/api/tasks/1", {{"if-none-match", tags}});
    EXPECT_EQ(same.status, 304) << tags;
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(header(same, "ETag"), etag);
  }
  EXPECT_EQ(world.get("/api/tasks/1", {{"if-none-match", "\"other\""}}).status, 200);
  const Response head = world.send("HEAD", "/api/tasks/1");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, response.body) << "the carrier leaves it out";
}

TEST_F(TaskApi, OneThatIsNotThere) {
  EXPECT_EQ(world.get("/api/tasks/99").status, 404);
  for (const char* id : {"x", "0", "-1", "1.0", "9223372036854775808", "%31x"})
    EXPECT_EQ(world.get(std::string("/api/tasks/") + id).status, 400) << id;
  EXPECT_EQ(world.get("/api/tasks/%31").status, 200);
}

TEST_F(TaskApi, ARowThatBreaksTheRulesIsSaidToBeOne) {
  world.sql(
      "INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at) VALUES (7, 'x', 'nonsense', "
      "'2026-11-23 02:00:00.000000')");
  for (const char* target : {"/api/tasks/7", "/api/tasks/7/runs"}) {
    const Response response = world.get(target);
    EXPECT_EQ(response.status, 422) << response.body;
    EXPECT_EQ(member(response, "errors.0.task_id"), "7");
    EXPECT_EQ(member(response, "errors.0.field"), "\"schedule_cron\"");
    EXPECT_EQ(member(response, "errors.0.file"), "null");
  }
  EXPECT_EQ(world.send("PATCH", "/api/tasks/7", R"({"skill_name":"y"})").status, 422);
}

TEST_F(TaskApi, ListsWithTheTotal) {
  world.sql("UPDATE scheduled_tasks SET user_id = 'Ärzte', params_json = '{\"Key\":\"Value\"}' WHERE id = 2");
  const auto ids = [&](const std::string& query) {
    const Response response = world.get("/api/tasks?" + query);
    EXPECT_EQ(response.status, 200) << query << response.body;
    std::string found;
    for (const Json& task : json_of(response).items) found += task.find("id")->text + " ";
    return found + "of " + header(response, "X-Total-Count");
  };
  EXPECT_EQ(ids(""), "1 2 of 2");
  EXPECT_EQ(ids("sort=-id"), "2 1 of 2");
  EXPECT_EQ(ids("sort=-skill_name&limit=1"), "2 of 2");
  EXPECT_EQ(ids("limit=1&offset=1"), "2 of 2");
  EXPECT_EQ(ids("offset=5"), "of 2");
  EXPECT_EQ(ids("limit=0"), "of 2");
  EXPECT_EQ(ids("skill_name=backup"), "1 of 1");
  EXPECT_EQ(ids("status=pending"), "1 2 of 2");
  EXPECT_EQ(ids("status=running"), "of 0");
  EXPECT_EQ(ids("q=REPO"), "2 of 1");
  EXPECT_EQ(ids("q=value"), "2 of 1");
  EXPECT_EQ(ids("q=%C3%A4rzte"), "2 of 1");
  EXPECT_EQ(ids("user_id=%C3%84rzte"), "2 of 1");
  EXPECT_EQ(ids("due_before=2026-11-23T02:00:00Z"), "of 0");
  EXPECT_EQ(ids("due_before=2026-11-23T02:00:01%2B00:00"), "1 2 of 2");
  for (const char* query : {"status=nonsense", "sort=nonsense", "due_before=tomorrow", "limit=x", "nonsense=1"})
    EXPECT_EQ(world.get(std::string("/api/tasks?") + query).status, 400) << query;
}

TEST_F(TaskApi, AListIsNeverOlderThanTheDatabase) {
  const auto ids = [&] {
    const Response response = world.get("/api/tasks?limit=50");
    std::string found;
    for (const Json& task : json_of(response).items)
      found += task.find("id")->text + "=" + task.find("skill_name")->text + " ";
    return found + "of " + header(response, "X-Total-Count");
  };
  EXPECT_EQ(ids(), "1=backup 2=report of 2");
  EXPECT_EQ(ids(), "1=backup 2=report of 2");
  world.sql("UPDATE scheduled_tasks SET schedule_cron = 'nonsense' WHERE id = 1");
  EXPECT_EQ(ids(), "2=report of 1") << "a row that breaks the rules is in no list";
  world.sql("UPDATE scheduled_tasks SET schedule_cron = '@daily' WHERE id = 1");
  EXPECT_EQ(ids(), "1=backup 2=report of 2");
  EXPECT_EQ(world.send("PATCH", "/api/tasks/2", R"({"skill_name":"audit"})").status, 200);
  EXPECT_EQ(ids(), "1=backup 2=audit of 2");
  EXPECT_EQ(world.send("DELETE", "/api/tasks/1").status, 204);
  EXPECT_EQ(ids(), "2=audit of 1");
}

TEST_F(TaskApi, CreateWritesBothSides) {
  const Response response = world.send(
      "POST", "/api/tasks",
      R"({"skill_name":"made","schedule_cron":"*/5 * * * *","params_json":{"n":12345678901234567890123,"x":1.50}})");
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(member(response, "id"), "3");
  EXPECT_EQ(header(response, "Location"), "/api/tasks/3");
  EXPECT_EQ(member(response, "sync.yaml"), "\"written\"") << response.body;
  EXPECT_EQ(member(response, "params_json"), R"({"n":12345678901234567890123,"x":1.50})");
  EXPECT_EQ(column(3, "skill_name"), "made");
  EXPECT_NE(world.read().find("skill_name: made"), std::string::npos);
  EXPECT_NE(world.read().find("12345678901234567890123"), std::string::npos);
  const Response read = world.get("/api/tasks/3");
  EXPECT_EQ(header(read, "ETag"), header(response, "ETag")) << read.body << response.body;
  EXPECT_NE(member(read, "next_run_at"), "null") << "computed";
  EXPECT_TRUE(world.log_has("Task 3 created through the API; YAML: written"));
  EXPECT_NE(world.get("/metrics").body.find(R"(lockstep_changes_total{kind="insert",side="yaml"} 1)"), std::string::npos);
}

TEST_F(TaskApi, CreateWithAnIdThatIsFreeOrTaken) {
  const std::string task = R"("skill_name":"a","schedule_cron":"@daily","next_run_at":"2030-01-01T00:00:00Z"})";
  const Response made = world.send("POST", "/api/tasks", R"({"id":50,)" + task);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(member(made, "next_run_at"), "\"2030-01-01T00:00:00Z\"");
  const Response taken = world.send("POST", "/api/tasks", R"({"id":1,)" + task);
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(member(taken, "type"), "\"urn:lockstep:problem:task-exists\"");
  EXPECT_EQ(column(1, "skill_name"), "backup");
}

TEST_F(TaskApi, TheShapeIs400AndTheRulesAre422) {
  const auto refused = [&](const std::string& body) { return world.send("POST", "/api/tasks", body); };
  EXPECT_EQ(member(refused(R"({"skil_name":"a"})"), "detail"),
            R"("unknown member \"skil_name\"; did you mean \"skill_name\"?")");
  for (const char* body : {"", "[]", "1", "{", R"({"skill_name":1})", R"({"params_json":"{}"})",
                           R"({"params_json":[]})", R"({"id":"1"})", R"({"next_run_at":0})", R"({"status":true})"})
    EXPECT_EQ(refused(body).status, 400) << body;
  const Response invalid = refused(R"({"id":9,"skill_name":"","schedule_cron":"61 * * * *","status":"runing"})");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_EQ(member(invalid, "type"), "\"urn:lockstep:problem:invalid-task\"");
  const Json errors = *json_of(invalid).find("errors");
  ASSERT_EQ(errors.items.size(), 3U) << invalid.body;
  for (const Json& error : errors.items) EXPECT_EQ(member(error, "task_id"), "9");
  for (const char* body :
       {"{}", R"({"skill_name":"a"})", R"({"skill_name":null,"schedule_cron":"@daily"})",
        R"({"id":0,"skill_name":"a","schedule_cron":"@daily"})",
        R"({"id":1.5,"skill_name":"a","schedule_cron":"@daily"})", R"({"skill_name":"a","schedule_cron":"0 0 31 2 *"})",
        R"({"skill_name":"a","schedule_cron":"@daily","next_run_at":"soon"})"})
    EXPECT_EQ(refused(body).status, 422) << body << refused(body).body;
}

TEST_F(TaskApi, PutReplacesTheWholeTask) {
  world.sql("UPDATE scheduled_tasks SET user_id = 'ops' WHERE id = 1");
  const Response response =
      world.send("PUT", "/api/tasks/1",
                 R"({"id":1,"skill_name":"replaced","schedule_cron":"@daily","next_run_at":"2030-01-01T00:00:00Z"})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(member(response, "skill_name"), "\"replaced\"");
  EXPECT_EQ(member(response, "user_id"), "null") << "what is not given goes back to its default";
  EXPECT_EQ(column(1, "user_id"), "");
  EXPECT_NE(world.read().find("skill_name: replaced"), std::string::npos);
  EXPECT_EQ(world
                .send("PUT", "/api/tasks/1",
                      R"({"id":2,"skill_name":"a","schedule_cron":"@daily","next_run_at":"2030-01-01T00:00:00Z"})")
                .status,
            400);
  EXPECT_EQ(world.send("PUT", "/api/tasks/1", R"({"skill_name":"a"})").status, 422);
  EXPECT_EQ(world
                .send("PUT", "/api/tasks/99",
                      R"({"skill_name":"a","schedule_cron":"@daily","next_run_at":"2030-01-01T00:00:00Z"})")
                .status,
            404);
}

TEST_F(TaskApi, PatchMergesAlsoInsideParams) {
  world.sql(
      "UPDATE scheduled_tasks SET params_json = '{\"keep\":1,\"drop\":2,\"deep\":{\"a\":1,\"b\":2}}', user_id = 'ops' "
      "WHERE id = 1");
  const Response response =
      world.send("PATCH", "/api/tasks/1", R"({"params_json":{"drop":null,"deep":{"b":3.0},"new":[1]},"user_id":null})",
                 {{"content-type", "application/merge-patch+json"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(equivalent(*json_of(response).find("params_json"),
                         parse_json(R"({"keep":1,"deep":{"a":1,"b":3.0},"new":[1]})").value))
      << response.body;
  EXPECT_EQ(member(response, "user_id"), "null");
  EXPECT_EQ(member(response, "skill_name"), "\"backup\"");
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", "{}").status, 200) << "nothing to change";
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"status":null})").status, 200) << "back to its default";
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"skill_name":null})").status, 422);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"status":"nonsense"})").status, 422);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"id":2})").status, 400);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"id":1})").status, 200);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"nonsense":1})").status, 400);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"params_json":null})").status, 200);
  EXPECT_EQ(column(1, "params_json"), "{}");
  EXPECT_EQ(world.send("PATCH", "/api/tasks/99", "{}").status, 404);
}

TEST_F(TaskApi, IfMatchGuardsEveryWrite) {
  const std::string etag = header(world.get("/api/tasks/1"), "ETag");
  const std::string patch = R"({"user_id":"a"})";
  for (const std::string& tags : {std::string("\"other\""), "W/" + etag, std::string("nonsense")}) {
    const Response stale = world.send("PATCH", "/api/tasks/1", patch, {{"if-match", tags}});
    EXPECT_EQ(stale.status, 412) << tags;
    EXPECT_EQ(member(stale, "task.id"), "1");
    EXPECT_EQ(header(stale, "ETag"), etag);
  }
  EXPECT_EQ(world
                .send("PUT", "/api/tasks/1",
                      R"({"skill_name":"a","schedule_cron":"@daily","next_run_at":"2030-01-01T00:00:00Z"})",
                      {{"if-match", "\"other\""}})
                .status,
            412);
  EXPECT_EQ(world.send("DELETE", "/api/tasks/1", "", {{"if-match", "\"other\""}}).status, 412);
  EXPECT_EQ(column(1, "user_id"), "");
  const Response written = world.send("PATCH", "/api/tasks/1", patch, {{"if-match", "\"other\", " + etag}});
  EXPECT_EQ(written.status, 200) << written.body;
  EXPECT_NE(header(written, "ETag"), etag);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", patch, {{"if-match", "*"}}).status, 200);
  EXPECT_EQ(world.send("DELETE", "/api/tasks/99", "", {{"if-match", "*"}}).status, 404);
  EXPECT_EQ(world.send("DELETE", "/api/tasks/1", "", {{"if-match", header(world.get("/api/tasks/1"), "ETag")}}).status,
            204);
}

TEST_F(TaskApi, DeleteTakesItFromBothSides) {
  const Response response = world.send("DELETE", "/api/tasks/2");
  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(world.read().find("report"), std::string::npos);
  EXPECT_EQ(world.get("/api/tasks/2").status, 404);
  EXPECT_EQ(world.send("DELETE", "/api/tasks/2").status, 404);
}

TEST_F(TaskApi, WhatTheYamlCannotTakeStandsInTheDatabase) {
  world.write("tasks: [\n");
  const Response pending = world.send("PATCH", "/api/tasks/1", R"({"user_id":"ops"})");
  EXPECT_EQ(pending.status, 200) << pending.body;
  EXPECT_EQ(member(pending, "sync.yaml"), "\"pending\"");
  EXPECT_NE(member(pending, "sync.detail").find("YAML validation failed"), std::string::npos);
  EXPECT_EQ(column(1, "user_id"), "ops");
  const Response deleted = world.send("DELETE", "/api/tasks/2");
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(member(deleted, "sync.yaml"), "\"pending\"");
  EXPECT_EQ(column(2, "id"), "");
}

TEST_F(TaskApi, AWriteThatRunsIntoAConflictSaysSo) {
  world.between_runs([&] {
    world.replace("backup", "by_file");
    world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row' WHERE id = 1");
  });
  const Response response = world.send("PATCH", "/api/tasks/1", R"({"user_id":"ops"})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(member(response, "sync.yaml"), "\"conflict\"");
  EXPECT_NE(member(response, "sync.detail").find("conflict_1"), std::string::npos);
}

TEST_F(TaskApi, NextRunsOfATask) {
  const Response response = world.get("/api/tasks/1/runs?count=2&from=2026-11-22T03:00:00Z");
  EXPECT_EQ(
      response.body,
      R"({"task_id":1,"cron":"0 2 * * *","timezone":"UTC","next":["2026-11-23T02:00:00Z","2026-11-24T02:00:00Z"]})");
  EXPECT_EQ(json_of(world.get("/api/tasks/1/runs")).find("next")->items.size(), 5U);
  EXPECT_EQ(json_of(world.get("/api/tasks/1/runs?count=1000")).find("next")->items.size(), 1000U);
  for (const char* query : {"count=0", "count=1001", "from=soon", "n=5"})
    EXPECT_EQ(world.get(std::string("/api/tasks/1/runs?") + query).status, 400) << query;
  EXPECT_EQ(world.get("/api/tasks/99/runs").status, 404);
}

TEST_F(TaskApi, RunTimesOfAllTasksInAWindow) {
  world.sql("UPDATE scheduled_tasks SET status = 'disabled' WHERE id = 2");
  const Response response = world.get("/api/tasks/runs?from=2026-11-22T02:00:00Z&to=2026-11-24T02:00:00Z");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response, "timezone"), "\"UTC\"");
  EXPECT_EQ(member(response, "truncated"), "false");
  EXPECT_EQ(
      member(response, "tasks"),
      R"([{"task_id":1,"skill_name":"backup","status":"pending","runs":["2026-11-23T02:00:00Z","2026-11-24T02:00:00Z"]}])");
  EXPECT_EQ(json_of(world.get("/api/tasks/runs")).find("tasks")->items.size(), 1U) << "a day from now";
  EXPECT_EQ(world.get("/api/tasks/runs?from=2026-11-22T02:00:00Z&to=2026-12-22T02:00:00Z").status, 400);
  EXPECT_EQ(world.get("/api/tasks/runs?from=2026-11-22T02:00:00Z&to=2026-11-21T02:00:00Z").status, 400);
}

}  // namespace
}  // namespace lockstep::api
