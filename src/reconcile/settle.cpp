#include "reconcile/settle.hpp"

#include <utility>

namespace lockstep {
namespace {

HeldTask& after(Settlement& settlement, Side side) {
  return side == Side::yaml ? settlement.yaml : settlement.database;
}

// An owner's value goes to the other side whatever happened there, but only where both sides have the
// task: an insert takes it whole from the side it comes from, so here they already agree.
void let_owners_decide(Settlement& settlement, const View& view) {
  if (!settlement.yaml || !settlement.database) return;
  const FieldSet owned = view.synced - view.shared;
  if (owned.empty()) return;
  const FieldSet differ = differing(*settlement.yaml, *settlement.database, owned);
  for (const FieldSpec& field : kSchema) {
    if (!differ.contains(field.field)) continue;
    const Owner owner = view.policy.owners[static_cast<std::size_t>(field.field)];
    const Side to = owner == Owner::yaml ? Side::database : Side::yaml;
    if (!view.may_write(to)) continue;
    after(settlement, to).own()[field.field] = after(settlement, other(to))[field.field];
  }
}

std::optional<Write> write_between(const Task* before, const HeldTask& after, FieldSet synced) {
  if (!before && !after) return std::nullopt;
  if (!before) return Write{Action::insert, after, {}, {}};
  if (!after) return Write{Action::remove, HeldTask::at(before), {}, {}};
  const FieldSet fields = differing(*before, *after, synced);
  if (fields.empty()) return std::nullopt;
  return Write{Action::update, after, fields, {}};
}

// The YAML's updated_at once the plan has been carried out.
Value yaml_updated_at(const Task& yaml, const std::optional<Write>& write, Timestamp now) {
  const Value& there = yaml[Field::updated_at];
  const bool brought_up_to_date = write && write->action == Action::update && !is_null(there);
  return brought_up_to_date ? Value(now) : there;
}

BaseMove set_unless_same(const Task* base, HeldTask next, FieldSet synced) {
  const bool same = base && differing(*base, *next, synced).empty() &&
                    equal((*base)[Field::updated_at], next[Field::updated_at]);
  if (same) return {};
  return {BaseMove::Kind::set, std::move(next)};
}

// A row that outlives its YAML task. With `disable` its base says disabled even where the row's owner has
// enabled it again: the deletion has been carried out once, and is not repeated against the owner.
BaseMove base_of_kept_row(const View& view, const Task& row) {
  Task next = *view.triple.base;
  copy_fields(next, row, view.synced);
  const bool disabled = view.policy.on_yaml_delete == OnYamlDelete::disable && view.synced.contains(Field::status);
  if (disabled) next[Field::status] = std::string(kDisabled);
  return set_unless_same(view.triple.base, std::move(next), view.synced);
}

BaseMove base_after(const View& view, const Settlement& settlement, const std::optional<Write>& yaml_write) {
  const Task* base = view.triple.base;
  if (!settlement.yaml && !settlement.database) return {base ? BaseMove::Kind::forget : BaseMove::Kind::keep, {}};
  if (settlement.row_kept) return base_of_kept_row(view, *settlement.database);
  if (!settlement.yaml || !settlement.database) return {};

  const Task& yaml = *settlement.yaml;
  const Task& database = *settlement.database;
  const FieldSet differ = differing(yaml, database, view.synced);
  const bool agreed = (differ & view.shared).empty();
  if (!base && !agreed) return {};
  const Value updated_at = yaml_updated_at(yaml, yaml_write, view.policy.now);
  const bool as_it_stands = !base && differ.empty() && view.synced == FieldSet::synced() &&
                            equal(updated_at, yaml[Field::updated_at]);
  if (as_it_stands) return {BaseMove::Kind::set, settlement.yaml};

  Task next = base ? *base : task_with_defaults(view.triple.id);
  copy_fields(next, yaml, view.synced - differ);
  if (!base) {
    next[Field::created_at] = yaml[Field::created_at];
    for (const FieldSpec& field : kSchema) {
      if (!differ.contains(field.field)) continue;
      const Owner owner = view.policy.owners[static_cast<std::size_t>(field.field)];
      next[field.field] = (owner == Owner::yaml ? database : yaml)[field.field];
    }
  }
  if (agreed) next[Field::updated_at] = updated_at;
  return set_unless_same(base, std::move(next), view.synced);
}

}  // namespace

View::View(const Triple& triple_, const Policy& policy_)
    : triple(triple_), policy(policy_), synced(policy_.synced & FieldSet::synced()), shared(synced) {
  for (const FieldSpec& field : kSchema)
    if (policy.owners[static_cast<std::size_t>(field.field)] != Owner::shared) shared.erase(field.field);
  if (triple.base && triple.yaml) yaml_changed = differing(*triple.base, *triple.yaml, shared);
  if (triple.base && triple.database) database_changed = differing(*triple.base, *triple.database, shared);
  if (triple.yaml && triple.database) differ = differing(*triple.yaml, *triple.database, shared);
}

bool View::may_write(Side side) const {
  return policy.direction != (side == Side::yaml ? Direction::yaml_to_db : Direction::db_to_yaml);
}

void copy_fields(Task& to, const Task& from, FieldSet fields) {
  for (const FieldSpec& field : kSchema)
    if (fields.contains(field.field)) to[field.field] = from[field.field];
}

Settlement as_they_are(const View& view, Outcome outcome) {
  Settlement settlement;
  settlement.outcome = outcome;
  settlement.yaml = HeldTask::at(view.triple.yaml);
  settlement.database = HeldTask::at(view.triple.database);
  return settlement;
}

void merge_into(Settlement& settlement, const View& view, Side apart_from) {
  const FieldSet apart = view.triple.base ? view.changed_apart() : view.differ;
  for (const Side to : {Side::yaml, Side::database}) {
    if (!view.may_write(to)) continue;
    const FieldSet theirs = (view.differ & view.changed(other(to))) - apart;
    copy_fields(after(settlement, to).own(), *view.side(other(to)), to == apart_from ? theirs : theirs | apart);
  }
}

void carry_into(Settlement& settlement, const View& view, Side to) {
  const Task* from = view.side(other(to));
  HeldTask& target = after(settlement, to);
  if (from && target)
    copy_fields(target.own(), *from, view.differ);
  else
    target = HeldTask::at(from);
}

TaskPlan settle(const View& view, Settlement settlement) {
  // A task in conflict is frozen: an owner's value too waits until it is resolved.
  if (settlement.outcome != Outcome::conflict) let_owners_decide(settlement, view);

  TaskPlan plan;
  plan.id = view.triple.id;
  plan.yaml = write_between(view.triple.yaml, settlement.yaml, view.synced);
  plan.database = write_between(view.triple.database, settlement.database, view.synced);
  plan.base = base_after(view, settlement, plan.yaml);
  const bool writes = plan.yaml || plan.database;
  plan.outcome = settlement.outcome == Outcome::in_sync && writes ? Outcome::carried : settlement.outcome;
  plan.conflict = settlement.conflict;
  plan.winner = settlement.winner;
  return plan;
}

}  // namespace lockstep
