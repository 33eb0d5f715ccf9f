// Keys that the schema does not know: left alone, asked about, or refused.
#include <gtest/gtest.h>

#include <string>

#include "yaml/document.hpp"

namespace lockstep {
namespace {

std::string tasks(const std::string& line) {
  return "tasks:\n  - id: 1\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n    " + line +
         "\n  - id: 2\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n    owner: x\n";
}

std::string warnings(const std::string& text) {
  const ReadResult result = Document::read(text, {});
  EXPECT_NE(result.document, nullptr);
  std::string all;
  for (const Warning& warning : result.warnings) all += warning.message + "\n";
  return all;
}

TEST(UnknownKeys, OneThatIsCloseToAKnownOneIsAskedAbout) {
  EXPECT_EQ(warnings(tasks("staus: disabled")),
            "unknown key \"staus\" in 1 task, first in line 6: left as it is; did you mean \"status\"?\n"
            "unknown key \"owner\" in 1 task, first in line 11: left as it is\n");
  EXPECT_NE(warnings(tasks("user-id: u")).find("did you mean \"user_id\"?"), std::string::npos);
}

TEST(UnknownKeys, OneBesideTheKnownOneIsAKeyOfItsOwn) {
  EXPECT_EQ(warnings(tasks("status: disabled\n    state: new")).find("did you mean"), std::string::npos);
}

TEST(UnknownKeys, OneInThePlaceOfARequiredOneIsNamedThere) {
  std::string text = tasks("owner: x");
  text.replace(text.find("skill_name"), 10, "skil_name");
  const ReadResult result = Document::read(text, {});
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].message, "skill_name is missing: did you mean it by \"skil_name\" in line 3? Correct the name");
}

TEST(UnknownKeys, AreFaultsWhereThatIsAskedFor) {
  const std::string text = tasks("staus: disabled");
  for (const std::size_t piecewise_from : {std::size_t{0}, SIZE_MAX}) {
    const ReadResult result = Document::read(text, {.unknown_keys_are_faults = true, .piecewise_from = piecewise_from});
    EXPECT_TRUE(result.warnings.empty());
    ASSERT_EQ(result.diagnostics.size(), 2U);
    EXPECT_EQ(result.diagnostics[0].line, 6U);
    EXPECT_EQ(result.diagnostics[0].column, 5U);
    EXPECT_EQ(result.diagnostics[0].length, 5U);
    EXPECT_EQ(result.diagnostics[0].task_id, 1);
    EXPECT_EQ(result.diagnostics[0].field, "staus");
    EXPECT_EQ(result.diagnostics[0].message, "unknown key \"staus\"; did you mean \"status\"?");
    EXPECT_EQ(result.diagnostics[1].task_id, 2);
    EXPECT_EQ(result.diagnostics[1].message, "unknown key \"owner\": take it out, or correct its name");
  }
}

}  // namespace
}  // namespace lockstep
