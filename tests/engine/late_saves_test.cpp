// What is written into `.bak`: the late save of an editor who had the file open, and everything else, which is nobody's edit.
#include "engine/machine.hpp"

namespace lockstep {
namespace {

using testing::kFile;
using testing::Machine;
using testing::task_yaml;

const std::string kBackup = std::string(kFile) + ".bak";

// After a run that wrote the file: what it replaced stands in `.bak`.
void set_up(Machine& machine, bool leases) {
  machine.disk.able.read_leases = leases;
  machine.disk.put(kFile, "tasks:\n" + task_yaml(1, "one") + task_yaml(2, "two"));
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  machine.change_row(1, Field::status, "running");
  // The run's time is the disk's, so that what follows is late by moments.
  machine.now = Timestamp{1'700'000'000'000'000};
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  ASSERT_TRUE(machine.disk.text(kBackup));
}

std::vector<std::string> warnings_of(const SyncOutcome& outcome) {
  std::vector<std::string> all;
  if (const auto* result = std::get_if<SyncResult>(&outcome))
    for (const Warning& warning : result->warnings) all.push_back(warning.message);
  return all;
}

TEST(LateSaves, of_an_editor_who_had_the_file_open_is_an_edit_where_there_are_no_leases) {
  Machine machine;
  set_up(machine, false);
  std::string late = machine.disk.text(kBackup).value();
  late.replace(late.find("name: two"), 9, "name: late");
  machine.disk.save_in_place(kBackup, late);
  const auto warnings = warnings_of(machine.process()->sync({}));
  EXPECT_TRUE(std::ranges::any_of(warnings, [](const auto& text) { return text.find(".bak") != std::string::npos; }));
  EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "late");
  EXPECT_EQ(machine.yaml_task(1)->text(Field::status), "running") << "what the run had carried stays carried";
  machine.expect_convergence();
}

TEST(LateSaves, what_is_copied_over_the_backup_is_nobodys_edit_where_leases_tell) {
  for (const std::string text : {std::string(), std::string("tasks: []\n"), "tasks:\n" + task_yaml(1, "older")}) {
    Machine machine;
    set_up(machine, true);
    const auto before = machine.disk.text(kFile);
    machine.disk.save_in_place(kBackup, text);
    EXPECT_TRUE(warnings_of(machine.process()->sync({})).empty());
    EXPECT_EQ(machine.disk.text(kFile), before);
    EXPECT_EQ(machine.database->tasks().size(), 2U);
    EXPECT_EQ(machine.disk.text(kBackup), text);
  }
}

TEST(LateSaves, an_empty_or_broken_backup_is_never_one) {
  for (const std::string text : {"", "tasks:\n  - id: [\n", "# nothing\n"}) {
    Machine machine;
    set_up(machine, false);
    const auto before = machine.disk.text(kFile);
    machine.disk.save_in_place(kBackup, text);
    (void)machine.process()->sync({});
    EXPECT_EQ(machine.disk.text(kFile), before) << text;
    EXPECT_EQ(machine.database->tasks().size(), 2U);
  }
}

TEST(LateSaves, long_after_the_run_it_is_somebodys_own_file_and_kept) {
  Machine machine;
  set_up(machine, false);
  machine.disk.wait(std::chrono::seconds(60));
  machine.disk.save_in_place(kBackup, "tasks:\n" + task_yaml(1, "older"));
  const auto before = machine.disk.text(kFile);
  (void)machine.process()->sync({});
  EXPECT_EQ(machine.disk.text(kFile), before);
  machine.change_row(2, Field::status, "failed");
  (void)machine.process()->sync({});
  EXPECT_EQ(machine.disk.text(kBackup + ".orig"), "tasks:\n" + task_yaml(1, "older"));
  EXPECT_EQ(machine.disk.text(kBackup), before);
}

TEST(LateSaves, meets_a_save_of_the_file_and_both_are_kept) {
  Machine machine;
  set_up(machine, false);
  std::string late = machine.disk.text(kBackup).value();
  late.replace(late.find("name: two"), 9, "name: late");
  machine.disk.save_in_place(kBackup, late);
  machine.edit("name: one", "name: first");
  (void)machine.process()->sync({});
  machine.expect_convergence();
  EXPECT_EQ(machine.database->task(1)->text(Field::skill_name), "first");
  EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "late");
  EXPECT_EQ(machine.database->task(1)->text(Field::status), "running");
}

}  // namespace
}  // namespace lockstep
