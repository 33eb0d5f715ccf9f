// The plan as a whole: order, counts, the deletion guard, names and text.
#include "reconcile/plan.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "reconcile/notation.hpp"
#include "reconcile/resolve.hpp"

namespace lockstep {
namespace {

using namespace notation;

// Triples that own their tasks; ids 1, 2, … in the order of adding.
class Schedule {
 public:
  Schedule& add(std::string_view base_yaml_database, std::size_t times = 1) {
    for (; times > 0; --times) {
      const auto id = static_cast<std::int64_t>(worlds_.size() + 1);
      World world = world_of(base_yaml_database);
      for (auto* task : {&world.base, &world.yaml, &world.database})
        if (*task) (*task)->id = id;
      worlds_.push_back(std::move(world));
    }
    return *this;
  }

  Plan plan(std::string_view policy, double max_delete_percent = 50) const {
    Policy p = policy_of(policy);
    p.max_delete_percent = max_delete_percent;
    std::vector<Triple> triples;
    Totals totals;
    for (const World& world : worlds_) {
      triples.push_back(world.triple(static_cast<std::int64_t>(triples.size() + 1)));
      if (world.yaml) ++totals.yaml;
      if (world.database) ++totals.database;
    }
    Plan plan = reconcile(triples, p, totals);
    for (TaskPlan& task : plan.tasks) task.own_tasks();  // the schedule is often a temporary
    return plan;
  }

 private:
  std::deque<World> worlds_;
};

TEST(Plan, OfNothingIsEmpty) {
  const Plan plan = reconcile({}, policy_of(""), {});
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_FALSE(plan.guard);
}

TEST(Plan, LeavesOutWhatHasNothingToSay) {
  const Plan plan = Schedule().add("aaa aaa aaa").add("aaa baa baa").add("aaa aaa aaa").plan("");
  ASSERT_EQ(plan.tasks.size(), 1U);
  EXPECT_EQ(plan.tasks[0].id, 2);
  EXPECT_EQ(plan.tasks[0].outcome, Outcome::in_sync);
  EXPECT_EQ(plan.tasks[0].base.kind, BaseMove::Kind::set);
}

TEST(Plan, Counts) {
  const Plan plan = Schedule()
                        .add("- aaa -").add("- - aaa", 2)                // one insert there, two here
                        .add("aaa baa aaa", 3).add("aaa aaa baa", 4)     // updates
                        .add("aaa - aaa", 2).add("aaa aaa -")            // deletions
                        .add("aaa baa aba", 5).add("aaa baa caa", 2)     // merges, conflicts
                        .plan("");
  EXPECT_EQ(plan.yaml, (SideCounts{2, 9, 1}));
  EXPECT_EQ(plan.database, (SideCounts{1, 8, 2}));
  EXPECT_EQ(plan.merged, 5U);
  EXPECT_EQ(plan.conflicts, 2U);
}

TEST(Plan, DecidedConflictsAreNotCountedAsConflicts) {
  const Plan plan = Schedule().add("aaa baa caa").plan("force");
  EXPECT_EQ(plan.conflicts, 0U);
  EXPECT_EQ(plan.yaml, (SideCounts{0, 1, 0}));
}

TEST(Plan, IsPrintedLineByLine) {
  const Plan plan = Schedule().add("aaa baa aaa").add("aaa - aaa").add("aaa baa caa").plan("");
  EXPECT_EQ(to_text(plan),
            "1 carried; database update schedule_cron=\"2 * * * *\"; base " + to_json_text(plan.tasks[0].base.task) +
                "\n2 carried; database delete " + to_json_text(plan.tasks[1].database->task) + "; base forgotten\n" +
                "3 conflict; Both YAML and database changed since the last sync (update/update: schedule_cron)\n"
                "YAML +0 ~0 -0; database +0 ~1 -1; merged 0; conflicts 1\n");
}

TEST(Plan, PrintsWinnersAndInserts) {
  const Plan plan = Schedule().add("- aaa -").add("aaa baa caa").plan("yaml_to_db force");
  const std::string text = to_text(plan);
  EXPECT_NE(text.find("1 carried; database insert " + to_json_text(plan.tasks[0].database->task)), std::string::npos);
  EXPECT_NE(text.find("(update/update: schedule_cron), YAML wins; database update schedule_cron="), std::string::npos);
}

TEST(DeletionGuard, StopsMoreThanHalfAndMoreThanFive) {
  const Plan plan = Schedule().add("aaa - aaa", 6).add("aaa aaa aaa", 5).plan("");
  ASSERT_TRUE(plan.guard);
  EXPECT_EQ(plan.guard->side, Side::database);
  EXPECT_EQ(plan.guard->would_delete, 6U);
  EXPECT_EQ(plan.guard->of, 11U);
  EXPECT_EQ(plan.guard->task_ids, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(plan.guard->max_delete_percent, 50);
  EXPECT_EQ(plan.tasks.size(), 6U) << "what would have been done is still told";
  EXPECT_NE(to_text(plan).find("stopped: would delete 6 of 11 tasks of the database, more than 50%\n"), std::string::npos);
}

TEST(DeletionGuard, LetsExactlyTheLimitPass) {
  EXPECT_FALSE(Schedule().add("aaa - aaa", 6).add("aaa aaa aaa", 6).plan("").guard);
}

TEST(DeletionGuard, LetsFivePassWhateverTheirShare) {
  EXPECT_FALSE(Schedule().add("aaa - aaa", 5).add("aaa aaa aaa").plan("").guard);
  EXPECT_FALSE(Schedule().add("aaa - aaa", 5).add("aaa aaa aaa").plan("", 0).guard);
  EXPECT_TRUE(Schedule().add("aaa - aaa", 6).add("aaa aaa aaa").plan("").guard);
}

TEST(DeletionGuard, StopsEmptyingASideOfTwoOrMore) {
  for (const std::size_t tasks : {2U, 3U, 5U}) {
    const Plan plan = Schedule().add("aaa - aaa", tasks).plan("");
    ASSERT_TRUE(plan.guard) << tasks;
    EXPECT_EQ(plan.guard->side, Side::database);
    EXPECT_EQ(plan.guard->would_delete, tasks);
    EXPECT_EQ(plan.guard->of, tasks);
  }
  EXPECT_TRUE(Schedule().add("aaa aaa -", 2).plan("").guard);
  EXPECT_TRUE(Schedule().add("aaa - aaa", 2).plan("", 99.9).guard);
  EXPECT_FALSE(Schedule().add("aaa - aaa", 2).plan("", 100).guard);
}

TEST(DeletionGuard, LetsTheOnlyTaskGo) {
  EXPECT_FALSE(Schedule().add("aaa - aaa").plan("").guard);
  EXPECT_FALSE(Schedule().add("aaa aaa -").plan("", 0).guard);
}

TEST(DeletionGuard, CountsWhatTheSideHadBeforeNotWhatItGets) {
  EXPECT_TRUE(Schedule().add("aaa - aaa", 2).add("- aaa -", 9).plan("").guard) << "all that were there go";
}

TEST(DeletionGuard, HoldsUnderForceWhereASideWouldBeEmptied) {
  EXPECT_TRUE(Schedule().add("aaa - aaa", 2).plan("yaml_to_db force").guard);
}

TEST(DeletionGuard, GuardsTheYamlToo) {
  const Plan plan = Schedule().add("aaa aaa aaa", 3).add("aaa aaa -", 7).plan("");
  ASSERT_TRUE(plan.guard);
  EXPECT_EQ(plan.guard->side, Side::yaml);
  EXPECT_EQ(plan.guard->of, 10U);
  EXPECT_EQ(plan.guard->task_ids, (std::vector<std::int64_t>{4, 5, 6, 7, 8, 9, 10}));
}

TEST(DeletionGuard, MeasuresEachSideByItself) {
  const Plan plan = Schedule().add("aaa - aaa", 6).add("aaa aaa -", 6).add("aaa aaa aaa", 6).plan("");
  EXPECT_FALSE(plan.guard) << "6 of 12 on either side";
}

TEST(DeletionGuard, NamesTheYamlWhereBothAreTooMuch) {
  const Plan plan = Schedule().add("aaa - aaa", 6).add("aaa aaa -", 6).plan("", 10);
  ASSERT_TRUE(plan.guard);
  EXPECT_EQ(plan.guard->side, Side::yaml);
}

TEST(DeletionGuard, ComparesWithoutRoundingDown) {
  EXPECT_TRUE(Schedule().add("aaa - aaa", 501).add("aaa aaa aaa", 499).plan("").guard);
  EXPECT_FALSE(Schedule().add("aaa - aaa", 125).add("aaa aaa aaa", 875).plan("", 12.5).guard);
  const Plan plan = Schedule().add("aaa - aaa", 126).add("aaa aaa aaa", 874).plan("", 12.5);
  ASSERT_TRUE(plan.guard);
  EXPECT_NE(to_text(plan).find("more than 12.5%"), std::string::npos);
}

TEST(DeletionGuard, CanBeOpenedAndClosed) {
  EXPECT_FALSE(Schedule().add("aaa - aaa", 50).plan("", 100).guard);
  EXPECT_TRUE(Schedule().add("aaa - aaa", 6).add("aaa aaa aaa", 1000).plan("", 0).guard);
}

TEST(DeletionGuard, DisablingIsNoDeletion) {
  const Plan plan = Schedule().add("aaa - aaa", 50).plan("disable");
  EXPECT_FALSE(plan.guard);
  EXPECT_EQ(plan.database, (SideCounts{0, 50, 0}));
}

TEST(DeletionGuard, HoldsUnderForce) {
  EXPECT_TRUE(Schedule().add("aaa - baa", 6).plan("yaml_to_db force").guard);
}

TEST(DeletionGuard, ForgettingABaseIsNoDeletion) { EXPECT_FALSE(Schedule().add("aaa - -", 50).plan("").guard); }

TEST(Names, OfReasonsAreTheSentencesOfTheContract) {
  const std::vector<std::pair<ConflictReason, std::string>> sentences{
      {ConflictReason::database_newer, "Database updated more recently than YAML"},
      {ConflictReason::yaml_newer, "YAML updated more recently than database"},
      {ConflictReason::both_changed, "Both YAML and database changed since the last sync"},
      {ConflictReason::never_synced, "YAML and database differ and were never synced"},
      {ConflictReason::deleted_in_yaml, "Deleted in YAML but changed in database"},
      {ConflictReason::deleted_in_database, "Deleted in database but changed in YAML"}};
  for (const auto& [reason, sentence] : sentences) {
    EXPECT_EQ(to_string(reason), sentence);
    EXPECT_EQ(reason_by_text(sentence), reason);
  }
  EXPECT_FALSE(reason_by_text("database updated more recently than yaml"));
}

TEST(Names, RoundTrip) {
  for (const auto direction : {Direction::bidirectional, Direction::yaml_to_db, Direction::db_to_yaml})
    EXPECT_EQ(direction_by_name(to_string(direction)), direction);
  for (const auto* name : {"bidirectional", "yaml_to_db", "db_to_yaml"}) EXPECT_EQ(to_string(*direction_by_name(name)), name);
  for (const auto* name : {"update/update", "update/delete", "delete/update", "create/create"})
    EXPECT_EQ(to_string(*kind_by_text(name)), name);
  for (const auto* name : {"keep_yaml", "keep_db", "merge", "custom", "keep_both"})
    EXPECT_EQ(to_string(*choice_by_name(name)), name);
  EXPECT_FALSE(direction_by_name("sideways"));
  EXPECT_FALSE(kind_by_text(""));
  EXPECT_FALSE(choice_by_name("keep"));
}

}  // namespace
}  // namespace lockstep
