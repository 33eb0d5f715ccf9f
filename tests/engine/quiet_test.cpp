// Deletions wait for quiet: a file that grows piece by piece is a valid, shorter schedule in between.
#include "engine/machine.hpp"

namespace lockstep {
namespace {

using testing::kFile;
using testing::Machine;
using testing::task_yaml;

struct Growing : Machine {
  Growing() {
    settings.settle_deletions = std::chrono::milliseconds(1000);
    settings.lock_timeout = std::chrono::milliseconds(5000);
    now = Timestamp{1'700'000'000'000'000};  // the disk's
    clock_step = 10;
    std::string tasks = "tasks:\n";
    for (int i = 1; i <= 20; ++i) tasks += task_yaml(i, "job-" + std::to_string(i));
    disk.put(kFile, tasks);
    EXPECT_TRUE(std::holds_alternative<SyncResult>(process()->sync({})));
    whole = tasks;
  }
  std::string whole;
};

// A program writes a task, waits, writes the next one: at each wait of the sync the file has one more.
TEST(Quiet, a_file_that_grows_back_deletes_nothing) {
  Growing machine;
  const std::size_t head = machine.whole.find("  - id: 2");
  machine.disk.save_in_place(kFile, machine.whole.substr(0, head));
  std::size_t waits = 0, at = head;
  machine.disk.before_each([&](const auto& call) {
    if (call.operation != "wait" || at == machine.whole.size() || ++waits % 3 != 0) return;
    const auto next = machine.whole.find("  - id: ", at + 1);
    at = next == std::string::npos ? machine.whole.size() : next;
    machine.disk.save_in_place(kFile, machine.whole.substr(0, at));
  });
  const auto outcome = machine.process()->sync({});
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome)) << outcome.index();
  EXPECT_EQ(at, machine.whole.size()) << "it did not wait";
  EXPECT_EQ(std::get<SyncResult>(outcome).database, SideCounts{});
  EXPECT_EQ(machine.database->tasks().size(), 20U);
  EXPECT_EQ(machine.process()->history({}).size(), 1U);
}

TEST(Quiet, what_is_gone_from_a_file_at_rest_is_deleted) {
  Growing machine;
  machine.disk.save_in_place(kFile, machine.whole.substr(0, machine.whole.find("  - id: 18")));
  const auto outcome = machine.process()->sync({});
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome));
  EXPECT_EQ(std::get<SyncResult>(outcome).database.deleted, 3U);
  EXPECT_EQ(machine.database->tasks().size(), 17U);
}

TEST(Quiet, a_file_that_never_rests_has_everything_but_its_deletions_carried) {
  Growing machine;
  std::string text = machine.whole.substr(0, machine.whole.find("  - id: 19"));
  text.replace(text.find("name: job-1 "), 12, "name: edited ");
  machine.disk.save_in_place(kFile, text);
  std::size_t saves = 0;
  machine.disk.before_each([&](const auto& call) {
    if (call.operation == "wait") machine.disk.save_in_place(kFile, text + "# " + std::to_string(++saves) + "\n");
  });
  const auto outcome = machine.process()->sync({});
  machine.disk.before_each(nullptr);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome)) << outcome.index();
  const auto& result = std::get<SyncResult>(outcome);
  EXPECT_EQ(result.database.updated, 1U);
  EXPECT_EQ(result.database.deleted, 0U);
  EXPECT_EQ(result.waiting.size(), 2U);
  EXPECT_EQ(machine.database->task(1)->text(Field::skill_name), "edited");
  EXPECT_EQ(machine.database->tasks().size(), 20U);
  // At rest at last.
  const auto later = machine.process()->sync({});
  ASSERT_TRUE(std::holds_alternative<SyncResult>(later));
  EXPECT_EQ(std::get<SyncResult>(later).database.deleted, 2U);
}

// Found by the simulation (seed 930): in a sync that does not write the database nothing waits to be deleted there.
TEST(Quiet, a_one_way_sync_that_leaves_a_deletion_for_later_is_not_in_sync) {
  Growing machine;
  const std::string text = machine.whole.substr(0, machine.whole.find("  - id: 20"));
  machine.disk.save_in_place(kFile, text);
  std::size_t saves = 0;
  machine.disk.before_each([&](const auto& call) {
    if (call.operation == "wait") machine.disk.save_in_place(kFile, text + "# " + std::to_string(++saves) + "\n");
  });
  const auto engine = machine.process();
  const auto outcome = engine->sync({.direction = Direction::db_to_yaml});
  machine.disk.before_each(nullptr);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome)) << outcome.index();
  ASSERT_GT(saves, 0U);
  ASSERT_EQ(machine.database->tasks().size(), 20U);
  EXPECT_FALSE(engine->observed().in_sync);
}

}  // namespace
}  // namespace lockstep
