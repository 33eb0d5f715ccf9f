// A merge that nobody finished is named as one, and nothing else is said of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "yaml/document.hpp"

namespace lockstep {
namespace {

std::string task(int id, const std::string& skill = "s") {
  return "  - id: " + std::to_string(id) + "\n    skill_name: " + skill +
         "\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n";
}

// `LINE MESSAGE` of each, without the advice.
std::vector<std::string> faults(const std::string& text, std::size_t piecewise_from = 64 * 1024) {
  const ReadResult result = Document::read(text, {.piecewise_from = piecewise_from});
  EXPECT_EQ(result.document == nullptr, !result.diagnostics.empty());
  std::vector<std::string> all;
  for (const Diagnostic& d : result.diagnostics)
    all.push_back(std::to_string(d.line) + " " + d.message.substr(0, d.message.find(": ")));
  return all;
}
using Faults = std::vector<std::string>;

TEST(MergeConflicts, EachIsOneFaultWithItsLines) {
  const std::string text = "tasks:\n" + task(1) + "<<<<<<< HEAD\n" + task(2) + "=======\n" + task(3) +
                           ">>>>>>> theirs\n" + task(4) + "<<<<<<< HEAD\n=======\n" + task(5) + ">>>>>>> theirs\n";
  EXPECT_EQ(faults(text),
            (Faults{"6 unresolved merge conflict (lines 6–16)", "21 unresolved merge conflict (lines 21–27)"}));
  EXPECT_EQ(faults(text, 0), faults(text));
}

TEST(MergeConflicts, TheBaseOfDiff3IsPartOfThem) {
  const std::string text = "tasks:\n" + task(1) + "<<<<<<< ours\n    status: running\n||||||| base\n    status: nonsense\n"
                           "=======\n    status: disabled\n>>>>>>> theirs\n" + task(2);
  EXPECT_EQ(faults(text), (Faults{"6 unresolved merge conflict (lines 6–12)"}));
}

TEST(MergeConflicts, LinesMayEndAsOnWindows) {
  const std::string unix_text =
      "tasks:\n" + task(1) + "<<<<<<< HEAD\n    status: running\n=======\n    status: é\n>>>>>>> x\n";
  std::string text = "\xEF\xBB\xBF";
  for (const char c : unix_text) {
    if (c == '\n') text += '\r';
    text += c;
  }
  EXPECT_EQ(faults(text), (Faults{"6 unresolved merge conflict (lines 6–10)"}));
}

TEST(MergeConflicts, WhatIsWrongElsewhereIsStillSaid) {
  const std::string text = "tasks:\n" + task(1, "yes") + "<<<<<<< HEAD\n    status: x\n=======\n    status: y\n>>>>>>> t\n" +
                           task(2, "42");
  EXPECT_EQ(faults(text),
            (Faults{"3 \"yes\" is a boolean in YAML 1.1 but text in YAML 1.2", "6 unresolved merge conflict (lines 6–10)",
                    "12 skill_name must be text, but \"42\" is the number 42"}));
}

TEST(MergeConflicts, WhatFollowsFromThemIsNotSaid) {
  // With one side or the other: an id twice, a field missing, a key twice, an anchor that is gone, brackets left open.
  const std::string twice = "tasks:\n<<<<<<< HEAD\n" + task(2) + "=======\n" + task(3) + ">>>>>>> t\n" + task(2);
  EXPECT_EQ(faults(twice), (Faults{"2 unresolved merge conflict (lines 2–12)"}));
  const std::string missing = "tasks:\n  - id: 1\n    skill_name: s\n    schedule_cron: 0 0 * * *\n"
                              "<<<<<<< HEAD\n=======\n    next_run_at: 2026-01-01\n>>>>>>> t\n";
  EXPECT_EQ(faults(missing), (Faults{"5 unresolved merge conflict (lines 5–8)"}));
  const std::string key = "tasks:\n" + task(1) + "<<<<<<< HEAD\n    skill_name: t\n=======\n>>>>>>> t\n    user_id: u\n";
  EXPECT_EQ(faults(key), (Faults{"6 unresolved merge conflict (lines 6–9)"}));
  const std::string anchor = "tasks:\n" + task(1) + "<<<<<<< HEAD\n    params_json: &a {x: 1}\n=======\n>>>>>>> t\n" +
                             task(2) + "    params_json: *a\n";
  EXPECT_EQ(faults(anchor), (Faults{"6 unresolved merge conflict (lines 6–9)"}));
  const std::string bracket = "tasks:\n" + task(1) + "<<<<<<< HEAD\n    params_json: {a: 1,\n=======\n    params_json: {b: 1,\n"
                              ">>>>>>> t\n      c: 1}\n";
  EXPECT_EQ(faults(bracket), (Faults{"6 unresolved merge conflict (lines 6–10)"}));
}

TEST(MergeConflicts, MarkersThatWereLeftBehindAreNamed) {
  EXPECT_EQ(faults("tasks:\n" + task(1) + ">>>>>>> theirs\n" + task(2)), (Faults{"6 unresolved merge conflict (line 6)"}));
  EXPECT_EQ(faults("tasks:\n" + task(1) + "=======\n" + task(2)), (Faults{"6 unresolved merge conflict (line 6)"}));
  EXPECT_EQ(faults("tasks:\n" + task(1) + "<<<<<<< HEAD\n" + task(2)), (Faults{"6 unresolved merge conflict (line 6)"}));
  EXPECT_EQ(faults("tasks:\n" + task(1) + "=======\n" + task(1) + ">>>>>>> t\n"),
            (Faults{"6 unresolved merge conflict (lines 6–11)"}));
}

TEST(MergeConflicts, ATextThatLooksAlikeIsNone) {
  EXPECT_EQ(faults("tasks: []\nnotes: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n"), Faults{});
  EXPECT_EQ(faults("# <<<<<<< HEAD\ntasks: []\n# =======\n"), Faults{});
  EXPECT_EQ(faults("tasks: []\nnotes: \"\n=======\n\"\n"), Faults{});
}

TEST(MergeConflicts, OneBetweenQuotesIsOne) {
  EXPECT_EQ(faults("tasks: []\nnotes: \"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n\"\n"),
            (Faults{"3 unresolved merge conflict (lines 3–7)"}));
}

TEST(MergeConflicts, AreSeenWhenOnlyChangesAreRead) {
  const ReadOptions options{.piecewise_from = 0};
  std::string text = "tasks:\n";
  for (int id = 1; id < 60; ++id) text += task(id);
  const ReadResult before = Document::read(text, options);
  ASSERT_NE(before.document, nullptr);
  text.insert(text.find("  - id: 20\n"), "<<<<<<< HEAD\n=======\n>>>>>>> x\n");
  const ReadResult after = Document::read_changes(text, options, before.document->texts());
  ASSERT_EQ(after.diagnostics.size(), 1U);
  EXPECT_EQ(after.diagnostics[0].line, 78U);
}

}  // namespace
}  // namespace lockstep
