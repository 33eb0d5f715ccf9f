// A person's decision: every choice on every kind of conflict.
#include "reconcile/resolve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "reconcile/notation.hpp"

namespace lockstep {
namespace {

using namespace notation;

constexpr std::int64_t kFreeId = 99;

// "keep_yaml", "custom cron=yaml status=db user=value:q", …
Resolution resolution_of(std::string_view words) {
  const auto space = words.find(' ');
  Resolution resolution;
  resolution.choice = *choice_by_name(words.substr(0, space));
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = word.substr(0, equals), what = word.substr(equals + 1);
    const Field field = name == "cron" ? Field::schedule_cron : name == "user" ? Field::user_id : Field::status;
    if (what == "yaml") resolution.fields[field] = Side::yaml;
    else if (what == "db") resolution.fields[field] = Side::database;
    else resolution.fields[field] = Value(std::string(what.substr(6)));
  }
  return resolution;
}

struct Case {
  const char* about;
  const char* policy;
  const char* before;    // base YAML database
  const char* choice;
  const char* expected;  // YAML database base, or what the problem names
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.about << " [" << c.policy << "] " << c.before << ": " << c.choice; }

ConflictFinding finding_of(const World& world, const Policy& policy) {
  Policy unforced = policy;
  unforced.force = false;
  const TaskPlan plan = reconcile_task(world.triple(), unforced);
  EXPECT_EQ(plan.outcome, Outcome::conflict);
  return plan.conflict.value_or(ConflictFinding{});
}

class ResolveCase : public testing::TestWithParam<Case> {};

TEST_P(ResolveCase, LeavesWhatThePersonChose) {
  const Case& c = GetParam();
  const Policy policy = policy_of(c.policy);
  const World before = world_of(c.before);
  const ConflictFinding finding = finding_of(before, policy);
  const Resolved resolved = resolve(before.triple(), finding, resolution_of(c.choice), policy, kFreeId);
  ASSERT_EQ(resolved.problem, "");
  ASSERT_EQ(resolved.tasks.size(), 1U);
  const TaskPlan& plan = resolved.tasks[0];
  EXPECT_EQ(plan.id, 7);
  EXPECT_EQ(plan.outcome, Outcome::decided);
  EXPECT_EQ(plan.conflict, finding);
  EXPECT_FALSE(resolved.new_task_id);

  const World after = apply(before, plan, policy.now);
  EXPECT_EQ(text_of(after.yaml) + " " + text_of(after.database) + " " + text_of(after.base), c.expected);
  EXPECT_EQ(resolved.task.has_value(), after.database.has_value());
  if (resolved.task) {
    EXPECT_TRUE(differing(*resolved.task, *after.database, policy.synced).empty());
  }
}

const Case kResolved[] = {
    {"changed apart", "", "aaa baa caa", "keep_yaml", "baa baa baa"},
    {"changed apart", "", "aaa baa caa", "keep_db", "caa caa caa"},
    {"the whole task, not only what is in conflict", "", "aaa bba cab", "keep_yaml", "bba bba bba"},
    {"the whole task, not only what is in conflict", "", "aaa bba cab", "keep_db", "cab cab cab"},
    {"in a one-way sync: both sides are written", "yaml_to_db", "aaa aaa baa", "keep_db", "baa baa baa"},
    {"in a one-way sync", "yaml_to_db", "aaa aaa baa", "keep_yaml", "aaa aaa aaa"},
    {"in the other one-way sync", "db_to_yaml", "aaa baa aaa", "keep_yaml", "baa baa baa"},
    {"created twice", "", "- baa aba", "keep_yaml", "baa baa baa"},
    {"created twice", "", "- baa aba", "keep_db", "aba aba aba"},
    {"deleted in the YAML", "", "aaa - baa", "keep_yaml", "- - -"},
    {"deleted in the YAML", "", "aaa - baa", "keep_db", "baa baa baa"},
    {"deleted in the database", "", "aaa baa -", "keep_yaml", "baa baa baa"},
    {"deleted in the database", "", "aaa baa -", "keep_db", "- - -"},
    {"a person's deletion is one, whatever on_yaml_delete says", "disable", "aaa - baa", "keep_yaml", "- - -"},
    {"a person's deletion is one, whatever on_yaml_delete says", "ignore", "aaa - baa", "keep_yaml", "- - -"},
    {"the YAML's schedule", "", "aaa baa caa", "merge", "baa baa baa"},
    {"the database's status", "", "aaa aab aac", "merge", "aac aac aac"},
    {"database status + YAML schedule", "", "aaa bab cac", "merge", "bac bac bac"},
    {"what one side alone changed takes that side", "", "aaa bab cba", "merge", "bbb bbb bbb"},
    {"what one side alone changed, with merging off", "no_merge", "aaa aab aba", "merge", "abb abb abb"},
    {"one-way: only the database changed", "yaml_to_db", "aaa aaa bba", "merge", "bba bba bba"},
    {"one-way: only the YAML changed", "db_to_yaml", "aaa aab aaa", "merge", "aab aab aab"},
    {"created twice: all that differs counts as in conflict", "", "- bab acc", "merge", "bac bac bac"},
    {"each field its side", "", "aaa bab cac", "custom cron=db status=yaml", "cab cab cab"},
    {"an own value", "", "aaa baa caa", "custom cron=value:4 user=value:q", "dqa dqa dqa"},
    {"fields not in conflict merge as usual", "", "aaa bba cab", "custom cron=db", "cbb cbb cbb"},
    {"a field not in conflict may be named", "", "aaa bba caa", "custom cron=yaml user=db", "baa baa baa"},
    {"created twice", "", "- baa abb", "custom cron=yaml user=db status=value:failed", "bbd bbd bbd"},
    {"one-way: the fields in which the sides differ", "yaml_to_db", "aaa aaa bba", "custom cron=db user=yaml", "baa baa baa"},
    {"an owner has its value after all", "status:database", "aaa bab cac", "keep_yaml", "bac bac bac"},
    {"an owner has its value after all", "status:yaml", "aaa bab cac", "keep_db", "cab cab cab"},
    {"an owner has its value after all", "status:yaml", "aaa bab cac", "merge", "bab bab bab"},
    {"an owner has its value after all", "status:database", "aaa bab cac", "custom cron=yaml", "bac bac bac"},
    {"an owner has its value in a one-way conflict too", "yaml_to_db status:database", "aaa aab bac", "keep_yaml", "aac aac aac"},
    {"a person who names an owned field means it", "status:database", "aaa bab cac", "custom cron=yaml status=value:failed", "bad bad bad"},
    {"an insert takes owned fields from where it comes", "status:yaml", "aaa - bab", "keep_db", "bab bab bab"},
    {"bookkeeping stays each side's own", "", "aaa@1 baa@2 caa@3", "keep_db", "caa@100 caa@3 caa@100"},
    {"bookkeeping stays each side's own", "", "aaa@1 baa@2 caa@3", "keep_yaml", "baa@2 baa@100 baa@2"},
    {"a field without a column is left", "no_user", "aaa bba cca", "keep_yaml", "bba bca baa"},
};

class ResolveRefusal : public testing::TestWithParam<Case> {};

TEST_P(ResolveRefusal, NamesWhatIsPossible) {
  const Case& c = GetParam();
  const Policy policy = policy_of(c.policy);
  const World before = world_of(c.before);
  const Resolved resolved =
      resolve(before.triple(), finding_of(before, policy), resolution_of(c.choice), policy, kFreeId);
  EXPECT_EQ(resolved.problem, c.expected);
  EXPECT_TRUE(resolved.tasks.empty());
  EXPECT_FALSE(resolved.task);
  EXPECT_FALSE(resolved.new_task_id);
}

const Case kRefused[] = {
    {"merge with a deletion", "", "aaa - baa", "merge",
     "merge is not possible: the YAML deleted task 7. Choose keep_yaml or keep_db."},
    {"merge with a deletion", "", "aaa baa -", "merge",
     "merge is not possible: the database deleted task 7. Choose keep_yaml or keep_db."},
    {"custom with a deletion", "", "aaa baa -", "custom cron=yaml",
     "custom is not possible: the database deleted task 7. Choose keep_yaml or keep_db."},
    {"both with a deletion", "", "aaa - baa", "keep_both",
     "keep_both is not possible: the YAML deleted task 7. Choose keep_yaml or keep_db."},
    {"both of one", "", "aaa baa caa", "keep_both",
     "keep_both is not possible: task 7 was not created on both sides, both changed the same one. Choose keep_yaml, "
     "keep_db, merge or custom."},
    {"custom without a choice", "", "aaa bab cac", "custom user=yaml",
     "custom needs a choice for each field in conflict; missing: schedule_cron, status."},
    {"custom with half a choice", "", "aaa bab cac", "custom cron=yaml",
     "custom needs a choice for each field in conflict; missing: status."},
    {"custom, created twice", "", "- baa aba", "custom cron=yaml",
     "custom needs a choice for each field in conflict; missing: user_id."},
    {"custom, one-way", "yaml_to_db", "aaa aaa bba", "custom cron=db",
     "custom needs a choice for each field in conflict; missing: user_id."},
};

std::string case_name(const testing::TestParamInfo<Case>& tested) { return std::to_string(tested.index); }
INSTANTIATE_TEST_SUITE_P(Choices, ResolveCase, testing::ValuesIn(kResolved), case_name);
INSTANTIATE_TEST_SUITE_P(Choices, ResolveRefusal, testing::ValuesIn(kRefused), case_name);

TEST(Resolve, SaysWhoWon) {
  const World world = world_of("aaa baa caa");
  const Policy policy = policy_of("");
  const ConflictFinding finding = finding_of(world, policy);
  const auto winner = [&](Choice choice) {
    return resolve(world.triple(), finding, {choice, {}}, policy, kFreeId).tasks.at(0).winner;
  };
  EXPECT_EQ(winner(Choice::keep_yaml), Side::yaml);
  EXPECT_EQ(winner(Choice::keep_db), Side::database);
  EXPECT_EQ(winner(Choice::merge), std::nullopt);
}

TEST(Resolve, AnswersWithTheTaskAsTheDatabaseHoldsIt) {
  World world = world_of("aaa@1 baa@2 caa@3");
  (*world.database)[Field::created_at] = at(1);
  const Policy policy = policy_of("");
  const ConflictFinding finding = finding_of(world, policy);
  const Resolved written = resolve(world.triple(), finding, {Choice::keep_yaml, {}}, policy, kFreeId);
  EXPECT_EQ(written.task->instant(Field::updated_at), policy.now);
  EXPECT_EQ(written.task->instant(Field::created_at), at(1));
  const Resolved kept = resolve(world.triple(), finding, {Choice::keep_db, {}}, policy, kFreeId);
  EXPECT_EQ(kept.task->instant(Field::updated_at), at(3));
}

TEST(Resolve, NeedsAChoiceForAFieldThatPartedAfterTheFinding) {
  const World world = world_of("aaa bab cac");
  const ConflictFinding cron_alone{ConflictReason::both_changed, ConflictKind::update_update, {Field::schedule_cron}};
  const Resolved resolved =
      resolve(world.triple(), cron_alone, resolution_of("custom cron=yaml"), policy_of(""), kFreeId);
  EXPECT_EQ(resolved.problem, "custom needs a choice for each field in conflict; missing: status.");
}

TEST(Resolve, NeedsNoChoiceForAFieldThatAgreesByNow) {
  const World world = world_of("aaa bab bac");
  const ConflictFinding both{ConflictReason::both_changed, ConflictKind::update_update, {Field::schedule_cron, Field::status}};
  const Resolved resolved = resolve(world.triple(), both, resolution_of("custom status=db"), policy_of(""), kFreeId);
  ASSERT_EQ(resolved.problem, "");
  const World after = apply(world, resolved.tasks[0], at(kNowSeconds));
  EXPECT_EQ(text_of(after.yaml), "bac");
  EXPECT_EQ(text_of(after.database), "bac");
}

TEST(KeepBoth, TheRowKeepsItsIdAndTheYamlsTaskMoves) {
  const World world = world_of("- baa@5 aba@6");
  const Policy policy = policy_of("yaml_to_db status:database");
  const ConflictFinding finding = finding_of(world, policy);
  const Resolved resolved = resolve(world.triple(), finding, {Choice::keep_both, {}}, policy, kFreeId);
  ASSERT_EQ(resolved.problem, "");
  ASSERT_EQ(resolved.tasks.size(), 2U);
  EXPECT_EQ(resolved.new_task_id, kFreeId);
  EXPECT_EQ(text_of(resolved.task), "aba@6");

  const TaskPlan& stays = resolved.tasks[0];
  EXPECT_EQ(stays.id, 7);
  EXPECT_EQ(stays.outcome, Outcome::decided);
  ASSERT_TRUE(stays.yaml);
  EXPECT_EQ(stays.yaml->action, Action::insert);
  EXPECT_EQ(stays.yaml->task->id, 7);
  EXPECT_FALSE(stays.yaml->former_id);
  EXPECT_EQ(text_of(stays.yaml->task), "aba@6");
  EXPECT_FALSE(stays.database);
  EXPECT_EQ(text_of(stays.base.task), "aba@6");
  EXPECT_EQ(stays.base.task->id, 7);

  const TaskPlan& moves = resolved.tasks[1];
  EXPECT_EQ(moves.id, kFreeId);
  EXPECT_EQ(moves.outcome, Outcome::decided);
  ASSERT_TRUE(moves.yaml);
  EXPECT_EQ(moves.yaml->action, Action::update);
  EXPECT_EQ(moves.yaml->former_id, 7);
  EXPECT_EQ(moves.yaml->task->id, kFreeId);
  EXPECT_TRUE(moves.yaml->fields.empty());
  ASSERT_TRUE(moves.database);
  EXPECT_EQ(moves.database->action, Action::insert);
  EXPECT_EQ(moves.database->task->id, kFreeId);
  EXPECT_EQ(text_of(moves.database->task), "baa@5");
  EXPECT_EQ(text_of(moves.base.task), "baa@100") << "a change of id is a change: updated_at moves";
  EXPECT_EQ(moves.base.task->id, kFreeId);
}

TEST(KeepBoth, IsPrinted) {
  const World world = world_of("- baa aba");
  const Policy policy = policy_of("");
  const Resolved resolved = resolve(world.triple(), finding_of(world, policy), {Choice::keep_both, {}}, policy, kFreeId);
  EXPECT_NE(to_text(Plan{resolved.tasks, {}, {}, 0, 0, {}}).find("YAML update from 7"), std::string::npos);
}

// Whatever was found, under whatever policy: a choice is refused, or both sides are the same afterwards.
TEST(Resolve, EveryChoiceOnEveryConflictEndsInSync) {
  const std::array<const char*, 8> tasks{"-", "aaa", "baa", "caa", "aba", "aab", "bac", "aax"};
  const std::array<const char*, 5> choices{"keep_yaml", "keep_db", "merge", "keep_both",
                                           "custom cron=yaml user=db status=value:failed"};
  std::size_t resolved_count = 0, refused_count = 0;
  for (const std::string words : {"", "no_merge", "yaml_to_db", "db_to_yaml", "status:database", "yaml_to_db cron:yaml",
                                  "db_to_yaml status:yaml", "disable", "ignore yaml_to_db", "ignore db_to_yaml"})
    for (const std::string base : tasks)
      for (const std::string yaml : tasks)
        for (const std::string database : tasks) {
          if (base + yaml + database == "---") continue;
          const Policy policy = policy_of(words);
          const World before = world_of(base + " " + yaml + " " + database);
          const TaskPlan found = reconcile_task(before.triple(), policy);
          if (found.outcome != Outcome::conflict) continue;
          for (const char* choice : choices) {
            SCOPED_TRACE(words + ": " + base + " " + yaml + " " + database + " " + choice);
            const Resolved resolved =
                resolve(before.triple(), *found.conflict, resolution_of(choice), policy, kFreeId);
            if (!resolved.problem.empty()) {
              const bool possible = std::string_view(choice).starts_with("keep_") && choice != choices[3];
              ASSERT_FALSE(possible) << resolved.problem;
              ++refused_count;
              continue;
            }
            ++resolved_count;
            for (const TaskPlan& task : resolved.tasks) {
              if (resolved.new_task_id) continue;  // two ids: looked at in KeepBoth
              const World after = apply(before, task, policy.now);
              Policy both_ways = policy;
              both_ways.direction = Direction::bidirectional;
              if (!after.base && !after.yaml && !after.database) continue;
              const TaskPlan next = reconcile_task(after.triple(), both_ways);
              ASSERT_EQ(next.outcome, Outcome::in_sync);
              ASSERT_EQ(next.base.kind, BaseMove::Kind::keep);
              ASSERT_TRUE(after.yaml && after.database && after.base);
            }
          }
        }
  EXPECT_GT(resolved_count, 1000U);
  EXPECT_GT(refused_count, 100U);
}

}  // namespace
}  // namespace lockstep
