// Every fault and every crash at every call, on every kind of file system.
#include <gtest/gtest.h>

#include <cerrno>

#include "file/sync_model.hpp"

namespace lockstep {
namespace {

using Unsynced = SimulatedFileSystem::Unsynced;

class FaultsTest : public testing::TestWithParam<Variant> {
 protected:
  std::string before() {
    SyncModel model;
    GetParam().prepare(model);
    return model.disk.text(kPath).value_or("");
  }
  std::size_t calls_of_a_sync() {
    SyncModel model;
    GetParam().prepare(model);
    EXPECT_EQ(model.sync("1"), SyncModel::Outcome::done);
    return model.disk.calls();
  }

  // After whatever happened to run 1, without an editor: the rules that recovery promises.
  void expect_recovered(SyncModel& model, const std::string& context) {
    SCOPED_TRACE(context);
    const bool committed = model.committed.contains("1");
    {
      SafeFile file(model.disk, kPath);
      const auto lock = file.lock();
      ASSERT_TRUE(std::holds_alternative<std::unique_ptr<SafeFile::Lock>>(lock)) << std::get<Busy>(lock).what;
      model.recover(file);
    }
    const auto old_text = before();
    const auto text = model.disk.text(kPath).value_or("");
    const auto new_text = old_text + "run 1\n";
    EXPECT_TRUE(text == old_text || text == new_text) << model.describe();
    if (committed) {
      EXPECT_EQ(text, new_text) << model.describe();
    }
    if (text == new_text && !committed) {
      EXPECT_TRUE(model.exchanged.contains("1")) << "nobody would know that the file was written\n" << model.describe();
    }
    if (model.exchanged.contains("1")) {
      EXPECT_EQ(text, new_text) << model.describe();
    }
    if (text == new_text && !old_text.empty()) {
      EXPECT_EQ(model.disk.text(kPath + ".bak"), old_text) << model.describe();
    }
    EXPECT_EQ(model.leftovers(), "");
    EXPECT_EQ(model.sync("2"), SyncModel::Outcome::done);
    EXPECT_EQ(model.text(), text + "run 2\n");
    EXPECT_EQ(model.leftovers(), "");
  }
};

TEST_P(FaultsTest, nothing_is_lost_when_any_call_fails) {
  const auto calls = calls_of_a_sync();
  for (const int error : {EIO, ENOSPC, EACCES, EINTR}) {
    for (const bool persistent : {false, true}) {
      for (std::size_t at = 1; at <= calls; ++at) {
        const auto context = std::string(strerror(error)) + (persistent ? " from call " : " at call ") + std::to_string(at);
        SyncModel model;
        GetParam().prepare(model);
        model.disk.fail_at(at, error, persistent);
        try {
          (void)model.sync("1");
        } catch (const Error& failure) {
          EXPECT_FALSE(failure.parts().operation.empty()) << context;
        }
        model.disk.no_more_faults();
        expect_recovered(model, context);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST_P(FaultsTest, an_interrupted_call_is_made_again) {
  const auto calls = calls_of_a_sync();
  for (std::size_t at = 1; at <= calls; ++at) {
    SyncModel model;
    GetParam().prepare(model);
    std::string operation;
    model.disk.before_each([&](const auto& call) {
      if (call.number == at) operation = call.operation;
    });
    model.disk.fail_at(at, EINTR, false);
    try {
      EXPECT_EQ(model.sync("1"), SyncModel::Outcome::done);
    } catch (const Error& error) {
      // An exchange made twice would be undone: it is not repeated.
      EXPECT_EQ(operation, "rename") << at << error.what();
      EXPECT_TRUE(error.retryable());
    }
  }
}

TEST_P(FaultsTest, nothing_is_lost_in_a_crash_at_any_call) {
  const auto calls = calls_of_a_sync();
  for (std::size_t at = 1; at <= calls + 1; ++at) {
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
      const auto unsynced = seed == 0 ? Unsynced::lost : seed == 1 ? Unsynced::kept : Unsynced::any;
      SyncModel model;
      GetParam().prepare(model);
      model.disk.crash_at(at);
      try {
        (void)model.sync("1");
      } catch (const SimulatedCrash&) {
      }
      model.disk.restart(unsynced, seed);
      expect_recovered(model, "crash at call " + std::to_string(at) + ", seed " + std::to_string(seed));
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST_P(FaultsTest, nothing_is_lost_when_recovery_crashes_too) {
  const auto calls = calls_of_a_sync();
  for (std::size_t first = 1; first <= calls; ++first) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      for (std::size_t second = 1;; ++second) {
        const auto unsynced = seed == 0 ? Unsynced::lost : seed == 1 ? Unsynced::kept : Unsynced::any;
        SyncModel model;
        GetParam().prepare(model);
        model.disk.crash_at(first);
        try {
          (void)model.sync("1");
        } catch (const SimulatedCrash&) {
        }
        model.disk.restart(unsynced, seed);
        model.disk.crash_at(second);
        bool crashed = false;
        try {
          SafeFile file(model.disk, kPath);
          const auto lock = file.lock();
          model.recover(file);
        } catch (const SimulatedCrash&) {
          crashed = true;
        }
        model.disk.restart(unsynced, seed + second);
        expect_recovered(model, "crashes at calls " + std::to_string(first) + " and " + std::to_string(second) +
                                    " of recovery, seed " + std::to_string(seed));
        if (testing::Test::HasFailure()) return;
        if (!crashed) break;
      }
    }
  }
}

TEST_P(FaultsTest, nothing_is_lost_when_recovery_meets_a_fault) {
  const auto calls = calls_of_a_sync();
  for (std::size_t first = 1; first <= calls; ++first) {
    for (std::size_t second = 1; second < 40; ++second) {
      SyncModel model;
      GetParam().prepare(model);
      model.disk.crash_at(first);
      try {
        (void)model.sync("1");
      } catch (const SimulatedCrash&) {
      }
      model.disk.restart(Unsynced::any, first);
      model.disk.fail_at(second, second % 2 == 0 ? EIO : ENOSPC, second % 3 == 0);
      try {
        SafeFile file(model.disk, kPath);
        const auto lock = file.lock();
        model.recover(file);
      } catch (const Error&) {
      }
      model.disk.no_more_faults();
      expect_recovered(model, "crash at " + std::to_string(first) + ", fault at " + std::to_string(second));
      if (testing::Test::HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Disks, FaultsTest, testing::ValuesIn(variants()),
                         [](const auto& named) { return named.param.name; });

}  // namespace
}  // namespace lockstep
