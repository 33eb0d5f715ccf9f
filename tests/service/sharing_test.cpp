// Several services on one file: one leads, the others follow and one takes over.
#include <sys/wait.h>

#include "file/leader_lock.hpp"
#include "service/service_world.hpp"

namespace lockstep {
namespace {

using testing::kPatience;
using testing::member;
using testing::ServiceWorld;
using testing::task_yaml;

TEST(LeaderLock, one_holds_it_until_it_lets_go) {
  ServiceWorld world;
  LeaderLock first(world.settings.yaml), second(world.settings.yaml);
  EXPECT_EQ(first.attempt(), LeaderLock::Attempt::held);
  EXPECT_EQ(first.attempt(), LeaderLock::Attempt::held);
  EXPECT_EQ(second.attempt(), LeaderLock::Attempt::by_other);
  first.release();
  EXPECT_EQ(second.attempt(), LeaderLock::Attempt::held);
}

TEST(LeaderLock, a_symlink_and_what_it_points_to_are_one_file) {
  ServiceWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  const std::string link = (world.folder() / "link.yml").string();
  std::filesystem::create_symlink(world.settings.yaml, link);
  LeaderLock first(world.settings.yaml), second(link);
  EXPECT_EQ(first.attempt(), LeaderLock::Attempt::held);
  EXPECT_EQ(second.attempt(), LeaderLock::Attempt::by_other);
}

TEST(LeaderLock, a_process_that_is_killed_lets_go) {
  ServiceWorld world;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    LeaderLock lock(world.settings.yaml);
    const char held = lock.attempt() == LeaderLock::Attempt::held ? 'y' : 'n';
    if (write(ready[1], &held, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char held = 0;
  ASSERT_EQ(read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  LeaderLock lock(world.settings.yaml);
  EXPECT_EQ(lock.attempt(), LeaderLock::Attempt::by_other);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(lock.attempt(), LeaderLock::Attempt::held);
  close(ready[0]);
  close(ready[1]);
}

TEST(LeaderLock, where_no_lock_file_can_be_made_it_says_so) {
  LeaderLock lock("/proc/self/schedule.yml");
  EXPECT_EQ(lock.attempt(), LeaderLock::Attempt::no_lock);
}

TEST(Sharing, the_leader_carries_and_the_followers_tell) {
  ServiceWorld world, others;
  world.write_tasks(task_yaml(1, "backup"));
  Service leader = world.start({.share = true});
  Service follower = Service::start(world.sides(), {.share = true});
  follower.on_event([&others](const Event& event) { others.note(event); });
  EXPECT_TRUE(leader.leads());
  EXPECT_FALSE(follower.leads());

  world.replace("backup", "restore");
  EXPECT_EQ(member(others.await_event("schedule_config_updated"), "source"), "file");
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "restore");
  EXPECT_EQ(member(follower.status().json, "in_sync"), "true");
  EXPECT_EQ(member(follower.history(10).json, "2"), "(absent)") << "each change was carried once";

  world.sql("UPDATE scheduled_tasks SET status = 'running'");
  EXPECT_EQ(member(others.await_event("schedule_config_updated"), "source"), "database");
  EXPECT_NE(world.read().find("status: running"), std::string::npos);
}

TEST(Sharing, an_invalid_file_is_known_to_followers_too) {
  ServiceWorld world, others;
  world.write_tasks(task_yaml(1, "backup"));
  Service leader = world.start({.share = true});
  Service follower = Service::start(world.sides(), {.share = true});
  follower.on_event([&others](const Event& event) { others.note(event); });
  world.write("tasks:\n  - id: 1\n");
  EXPECT_EQ(member(others.await_event("sync_status_changed"), "status.yaml.valid"), "false");
}

TEST(Sharing, when_the_leader_is_gone_another_leads_and_catches_up) {
  ServiceWorld world, others;
  world.write_tasks(task_yaml(1, "backup"));
  std::optional<Service> leader = world.start({.share = true});
  Service follower = Service::start(world.sides(), {.share = true});
  follower.on_event([&others](const Event& event) { others.note(event); });
  leader.reset();
  world.replace("backup", "restore");
  EXPECT_EQ(member(others.await_event("schedule_config_updated"), "source"), "file");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!follower.leads() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(follower.leads());
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "restore");
}

TEST(Sharing, without_a_task_yet_one_leads_all_the_same) {
  ServiceWorld world;
  world.write("tasks: []\n");
  Service leader = world.start({.share = true});
  Service follower = Service::start(world.sides(), {.share = true});
  EXPECT_TRUE(leader.leads());
  EXPECT_FALSE(follower.leads());
}

}  // namespace
}  // namespace lockstep
