#include "engine/world.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;
using testing::World;

std::string text(const char* s) { return s; }

// Task 1 with its cron changed apart on both sides, its status on the database only; 2 is untouched.
struct Apart : World {
  Apart() {
    write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    sync();
    replace("0 2 * * *", "0 3 * * *");
    change_row(1, Field::schedule_cron, text("0 4 * * *"));
    change_row(1, Field::status, text("failed"));
    found = sync();
  }
  Conflict conflict() { return engine()->conflicts({}).at(0); }
  ResolveOutcome resolve(Resolution resolution, std::optional<int> version = {}) {
    return engine()->resolve({conflict().number, std::move(resolution), version});
  }
  SyncResult found;
};

TEST(Conflicts, are_stored_and_freeze_their_task_alone) {
  Apart world;
  ASSERT_EQ(world.found.conflicts.size(), 1U);
  EXPECT_EQ(world.found.conflicts[0].task_id, 1);
  const Conflict conflict = world.conflict();
  EXPECT_EQ(conflict.version, 1);
  EXPECT_EQ(conflict.finding.fields, FieldSet{Field::schedule_cron});
  EXPECT_EQ(conflict.yaml->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(conflict.base->text(Field::schedule_cron), "0 2 * * *");
  world.change_row(2, Field::status, text("running"));
  const SyncResult again = world.sync();
  EXPECT_EQ(again.yaml.updated, 1U);
  EXPECT_EQ(again.conflicts.size(), 1U);
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "pending") << "frozen";
  EXPECT_EQ(world.conflict().version, 1);
  world.expect_still();
}

TEST(Conflicts, move_on_with_their_sides) {
  Apart world;
  const std::int64_t number = world.conflict().number;
  world.replace("0 3 * * *", "0 5 * * *");
  world.sync();
  EXPECT_EQ(world.conflict().number, number);
  EXPECT_EQ(world.conflict().version, 2);
  EXPECT_EQ(world.conflict().yaml->text(Field::schedule_cron), "0 5 * * *");
}

TEST(Conflicts, close_by_themselves_when_the_sides_agree) {
  Apart world;
  world.replace("0 3 * * *", "0 4 * * *");
  EXPECT_TRUE(world.sync().conflicts.empty());
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
  EXPECT_NE(world.engine()->history({}).front().details.find("superseded"), std::string::npos);
  world.expect_in_step();
}

TEST(Resolve, keep_yaml) {
  Apart world;
  ResolveOutcome outcome = world.resolve({Choice::keep_yaml, {}});
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(world.database->task(1)->text(Field::status), "pending");
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
  world.expect_in_step();
}

// Tasks 1 to 3, each with its name changed apart on both sides.
struct ThreeApart : World {
  ThreeApart() {
    write_tasks(task_yaml(1, "a1") + task_yaml(2, "a2") + task_yaml(3, "a3"));
    sync();
    for (std::int64_t id = 1; id <= 3; ++id) {
      replace("a" + std::to_string(id), "y" + std::to_string(id));
      change_row(id, Field::skill_name, "d" + std::to_string(id));
    }
    EXPECT_EQ(sync().conflicts.size(), 3U);
    for (const Conflict& conflict : engine()->conflicts({})) numbers.push_back(conflict.number);
  }
  std::string row_name(std::int64_t id) { return database->task(id)->text(Field::skill_name); }
  std::vector<std::int64_t> numbers;
};

TEST(Resolve, many_are_one_run_that_one_undo_takes_back) {
  ThreeApart world;
  const std::size_t runs = world.engine()->history({}).size();
  const auto outcomes = world.engine()->resolve_all({{world.numbers[0], {Choice::keep_db, {}}, 1},
                                                     {world.numbers[1], {Choice::keep_yaml, {}}, std::nullopt},
                                                     {world.numbers[2], {Choice::keep_db, {}}, std::nullopt}});
  ASSERT_EQ(outcomes.size(), 3U);
  const auto history = world.engine()->history({});
  ASSERT_EQ(history.size(), runs + 1);
  for (const ResolveOutcome& outcome : outcomes)
    EXPECT_EQ(std::get<ResolveDone>(outcome).run_id, history.front().id);
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "d1");
  EXPECT_EQ(world.row_name(2), "y2");
  EXPECT_EQ(world.yaml_task(3)->text(Field::skill_name), "d3");
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
  world.expect_in_step();
  ASSERT_TRUE(std::holds_alternative<SyncResult>(world.engine()->undo(history.front().id)));
  for (std::int64_t id = 1; id <= 3; ++id) {
    EXPECT_EQ(world.row_name(id), "d" + std::to_string(id));
    EXPECT_EQ(world.yaml_task(id)->text(Field::skill_name), "y" + std::to_string(id));
  }
  EXPECT_EQ(world.engine()->conflicts({}).size(), 3U);
}

TEST(Resolve, of_many_those_that_cannot_be_leave_the_others_alone) {
  ThreeApart world;
  world.replace("y2", "d2");  // settles itself
  const auto outcomes = world.engine()->resolve_all({{world.numbers[0], {Choice::keep_both, {}}, std::nullopt},
                                                     {world.numbers[1], {Choice::keep_db, {}}, std::nullopt},
                                                     {world.numbers[2], {Choice::keep_db, {}}, 7},
                                                     {99, {Choice::keep_db, {}}, std::nullopt},
                                                     {world.numbers[0], {Choice::keep_db, {}}, std::nullopt}});
  EXPECT_TRUE(std::holds_alternative<ChoiceRefused>(outcomes[0]));
  EXPECT_TRUE(std::holds_alternative<ConflictGone>(outcomes[1]));
  EXPECT_TRUE(std::holds_alternative<ConflictMoved>(outcomes[2]));
  EXPECT_TRUE(std::holds_alternative<ConflictGone>(outcomes[3]));
  EXPECT_TRUE(std::holds_alternative<ConflictGone>(outcomes[4])) << "named twice: the first counts";
  EXPECT_EQ(world.engine()->conflicts({}).size(), 2U);
  const auto others = world.engine()->resolve_all({{world.numbers[0], {Choice::keep_yaml, {}}, std::nullopt},
                                                   {world.numbers[2], {Choice::keep_both, {}}, std::nullopt}});
  EXPECT_TRUE(std::holds_alternative<ResolveDone>(others[0]));
  EXPECT_TRUE(std::holds_alternative<ChoiceRefused>(others[1]));
  EXPECT_EQ(world.row_name(1), "y1");
}

TEST(Resolve, many_new_ids_are_different_ones) {
  World world;
  world.write_tasks(task_yaml(1, "a1"));
  world.sync();
  world.write_tasks(task_yaml(1, "a1") + task_yaml(2, "y2") + task_yaml(3, "y3"));
  for (const std::int64_t id : {2, 3}) world.database->put(task(id, "d" + std::to_string(id)));
  ASSERT_EQ(world.sync().conflicts.size(), 2U);
  std::vector<ResolveRequest> requests;
  for (const Conflict& conflict : world.engine()->conflicts({}))
    requests.push_back({conflict.number, {Choice::keep_both, {}}, std::nullopt});
  const auto outcomes = world.engine()->resolve_all(requests);
  EXPECT_EQ(std::get<ResolveDone>(outcomes[0]).new_task_id, 4);
  EXPECT_EQ(std::get<ResolveDone>(outcomes[1]).new_task_id, 5);
  EXPECT_EQ(world.yaml_task(5)->text(Field::skill_name), "y3");
  EXPECT_EQ(world.yaml_task(2)->text(Field::skill_name), "d2");
  world.expect_in_step();
}

TEST(Resolve, keep_db) {
  Apart world;
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(world.resolve({Choice::keep_db, {}})));
  EXPECT_EQ(world.yaml_task(1)->text(Field::schedule_cron), "0 4 * * *");
  EXPECT_NE(world.read().find("# by hand"), std::string::npos);
  world.expect_in_step();
}

TEST(Resolve, merge_takes_the_schedule_of_the_yaml_and_the_status_of_the_database) {
  Apart world;
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(world.resolve({Choice::merge, {}})));
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "failed");
  world.expect_in_step();
}

TEST(Resolve, custom_with_a_value_of_one_s_own) {
  Apart world;
  ResolveOutcome outcome = world.resolve({Choice::custom, {}});
  ASSERT_TRUE(std::holds_alternative<ChoiceRefused>(outcome));
  EXPECT_NE(std::get<ChoiceRefused>(outcome).message.find("schedule_cron"), std::string::npos);
  outcome = world.resolve({Choice::custom, {{Field::schedule_cron, Value(text("0 9 * * *"))}}});
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
  EXPECT_EQ(world.yaml_task(1)->text(Field::schedule_cron), "0 9 * * *");
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 9 * * *");
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "failed");
  world.expect_in_step();
}

TEST(Resolve, keep_both_gives_the_yaml_s_task_a_free_id) {
  World world;
  world.write_tasks("  # mine\n" + task_yaml(7, "yaml_s") + task_yaml(8, "same"));
  Task row = task(7, "row_s");
  world.database->put(row);
  world.database->put(task(8, "same"));
  ASSERT_EQ(world.sync().conflicts.size(), 1U);
  ResolveOutcome outcome =
      world.engine()->resolve({world.engine()->conflicts({}).at(0).number, {Choice::keep_both, {}}, {}});
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
  EXPECT_EQ(std::get<ResolveDone>(outcome).new_task_id, 9);
  EXPECT_EQ(world.yaml_task(9)->text(Field::skill_name), "yaml_s");
  EXPECT_EQ(world.yaml_task(7)->text(Field::skill_name), "row_s");
  EXPECT_EQ(world.database->task(9)->text(Field::skill_name), "yaml_s");
  world.expect_in_step();
}

// What a resolution is not about must not pass for compared: the next sync would not look at it again.
TEST(Resolve, leaves_an_edit_of_another_task_to_the_next_sync) {
  Apart world;
  world.replace("skill_name: report", "skill_name: edited");
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(world.resolve({Choice::keep_yaml})));
  EXPECT_EQ(world.sync().database.updated, 1U);
  EXPECT_EQ(world.database->task(2)->text(Field::skill_name), "edited");
  world.expect_still();
}

TEST(Undo, leaves_an_edit_of_another_task_to_the_next_sync) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.change_row(1, Field::status, text("failed"));
  const std::int64_t run = world.sync().run_id.value();
  world.replace("skill_name: report", "skill_name: edited");
  ASSERT_TRUE(std::holds_alternative<SyncResult>(world.engine()->undo(run)));
  EXPECT_EQ(world.sync().database.updated, 1U);
  EXPECT_EQ(world.database->task(2)->text(Field::skill_name), "edited");
  world.expect_still();
}

TEST(Resolve, of_what_moved_on_is_refused_with_the_current_state) {
  Apart world;
  world.replace("0 3 * * *", "0 5 * * *");
  ResolveOutcome outcome = world.resolve({Choice::keep_yaml, {}}, 1);
  ASSERT_TRUE(std::holds_alternative<ConflictMoved>(outcome));
  EXPECT_EQ(std::get<ConflictMoved>(outcome).current.version, 2);
  EXPECT_EQ(std::get<ConflictMoved>(outcome).current.yaml->text(Field::schedule_cron), "0 5 * * *");
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 4 * * *");
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(world.resolve({Choice::keep_yaml, {}}, 2)));
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 5 * * *");
}

TEST(Resolve, deletion_against_change) {
  for (const Choice choice : {Choice::keep_yaml, Choice::keep_db, Choice::merge}) {
    World world;
    world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
    world.sync();
    world.database->erase(1);
    world.replace("backup", "backup_all");
    ASSERT_EQ(world.sync().conflicts.size(), 1U);
    ResolveOutcome outcome = world.engine()->resolve({world.engine()->conflicts({}).at(0).number, {choice, {}}, {}});
    if (choice == Choice::merge) {
      ASSERT_TRUE(std::holds_alternative<ChoiceRefused>(outcome));
      EXPECT_NE(std::get<ChoiceRefused>(outcome).message.find("keep_yaml"), std::string::npos);
      continue;
    }
    ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
    EXPECT_EQ(world.database->task(1).has_value(), choice == Choice::keep_yaml);
    EXPECT_EQ(world.yaml_task(1).has_value(), choice == Choice::keep_yaml);
    world.expect_in_step();
  }
}

TEST(Resolve, for_another_replica_waits_for_the_process_that_can_write_its_file) {
  Apart world;
  const std::int64_t number = world.conflict().number;
  Settings mine = world.settings;
  world.settings.replica = "elsewhere";
  world.settings.replica_configured = true;
  world.settings.yaml = (world.folder() / "elsewhere.yml").string();
  ResolveOutcome outcome = world.engine()->resolve({number, {Choice::keep_db, {}}, 1});
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
  EXPECT_TRUE(std::get<ResolveDone>(outcome).stored);
  world.settings = mine;
  EXPECT_EQ(world.yaml_task(1)->text(Field::schedule_cron), "0 3 * * *");
  world.sync();
  EXPECT_EQ(world.yaml_task(1)->text(Field::schedule_cron), "0 4 * * *");
  world.expect_in_step();
}

TEST(Force, decides_by_the_newer_side_and_history_keeps_what_lost) {
  Apart world;
  const SyncResult result = world.sync({.direction = Direction::yaml_to_db, .force = true});
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
  world.sync();
  world.expect_in_step();
  ASSERT_TRUE(std::holds_alternative<SyncResult>(world.engine()->undo(*result.run_id)));
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 4 * * *");
  world.expect_in_step();
}

// A run that renamed task 1 from backup to restore, and its undo, stored by a process that has another file.
void undo_asked_for_from_another_host(World& world) {
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.change_row(1, Field::skill_name, std::string("restore"));
  const std::int64_t run = *world.sync().run_id;
  const Settings mine = world.settings;
  world.settings.replica = "elsewhere";
  world.settings.replica_configured = true;
  world.settings.yaml = (world.folder() / "elsewhere.yml").string();
  const UndoOutcome asked = world.engine()->undo(run);
  ASSERT_TRUE(std::holds_alternative<UndoStored>(asked));
  EXPECT_EQ(std::get<UndoStored>(asked).replica, mine.replica);
  world.settings = mine;
}

TEST(Undo, of_another_replica_waits_for_the_process_that_can_write_its_file) {
  World world;
  undo_asked_for_from_another_host(world);
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "restore");
  world.sync();
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "backup");
  EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "backup");
  world.expect_in_step();
}

TEST(Undo, of_another_replica_that_can_no_longer_be_done_is_dropped_and_said) {
  World world;
  undo_asked_for_from_another_host(world);
  world.change_row(1, Field::skill_name, std::string("third"));
  const SyncResult result = world.sync();
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "third");
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings.front().message.find("changed since"), std::string::npos);
  EXPECT_TRUE(world.sync().warnings.empty()) << "said once";
}

TEST(Undo, takes_a_run_back_on_both_sides) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + "  # of the week\n" + task_yaml(2, "report"));
  world.sync();
  world.database->put_column(2, "team", "blue");
  const std::string before = world.read();
  world.database->erase(2);
  world.change_row(1, Field::status, text("failed"));
  const SyncResult run = world.sync();
  EXPECT_EQ(run.yaml, (SideCounts{0, 1, 1}));
  UndoOutcome outcome = world.engine()->undo(*run.run_id);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome));
  EXPECT_EQ(world.read(), before);
  EXPECT_EQ(world.database->task(1)->text(Field::status), "pending");
  EXPECT_TRUE(world.database->task(2));
  world.expect_in_step();
}

TEST(Undo, restores_columns_that_lockstep_does_not_know) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.database->put_column(2, "team", "blue");
  world.write_tasks(task_yaml(1, "backup"));
  const SyncResult run = world.sync();
  EXPECT_EQ(run.database.deleted, 1U);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(world.engine()->undo(*run.run_id)));
  EXPECT_EQ(world.database->column(2, "team"), "blue");
  EXPECT_TRUE(world.yaml_task(2));
  world.expect_in_step();
}

TEST(Undo, refuses_what_changed_since_and_names_it) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.change_row(1, Field::status, text("failed"));
  world.change_row(2, Field::status, text("failed"));
  const SyncResult run = world.sync();
  world.change_row(2, Field::status, text("running"));
  UndoOutcome outcome = world.engine()->undo(*run.run_id);
  ASSERT_TRUE(std::holds_alternative<UndoRefused>(outcome));
  ASSERT_EQ(std::get<UndoRefused>(outcome).changed.size(), 1U);
  EXPECT_EQ(std::get<UndoRefused>(outcome).changed[0], (std::pair<std::int64_t, Side>(2, Side::database)));
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "failed");
  EXPECT_TRUE(std::holds_alternative<RunUnknown>(world.engine()->undo(4711)));
}

TEST(Undo, of_an_undo_brings_it_back) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.change_row(1, Field::status, text("failed"));
  const SyncResult run = world.sync();
  auto undone = world.engine()->undo(*run.run_id);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(undone));
  ASSERT_TRUE(std::holds_alternative<SyncResult>(world.engine()->undo(*std::get<SyncResult>(undone).run_id)));
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "failed");
  EXPECT_EQ(world.database->task(1)->text(Field::status), "failed");
  world.expect_in_step();
}

TEST(Restore, is_an_edit_of_the_yaml_like_any_other) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.change_row(1, Field::status, text("failed"));
  world.sync();
  ASSERT_EQ(world.engine()->backups().size(), 1U);
  World::done(world.engine()->restore(world.engine()->backups().front()));
  EXPECT_EQ(world.database->task(1)->text(Field::status), "pending");
  world.expect_in_step();
  EXPECT_THROW((void)world.engine()->restore(world.settings.yaml + ".bak.77"), Error);
}

}  // namespace
}  // namespace lockstep
