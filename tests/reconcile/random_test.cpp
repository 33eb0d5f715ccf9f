// A million correlated triples (one task, perturbed twice), in batches under
// random policies, held against what must be true of any sync.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "reconcile/notation.hpp"

namespace lockstep {
namespace {

using namespace notation;

constexpr std::size_t kBatches = 50'000;
constexpr std::size_t kBatchSize = 20;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename T, std::size_t N>
  const T& any_of(const std::array<T, N>& values) { return values[below(N)]; }

 private:
  std::mt19937_64 engine_;
};

// Few values each, so that changes often collide; some that differ in writing only.
Value random_value(Field field, Random& random) {
  static const std::array<std::string, 4> kTexts{"backup", "report", "", "Größe 😀"};
  static const std::array<std::string, 4> kCrons{"*/5 * * * *", "0 9 * * 1-5", "@daily", "0 0 L * *"};
  static const std::array<std::string, 7> kJson{
      "{}", R"({"a":1})", R"({"a":1.0})", R"({"a":1,"b":[1,{"c":null}]})", R"({"b":[1,{"c":null}],"a":10e-1})",
      R"({"big":12345678901234567890123})", R"({"big":12345678901234567890124})"};
  switch (spec(field).type) {
    case FieldType::text:
      if (!spec(field).required && random.one_in(3)) return {};
      return random.any_of(kTexts);
    case FieldType::cron: return random.any_of(kCrons);
    case FieldType::timestamp: return Timestamp{static_cast<std::int64_t>(random.below(4)) * 1'000'001};
    case FieldType::json_object: return JsonText{random.any_of(kJson)};
    case FieldType::status: return std::string(kStatuses[random.below(kStatuses.size())]);
  }
  return {};
}

Value random_time(Random& random) {
  return random.one_in(3) ? Value() : Value(at(static_cast<std::int64_t>(random.below(20))));
}

Task random_task(std::int64_t id, Random& random) {
  Task task = task_with_defaults(id);
  for (const FieldSpec& field : kSchema)
    if (field.synced) task[field.field] = random_value(field.field, random);
  task[Field::updated_at] = random_time(random);
  return task;
}

std::optional<Task> perturbed(Task task, Random& random) {
  if (random.one_in(8)) return std::nullopt;
  constexpr std::array<std::size_t, 6> kHowMany{0, 0, 1, 1, 2, 3};
  for (std::size_t n = random.any_of(kHowMany); n > 0; --n) {
    const Field field = kSchema[random.below(6)].field;
    task[field] = random_value(field, random);
  }
  if (random.one_in(2)) task[Field::updated_at] = random_time(random);
  return task;
}

Policy random_policy(Random& random) {
  Policy policy;
  policy.now = at(kNowSeconds);
  policy.direction = static_cast<Direction>(random.below(3));
  policy.force = random.one_in(3);
  policy.auto_merge = !random.one_in(4);
  policy.on_yaml_delete = static_cast<OnYamlDelete>(random.one_in(2) ? random.below(3) : 0);
  policy.first_sync = random.one_in(8);
  policy.yaml_read_only = policy.direction == Direction::yaml_to_db && random.one_in(3);
  if (random.one_in(2)) policy.yaml_file_time = at(static_cast<std::int64_t>(random.below(20)));
  if (random.one_in(2)) {
    for (const FieldSpec& field : kSchema)
      policy.owners[static_cast<std::size_t>(field.field)] =
          random.one_in(3) ? (random.one_in(2) ? Owner::yaml : Owner::database) : Owner::shared;
  }
  if (random.one_in(4)) policy.synced.erase(random.one_in(2) ? Field::user_id : Field::params_json);
  policy.max_delete_percent = 100;
  return policy;
}

World random_world(std::int64_t id, const Policy& policy, Random& random) {
  const Task origin = random_task(id, random);
  World world;
  world.yaml = perturbed(origin, random);
  world.database = perturbed(origin, random);
  if (!policy.first_sync && !random.one_in(6)) world.base = origin;
  if (!world.base && !world.yaml && !world.database) world.yaml = origin;
  return world;
}

using Worlds = std::vector<World>;

Worlds random_worlds(const Policy& policy, Random& random) {
  Worlds worlds;
  for (std::size_t i = 0; i < kBatchSize; ++i)
    worlds.push_back(random_world(static_cast<std::int64_t>(i + 1), policy, random));
  return worlds;
}

Plan plan_of(const Worlds& worlds, const Policy& policy) {
  std::vector<Triple> triples;
  Totals totals;
  for (std::size_t i = 0; i < worlds.size(); ++i) {
    const World& world = worlds[i];
    if (world.yaml) ++totals.yaml;
    if (world.database) ++totals.database;
    if (world.base || world.yaml || world.database) triples.push_back(world.triple(static_cast<std::int64_t>(i + 1)));
  }
  return reconcile(triples, policy, totals);
}

Worlds applied(Worlds worlds, const Plan& plan, Timestamp now) {
  for (const TaskPlan& task : plan.tasks) {
    World& world = worlds[static_cast<std::size_t>(task.id - 1)];
    world = apply(std::move(world), task, now);
  }
  return worlds;
}

bool moves_anything(const Plan& plan) {
  return std::any_of(plan.tasks.begin(), plan.tasks.end(), [](const TaskPlan& task) {
    return task.yaml || task.database || task.base.kind != BaseMove::Kind::keep;
  });
}

bool holds(const std::optional<Task>& task, Field field, const Value& value) {
  return task && equal((*task)[field], value);
}

// A value that is not the base's, in a field without an owner, is on some side afterwards unless the
// plan chose between the sides: by force, or by time on a very first sync (then the history has it). An owner's
// value always stands where the owner's task does.
std::string lost_in(const World& before, const World& after, const TaskPlan* plan, const Policy& policy) {
  const bool by_time = policy.first_sync && before.yaml && before.database && plan && plan->outcome == Outcome::carried;
  const bool chosen = by_time || (plan && plan->outcome == Outcome::decided);
  for (const Side side : {Side::yaml, Side::database}) {
    const auto& mine = side == Side::yaml ? before.yaml : before.database;
    const auto& mine_after = side == Side::yaml ? after.yaml : after.database;
    if (!mine) continue;
    for (const FieldSpec& field : kSchema) {
      if (!policy.synced.contains(field.field)) continue;
      const Value& value = (*mine)[field.field];
      const Owner owner = policy.owners[static_cast<std::size_t>(field.field)];
      const bool owns = owner == (side == Side::yaml ? Owner::yaml : Owner::database);
      const bool disabled = field.field == Field::status && policy.on_yaml_delete == OnYamlDelete::disable && !before.yaml;
      if (owns && mine_after && !disabled && !holds(mine_after, field.field, value))
        return std::string("an owner's value was overwritten: ") + std::string(field.name);
      if (owner != Owner::shared || chosen || holds(before.base, field.field, value)) continue;
      if (!holds(after.yaml, field.field, value) && !holds(after.database, field.field, value))
        return std::string("a value was lost: ") + std::string(field.name);
    }
  }
  return {};
}

// nullptr for a task that the plan does not mention.
const TaskPlan* find(const Plan& plan, std::int64_t id) {
  const auto it = std::lower_bound(plan.tasks.begin(), plan.tasks.end(), id,
                                   [](const TaskPlan& task, std::int64_t wanted) { return task.id < wanted; });
  return it != plan.tasks.end() && it->id == id ? &*it : nullptr;
}

std::string fault_in_batch(const Worlds& before, const Plan& plan, const Worlds& after, const Policy& policy) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const TaskPlan* task = find(plan, static_cast<std::int64_t>(i + 1));
    std::string fault = task ? fault_in(*task, before[i], policy) : "";
    if (fault.empty()) fault = lost_in(before[i], after[i], task, policy);
    if (!fault.empty()) return "task " + std::to_string(i + 1) + ": " + fault;
  }
  return {};
}

// Both directions can be written and nothing is left to a person: then one sync makes both sides the same.
std::string difference_left(const Worlds& after, const Plan& plan, const Policy& policy) {
  for (std::size_t i = 0; i < after.size(); ++i) {
    const TaskPlan* task = find(plan, static_cast<std::int64_t>(i + 1));
    const bool stays = task && (task->outcome == Outcome::conflict || policy.on_yaml_delete != OnYamlDelete::remove);
    if (stays) continue;
    const World& world = after[i];
    const bool same = world.yaml.has_value() == world.database.has_value() && world.yaml.has_value() == world.base.has_value() &&
                      (!world.yaml || (differing(*world.yaml, *world.database, policy.synced).empty() &&
                                       differing(*world.yaml, *world.base, policy.synced).empty()));
    if (!same) return "task " + std::to_string(i + 1) + " differs after a bidirectional sync";
  }
  return {};
}

// How many runs in a row may find something to do. One, as a rule. Without auto_merge, a task that both
// sides changed, but only one of them in fields that still differ, is a conflict at first; the base learns
// the rest, and then it is one side's change. In a one-way sync, what a merge left for later is
// a conflict in the next run, which force decides.
int rounds_at_most(const Policy& policy) {
  return 1 + (policy.auto_merge ? 0 : 1) + (policy.direction == Direction::bidirectional ? 0 : 1);
}

TEST(RandomTriples, KeepWhatEverySyncPromises) {
  std::array<std::size_t, 7> outcomes{};
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    Random random(batch);
    Policy policy = random_policy(random);
    Worlds worlds = random_worlds(policy, random);
    for (int round = 1;; ++round) {
      const Plan plan = plan_of(worlds, policy);
      ASSERT_FALSE(plan.guard);
      for (const TaskPlan& task : plan.tasks) ++outcomes[static_cast<std::size_t>(task.outcome)];
      if (!moves_anything(plan)) break;
      ASSERT_LE(round, rounds_at_most(policy)) << "does not come to rest, batch " << batch << "\n" << to_text(plan);
      Worlds after = applied(worlds, plan, policy.now);
      ASSERT_EQ(fault_in_batch(worlds, plan, after, policy), "") << "batch " << batch << "\n" << to_text(plan);
      if (policy.direction == Direction::bidirectional) {
        ASSERT_EQ(difference_left(after, plan, policy), "") << "batch " << batch << "\n" << to_text(plan);
      }
      worlds = std::move(after);
      policy.first_sync = false;
    }
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_GT(outcomes[i], 1000U) << "hardly ever seen: " << to_string(static_cast<Outcome>(i));
}

TEST(RandomTriples, GiveTheSamePlanToTheByte) {
  for (std::size_t batch = 0; batch < kBatches / 20; ++batch) {
    Random random(batch);
    const Policy policy = random_policy(random);
    const Worlds worlds = random_worlds(policy, random);
    const Worlds copies = worlds;  // elsewhere in memory
    ASSERT_EQ(to_text(plan_of(worlds, policy)), to_text(plan_of(copies, policy))) << "batch " << batch;
  }
}

TEST(RandomTriples, ArePlannedEachForItself) {
  for (std::size_t batch = 0; batch < kBatches / 20; ++batch) {
    Random random(batch);
    const Policy policy = random_policy(random);
    const Worlds worlds = random_worlds(policy, random);
    const Plan plan = plan_of(worlds, policy);
    ASSERT_TRUE(std::is_sorted(plan.tasks.begin(), plan.tasks.end(),
                               [](const TaskPlan& a, const TaskPlan& b) { return a.id < b.id; }));
    for (const TaskPlan& task : plan.tasks) {
      const TaskPlan alone = reconcile_task(worlds[static_cast<std::size_t>(task.id - 1)].triple(task.id), policy);
      ASSERT_EQ(to_text(Plan{{task}, {}, {}, 0, 0, {}}), to_text(Plan{{alone}, {}, {}, 0, 0, {}}));
    }
  }
}

// ---- the mirror -------------------------------------------------------------------------------------

World mirrored(World world) {
  std::swap(world.yaml, world.database);
  return world;
}

Policy mirrored(Policy policy) {
  policy.direction = policy.direction == Direction::yaml_to_db ? Direction::db_to_yaml : Direction::yaml_to_db;
  for (Owner& owner : policy.owners)
    if (owner != Owner::shared) owner = owner == Owner::yaml ? Owner::database : Owner::yaml;
  return policy;
}

ConflictFinding mirrored(ConflictFinding finding) {
  constexpr std::array<std::pair<ConflictReason, ConflictReason>, 2> kReasons{{
      {ConflictReason::database_newer, ConflictReason::yaml_newer},
      {ConflictReason::deleted_in_yaml, ConflictReason::deleted_in_database}}};
  const ConflictReason reason = finding.reason;
  for (const auto& [a, b] : kReasons)
    if (reason == a || reason == b) finding.reason = reason == a ? b : a;
  if (finding.kind == ConflictKind::update_delete) finding.kind = ConflictKind::delete_update;
  else if (finding.kind == ConflictKind::delete_update) finding.kind = ConflictKind::update_delete;
  return finding;
}

bool same_task(const std::optional<Task>& a, const std::optional<Task>& b, FieldSet fields) {
  return a.has_value() == b.has_value() && (!a || differing(*a, *b, fields).empty());
}

TEST(RandomTriples, OneWaySyncsMirrorEachOther) {
  Random random(1);
  std::size_t conflicts = 0, decided = 0;
  for (std::size_t i = 0; i < kBatches * 2; ++i) {
    Policy policy = random_policy(random);
    policy.direction = Direction::yaml_to_db;
    policy.yaml_read_only = false;                       // the YAML's alone
    policy.on_yaml_delete = OnYamlDelete::remove;        // likewise
    const World world = random_world(1, policy, random), other_world = mirrored(world);
    const Policy other_policy = mirrored(policy);
    const TaskPlan plan = reconcile_task(world.triple(1), policy);
    const TaskPlan other_plan = reconcile_task(other_world.triple(1), other_policy);
    const World after = apply(world, plan, policy.now);
    const World other_after = mirrored(apply(other_world, other_plan, policy.now));
    ASSERT_EQ(plan.outcome, other_plan.outcome) << i;
    ASSERT_EQ(plan.conflict.has_value(), other_plan.conflict.has_value()) << i;
    if (plan.conflict) { ASSERT_EQ(mirrored(*plan.conflict), *other_plan.conflict) << i; }
    if (plan.winner) { ASSERT_EQ(other(*plan.winner), *other_plan.winner) << i; }
    ASSERT_TRUE(same_task(after.yaml, other_after.yaml, policy.synced)) << i;
    ASSERT_TRUE(same_task(after.database, other_after.database, policy.synced)) << i;
    ASSERT_TRUE(same_task(after.base, other_after.base, policy.synced)) << i;
    if (plan.outcome == Outcome::conflict) ++conflicts;
    if (plan.outcome == Outcome::decided) ++decided;
  }
  EXPECT_GT(conflicts, 1000U);
  EXPECT_GT(decided, 1000U);
}

}  // namespace
}  // namespace lockstep
