// A short way to write down tasks, policies and what became of them, so that a
// test can be one line and a failure can be read.
//
// Task: three letters for schedule_cron, user_id and status, and `@n` for an
// updated_at of n seconds after the epoch: `aab@7`. `-` = absent. A status `x`
// is disabled; the other fields are the same in all tasks.
// Policy: words, see policy_of().
// Result: `OUTCOME: YAML DATABASE BASE`, the three as they are once the plan has been carried out, for
// instance `carried: baa baa baa`, or with what was found
// `conflict(both_changed update/update c): baa caa aaa`, fields as c, u, s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconcile/plan.hpp"

namespace lockstep::notation {

inline constexpr std::int64_t kNowSeconds = 100;  // Policy::now

constexpr Timestamp at(std::int64_t seconds) { return {seconds * 1'000'000}; }

std::optional<Task> task_of(std::string_view text, std::int64_t id = 7);
std::string text_of(const std::optional<Task>&);

// bidirectional (default), yaml_to_db, db_to_yaml, force, no_merge, first_sync, read_only, disable,
// ignore, file@9, and owners: cron:yaml, user:database, status:database, …; no_user = no such column.
Policy policy_of(std::string_view words);

// The three snapshots of one task, owned.
struct World {
  std::optional<Task> base, yaml, database;
  Triple triple(std::int64_t id = 7) const;
};
World world_of(std::string_view base_yaml_database);  // "aaa baa aaa"

// Carries the plan out, as the writers are bound to: an updated task's updated_at becomes `now`
// where it has one, an inserted one stands as given.
World apply(World, const TaskPlan&, Timestamp now);

std::string text_of(const ConflictFinding&);
std::string result_of(const World& after, const TaskPlan&);

// Everything that must hold for any plan, whatever it decides; empty, or what does not hold.
std::string fault_in(const TaskPlan&, const World& before, const Policy&);

}  // namespace lockstep::notation
