// Editors that save at any moment of a sync, alone and with a crash after it.
#include <gtest/gtest.h>

#include <iterator>

#include "file/sync_model.hpp"

namespace lockstep {
namespace {

using Unsynced = SimulatedFileSystem::Unsynced;

struct Save {
  const char* name;
  void (*act)(SimulatedFileSystem&, const std::string& text);
};

constexpr Save kSaves[] = {
    {"by rename", [](SimulatedFileSystem& disk, const std::string& text) { disk.save_by_rename(kPath, text); }},
    {"in place", [](SimulatedFileSystem& disk, const std::string& text) { disk.save_in_place(kPath, text); }},
};

std::size_t calls_of_a_sync(const Variant& variant) {
  SyncModel model;
  variant.prepare(model);
  EXPECT_EQ(model.sync("1"), SyncModel::Outcome::done);
  return model.disk.calls();
}

// The editor's line is in the file, or stands in a backup because the late edit came into the old file.
void expect_kept(SyncModel& model, const std::string& edit, const std::string& context) {
  EXPECT_TRUE(model.is_kept(edit)) << context << "\n" << model.describe();
}

class EditorsTest : public testing::TestWithParam<Variant> {};
class ExchangingTest : public EditorsTest {};  // no save is lost whenever it comes
class PresentTest : public EditorsTest {};     // … and the file is there from the start

std::vector<Variant> exchanging_variants() {
  std::vector<Variant> result;
  std::copy_if(variants().begin(), variants().end(), std::back_inserter(result), [](const auto& it) { return it.exact; });
  return result;
}

std::vector<Variant> present_variants() {
  auto result = exchanging_variants();
  std::erase_if(result, [](const auto& it) { return it.name.starts_with("missing"); });
  return result;
}

TEST_P(EditorsTest, no_save_is_lost_whenever_it_comes) {
  const auto calls = calls_of_a_sync(GetParam());
  for (const auto& save : kSaves) {
    // Where the file is a mount point, editors cannot rename either.
    if (GetParam().name.starts_with("mount_point") && std::string_view(save.name) == "by rename") continue;
    std::size_t lost = 0;
    for (std::size_t at = 1; at <= calls; ++at) {
      SyncModel model;
      GetParam().prepare(model);
      model.disk.before_each([&](const auto& call) {
        if (call.number == at) save.act(model.disk, "edited\n");
      });
      EXPECT_EQ(model.sync("1"), SyncModel::Outcome::done) << save.name << at;
      EXPECT_TRUE(model.committed.contains("1"));
      const auto context = std::string(save.name) + " before call " + std::to_string(at);
      EXPECT_EQ(model.leftovers(), "") << context;
      if (GetParam().exact) {
        expect_kept(model, "edited", context);
      } else if (!model.is_kept("edited")) {
        ++lost;
      }
    }
    EXPECT_LE(lost, GetParam().gaps) << save.name;
  }
}

TEST_P(ExchangingTest, a_save_before_the_exchange_is_in_the_file_afterwards) {
  const auto calls = calls_of_a_sync(GetParam());
  for (const auto& save : kSaves) {
    for (std::size_t at = 1; at <= calls; ++at) {
      SyncModel model;
      GetParam().prepare(model);
      bool exchanged = false, saved = false;
      model.disk.before_each([&](const auto& call) {
        exchanged = exchanged || model.text().find("run 1") != std::string::npos;
        if (call.number == at && !exchanged) {
          saved = true;
          save.act(model.disk, "edited\n");
        }
      });
      (void)model.sync("1");
      if (saved) {
        EXPECT_EQ(model.text(), "edited\nrun 1\n") << save.name << " before call " << at << "\n" << model.describe();
      }
    }
  }
}

TEST_P(ExchangingTest, two_saves_at_any_two_moments_are_both_in_the_file) {
  const auto calls = calls_of_a_sync(GetParam()) + 40;
  for (std::size_t first = 1; first < calls; ++first) {
    for (std::size_t second = first + 1; second < calls; ++second) {
      SyncModel model;
      GetParam().prepare(model);
      std::size_t saves = 0;
      model.disk.before_each([&](const auto& call) {
        if (call.number == first || call.number == second) {
          ++saves;
          // Each edits what it sees, so the first is kept inside the second, or else beside it.
          const auto seen = model.disk.text(kPath).value_or("");
          model.disk.save_by_rename(kPath, seen + "edit " + std::to_string(saves) + "\n");
        }
      });
      (void)model.sync("1");
      const auto context = "saves before calls " + std::to_string(first) + " and " + std::to_string(second);
      for (std::size_t i = 1; i <= saves; ++i)
        EXPECT_NE(model.text().find("edit " + std::to_string(i)), std::string::npos) << context << "\n" << model.describe();
      EXPECT_EQ(model.leftovers(), "") << context;
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST_P(ExchangingTest, two_saves_that_meet_and_a_crash_are_in_the_file) {
  const auto calls = calls_of_a_sync(GetParam()) + 60;
  std::size_t met = 0;
  for (std::size_t first = 1; first < calls; ++first) {
    for (std::size_t second = first + 1; second < std::min(calls, first + 8); ++second) {
      for (std::size_t crash = second; crash < std::min(calls, second + 25); ++crash) {
        SyncModel model;
        GetParam().prepare(model);
        std::size_t saves = 0;
        model.disk.before_each([&](const auto& call) {
          if (call.number != first && call.number != second) return;
          ++saves;
          model.disk.save_by_rename(kPath, model.disk.text(kPath).value_or("") + "edit " + std::to_string(saves) + "\n");
        });
        model.disk.crash_at(crash);
        try {
          (void)model.sync("1");
          model.disk.no_more_faults();
        } catch (const SimulatedCrash&) {
          model.disk.restart(crash % 2 == 0 ? Unsynced::kept : Unsynced::any, first * 1000 + crash);
        }
        (void)model.sync("2");
        met += model.met;
        const auto context =
            "saves before calls " + std::to_string(first) + " and " + std::to_string(second) + ", crash at " + std::to_string(crash);
        for (std::size_t i = 1; i <= saves; ++i)
          EXPECT_NE(model.text().find("edit " + std::to_string(i)), std::string::npos) << context << "\n" << model.describe();
        EXPECT_EQ(model.leftovers(), "") << context;
        if (testing::Test::HasFailure()) return;
      }
    }
  }
  if (!GetParam().name.starts_with("missing")) EXPECT_GT(met, 0U) << "no saves ever met: this test shows nothing";
}

TEST_P(ExchangingTest, no_save_is_lost_when_a_crash_follows) {
  const auto calls = calls_of_a_sync(GetParam()) + 60;
  for (const auto& save : kSaves) {
    for (std::size_t at = 1; at <= calls; ++at) {
      for (std::size_t crash = at; crash <= calls; ++crash) {
        SyncModel model;
        GetParam().prepare(model);
        bool saved = false;
        model.disk.before_each([&](const auto& call) {
          if (call.number == at) {
            // Edits what it sees: what was committed before is in it.
            saved = true;
            save.act(model.disk, model.disk.text(kPath).value_or("") + "edited\n");
          }
        });
        model.disk.crash_at(crash);
        bool crashed = false;
        try {
          (void)model.sync("1");
        } catch (const SimulatedCrash&) {
          crashed = true;
        }
        // A save that still waited for a lease when the machine stopped was not made.
        const bool made = saved && (model.is_kept("edited") || model.describe().find("edited") != std::string::npos);
        const std::uint64_t seed = at * 1000 + crash;
        model.disk.restart(seed % 3 == 0 ? Unsynced::lost : seed % 3 == 1 ? Unsynced::kept : Unsynced::any, seed);
        EXPECT_EQ(model.sync("2"), SyncModel::Outcome::done);
        const auto context = std::string(save.name) + " before call " + std::to_string(at) + ", crash at " + std::to_string(crash);
        if (made) expect_kept(model, "edited", context);
        if (model.committed.contains("1")) expect_kept(model, "run 1", context);
        EXPECT_EQ(model.leftovers(), "") << context;
        if (testing::Test::HasFailure()) return;
        if (!crashed) break;
      }
    }
  }
}

TEST_P(PresentTest, a_file_that_is_held_open_is_waited_for) {
  SyncModel model;
  GetParam().prepare(model);
  auto editor = model.disk.open_as_editor(kPath, Open::update);
  ASSERT_NE(editor, nullptr);
  EXPECT_EQ(model.sync("1"), SyncModel::Outcome::busy);
  EXPECT_EQ(model.text(), kFirst);
  std::size_t waits = 0;
  model.disk.before_each([&](const auto& call) {
    if (call.operation == "wait" && ++waits == 3) editor.reset();
  });
  EXPECT_EQ(model.sync("1"), SyncModel::Outcome::done);
  EXPECT_EQ(model.text(), kFirst + "run 1\n");
}

TEST_P(PresentTest, a_half_written_file_is_never_taken_for_whole) {
  const auto calls = calls_of_a_sync(GetParam());
  for (std::size_t at = 1; at <= calls; ++at) {
    SyncModel model;
    GetParam().prepare(model);
    std::unique_ptr<File> editor;
    bool written = false;
    std::size_t waits = 0;
    model.disk.before_each([&](const auto& call) {
      if (call.number >= at && !editor && !written) {
        // Opens, empties it, and takes its time.
        editor = model.disk.open_as_editor(kPath, Open::update);
        if (editor) {
          EXPECT_TRUE(editor->resize(0));
        }
      }
      if (editor && call.operation == "wait" && ++waits == 4) {
        EXPECT_TRUE(editor->write(0, "whole\n"));
        written = true;
        editor.reset();
      }
    });
    const auto outcome = model.sync("1");
    if (editor) {
      EXPECT_TRUE(editor->write(0, "whole\n"));
      editor.reset();
    }
    if (outcome == SyncModel::Outcome::done) {
      EXPECT_EQ(model.sync("2"), SyncModel::Outcome::done);
    }
    expect_kept(model, "whole", "opened before call " + std::to_string(at));
    for (const auto& version : model.versions()) {
      EXPECT_FALSE(version.starts_with("run")) << "an emptied file was read before call " << at << "\n" << model.describe();
    }
    if (testing::Test::HasFailure()) return;
  }
}

std::string name_of_variant(const testing::TestParamInfo<Variant>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Disks, EditorsTest, testing::ValuesIn(variants()), name_of_variant);
INSTANTIATE_TEST_SUITE_P(Disks, ExchangingTest, testing::ValuesIn(exchanging_variants()), name_of_variant);
INSTANTIATE_TEST_SUITE_P(Disks, PresentTest, testing::ValuesIn(present_variants()), name_of_variant);

}  // namespace
}  // namespace lockstep
