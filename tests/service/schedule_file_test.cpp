#include "lockstep/schedule_file.hpp"

#include "file/posix_file_system.hpp"
#include "file/safe_file.hpp"
#include "service/service_world.hpp"

namespace lockstep {
namespace {

using testing::member;
using testing::ServiceWorld;
using testing::task_yaml;

constexpr const char* kSchedule =
    "# the schedule\n"
    "version: 3\n"
    "metadata:\n  last_sync: \"2026-11-22T08:00:00Z\"   # by hand\n  sync_source: yaml\n"
    "owners: [ops, {name: dev}]\n"
    "tasks:\n"
    "  - id: 1\n    skill_name: backup   # nightly\n    schedule_cron: \"0 2 * * *\"\n    next_run_at: 2026-11-23T02:00:00Z\n"
    "    colour: red\n"
    "  # the weekly one\n"
    "  - id: 2\n    skill_name: report\n    schedule_cron: \"0 3 * * 0\"\n    next_run_at: 2026-11-23T03:00:00Z\n";

class ScheduleFileTest : public ::testing::Test {
 protected:
  ScheduleFileTest() { world.write(kSchedule); }

  Json read() { return parse_json(file.read()).value; }
  static Json& task(Json& document, std::size_t index) {
    for (auto& [key, value] : document.members)
      if (key == "tasks") return value.items.at(index);
    throw std::runtime_error("no tasks");
  }
  bool write(const Json& document, bool backup = true) { return file.write(write_json(document), backup); }
  bool exists(const std::string& suffix) const { return std::filesystem::exists(world.settings.yaml + suffix); }

  ServiceWorld world;
  ScheduleFile file{world.settings.yaml};
};

TEST_F(ScheduleFileTest, reads_tasks_and_what_stands_beside_them) {
  const std::string json = file.read();
  EXPECT_EQ(member(json, "version"), "3");
  EXPECT_EQ(member(json, "owners.1.name"), "dev");
  EXPECT_EQ(member(json, "metadata.sync_source"), "yaml");
  EXPECT_EQ(member(json, "tasks.0.skill_name"), "backup");
  EXPECT_EQ(member(json, "tasks.0.status"), "pending") << "defaults are filled in";
  EXPECT_EQ(member(json, "tasks.1.id"), "2");
}

TEST_F(ScheduleFileTest, what_was_read_is_written_back_as_nothing) {
  EXPECT_FALSE(write(read()));
  EXPECT_EQ(world.read(), kSchedule);
  EXPECT_FALSE(exists(".bak"));
}

TEST_F(ScheduleFileTest, only_what_differs_changes) {
  Json document = read();
  task(document, 0).set("skill_name", Json::string("restore"));
  EXPECT_TRUE(write(document));
  std::string expected = kSchedule;
  expected.replace(expected.find("backup"), 6, "restore");
  EXPECT_EQ(world.read(), expected);
  EXPECT_TRUE(exists(".bak"));
}

TEST_F(ScheduleFileTest, tasks_come_and_go) {
  Json document = read();
  Json added = task(document, 1);
  added.set("id", Json::number(7));
  task(document, 1) = added;
  EXPECT_TRUE(write(document));
  const std::string json = file.read();
  EXPECT_EQ(member(json, "tasks.1.id"), "7");
  EXPECT_EQ(member(json, "tasks.2"), "(absent)");
  EXPECT_EQ(world.read().find("weekly"), std::string::npos) << "a removed task takes its comment along";
}

TEST_F(ScheduleFileTest, a_field_that_is_left_out_stays) {
  EXPECT_TRUE(file.write(R"({"tasks":[{"id":1,"status":"disabled"},{"id":2}]})"));
  EXPECT_NE(world.read().find("status: disabled"), std::string::npos);
  EXPECT_NE(world.read().find("colour: red"), std::string::npos);
  EXPECT_NE(world.read().find("version: 3"), std::string::npos);
}

TEST_F(ScheduleFileTest, metadata_of_the_last_sync_can_be_written) {
  Json document = read();
  Json metadata = *document.find("metadata");
  metadata.set("sync_source", Json::string("database"));
  document.set("metadata", metadata);
  EXPECT_TRUE(write(document));
  EXPECT_NE(world.read().find("sync_source: database"), std::string::npos);
  EXPECT_NE(world.read().find("# by hand"), std::string::npos);
}

TEST_F(ScheduleFileTest, other_keys_cannot_and_nothing_is_written) {
  Json document = read();
  document.set("version", Json::number(4));
  task(document, 0).set("skill_name", Json::string("restore"));
  EXPECT_THROW(write(document), InvalidSchedule);
  EXPECT_EQ(world.read(), kSchedule);
}

TEST_F(ScheduleFileTest, every_error_is_named_at_once) {
  try {
    file.write(R"({"tasks":[{"id":1,"schedule_cron":"often","colour":"blue"},{"id":3},{"skill_name":"x"}]})");
    FAIL();
  } catch (const InvalidSchedule& error) {
    EXPECT_NE(error.errors().find("schedule_cron"), std::string::npos) << error.errors();
    EXPECT_NE(error.errors().find("colour"), std::string::npos);
    EXPECT_NE(error.errors().find("needs an id"), std::string::npos);
  }
  EXPECT_THROW(file.write("tasks"), InvalidSchedule);
  EXPECT_THROW(file.write("{}"), InvalidSchedule);
  EXPECT_THROW(file.write(R"({"tasks":[{"id":1},{"id":1}]})"), InvalidSchedule);
  EXPECT_EQ(world.read(), kSchedule);
}

TEST_F(ScheduleFileTest, an_invalid_file_is_neither_read_nor_written) {
  world.write("tasks:\n  - id: 1\n");
  EXPECT_THROW(file.read(), InvalidSchedule);
  EXPECT_THROW(file.write(R"({"tasks":[]})"), InvalidSchedule);
  EXPECT_EQ(member(file.metadata(), "valid"), "false");
  EXPECT_EQ(member(file.metadata(), "tasks"), "null");
}

TEST_F(ScheduleFileTest, a_missing_file_has_no_tasks_and_is_made) {
  std::filesystem::remove(world.settings.yaml);
  EXPECT_EQ(member(file.metadata(), "exists"), "false");
  EXPECT_EQ(member(file.read(), "tasks"), "[]");
  EXPECT_TRUE(file.write(R"({"version":3,"tasks":[{"id":1,"skill_name":"a","schedule_cron":"@daily","next_run_at":"2026-11-23T02:00:00Z"}]})"));
  EXPECT_EQ(member(file.read(), "version"), "3");
  EXPECT_EQ(member(file.read(), "tasks.0.skill_name"), "a");
}

TEST_F(ScheduleFileTest, backups_grow_only_when_wanted) {
  for (const char* status : {"running", "failed"})
    file.write(std::string(R"({"tasks":[{"id":1,"status":")") + status + R"("},{"id":2}]})");
  EXPECT_TRUE(exists(".bak.1"));
  EXPECT_TRUE(file.write(R"({"tasks":[{"id":1,"status":"completed"},{"id":2}]})", false));
  EXPECT_FALSE(exists(".bak.2"));
  std::ifstream newest(world.settings.yaml + ".bak");
  EXPECT_NE(std::string(std::istreambuf_iterator<char>(newest), {}).find("failed"), std::string::npos);
}

TEST_F(ScheduleFileTest, what_others_wrote_since_it_was_read_stays) {
  Json document = read();
  ScheduleFile other(world.settings.yaml);
  other.write(R"({"tasks":[{"id":1,"status":"running"},{"id":9,"skill_name":"theirs","schedule_cron":"@daily","next_run_at":"2026-11-23T02:00:00Z"}]})");
  task(document, 0).set("skill_name", Json::string("restore"));
  EXPECT_TRUE(write(document));
  const std::string json = file.read();
  EXPECT_EQ(member(json, "tasks.0.skill_name"), "restore");
  EXPECT_EQ(member(json, "tasks.0.status"), "running");
  EXPECT_EQ(member(json, "tasks.1.id"), "9") << "added by them; 2 was removed by them and not touched here";
  EXPECT_EQ(member(json, "tasks.2"), "(absent)");
}

TEST_F(ScheduleFileTest, a_task_that_others_removed_comes_back_if_it_was_changed) {
  Json document = read();
  ScheduleFile(world.settings.yaml).write(R"({"tasks":[{"id":1}]})");
  task(document, 1).set("skill_name", Json::string("weekly"));
  EXPECT_TRUE(write(document));
  EXPECT_EQ(member(file.read(), "tasks.1.skill_name"), "weekly");
}

TEST_F(ScheduleFileTest, a_lock_that_is_not_free_in_time_is_said) {
  PosixFileSystem files;
  SafeFile other(files, world.settings.yaml);
  const auto lock = other.lock();
  ScheduleFile impatient(world.settings.yaml, {.lock_timeout = std::chrono::milliseconds(50)});
  try {
    impatient.write(R"({"tasks":[]})");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::locked);
    EXPECT_TRUE(error.retryable());
  }
}

TEST_F(ScheduleFileTest, the_next_sync_takes_it_for_an_edit_of_the_file) {
  SyncEngine engine(world.sides());
  engine.sync();
  file.write(R"({"tasks":[{"id":1,"status":"disabled"},{"id":2}]})");
  EXPECT_EQ(member(engine.sync().json, "database.updated"), "1");
  EXPECT_EQ(world.sql("SELECT status FROM scheduled_tasks WHERE id = 1"), "disabled");
}

}  // namespace
}  // namespace lockstep
