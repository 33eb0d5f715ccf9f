#include "lockstep/service.hpp"

#include <future>

#include "service/service_world.hpp"

namespace lockstep {
namespace {

using testing::get;
using testing::member;
using testing::ServiceWorld;
using testing::task_yaml;

TEST(Service, start_has_synced_when_it_returns) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  const Service service = world.start();
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "backup");
  EXPECT_TRUE(service.leads());
}

TEST(Service, tells_events_as_they_happen) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  const Service service = world.start();
  world.replace("backup", "restore");
  const std::string event = world.await_event("schedule_config_updated");
  EXPECT_EQ(member(event, "source"), "file");
  EXPECT_EQ(member(event, "task_ids.0"), "1");
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "restore");
}

TEST(Service, handles_requests_waiting_or_not) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start();
  const Response waited = service.handle(get("/api/tasks/1"));
  EXPECT_EQ(waited.status, 200);
  EXPECT_EQ(member(waited.body, "skill_name"), "backup");
  std::promise<Response> answer;
  service.handle(get("/api/tasks/2"), [&](Response response) { answer.set_value(std::move(response)); });
  EXPECT_EQ(answer.get_future().get().status, 404);
}

TEST(Service, everything_stands_below_the_prefix) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start({.prefix = "/schedule"});
  EXPECT_EQ(service.handle(get("/schedule/api/tasks/1")).status, 200);
  EXPECT_EQ(service.handle(get("/api/tasks/1")).status, 404);
  EXPECT_NE(openapi("/schedule").find("/api/sync/trigger"), std::string::npos);
}

TEST(Service, foreign_hosts_and_origins_are_refused_whoever_authorises) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start();
  Request request = get("/api/tasks");
  request.headers = {{"host", "evil.example"}};
  EXPECT_EQ(service.handle(request).status, 403);
  request.headers = {{"host", "localhost:8000"}, {"origin", "http://evil.example"}};
  EXPECT_EQ(service.handle(request).status, 403);
  request.headers = {{"host", "localhost:8000"}, {"x-forwarded-for", "192.0.2.1"}};
  EXPECT_EQ(service.handle(request).status, 200) << "the application has authorised it";
}

TEST(Service, with_authorise_tokens_are_asked_for) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Options options = world.sides();
  std::ofstream(world.folder() / "token") << "0123456789abcdef0123456789abcdef\n";
  options.settings = {{"token_file", (world.folder() / "token").string()}};
  Service service = Service::start(options, {.authorise = true});
  EXPECT_EQ(service.handle(get("/api/tasks")).status, 401);
  Request request = get("/api/tasks");
  request.headers.push_back({"authorization", "Bearer 0123456789abcdef0123456789abcdef"});
  EXPECT_EQ(service.handle(request).status, 200);
}

TEST(Service, a_stream_gets_what_it_missed_and_then_what_happens) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start();
  Request request = get("/ws/sync?since=0");
  request.headers.push_back({"upgrade", "websocket"});
  std::promise<std::uint64_t> told;
  auto opened = service.open_stream(request, [&, once = false](const Event& event) mutable {
    if (!std::exchange(once, true)) told.set_value(event.seq);
  });
  ASSERT_TRUE(opened);
  const Stream& stream = std::get<Stream>(*opened);
  EXPECT_EQ(stream.kind, StreamKind::websocket);
  EXPECT_EQ(member(stream.greeting, "event"), "connection_established");
  ASSERT_FALSE(stream.missed.empty());
  EXPECT_EQ(stream.missed.back().seq, stream.seq);
  world.replace("backup", "restore");
  EXPECT_EQ(told.get_future().get(), stream.seq + 1);
}

TEST(Service, a_stream_is_refused_as_a_request_is) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start();
  Request request = get("/ws/sync");
  request.headers = {{"host", "localhost"}, {"upgrade", "websocket"}, {"origin", "http://evil.example"}};
  const auto refused = service.open_stream(request, [](const Event&) {});
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<Response>(*refused).status, 403);
  EXPECT_FALSE(service.open_stream(get("/api/tasks"), [](const Event&) {}));
}

TEST(Service, syncs_plans_and_resolves_on_request) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Options options = world.sides();
  options.settings = {{"settle", "1h"}};  // the watcher does not come before us
  Service service = Service::start(options);
  world.replace("backup", "by_file");
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row'");
  EXPECT_EQ(member(service.plan().json, "tasks.0.task_id"), "1");
  const Answer synced = service.sync();
  EXPECT_EQ(synced.verdict, Verdict::conflicts);
  const std::string id = member(synced.json, "conflicts.0.conflict_id");
  EXPECT_EQ(member(service.conflicts().json, "0.conflict_id"), id);
  EXPECT_EQ(service.resolve({.conflict_id = id, .choice = "keep_db", .version = 7}).verdict, Verdict::moved);
  EXPECT_EQ(service.resolve({.conflict_id = id, .choice = "keep_both"}).verdict, Verdict::refused);
  EXPECT_EQ(service.resolve({.conflict_id = id, .choice = "keep_db"}).verdict, Verdict::done);
  EXPECT_EQ(service.resolve({.conflict_id = id, .choice = "keep_db"}).verdict, Verdict::not_found);
  EXPECT_NE(world.read().find("by_row"), std::string::npos);
  EXPECT_EQ(member(service.status().json, "in_sync"), "true");
  EXPECT_EQ(member(service.history(1).json, "0.trigger"), "resolve");
  EXPECT_EQ(member(service.history(1).json, "1"), "(absent)");
}

TEST(Service, after_stop_nothing_is_taken_on) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Service service = world.start();
  service.stop();
  service.stop();
  EXPECT_EQ(service.handle(get("/api/tasks")).status, 503);
  EXPECT_THROW(service.sync(), Error);
}

TEST(Service, what_no_waiting_mends_is_thrown) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  Options options = world.sides();
  options.settings = {{"intervall", "5m"}};
  EXPECT_THROW(Service::start(options), Error);
  options.settings = {{"interval", "often"}};
  EXPECT_THROW(Service::start(options), Error);
  options.settings = {};
  EXPECT_THROW(Service::start(options, {.prefix = "schedule/"}), Error);
  options.database = "oracle://somewhere";
  EXPECT_THROW(Service::start(options), Error);
}

TEST(Service, an_error_holds_no_password) {
  ServiceWorld world;
  Options options = world.sides();
  options.database = "oracle://app:secret@host/db";
  try {
    Service::start(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace lockstep
