// A run that is cut off, refused or disturbed at any call to the file system or the database: the next one
// converges and no accepted change is lost, on either side.
#include <cerrno>
#include <random>

#include "engine/machine.hpp"

namespace lockstep {
namespace {

using testing::kFile;
using testing::Machine;
using testing::task;
using testing::task_yaml;
using Unsynced = SimulatedFileSystem::Unsynced;

// Work for every kind of write: 1 changes in the database, 2 in the file, 3 in both (merged), 4 is gone from the
// database, 5 from the file, 6 is new in the database, 7 in the file.
void make_work(Machine& machine) {
  std::string tasks = "tasks:\n";
  for (int i = 1; i <= 5; ++i) tasks += task_yaml(i, "job-" + std::to_string(i));
  machine.disk.put(kFile, tasks);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  machine.change_row(1, Field::status, "failed");
  machine.edit("job-2 ", "edited-2 ");
  machine.edit("job-3 ", "edited-3 ");
  machine.change_row(3, Field::status, "running");
  machine.database->erase(4);
  std::string edited = machine.disk.text(kFile).value();
  edited.erase(edited.find("  - id: 5"));
  machine.disk.save_by_rename(kFile, edited + task_yaml(7, "new-7"));
  machine.database->put(task(6, "new-6"));
}

// What must be there in the end. `put_back`: the application set row 1 back to what it was, after the run was cut off.
void expect_work_done(Machine& machine, bool put_back) {
  machine.expect_convergence();
  if (::testing::Test::HasFatalFailure()) return;
  EXPECT_EQ(machine.yaml_task(1)->text(Field::status), put_back ? "pending" : "failed");
  EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "edited-2");
  EXPECT_EQ(machine.database->task(3)->text(Field::skill_name), "edited-3");
  EXPECT_EQ(machine.yaml_task(3)->text(Field::status), "running");
  EXPECT_FALSE(machine.yaml_task(4));
  EXPECT_FALSE(machine.database->task(5));
  EXPECT_TRUE(machine.yaml_task(6));
  EXPECT_TRUE(machine.database->task(7));
}

// A sync that ends at that call to the file system; false: it made fewer.
bool sync_until(Machine& machine, std::size_t call) {
  machine.disk.crash_at(machine.disk.calls() + call);
  try {
    (void)machine.process()->sync({});
  } catch (const SimulatedCrash&) {
    return true;
  }
  return false;
}

TEST(Crash, at_every_call_to_the_file_system) {
  for (const Unsynced unsynced : {Unsynced::kept, Unsynced::lost, Unsynced::any})
    for (const bool put_back : {false, true})
      for (std::size_t call = 1;; ++call) {
        Machine machine;
        make_work(machine);
        if (!sync_until(machine, call)) {
          ASSERT_GT(call, 20U) << "the run made hardly any calls";
          break;
        }
        SCOPED_TRACE("crash at call " + std::to_string(call) + ", put back: " + std::to_string(put_back));
        machine.disk.restart(unsynced, call);
        if (put_back) machine.change_row(1, Field::status, "pending");
        expect_work_done(machine, put_back);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
      }
}

// The process ends first; then, during the recovery, it does again, or the machine does: what the first had not synced
// is lost only then.
void crash_twice(std::size_t first, std::size_t second, Unsynced unsynced, bool& first_crashed, bool& second_crashed) {
  Machine machine;
  make_work(machine);
  const auto run = [&](std::size_t call, Unsynced then) {
    const bool crashed = sync_until(machine, call);
    if (crashed) machine.disk.restart(then, first * 1000 + second);
    machine.disk.no_more_faults();
    return crashed;
  };
  first_crashed = run(first, Unsynced::kept);
  second_crashed = run(second, unsynced);
  SCOPED_TRACE("crashes at calls " + std::to_string(first) + " and " + std::to_string(second));
  expect_work_done(machine, false);
}

TEST(Crash, at_every_call_of_the_recovery_too) {
  for (const Unsynced unsynced : {Unsynced::kept, Unsynced::lost, Unsynced::any}) {
    bool first_crashed = true;
    for (std::size_t first = 1; first_crashed; ++first) {
      bool second_crashed = true;
      for (std::size_t second = 1; second_crashed; ++second) {
        crash_twice(first, second, unsynced, first_crashed, second_crashed);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
      }
    }
  }
}

TEST(Faults, every_call_to_the_file_system_refused) {
  for (const int error : {ENOSPC, EIO, EACCES})
    for (const bool persistent : {false, true})
      for (std::size_t call = 1;; ++call) {
        Machine machine;
        make_work(machine);
        const std::size_t before = machine.disk.calls();
        machine.disk.fail_at(before + call, error, persistent);
        try {
          (void)machine.process()->sync({});
        } catch (const Error&) {  // said so; nothing else is asked of it
        }
        const bool reached = machine.disk.calls() >= before + call;
        machine.disk.no_more_faults();
        SCOPED_TRACE("errno " + std::to_string(error) + " at call " + std::to_string(call));
        expect_work_done(machine, false);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
        if (!reached) break;
      }
}

TEST(Faults, every_call_to_the_database_refused) {
  const MemoryFault faults[] = {
      {.code = ErrorCode::database, .retryable = false},
      {.code = ErrorCode::changed, .retryable = true},
      {.code = ErrorCode::unreachable, .retryable = true},
      {.code = ErrorCode::unreachable, .retryable = true, .applied = true},
      {.code = ErrorCode::unreachable, .retryable = false, .applied = true},
      {.code = ErrorCode::unreachable, .retryable = true, .lasting = true},
  };
  for (const MemoryFault& fault : faults)
    for (const bool put_back : {false, true})
      for (std::size_t call = 1;; ++call) {
        Machine machine;
        make_work(machine);
        const std::size_t before = machine.database->calls();
        machine.database->fail_call(before + call, fault);
        bool committed = false;
        try {
          const SyncOutcome outcome = machine.process()->sync({});
          committed = std::holds_alternative<SyncResult>(outcome);
          if (committed && std::get<SyncResult>(outcome).run_id) {
            const SyncResult& result = std::get<SyncResult>(outcome);
            EXPECT_EQ(result.database, (SideCounts{1, 2, 1})) << "the result of the run that took effect";
            // Where the commit was lost after the exchange, the second attempt found the file done.
            if (fault.applied) {
              EXPECT_EQ(result.yaml, (SideCounts{1, 2, 1}));
            }
          }
        } catch (const Error&) {
        }
        const bool reached = machine.database->calls() >= before + call;
        machine.database->clear_faults();
        if (put_back && !committed) machine.change_row(1, Field::status, "pending");
        SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault.code)) + " at call " + std::to_string(call));
        expect_work_done(machine, put_back && !committed);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
        if (!reached) break;
      }
}

TEST(Editors, a_save_between_any_two_calls_is_never_lost) {
  for (const bool in_place : {false, true})
    for (std::size_t call = 1;; ++call) {
      Machine machine;
      make_work(machine);
      const std::size_t at = machine.disk.calls() + call;
      bool saved = false;
      machine.disk.before_each([&](const SimulatedFileSystem::Call& now) {
        if (now.number != at || saved) return;
        saved = true;
        std::string edited = machine.disk.text(kFile).value();
        const std::size_t where = edited.find("by hand");
        edited.replace(where, 7, "by the editor");
        edited += task_yaml(8, "saved-meanwhile");
        if (in_place)
          machine.disk.save_in_place(kFile, edited);
        else
          machine.disk.save_by_rename(kFile, edited);
      });
      const SyncOutcome outcome = machine.process()->sync({});
      machine.disk.before_each({});
      SCOPED_TRACE("save before call " + std::to_string(call) + (in_place ? " in place" : " by rename"));
      ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome));
      expect_work_done(machine, false);
      if (HasFatalFailure() || HasNonfatalFailure()) return;
      if (!saved) {
        ASSERT_GT(call, 20U);
        break;
      }
      ASSERT_TRUE(machine.database->task(8)) << machine.disk.text(kFile).value();
      ASSERT_NE(machine.disk.text(kFile)->find("by the editor"), std::string::npos) << machine.disk.text(kFile).value();
    }
}

// Where there are leases, nobody can have it open unnoticed (late_saves_test.cpp).
TEST(Editors, one_that_saves_into_the_old_file_late_is_heard) {
  Machine machine;
  machine.disk.able.read_leases = false;
  machine.now = Timestamp{1'700'000'000'000'000};  // the disk's
  machine.disk.put(kFile, "tasks:\n" + task_yaml(1, "job-1") + task_yaml(2, "job-2"));
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  machine.change_row(1, Field::status, "failed");
  const std::string seen = machine.disk.text(kFile).value();
  auto buffer = machine.disk.open_as_editor(kFile, Open::read);  // it looked before the sync …
  ASSERT_TRUE(buffer);
  ASSERT_TRUE(std::holds_alternative<SyncResult>(machine.process()->sync({})));
  std::string edited = seen;  // … and saves its buffer after it, into what is `.bak` by now
  edited.replace(edited.find("job-2"), 5, "late-2");
  machine.disk.save_in_place(std::string(kFile) + ".bak", edited);
  machine.expect_convergence();
  EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "late-2");
  EXPECT_EQ(machine.database->task(1)->text(Field::status), "failed") << "the buffer was old, not an edit";
  EXPECT_EQ(machine.yaml_task(1)->text(Field::status), "failed");
}

TEST(ReadOnly, the_database_s_changes_wait_and_the_file_s_go_on) {
  Machine machine;
  make_work(machine);
  machine.disk.forbid_writing("/s", EROFS);
  machine.disk.forbid_writing(kFile, EROFS);
  const std::string before = machine.disk.text(kFile).value();
  const SyncOutcome outcome = machine.process()->sync({});
  ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome));
  EXPECT_TRUE(std::get<SyncResult>(outcome).conflicts.empty());
  EXPECT_FALSE(std::get<SyncResult>(outcome).warnings.empty());
  EXPECT_EQ(machine.database->task(2)->text(Field::skill_name), "edited-2");
  EXPECT_EQ(machine.database->task(1)->text(Field::status), "failed");
  EXPECT_EQ(machine.disk.text(kFile).value(), before);
  EXPECT_THROW((void)machine.process()->sync({.direction = Direction::db_to_yaml}), Error);
  machine.disk.forbid_writing("/s", 0);
  machine.disk.forbid_writing(kFile, 0);
  expect_work_done(machine, false);
}

}  // namespace
}  // namespace lockstep
