// Two people's edits of one schedule, merged.
#include <gtest/gtest.h>

#include "merge/merge.hpp"

namespace lockstep::merge {
namespace {

const std::string kBase = R"(# The schedule.
version: 2          # of the format
tasks:
  # Reports go out early.
  - id: 1
    skill_name: report   # daily
    schedule_cron: "0 6 * * *"
    next_run_at: 2026-12-01T06:00:00Z
    params_json:
      to: ops
      retries: 3   # enough
      tags: [a, b]
    owner_team: data
    status: pending

  - id: 2
    skill_name: 'cleanup'
    schedule_cron: "0 0 * * 0"
    next_run_at: 2026-12-01T00:00:00Z
  - {id: 3, skill_name: flow, schedule_cron: "0 1 * * *", next_run_at: 2026-12-01T01:00:00Z}
# The end.
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

MergeResult merged(const std::string& ours, const std::string& theirs, Prefer prefer = Prefer::ours) {
  return merge_schedules(kBase, ours, theirs, prefer, {});
}

void expect_clean(const MergeResult& result, const std::string& text) {
  EXPECT_TRUE(result.clashes.empty());
  EXPECT_TRUE(result.complete);
  EXPECT_TRUE(result.is_schedule);
  EXPECT_EQ(result.text, text);
}

TEST(Merge, neighbouring_lines_and_comments_of_one_task) {
  const auto ours = with(kBase, "report   # daily", "report-v2   # daily");
  auto theirs = with(kBase, "\"0 6 * * *\"", "\"0 7 * * *\"   # later");
  theirs = with(theirs, "    owner_team: data\n", "    # asked for by ops\n    owner_team: ops\n");
  auto both = with(theirs, "report   # daily", "report-v2   # daily");
  expect_clean(merged(ours, theirs), both);
  expect_clean(merged(theirs, ours), both);
}

TEST(Merge, members_of_params_one_by_one) {
  const auto ours = with(kBase, "to: ops", "to: dev");
  const auto theirs = with(with(kBase, "retries: 3   # enough", "retries: 5   # enough?"), "      tags: [a, b]\n", "");
  expect_clean(merged(ours, theirs), with(theirs, "to: ops", "to: dev"));
}

TEST(Merge, tasks_added_at_one_place_stand_both_ours_first) {
  const std::string four = "  - id: 4\n    skill_name: x\n    schedule_cron: '@daily'\n    next_run_at: 2026-12-02T00:00:00Z\n";
  const std::string five = "  # five\n  - id: 5\n    skill_name: z\n    schedule_cron: '@daily'\n    next_run_at: 2026-12-02T00:00:00Z\n";
  const std::string before = "# The end.\n";
  expect_clean(merged(with(kBase, before, four + before), with(kBase, before, five + before)), with(kBase, before, four + five + before));
}

TEST(Merge, one_deletes_a_task_and_the_other_changes_its_neighbour) {
  const std::string two = "  - id: 2\n    skill_name: 'cleanup'\n    schedule_cron: \"0 0 * * 0\"\n    next_run_at: 2026-12-01T00:00:00Z\n";
  const auto ours = with(kBase, two, "");
  const auto theirs = with(kBase, "status: pending", "status: disabled");
  expect_clean(merged(ours, theirs), with(ours, "status: pending", "status: disabled"));
  expect_clean(merged(theirs, ours), with(ours, "status: pending", "status: disabled"));
}

TEST(Merge, comments_added_at_the_head_and_the_end) {
  const auto ours = with(kBase, "# The end.\n", "# The end.\n# ours\n");
  const auto theirs = with(kBase, "# The end.\n", "# The end.\n# theirs\n");
  expect_clean(merged(ours, theirs), with(kBase, "# The end.\n", "# The end.\n# ours\n# theirs\n"));
  expect_clean(merged(ours, ours), ours);
  expect_clean(merged(kBase, theirs), theirs);
  expect_clean(merged(ours, kBase), ours);
}

TEST(Merge, a_field_that_both_changed_apart_is_a_clash_and_everything_else_is_merged) {
  const auto ours = with(kBase, "\"0 6 * * *\"", "\"0 7 * * *\"");
  const auto theirs = with(with(kBase, "\"0 6 * * *\"", "\"0 8 * * *\""), "status: pending", "status: disabled");
  const MergeResult result = merged(ours, theirs);
  EXPECT_EQ(result.text, with(ours, "status: pending", "status: disabled"));
  ASSERT_EQ(result.clashes.size(), 1U);
  EXPECT_EQ(result.clashes[0].id, 1);
  EXPECT_EQ(result.clashes[0].fields, FieldSet{Field::schedule_cron});
  ASSERT_TRUE(result.clashes[0].otherwise);
  EXPECT_EQ(result.clashes[0].otherwise->text(Field::schedule_cron), "0 8 * * *");
  EXPECT_EQ(result.clashes[0].otherwise->text(Field::status), "disabled");
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(merged(ours, theirs, Prefer::theirs).text, theirs);
}

TEST(Merge, a_deletion_against_a_change_is_a_clash) {
  const std::string two = "  - id: 2\n    skill_name: 'cleanup'\n    schedule_cron: \"0 0 * * 0\"\n    next_run_at: 2026-12-01T00:00:00Z\n";
  const auto ours = with(kBase, two, "");
  const auto theirs = with(kBase, "'cleanup'", "'cleanup2'");
  EXPECT_EQ(merged(ours, theirs).text, ours);
  EXPECT_EQ(merged(ours, theirs).clashes.size(), 1U);
  EXPECT_EQ(merged(ours, theirs, Prefer::theirs).text, theirs);
}

TEST(Merge, another_key_that_both_changed_apart_is_not_there_twice) {
  const auto ours = with(kBase, "version: 2 ", "version: 3 ");
  const auto theirs = with(kBase, "version: 2 ", "version: 4 ");
  const MergeResult result = merged(ours, theirs);
  EXPECT_EQ(result.text, ours);
  EXPECT_FALSE(result.complete);
}

TEST(Merge, tasks_in_braces_are_merged_by_their_values) {
  const auto ours = with(kBase, "skill_name: flow", "skill_name: flown");
  const auto theirs = with(kBase, "\"0 1 * * *\"", "\"0 2 * * *\"");
  const MergeResult result = merged(ours, theirs);
  EXPECT_EQ(result.text, with(ours, "\"0 1 * * *\"", "\"0 2 * * *\""));
  EXPECT_TRUE(result.clashes.empty());
}

TEST(Merge, a_moved_task_is_moved_and_changed) {
  const std::string two = "  - id: 2\n    skill_name: 'cleanup'\n    schedule_cron: \"0 0 * * 0\"\n    next_run_at: 2026-12-01T00:00:00Z\n";
  const auto theirs = with(with(kBase, two, ""), "  # Reports go", two + "  # Reports go");
  const auto ours = with(kBase, "'cleanup'", "'tidy'");
  expect_clean(merged(ours, theirs), with(theirs, "'cleanup'", "'tidy'"));
  expect_clean(merged(theirs, ours), with(theirs, "'cleanup'", "'tidy'"));
}

TEST(Merge, a_text_that_is_no_schedule_is_merged_by_lines) {
  const MergeResult result = merge_schedules("a\nb\nc\n", "a\nB\nc\n", "a\nb\nc\nd\n", Prefer::ours, {});
  EXPECT_EQ(result.text, "a\nB\nc\nd\n");
  EXPECT_FALSE(result.is_schedule);
}

TEST(Merge, a_missing_final_line_break_joins_no_lines) {
  const std::string base = "tasks: []\n# end";
  EXPECT_EQ(merge_schedules(base, base + "\n# ours", base + "\n# theirs", Prefer::ours, {}).text, "tasks: []\n# end\n# ours\n# theirs");
}

}  // namespace
}  // namespace lockstep::merge
