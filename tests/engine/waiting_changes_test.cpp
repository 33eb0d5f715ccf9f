// What should be carried over and cannot be: named, kept, tried again, and never called in step.
#include <gtest/gtest.h>

#include "engine/world.hpp"

namespace lockstep::testing {
namespace {

using Waiting = std::vector<WaitingChange>;

std::string keys(const Waiting& waiting) {
  std::string text;
  for (const WaitingChange& change : waiting)
    text += std::to_string(change.task_id) + " " + change.field + (change.side == Side::yaml ? " yaml\n" : " database\n");
  return text;
}

class WaitingChanges : public ::testing::Test, public World {
 protected:
  WaitingChanges() {
    write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    sync();
  }
};

TEST_F(WaitingChanges, a_refused_change_is_named_by_field_and_the_rest_is_carried_over) {
  database->refuse_writes(1);
  replace("backup", "backup_all");
  replace("report", "weekly");
  const SyncResult result = sync();
  EXPECT_EQ(result.database, (SideCounts{0, 1, 0}));
  EXPECT_EQ(keys(result.waiting), "1 skill_name database\n");
  EXPECT_NE(result.waiting.at(0).reason.find("CHECK constraint failed"), std::string::npos) << result.waiting.at(0).reason;
}

TEST_F(WaitingChanges, since_stays_what_it_was_from_sync_to_sync_and_process_to_process) {
  database->refuse_writes(1);
  replace("backup", "backup_all");
  const Timestamp since = sync().waiting.at(0).since;
  change_row(2, Field::status, std::string("failed"));
  EXPECT_EQ(sync().waiting.at(0).since, since);
  write_tasks(task_yaml(1, "backup_all") + task_yaml(2, "weekly", "    user_id: ops\n"));
  EXPECT_EQ(sync().waiting.at(0).since, since);
  EXPECT_EQ(engine()->status().waiting.at(0).since, since);
}

TEST_F(WaitingChanges, are_tried_again_at_every_sync_by_an_engine_that_saw_nothing_change) {
  const auto process = engine();
  database->refuse_writes(1);
  replace("backup", "backup_all");
  EXPECT_EQ(done(process->sync({})).waiting.size(), 1U);
  EXPECT_EQ(done(process->sync({})).waiting.size(), 1U);
  database->refuse_writes(1, false);
  const SyncResult result = done(process->sync({}));
  EXPECT_EQ(result.database.updated, 1U);
  EXPECT_TRUE(result.waiting.empty());
  expect_in_step();
}

TEST_F(WaitingChanges, a_run_is_kept_when_one_begins_and_when_it_ends_and_not_in_between) {
  const std::size_t before = engine()->history({}).size();
  database->refuse_writes(1);
  replace("backup", "backup_all");
  sync();
  sync();
  EXPECT_EQ(engine()->history({}).size(), before + 1);
  replace("backup_all", "backup");
  EXPECT_TRUE(sync().waiting.empty());
  EXPECT_EQ(engine()->history({}).size(), before + 2);
  expect_still();
}

TEST_F(WaitingChanges, deletions_and_insertions_wait_as_whole_tasks) {
  database->refuse_writes(1);
  database->refuse_writes(3);
  write_tasks(task_yaml(2, "report") + task_yaml(3, "new"));
  EXPECT_EQ(keys(sync().waiting), "1  database\n3  database\n");
}

TEST_F(WaitingChanges, of_a_task_that_both_sides_changed_each_side_waits_for_its_part) {
  database->refuse_writes(1);
  replace("backup", "backup_all");
  change_row(1, Field::user_id, std::string("ops"));
  EXPECT_EQ(keys(sync().waiting), "1 user_id yaml\n1 skill_name database\n");
}

TEST_F(WaitingChanges, a_yaml_change_to_an_invalid_row_waits_and_else_what_the_row_holds) {
  database->put_column(1, "schedule_cron", "whenever");
  EXPECT_EQ(keys(sync().waiting), "1 schedule_cron yaml\n");
  replace("backup", "backup_all");
  const SyncResult result = sync();
  EXPECT_EQ(keys(result.waiting), "1 skill_name database\n");
  EXPECT_NE(result.waiting.at(0).reason.find("not valid"), std::string::npos);
}

TEST_F(WaitingChanges, where_every_row_is_invalid_nothing_is_in_step) {
  database->put_column(1, "schedule_cron", "whenever");
  database->put_column(2, "schedule_cron", "whenever");
  const SyncResult result = sync();
  EXPECT_EQ(result.waiting.size(), 2U);
  EXPECT_EQ(result.unchanged, 0U);
  EXPECT_FALSE(engine()->status().in_sync);
}

TEST_F(WaitingChanges, keep_a_status_from_being_in_sync) {
  EXPECT_TRUE(engine()->status().in_sync);
  database->refuse_writes(1);
  replace("backup", "backup_all");
  const auto process = engine();
  process->sync({});
  const Status status = process->status();
  EXPECT_FALSE(status.in_sync);
  EXPECT_EQ(status.waiting_count, 1U);
  const Status live = process->refreshed(process->observed());
  EXPECT_FALSE(live.in_sync);
  EXPECT_EQ(keys(live.waiting), "1 skill_name database\n");
  EXPECT_EQ(live.waiting_count, 1U);
}

TEST_F(WaitingChanges, a_plan_expects_what_was_refused_the_last_time_to_wait_again) {
  database->refuse_writes(1);
  replace("backup", "backup_all");
  EXPECT_TRUE(std::get<PlanReport>(engine()->plan({})).result.waiting.empty()) << "nothing was tried yet";
  const Timestamp since = sync().waiting.at(0).since;
  const SyncResult planned = std::get<PlanReport>(engine()->plan({})).result;
  ASSERT_EQ(keys(planned.waiting), "1 skill_name database\n");
  EXPECT_EQ(planned.waiting.at(0).since, since);
}

TEST_F(WaitingChanges, what_a_one_way_sync_leaves_for_later_does_not_wait_and_ends_nothing) {
  change_row(2, Field::status, std::string("failed"));
  EXPECT_TRUE(sync({.direction = Direction::yaml_to_db}).waiting.empty());
  database->refuse_writes(1);
  write_tasks(task_yaml(1, "backup_all") + task_yaml(2, "report"));
  const Timestamp since = sync().waiting.at(0).since;
  EXPECT_TRUE(sync({.direction = Direction::db_to_yaml}).waiting.empty());
  EXPECT_EQ(engine()->refreshed({}).waiting_count, 1U);
  EXPECT_EQ(sync().waiting.at(0).since, since);
}

TEST_F(WaitingChanges, an_undo_of_something_else_leaves_them_as_they_are) {
  replace("report", "weekly");
  const std::int64_t run = sync().run_id.value();
  database->refuse_writes(1);
  replace("backup", "backup_all");
  const Timestamp since = sync().waiting.at(0).since;
  ASSERT_TRUE(std::holds_alternative<SyncResult>(engine()->undo(run)));
  EXPECT_EQ(engine()->refreshed({}).waiting_count, 1U);
  EXPECT_EQ(sync().waiting.at(0).since, since);
}

TEST_F(WaitingChanges, a_stopped_sync_forgets_none_of_them) {
  std::string tasks;
  for (int id = 1; id <= 8; ++id) tasks += task_yaml(id, "a" + std::to_string(id));
  write_tasks(tasks);
  sync();
  database->refuse_writes(1);
  replace("name: a1", "name: other");
  const Timestamp since = sync().waiting.at(0).since;
  const std::string text = read();
  write("tasks: []\n");
  const SyncOutcome stopped = engine()->sync({});
  ASSERT_TRUE(std::holds_alternative<GuardStopped>(stopped)) << stopped.index();
  write(text);
  EXPECT_EQ(sync().waiting.at(0).since, since);
}

TEST(Waiting, values_that_a_column_cannot_hold_wait_and_those_without_a_column_are_not_synced) {
  World world;
  FieldSet columns = FieldSet::all();
  columns.erase(Field::user_id);
  world.database->make_task_table(columns);
  world.write_tasks(task_yaml(1, "backup", "    user_id: ops\n"));
  EXPECT_TRUE(world.sync().waiting.empty());
}

TEST(Waiting, the_history_keeps_at_most_a_thousand_and_their_number) {
  Waiting many;
  for (std::int64_t id = 1; id <= 1'500; ++id)
    many.push_back({id, "status", Side::database, std::string(500, 'x'), Timestamp{id}, id % 2 == 0});
  Json details = Json::object();
  details.set("waiting_count", Json::number(std::int64_t{1'500}));
  details.set("waiting", waiting_to_json(many));
  const std::string text = write_json(details);
  const Waiting back = waiting_from_details(text);
  EXPECT_EQ(back.size(), 1'000U);
  EXPECT_EQ(waiting_count_from_details(text), 1'500U);
  EXPECT_LT(back.front().reason.size(), 400U);
  EXPECT_EQ(back.at(1).untold, true);
  EXPECT_EQ(back.at(2).untold, false);
  EXPECT_EQ(back.at(4).since, Timestamp{5});
  const Waiting again = settled_since(many, back, Timestamp{9'000});
  EXPECT_EQ(again.at(4).since, Timestamp{5});
  EXPECT_EQ(again.at(1'400).since, Timestamp{1}) << "as old as the oldest, since it may have been there";
}

TEST(Waiting, details_that_are_no_json_of_ours_hold_none) {
  EXPECT_TRUE(waiting_from_details("").empty());
  EXPECT_TRUE(waiting_from_details(R"({"waiting":7})").empty());
  EXPECT_TRUE(waiting_from_details(R"({"waiting":[{"task_id":"x"},{"task_id":1,"since":"never"}]})").empty());
}

}  // namespace
}  // namespace lockstep::testing
