#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lockstep::api
