// A sync that was asked for one task.
#include "engine/world.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;
using testing::World;

SyncRequest only(std::int64_t id, Direction direction = Direction::db_to_yaml) {
  SyncRequest request;
  request.direction = direction;
  request.only = id;
  return request;
}

class Only : public ::testing::Test {
 protected:
  Only() {
    world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    world.sync();
  }
  World world;
};

TEST_F(Only, the_others_changes_stay_for_a_later_sync) {
  world.change_row(1, Field::status, std::string("running"));
  world.change_row(2, Field::status, std::string("failed"));
  const SyncResult result = world.sync(only(2));
  EXPECT_EQ(result.yaml, (SideCounts{0, 1, 0}));
  EXPECT_EQ(world.yaml_task(2)->text(Field::status), "failed");
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "pending");
  EXPECT_EQ(world.sync().yaml, (SideCounts{0, 1, 0}));
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "running");
  world.expect_in_step();
}

TEST_F(Only, one_engine_does_not_take_it_for_a_sync_of_everything) {
  const auto engine = world.engine();
  world.change_row(1, Field::status, std::string("running"));
  World::done(engine->sync(only(2)));
  EXPECT_FALSE(engine->observed().in_sync);
  EXPECT_EQ(World::done(engine->sync({})).yaml, (SideCounts{0, 1, 0}));
  EXPECT_TRUE(engine->observed().in_sync);
  EXPECT_EQ(World::done(engine->sync(only(2))).unchanged, 2U);
}

TEST_F(Only, a_change_of_the_file_for_another_task_is_not_lost) {
  world.replace("backup", "by_file");
  world.change_row(2, Field::status, std::string("failed"));
  world.sync(only(2));
  EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "backup");
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "by_file");
  EXPECT_EQ(world.sync().database, (SideCounts{0, 1, 0}));
  world.expect_in_step();
}

TEST_F(Only, conflicts_of_others_are_neither_found_nor_closed) {
  world.replace("backup", "by_file");
  world.change_row(1, Field::skill_name, std::string("by_row"));
  EXPECT_TRUE(world.sync(only(2, Direction::bidirectional)).conflicts.empty());
  EXPECT_EQ(world.sync().conflicts.size(), 1U);
  EXPECT_TRUE(world.sync(only(2, Direction::bidirectional)).conflicts.empty());
  EXPECT_EQ(world.engine()->conflicts({}).size(), 1U);
  EXPECT_EQ(world.sync(only(1, Direction::bidirectional)).conflicts.size(), 1U);
}

TEST_F(Only, a_conflict_that_the_sides_settled_stays_until_its_own_turn) {
  world.replace("backup", "by_file");
  world.change_row(1, Field::skill_name, std::string("by_row"));
  world.sync();
  world.replace("by_file", "by_row");
  world.sync(only(2, Direction::bidirectional));
  EXPECT_EQ(world.engine()->conflicts({}).size(), 1U);
  world.sync(only(1, Direction::bidirectional));
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
}

TEST_F(Only, a_plan_names_that_task_alone) {
  world.change_row(1, Field::status, std::string("running"));
  world.change_row(2, Field::status, std::string("failed"));
  const PlanOutcome plan = world.engine()->plan(only(1));
  const PlanReport* report = std::get_if<PlanReport>(&plan);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->tasks.size(), 1U);
  EXPECT_EQ(report->tasks.front().plan.id, 1);
}

TEST_F(Only, an_unknown_task_is_nothing_to_do) {
  world.change_row(1, Field::status, std::string("running"));
  const SyncResult result = world.sync(only(99));
  EXPECT_EQ(result.yaml, SideCounts{});
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "pending");
}

}  // namespace
}  // namespace lockstep
