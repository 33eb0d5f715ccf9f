#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "api/api_world.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

struct OperationApi : ::testing::Test {
  ApiWorld world;
  void SetUp() override { world.write_tasks(task_yaml(1, "backup")); }
};

TEST_F(OperationApi, HealthIsFourWords) {
  world.start();
  const Response response = world.get("/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"healthy","database":"connected","file_watcher":"running","yaml":"valid"})");
  EXPECT_EQ(world.get("/health/live").body, R"({"status":"alive"})");
}

TEST_F(OperationApi, MetricsCountWhatHappened) {
  world.start();
  world.get("/api/tasks/1");
  world.get("/api/tasks/1");
  world.get("/nothing");
  world.api->count_clients(StreamKind::websocket, 3);
  const Response response = world.get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {R"(lockstep_runs_total{outcome="success",trigger="startup"} 1)",
        R"(lockstep_changes_total{kind="insert",side="database"} 1)",
        R"(lockstep_http_requests_total{method="GET",route="/api/tasks/{id}",status="200"} 2)",
        R"x(lockstep_http_requests_total{method="GET",route="(none)",status="404"} 1)x",
        R"(lockstep_clients{kind="websocket"} 3)", "lockstep_conflicts_pending 0", "lockstep_database_reachable 1",
        "lockstep_yaml_valid 1", "lockstep_run_duration_seconds_count ", "lockstep_tasks 1",
        "lockstep_build_info{version=", R"(lockstep_events_total{event="sync_status_changed"})"})
    EXPECT_NE(response.body.find(line), std::string::npos) << line << "\nnot in\n" << response.body;
  EXPECT_EQ(response.body.find("lockstep_last_success_timestamp_seconds 0\n"), std::string::npos);
}

TEST_F(OperationApi, AFailedSyncShowsInHealthStatusAndMetrics) {
  world.start();
  const std::string text = world.read();
  std::filesystem::remove(world.settings.yaml);
  std::filesystem::create_directory(world.settings.yaml);
  const Json told = world.await_event("sync_status_changed", [](const Json& event) {
    return member(event, "status.last_error.detail").find("not a regular file") != std::string::npos;
  });
  EXPECT_EQ(member(told, "status.in_sync"), "false");
  EXPECT_EQ(member(told, "status.last_error.title"), "\"The operation failed\"");
  const Response health = world.get("/health");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(member(health, "status"), "\"degraded\"");
  EXPECT_NE(member(health, "reason").find("not a regular file"), std::string::npos) << health.body;
  // The sync is counted once it has been told of.
  Response metrics = world.get("/metrics");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (metrics.body.find("lockstep_sync_failures_total 0\n") != std::string::npos && std::chrono::steady_clock::now() < deadline)
    metrics = world.get("/metrics");
  for (const char* line : {"lockstep_in_sync 0\n", "lockstep_last_sync_failed 1\n", "lockstep_waiting_changes 0\n"})
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line << "\nnot in\n" << metrics.body;
  EXPECT_EQ(metrics.body.find("lockstep_sync_failures_total 0\n"), std::string::npos);
  std::filesystem::remove(world.settings.yaml);
  world.write(text);
  world.await_event("sync_status_changed", [](const Json& event) { return member(event, "status.last_error") == "null"; });
  EXPECT_EQ(member(world.get("/health"), "status"), "\"healthy\"");
  EXPECT_EQ(member(world.get("/health"), "reason"), "(absent)");
}

TEST_F(OperationApi, WhatWaitsStandsInResultStatusHistoryAndLog) {
  world.start();
  world.sql("CREATE TRIGGER house BEFORE UPDATE ON scheduled_tasks BEGIN SELECT raise(ABORT, 'not in this house'); END");
  world.replace("backup", "backup_all");
  const Json told =
      world.await_event("sync_status_changed", [](const Json& event) { return member(event, "status.waiting_count") == "1"; });
  EXPECT_EQ(member(told, "status.waiting.0.field"), "\"skill_name\"");
  EXPECT_EQ(member(told, "status.waiting.0.side"), "\"database\"");
  EXPECT_EQ(member(told, "status.last_error"), "null");
  const Response result = world.send("POST", "/api/sync/trigger", "{}");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(member(result, "waiting"), member(told, "status.waiting"));
  EXPECT_EQ(member(world.get("/api/sync/plan"), "waiting_count"), "1");
  const Response runs = world.get("/api/sync/history?limit=1");
  EXPECT_EQ(member(runs, "0.waiting"), member(told, "status.waiting"));
  EXPECT_EQ(member(runs, "0.waiting_count"), "1");
  EXPECT_TRUE(world.log_has("A change waits: task 1, skill_name, to the database"));
}

TEST_F(OperationApi, DescribesItself) {
  world.start();
  const Response response = world.get("/openapi.json");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(member(response, "openapi"), "\"3.1.0\"");
  EXPECT_NE(member(response, "paths./api/tasks/{id}.get"), "(absent)");
}

TEST_F(OperationApi, PathsAndMethodsThatAreNotThere) {
  world.start();
  for (const char* target :
       {"/", "/nothing", "/api", "/api/tasks/", "/api/tasks/1/2", "//api/tasks", "/api/sync/conflicts//resolve"})
    EXPECT_EQ(world.get(target).status, 404) << target;
  EXPECT_EQ(world.get("/api/tasks/%zz").status, 400);
  EXPECT_EQ(world.get("/api/%74asks").status, 200) << "an escape that needs none";
  const Response wrong = world.send("POST", "/api/tasks/1", "{}");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(header(wrong, "Allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(wrong.content_type, "application/problem+json");
  EXPECT_EQ(world.send("BREW", "/health").status, 405);
  const Response options = world.send("OPTIONS", "/api/sync/trigger");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(header(options, "Allow"), "POST, OPTIONS");
  EXPECT_EQ(world.send("HEAD", "/api/sync/status").status, 200);
  EXPECT_EQ(world.send("HEAD", "/api/sync/trigger").status, 405);
  EXPECT_EQ(world.get("/ws/sync").status, 426) << "without a WebSocket";
}

TEST_F(OperationApi, BodiesHaveALimit) {
  world.config.daemon.max_body = 100;
  world.config.daemon.max_json_depth = 3;
  world.start();
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "{}" + std::string(99, ' ')).status, 413);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "{}" + std::string(98, ' ')).status, 200);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"params_json":{"a":[]}})").status, 200);
  EXPECT_EQ(world.send("PATCH", "/api/tasks/1", R"({"params_json":{"a":[[]]}})").status, 400);
}

TEST_F(OperationApi, EverythingStandsBelowThePrefix) {
  world.options.prefix = "/schedule";
  world.start();
  EXPECT_EQ(world.get("/schedule/api/tasks/1").status, 200);
  EXPECT_EQ(world.get("/api/tasks/1").status, 404);
  EXPECT_EQ(world.get("/scheduleapi/tasks/1").status, 404);
  const Response made = world.send("POST", "/schedule/api/tasks", R"({"skill_name":"a","schedule_cron":"@daily"})");
  EXPECT_EQ(header(made, "Location"), "/schedule/api/tasks/2");
  EXPECT_EQ(member(world.get("/schedule/openapi.json"), "servers.0.url"), "\"/schedule\"");
}

constexpr std::string_view kGzipOfHello(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00", 25);
constexpr std::array kFiles{
    StaticFile{"/", "text/html; charset=utf-8", kGzipOfHello, "\"abc\"", false},
    StaticFile{"/assets/app-1.js", "text/javascript; charset=utf-8", kGzipOfHello, "\"def\"", true}};

TEST_F(OperationApi, TheDashboardsFiles) {
  world.options.dashboard = kFiles;
  world.options.dashboard_policy = "default-src 'none'; frame-ancestors 'none'";
  world.start();
  const Response plain = world.get("/");
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.body, "hello");
  EXPECT_EQ(plain.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(plain, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(header(plain, "Cache-Control"), "no-cache");
  EXPECT_EQ(header(plain, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
  const Response compressed = world.get("/?theme=dark", {{"accept-encoding", "br;q=1.0, gzip;q=0.8"}});
  EXPECT_EQ(compressed.body, kGzipOfHello);
  EXPECT_EQ(header(compressed, "Content-Encoding"), "gzip");
  EXPECT_EQ(world.get("/", {{"accept-encoding", "gzip;q=0"}}).body, "hello");
  EXPECT_EQ(header(world.get("/assets/app-1.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(world.get("/", {{"if-none-match", header(plain, "ETag")}}).status, 304);
  const Response posted = world.send("POST", "/");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(header(posted, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(world.send("HEAD", "/").status, 200);
}

TEST_F(OperationApi, BeforeItStartsAndAfterItStops) {
  Api api(world.config, {}, {});
  const Request request{"GET", "/api/tasks", {{"host", "localhost"}}, ""};
  EXPECT_EQ(api.handle(request).status, 503);
  EXPECT_FALSE(api.open_stream({"GET", "/ws/sync", {{"host", "localhost"}}, ""}));
  world.start();
  world.api->stop();
  const Response stopped = world.api->handle(request);
  EXPECT_EQ(stopped.status, 503);
  EXPECT_EQ(stopped.content_type, "application/problem+json");
}

TEST_F(OperationApi, ReloadGoesOnWithTheNewOrTheOld) {
  world.start();
  const std::uint64_t seq = world.api->events().join({}, [](const EventHub::Message&) {}).seq;
  config::Config next = world.config;
  next.engine.yaml = world.settings.yaml + ".new";
  std::ofstream(next.engine.yaml) << "tasks:\n" << task_yaml(1, "backup") << task_yaml(2, "other");
  next.engine.replica = "second";
  next.engine.replica_configured = true;
  next.daemon.token = "a-token-that-is-long-enough";
  world.api->reload(next);
  EXPECT_EQ(world.get("/api/tasks/2").status, 401);
  EXPECT_EQ(world.get("/api/tasks/2", {{"authorization", "Bearer a-token-that-is-long-enough"}}).status, 200);
  EXPECT_GE(world.api->events().join({}, [](const EventHub::Message&) {}).seq, seq) << "the hub goes on";

  config::Config bad = world.config;
  bad.daemon.token_file = world.settings.yaml + ".no_such_file";
  EXPECT_THROW(world.api->reload(bad), Error);
  EXPECT_EQ(world.get("/api/tasks/2").status, 401) << "the former one goes on";
  EXPECT_EQ(world.get("/health").status, 200);
  config::Config unsuitable = next;
  unsuitable.engine.replica = "default";
  unsuitable.engine.replica_configured = false;  // that name belongs to the first file
  EXPECT_THROW(world.api->reload(unsuitable), Error);
  EXPECT_EQ(world.get("/api/tasks/2", {{"authorization", "Bearer a-token-that-is-long-enough"}}).status, 200);
}

TEST_F(OperationApi, ManyThreadsAsk) {
  world.start();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n)
        if (world.get(n % 5 == 0 ? "/api/sync/status" : "/api/tasks/1").status == 200) ++right;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 200);
}

TEST_F(OperationApi, CarriersHaveTheirOwnProblems) {
  for (const int status : {400, 408, 413, 426, 431, 503, 505}) {
    const Response response = carrier_problem(status, "what it was");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(member(response, "status"), std::to_string(status));
    EXPECT_EQ(member(response, "detail"), "\"what it was\"");
    EXPECT_NE(member(response, "type"), "(absent)");
    EXPECT_NE(member(response, "title"), "(absent)");
  }
}

}  // namespace
}  // namespace lockstep::api
