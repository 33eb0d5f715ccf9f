#include "engine/world.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;
using testing::World;

std::string text(const char* s) { return s; }

TEST(Sync, first_sync_inserts_into_the_database_and_leaves_the_file_alone) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + "\n  # weekly\n" + task_yaml(2, "report"));
  const std::string before = world.read();
  const SyncResult result = world.sync();
  EXPECT_EQ(result.database, (SideCounts{2, 0, 0}));
  EXPECT_EQ(result.yaml, SideCounts{});
  EXPECT_TRUE(result.run_id);
  EXPECT_EQ(world.read(), before);
  world.expect_in_step();
}

TEST(Sync, a_change_of_the_row_changes_one_line_of_the_file) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  std::string expected = world.read();
  world.change_row(2, Field::status, text("running"));
  const SyncResult result = world.sync();
  EXPECT_EQ(result.yaml, (SideCounts{0, 1, 0}));
  EXPECT_EQ(result.database, SideCounts{});
  expected.replace(expected.rfind("pending"), 7, "running");
  EXPECT_EQ(world.read(), expected);
  EXPECT_TRUE(std::filesystem::exists(world.settings.yaml + ".bak"));
  world.expect_in_step();
}

TEST(Sync, a_change_of_the_file_changes_the_row) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.replace("report", "weekly_report");
  EXPECT_EQ(world.sync().database, (SideCounts{0, 1, 0}));
  EXPECT_EQ(world.database->task(2)->text(Field::skill_name), "weekly_report");
  world.expect_in_step();
}

TEST(Sync, rows_and_tasks_come_and_go_on_both_sides) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report") + task_yaml(3, "check"));
  world.sync();
  world.database->erase(1);
  world.database->put(task(9, "from_the_application"));
  std::string tasks = world.read();
  world.write(tasks.erase(tasks.find("  - id: 3")) + task_yaml(4, "new"));
  const SyncResult result = world.sync();
  EXPECT_EQ(result.yaml, (SideCounts{1, 0, 1}));
  EXPECT_EQ(result.database, (SideCounts{1, 0, 1}));
  EXPECT_FALSE(world.yaml_task(1));
  EXPECT_TRUE(world.yaml_task(9));
  EXPECT_TRUE(world.database->task(4));
  EXPECT_FALSE(world.database->task(3));
  world.expect_in_step();
}

TEST(Sync, changes_of_different_fields_merge) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.replace("0 2 * * *", "0 3 * * *");
  world.change_row(1, Field::status, text("failed"));
  const SyncResult result = world.sync();
  EXPECT_EQ(result.merged, 1U);
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "failed");
  world.expect_in_step();
}

TEST(Sync, the_yaml_s_updated_at_follows_where_it_is_there) {
  World world;
  world.write_tasks(task_yaml(1, "backup", "    updated_at: 2026-01-01T00:00:00Z\n") + task_yaml(2, "report"));
  world.sync();
  world.change_row(1, Field::status, text("failed"));
  world.change_row(2, Field::status, text("failed"));
  world.sync();
  EXPECT_GT(*world.yaml_task(1)->instant(Field::updated_at), *parse_timestamp("2026-11-22"));
  EXPECT_FALSE(world.yaml_task(2)->instant(Field::updated_at));
  world.expect_in_step();
}

TEST(Sync, an_invalid_file_stops_everything) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.replace("0 2 * * *", "0 2 * *");
  world.change_row(2, Field::status, text("failed"));
  const SyncOutcome outcome = world.engine()->sync({});
  ASSERT_TRUE(std::holds_alternative<InvalidYaml>(outcome));
  EXPECT_EQ(std::get<InvalidYaml>(outcome).diagnostics.front().task_id, 1);
  EXPECT_EQ(world.database->task(1)->text(Field::schedule_cron), "0 2 * * *");
  world.replace("0 2 * *\"", "0 2 * * *\"");
  world.sync();
  world.expect_in_step();
}

TEST(Sync, a_missing_or_empty_file_never_means_that_all_was_deleted) {
  for (const std::string content : {"", "# nothing\n", "tasks:\n", "other: 1\n", "missing"}) {
    World world;
    world.write_tasks(task_yaml(1, "backup"));
    world.sync();
    if (content == "missing")
      std::filesystem::remove(world.settings.yaml);
    else
      world.write(content);
    EXPECT_TRUE(std::holds_alternative<InvalidYaml>(world.engine()->sync({}))) << content;
    EXPECT_TRUE(world.database->task(1)) << content;
  }
}

TEST(Sync, a_replica_that_was_never_synced_may_start_from_nothing) {
  for (const std::string content : {"", "# nothing yet\n", "missing"}) {
    World world;
    if (content != "missing") world.write(content);
    world.database->put(task(1, "from_the_application"));
    EXPECT_EQ(world.sync().yaml, (SideCounts{1, 0, 0})) << content;
    EXPECT_TRUE(world.yaml_task(1)) << world.read();
    if (content != "missing") {
      EXPECT_EQ(world.read().find(content), 0U) << world.read();
    }
    world.expect_in_step();
  }
}

TEST(Sync, an_empty_list_says_that_there_are_none) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.write("tasks: []\n");
  EXPECT_EQ(world.sync().database, (SideCounts{0, 0, 1}));
  EXPECT_TRUE(world.database->tasks().empty());
}

TEST(Sync, the_guard_stops_a_mass_deletion_and_can_be_lifted) {
  World world;
  std::string tasks;
  for (int i = 1; i <= 10; ++i) tasks += task_yaml(i, "job");
  world.write_tasks(tasks);
  world.sync();
  world.write_tasks(task_yaml(1, "job"));
  SyncOutcome outcome = world.engine()->sync({});
  ASSERT_TRUE(std::holds_alternative<GuardStopped>(outcome));
  EXPECT_EQ(std::get<GuardStopped>(outcome).guard.would_delete, 9U);
  EXPECT_EQ(std::get<GuardStopped>(outcome).guard.of, 10U);
  EXPECT_EQ(world.database->tasks().size(), 10U);
  EXPECT_EQ(world.engine()->history({}).front().status, "guard");
  const std::size_t runs = world.engine()->history({}).size();
  (void)world.engine()->sync({});
  EXPECT_EQ(world.engine()->history({}).size(), runs) << "the same refusal again is not news";
  EXPECT_EQ(world.sync({.max_delete_percent = 100}).database.deleted, 9U);
  world.expect_in_step();
}

TEST(Sync, a_row_that_breaks_the_rules_blocks_only_itself) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.database->put_column(1, "schedule_cron", "whenever");
  world.replace("backup", "backup_all");
  world.change_row(2, Field::status, text("failed"));
  const SyncResult result = world.sync();
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_EQ(result.warnings.front().task_id, 1);
  EXPECT_EQ(result.yaml.updated, 1U);
  EXPECT_EQ(world.yaml_task(1)->text(Field::schedule_cron), "0 2 * * *");
  EXPECT_EQ(world.database->column(1, "schedule_cron"), "whenever");
  world.database->put_column(1, "schedule_cron", "0 2 * * *");
  world.sync();
  EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "backup_all");
  world.expect_in_step();
}

TEST(Sync, what_the_database_refuses_waits_and_the_rest_is_synced) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.database->refuse_removal(1);
  world.write_tasks(task_yaml(2, "weekly_report"));
  const SyncResult result = world.sync();
  EXPECT_EQ(result.database, (SideCounts{0, 1, 0}));
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_EQ(result.warnings.front().task_id, 1);
  EXPECT_TRUE(world.database->task(1));
  world.database->refuse_removal(1, false);
  EXPECT_EQ(world.sync().database.deleted, 1U);
  world.expect_in_step();
}

TEST(Sync, fields_without_a_column_are_not_synced_but_named) {
  World world;
  world.database->make_task_table({Field::skill_name, Field::schedule_cron, Field::next_run_at});
  world.write_tasks(task_yaml(1, "backup", "    user_id: ops\n"));
  const SyncResult result = world.sync();
  EXPECT_EQ(result.database.inserted, 1U);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings.front().message.find("user_id"), std::string::npos);
  world.expect_still();
  world.change_row(1, Field::skill_name, text("backup_all"));
  world.sync();
  EXPECT_EQ(world.yaml_task(1)->text(Field::user_id), "ops");
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "backup_all");
}

TEST(Sync, owners_carry_their_value_whatever_happened) {
  World world;
  world.settings.owners[static_cast<std::size_t>(Field::status)] = Owner::database;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  world.replace("status: pending", "status: failed");
  world.change_row(1, Field::status, text("running"));
  const SyncResult result = world.sync();
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "running");
  world.expect_in_step();
}

TEST(Sync, a_plan_changes_nothing_and_says_what_a_sync_then_does) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  PlanOutcome outcome = world.engine()->plan({});
  ASSERT_TRUE(std::holds_alternative<PlanReport>(outcome));
  EXPECT_EQ(std::get<PlanReport>(outcome).result.database.inserted, 1U);
  EXPECT_FALSE(std::get<PlanReport>(outcome).result.run_id);
  EXPECT_TRUE(world.database->tasks().empty());
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(world.folder())) entries += entry.exists();
  EXPECT_EQ(entries, 1U) << "a plan leaves no lock file and no backup";
  world.sync();
  outcome = world.engine()->plan({});
  EXPECT_TRUE(std::get<PlanReport>(outcome).tasks.empty());
}

TEST(Sync, one_way_syncs_write_their_target_only) {
  World world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  world.database->put(task(7, "row"));
  world.replace("report", "weekly");
  SyncResult result = world.sync({.direction = Direction::yaml_to_db});
  EXPECT_EQ(result.database.updated, 1U);
  EXPECT_FALSE(world.yaml_task(7));
  world.change_row(1, Field::status, text("failed"));
  result = world.sync({.direction = Direction::yaml_to_db});
  ASSERT_EQ(result.conflicts.size(), 1U);
  EXPECT_EQ(to_string(result.conflicts.front().reason), "Database updated more recently than YAML");
  result = world.sync({.direction = Direction::db_to_yaml});
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(result.yaml, (SideCounts{1, 1, 0}));
  EXPECT_TRUE(world.engine()->conflicts({}).empty()) << "reconciled, so superseded";
  world.expect_in_step();
}

TEST(Sync, the_default_replica_belongs_to_one_file) {
  World world;
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  const std::string owner = world.settings.yaml;
  world.settings.yaml = (world.folder() / "other.yml").string();
  world.write_tasks(task_yaml(2, "elsewhere"));
  try {
    (void)world.engine()->sync({});
    FAIL() << "another file took the replica";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("--adopt-replica"), std::string::npos);
  }
  EXPECT_TRUE(world.database->task(1));
  std::filesystem::copy_file(owner, world.settings.yaml, std::filesystem::copy_options::overwrite_existing);
  world.sync();  // the same content at a new place makes that place the owner
  world.replace("backup", "backup_all");
  world.sync();
  EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "backup_all");
  world.settings.yaml = owner;
  EXPECT_THROW((void)world.engine()->sync({}), Error);
  world.engine()->adopt_replica();
  world.sync();
}

// Two checkouts, each synced from within: the same relative path is not the same file.
TEST(Sync, the_default_replica_is_guarded_by_absolute_paths) {
  World world;
  const std::filesystem::path home = std::filesystem::current_path();
  std::filesystem::create_directories(world.folder() / "a");
  std::filesystem::create_directories(world.folder() / "b");
  world.settings.yaml = "schedule.yml";
  std::filesystem::current_path(world.folder() / "a");
  world.write_tasks(task_yaml(1, "backup"));
  world.sync();
  std::filesystem::current_path(world.folder() / "b");
  world.write_tasks(task_yaml(2, "elsewhere"));
  EXPECT_THROW((void)world.engine()->sync({}), Error);
  std::filesystem::current_path(world.folder());
  world.settings.yaml = "a/schedule.yml";
  world.replace("backup", "backup_all");
  world.sync();
  EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "backup_all");
  EXPECT_FALSE(world.database->task(2));
  std::filesystem::current_path(home);
}

TEST(Sync, metadata_is_brought_up_to_date_with_other_writes_only) {
  World world;
  world.write("metadata:\n  last_sync: null\n  sync_source: null\ntasks:\n" + task_yaml(1, "backup"));
  world.sync({.trigger = Trigger::cron});
  EXPECT_NE(world.read().find("last_sync: null"), std::string::npos);
  world.change_row(1, Field::status, text("failed"));
  world.sync({.trigger = Trigger::cron});
  EXPECT_EQ(world.read().find("last_sync: null"), std::string::npos);
  EXPECT_NE(world.read().find("sync_source: database"), std::string::npos) << world.read();
  world.expect_in_step();
}

TEST(Sync, many_replicas_converge_through_the_database) {
  World world;
  world.settings.replica_configured = true;
  world.settings.replica = "a";
  const std::string a = world.settings.yaml;
  const std::string b = (world.folder() / "b.yml").string();
  const auto use = [&](const std::string& name) {
    world.settings.replica = name;
    world.settings.yaml = name == "a" ? a : b;
  };
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.sync();
  use("b");
  world.write("tasks: []\n");
  world.sync();
  EXPECT_TRUE(world.yaml_task(2));
  std::string tasks = world.read();
  const ReadResult read = Document::read(tasks, {});
  const std::string_view gone = read.document->task_text(2);
  world.write(tasks.replace(tasks.find(gone), gone.size(), ""));
  world.sync();
  EXPECT_FALSE(world.database->task(2));
  use("a");
  world.sync();
  EXPECT_FALSE(world.yaml_task(2));
  world.expect_in_step();
}

}  // namespace
}  // namespace lockstep
