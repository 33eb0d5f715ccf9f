#include <sys/wait.h>

#include <thread>

#include "service/service_world.hpp"

namespace lockstep {
namespace {

using testing::member;
using testing::ServiceWorld;
using testing::task_yaml;

TEST(SyncEngine, nothing_is_made_before_it_is_asked) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  EXPECT_FALSE(std::filesystem::exists(world.database_path()));
  EXPECT_EQ(engine.yaml(), world.settings.yaml);
}

TEST(SyncEngine, syncs_in_the_direction_that_is_asked_for) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  const Answer first = engine.sync({.direction = Direction::yaml_to_db});
  EXPECT_EQ(first.verdict, Verdict::done);
  EXPECT_EQ(member(first.json, "database.inserted"), "1");
  world.sql("UPDATE scheduled_tasks SET status = 'running'");
  EXPECT_EQ(member(engine.sync({.direction = Direction::db_to_yaml, .dry_run = true}).json, "yaml.updated"), "1");
  EXPECT_EQ(world.read().find("running"), std::string::npos) << "a dry run writes nothing";
  EXPECT_EQ(member(engine.sync({.direction = Direction::db_to_yaml}).json, "yaml.updated"), "1");
  EXPECT_NE(world.read().find("status: running"), std::string::npos);
}

TEST(SyncEngine, one_task_alone) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  SyncEngine engine(world.sides());
  engine.sync();
  world.sql("UPDATE scheduled_tasks SET status = 'running'");
  EXPECT_EQ(member(engine.sync({.direction = Direction::db_to_yaml, .task_id = 2}).json, "yaml.updated"), "1");
  EXPECT_EQ(member(engine.plan().json, "tasks.0.task_id"), "1");
  EXPECT_EQ(member(engine.plan().json, "tasks.1"), "(absent)");
}

TEST(SyncEngine, what_stops_a_sync_is_an_answer) {
  ServiceWorld world;
  std::string tasks;
  for (int id = 1; id <= 12; ++id) tasks += task_yaml(id, "job");
  world.write_tasks(tasks);
  SyncEngine engine(world.sides());
  engine.sync();
  world.write_tasks(task_yaml(1, "job"));
  const Answer guarded = engine.sync();
  EXPECT_EQ(guarded.verdict, Verdict::deletion_guard);
  EXPECT_EQ(member(guarded.json, "guard.would_delete"), "11");
  EXPECT_EQ(engine.sync({.max_delete_percent = 100}).verdict, Verdict::done);
  world.write("tasks:\n  - id: 1\n");
  const Answer invalid = engine.sync();
  EXPECT_EQ(invalid.verdict, Verdict::invalid_yaml);
  EXPECT_NE(member(invalid.json, "errors.0.message"), "(absent)");
}

TEST(SyncEngine, undo_takes_a_run_back) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  engine.sync();
  world.replace("backup", "restore");
  const std::string run = member(engine.sync().json, "run_id");
  EXPECT_EQ(engine.undo(std::stoll(run)).verdict, Verdict::done);
  EXPECT_NE(world.read().find("backup"), std::string::npos);
  EXPECT_EQ(engine.undo(9'999).verdict, Verdict::not_found);
}

TEST(SyncEngine, wrong_words_are_errors) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  EXPECT_THROW(engine.sync({.max_delete_percent = 101}), Error);
  EXPECT_THROW(engine.sync({.task_id = 0}), Error);
  EXPECT_THROW(engine.resolve({.conflict_id = "conflict_1", .choice = "keep_me"}), Error);
  EXPECT_THROW(engine.resolve({.conflict_id = "conflict_1", .choice = "merge", .fields = "{}"}), Error);
  EXPECT_THROW(engine.resolve({.conflict_id = "conflict_1", .choice = "custom", .fields = "{"}), Error);
  EXPECT_EQ(engine.resolve({.conflict_id = "nonsense", .choice = "merge"}).verdict, Verdict::not_found);
}

TEST(SyncEngine, threads_wait_for_each_other) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { done += engine.sync().verdict == Verdict::done; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 4);
}

TEST(SyncEngine, a_forked_child_has_a_connection_of_its_own) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  SyncEngine engine(world.sides());
  engine.sync();
  world.replace("backup", "restore");
  const pid_t child = fork();
  if (child == 0) _exit(member(engine.sync().json, "database.updated") == "1" ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  world.replace("restore", "again");
  EXPECT_EQ(member(engine.sync().json, "database.updated"), "1");
}

}  // namespace
}  // namespace lockstep
