#include "reconcile/revert.hpp"

#include <utility>

#include "reconcile/settle.hpp"

namespace lockstep {
namespace {

FieldSet written(const std::optional<SideChange>& change, FieldSet shared) {
  if (!change || !change->before || !change->after) return {};
  return differing(*change->before, *change->after, shared);
}

// The side that the run wrote must hold what the run left; the other one what the run carried from it.
bool as_left(const Task* now, const std::optional<SideChange>& own, const std::optional<SideChange>& theirs,
             FieldSet shared) {
  if (own) {
    if ((now != nullptr) != own->after.has_value()) return false;
    return !now || differing(*now, *own->after, shared).empty();
  }
  if (!theirs) return true;
  if ((now != nullptr) != theirs->after.has_value()) return false;
  if (!now) return true;
  const FieldSet compared = theirs->before ? written(theirs, shared) : shared;
  return differing(*now, *theirs->after, compared).empty();
}

HeldTask former(const Task* now, const std::optional<SideChange>& own,
                           const std::optional<SideChange>& theirs, FieldSet shared) {
  const SideChange& presence = own ? *own : *theirs;
  if (!presence.before) return {};
  if (!now) return *presence.before;
  Task task = *now;
  if (theirs && theirs->before) copy_fields(task, *theirs->before, written(theirs, shared));
  if (own && own->before) copy_fields(task, *own->before, written(own, shared));
  return task;
}

}  // namespace

Reverted revert(const Triple& now, const TaskChange& change, const Policy& policy) {
  const View view(now, policy);
  Reverted reverted;
  if (!as_left(now.yaml, change.yaml, change.database, view.shared)) reverted.changed = Side::yaml;
  if (!as_left(now.database, change.database, change.yaml, view.shared)) reverted.changed = Side::database;
  if (reverted.changed) return reverted;
  Settlement settlement = as_they_are(view, Outcome::decided);
  settlement.yaml = former(now.yaml, change.yaml, change.database, view.shared);
  settlement.database = former(now.database, change.database, change.yaml, view.shared);
  reverted.plan = settle(view, std::move(settlement));
  return reverted;
}

Reverted revert_decision(const Triple& now, const TaskChange& change, const Task* base, bool parted, const Policy& policy) {
  const View view(now, policy);
  Reverted reverted;
  // A side that an undo left alone holds what the other one had before it.
  const auto theirs = [parted](const std::optional<SideChange>& other) {
    return parted && other ? std::optional(SideChange{other->after, other->before}) : other;
  };
  if (!as_left(now.yaml, change.yaml, theirs(change.database), view.shared)) reverted.changed = Side::yaml;
  if (!as_left(now.database, change.database, theirs(change.yaml), view.shared)) reverted.changed = Side::database;
  if (reverted.changed) return reverted;
  // Frozen, as a task in conflict is: its owners wait too.
  Settlement settlement = as_they_are(view, Outcome::conflict);
  if (change.yaml) settlement.yaml = former(now.yaml, change.yaml, std::nullopt, view.shared);
  if (change.database) settlement.database = former(now.database, change.database, std::nullopt, view.shared);
  reverted.plan = settle(view, std::move(settlement));
  reverted.plan.outcome = Outcome::decided;
  reverted.plan.base = {};
  if (base)
    reverted.plan.base = {BaseMove::Kind::set, HeldTask::at(base)};
  else if (now.base)
    reverted.plan.base = {BaseMove::Kind::forget, {}};
  return reverted;
}

}  // namespace lockstep
