// Two people save the file within one sync: neither save is lost, whatever they changed.
#include "engine/machine.hpp"

namespace lockstep {
namespace {

using testing::kFile;
using testing::Machine;
using testing::task_yaml;

void set_up(Machine& machine) {
  machine.disk.put(kFile, "tasks:\n" + task_yaml(1, "one") + task_yaml(2, "two") + task_yaml(3, "three"));
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  machine.change_row(1, Field::status, "running");
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  const auto at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old << " in\n" << text;
  return at == std::string::npos ? text : text.replace(at, old.size(), by);
}

// Saves by renaming, each an edit of what stands in the file at that moment, before those calls of a sync.
struct Saver {
  Machine& machine;
  std::vector<std::size_t> calls;
  std::vector<std::function<std::string(std::string)>> edits;
  std::size_t done = 0;

  SyncOutcome sync() {
    machine.disk.before_each([this, first = machine.disk.calls()](const auto& call) {
      if (done == edits.size() || call.number != first + calls[done]) return;
      machine.disk.save_by_rename(kFile, edits[done++](machine.disk.text(kFile).value()));
    });
    SyncOutcome outcome = machine.process()->sync({});
    machine.disk.before_each(nullptr);
    return outcome;
  }
};

std::size_t calls_of_a_sync() {
  Machine machine;
  set_up(machine);
  const auto before = machine.disk.calls();
  EXPECT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  return machine.disk.calls() - before;
}

std::size_t saved_aside(Machine& machine) {
  const auto names = machine.disk.names("/s");
  return static_cast<std::size_t>(std::ranges::count_if(names, [](const auto& name) { return name.find(".saved-") != std::string::npos; }));
}

TEST(Saves, two_at_any_two_moments_of_a_sync_are_both_in_the_file_and_in_the_database) {
  const std::size_t calls = calls_of_a_sync() + 25;
  for (std::size_t first = 1; first < calls; ++first) {
    for (std::size_t second = first + 1; second < std::min(calls, first + 12); ++second) {
      Machine machine;
      set_up(machine);
      Saver saver{machine, {first, second},
                  {[](const std::string& text) { return replaced(text, "name: two ", "name: two-a ") + "# first\n"; },
                   [](const std::string& text) { return replaced(text, "name: three ", "name: three-b ") + "# second\n"; }}};
      ASSERT_TRUE(std::holds_alternative<SyncResult>(saver.sync()));
      machine.expect_convergence();
      const auto text = machine.disk.text(kFile).value();
      const auto context = "saves before calls " + std::to_string(first) + " and " + std::to_string(second) + "\n" + text;
      if (saver.done >= 1) {
        EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "two-a") << context;
        EXPECT_NE(text.find("# first\n"), std::string::npos) << context;
      }
      if (saver.done == 2) {
        EXPECT_EQ(machine.database->task(3)->text(Field::skill_name), "three-b") << context;
        EXPECT_NE(text.find("# second\n"), std::string::npos) << context;
      }
      EXPECT_EQ(machine.yaml_task(1)->text(Field::status), "running") << context;
      EXPECT_EQ(saved_aside(machine), 0U) << context;
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// The call before which a first save is swapped out, and a second one is made over the run's text: found by trying.
std::optional<Conflict> meet(Machine& machine, std::size_t first, const std::function<std::string(std::string)>& edit_first,
                             const std::function<std::string(std::string)>& edit_second) {
  Saver saver{machine, {first, first + 2}, {edit_first, edit_second}};
  EXPECT_TRUE(std::holds_alternative<SyncResult>(saver.sync()));
  const auto pending = machine.process()->conflicts({});
  if (pending.empty()) return std::nullopt;
  return pending.front();
}

// A machine on which two saves of the status of task 2 have met: `failed` first, then `disabled`.
struct Met {
  std::unique_ptr<Machine> machine;
  Conflict conflict;
};
std::optional<Met> met() {
  const std::size_t calls = calls_of_a_sync() + 10;
  const auto second_status = [](std::string text, const std::string& by) {
    const auto task = text.find("- id: 2");
    const auto at = text.find("status: ", task) + 8;
    return text.replace(at, text.find('\n', at) - at, by);
  };
  for (std::size_t first = 1; first < calls; ++first) {
    auto machine = std::make_unique<Machine>();
    set_up(*machine);
    bool saw_first = false;
    auto conflict = meet(*machine, first, [&](const std::string& text) { return second_status(text, "failed"); },
                         [&](const std::string& text) {
                           saw_first = text.find("failed") != std::string::npos;
                           return second_status(text, "disabled");
                         });
    if (conflict && !saw_first) return Met{std::move(machine), std::move(*conflict)};
  }
  return std::nullopt;
}

TEST(Saves, that_clash_are_a_conflict_that_stays_until_it_is_decided) {
  auto found = met();
  ASSERT_TRUE(found) << "no two saves ever met";
  Machine& machine = *found->machine;
  EXPECT_EQ(to_string(found->conflict.finding.reason), "Two saves at the same moment");
  EXPECT_EQ(found->conflict.task_id, 2);
  EXPECT_EQ(found->conflict.finding.fields, FieldSet{Field::status});
  ASSERT_TRUE(found->conflict.yaml && found->conflict.database);
  EXPECT_EQ(found->conflict.yaml->text(Field::status), "disabled");
  EXPECT_EQ(found->conflict.database->text(Field::status), "failed");
  EXPECT_EQ(machine.yaml_task(2)->text(Field::status), "disabled");
  EXPECT_EQ(machine.database->task(2)->text(Field::status), "pending");
  EXPECT_EQ(machine.yaml_task(1)->text(Field::status), "running") << "the rest is carried";
  EXPECT_EQ(saved_aside(machine), 1U);
  for (int i = 0; i < 3; ++i) {
    const auto outcome = machine.process()->sync({});
    ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome));
    ASSERT_EQ(std::get<SyncResult>(outcome).conflicts.size(), 1U);
  }
  EXPECT_EQ(machine.process()->conflicts({}).front().version, found->conflict.version);
}

void expect_resolved(Resolution resolution, const std::string& status) {
  auto found = met();
  ASSERT_TRUE(found);
  const auto outcome = found->machine->process()->resolve({.number = found->conflict.number, .resolution = std::move(resolution)});
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome)) << outcome.index();
  found->machine->expect_convergence();
  EXPECT_EQ(found->machine->yaml_task(2)->text(Field::status), status);
  EXPECT_EQ(found->machine->database->task(2)->text(Field::status), status);
  EXPECT_TRUE(found->machine->process()->conflicts({}).empty());
}

TEST(Saves, keep_yaml_takes_the_one_that_stands) { expect_resolved({.choice = Choice::keep_yaml}, "disabled"); }
TEST(Saves, keep_db_writes_the_other_one_to_both_sides) { expect_resolved({.choice = Choice::keep_db}, "failed"); }
TEST(Saves, merge_takes_the_schemas_side) { expect_resolved({.choice = Choice::merge}, "failed"); }
TEST(Saves, custom_takes_what_is_named) {
  expect_resolved({.choice = Choice::custom, .fields = {{Field::status, Value(std::string("completed"))}}}, "completed");
}

TEST(Saves, a_person_who_writes_what_the_other_one_said_closes_the_conflict) {
  auto found = met();
  ASSERT_TRUE(found);
  found->machine->edit("status: disabled", "status: failed");
  found->machine->expect_convergence();
  EXPECT_EQ(found->machine->database->task(2)->text(Field::status), "failed");
}

}  // namespace
}  // namespace lockstep
