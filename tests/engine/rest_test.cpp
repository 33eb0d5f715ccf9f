// A sync that finds nothing new must not look into file or database, and must never miss what is new.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/live_world.hpp"

namespace lockstep {
namespace {

using testing::task_yaml;
using testing::World;

// Counts the transactions that a sync which really looks has to begin.
class CountingStore final : public Store {
 public:
  CountingStore(std::unique_ptr<Store> store, int& writes) : store_(std::move(store)), writes_(writes) {}
  std::vector<std::string> prepare() override { return store_->prepare(); }
  std::string setup_sql() override { return store_->setup_sql(); }
  std::unique_ptr<Transaction> begin(Access access, std::string_view replica) override {
    writes_ += access == Access::write;
    return store_->begin(access, replica);
  }
  std::string_view backend() const override { return store_->backend(); }
  std::string version_mark() override { return store_->version_mark(); }

 private:
  std::unique_ptr<Store> store_;
  int& writes_;
};

class Rest : public ::testing::Test {
 protected:
  Rest() {
    world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    engine = std::make_unique<Engine>(world.settings, files,
                                      std::make_unique<CountingStore>(open_store(world.settings.database, {}), looks), [this] {
                                        now.micros += 1'000;
                                        return now;
                                      });
  }
  SyncResult sync(SyncRequest request = {}) { return World::done(engine->sync(request)); }
  // True if the sync looked.
  bool looked(SyncRequest request = {}) {
    const int before = looks;
    sync(request);
    return looks != before;
  }
  // Syncs until one of them has nothing to look at. The clock stands far ahead of the file's times.
  void come_to_rest() {
    sync();
    sync();
    ASSERT_FALSE(looked());
  }

  testing::LiveWorld world;
  PosixFileSystem files;
  int looks = 0;
  Timestamp now{system_now().micros + 3'600'000'000};
  std::unique_ptr<Engine> engine;
};

TEST_F(Rest, ASyncAfterOneThatSettledEverythingLooksAtNothing) {
  EXPECT_TRUE(looked());
  EXPECT_FALSE(looked()) << "the first sync's own writes are nobody else's";
  EXPECT_FALSE(looked({.direction = Direction::yaml_to_db}));
  const SyncResult result = sync();
  EXPECT_EQ(result.unchanged, 2U);
  EXPECT_EQ(result.run_id, 1);
  EXPECT_EQ(result.database, SideCounts{});
}

TEST_F(Rest, WritesToTheFileAreFound) {
  come_to_rest();
  world.replace("backup", "restore");
  const SyncResult result = sync();
  EXPECT_EQ(result.database.updated, 1U);
  EXPECT_EQ(result.unchanged, 1U);
  EXPECT_EQ(sync().unchanged, 2U);
}

TEST_F(Rest, ASaveThatKeepsSizeAndTimeIsFound) {
  come_to_rest();
  struct stat status {};
  ASSERT_EQ(::stat(world.settings.yaml.c_str(), &status), 0);
  world.replace("backup", "BACKUP");
  const timespec times[2] = {status.st_atim, status.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, world.settings.yaml.c_str(), times, 0), 0);
  EXPECT_EQ(sync().database.updated, 1U);
}

TEST_F(Rest, ASaveRightAfterALookIsFound) {
  // The clock says that the file has only just changed: its identity may hide another save.
  now = system_now();
  sync();
  world.replace("backup", "BACKUP");
  EXPECT_EQ(sync().database.updated, 1U);
}

TEST_F(Rest, CommitsOfOthersAreFound) {
  come_to_rest();
  world.sql("UPDATE scheduled_tasks SET user_id = 'ops' WHERE id = 2");
  EXPECT_EQ(sync().yaml.updated, 1U);
  EXPECT_FALSE(looked());
}

TEST_F(Rest, WhatIsWrittenIntoTheBackupIsNobodysEdit) {
  come_to_rest();
  world.sql("UPDATE scheduled_tasks SET user_id = 'ops' WHERE id = 2");
  ASSERT_EQ(sync().yaml.updated, 1U);
  ASSERT_FALSE(looked());
  const std::string backup = world.settings.yaml + ".bak";
  std::ifstream in(backup);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find("backup"), 6, "editor");
  std::ofstream(backup) << text;
  EXPECT_EQ(sync().database, SideCounts{});
  EXPECT_EQ(world.read().find("editor"), std::string::npos);
  EXPECT_NE(world.read().find("user_id: ops"), std::string::npos);
}

TEST_F(Rest, PendingConflictsStayInTheAnswerAndForceStillDecides) {
  come_to_rest();
  world.replace("backup", "by_file");
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row' WHERE id = 1");
  ASSERT_EQ(sync().conflicts.size(), 1U);
  EXPECT_FALSE(looked());
  EXPECT_EQ(sync().conflicts.size(), 1U);
  EXPECT_EQ(sync().unchanged, 1U);
  EXPECT_TRUE(looked({.direction = Direction::yaml_to_db})) << "another question, with something pending";
  EXPECT_TRUE(sync({.direction = Direction::yaml_to_db, .force = true}).conflicts.empty());
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks WHERE id = 1"), "by_file");
}

TEST_F(Rest, AConflictThatAnotherProcessClearedIsFoundAgain) {
  come_to_rest();
  world.replace("backup", "by_file");
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row' WHERE id = 1");
  ASSERT_EQ(sync().conflicts.front().number, 1);
  ASSERT_FALSE(looked());
  Engine(world.settings, files, open_store(world.settings.database, {})).clear_conflicts();
  EXPECT_EQ(sync().conflicts.front().number, 2);
}

TEST_F(Rest, EverythingIsComparedAgainWhenThatIsDue) {
  come_to_rest();
  now.micros += std::chrono::microseconds(world.settings.full_check_interval).count() + 1;
  EXPECT_TRUE(looked());
  EXPECT_FALSE(looked());
}

TEST(TaskSnapshots, RowsThatDidNotChangeAreNotReadAgain) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  const auto engine = world.engine();
  World::done(engine->sync({}));
  const auto calls = [&](const std::function<void()>& question) {
    const std::size_t before = world.database->calls();
    question();
    return world.database->calls() - before;
  };
  TaskSnapshot rows;
  const std::size_t anew = calls([&] { rows = engine->tasks(); });
  const std::size_t again = calls([&] { rows = engine->tasks(std::move(rows)); });
  EXPECT_EQ(again + 1, anew) << "all but the reading";
  EXPECT_EQ(rows.rows.tasks.size(), 1U);
  world.database->put(testing::task(2, "report"));
  EXPECT_EQ(calls([&] { rows = engine->tasks(std::move(rows)); }), anew);
  EXPECT_EQ(rows.rows.tasks.size(), 2U);
}

}  // namespace
}  // namespace lockstep
