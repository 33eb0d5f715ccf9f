#include "reconcile/resolve.hpp"

#include <utility>

#include "reconcile/settle.hpp"

namespace lockstep {
namespace {

Resolved refused(std::string problem) {
  Resolved resolved;
  resolved.problem = std::move(problem);
  return resolved;
}

std::string names_of(FieldSet fields) {
  std::string names;
  for (const FieldSpec& field : kSchema) {
    if (!fields.contains(field.field)) continue;
    if (!names.empty()) names += ", ";
    names += field.name;
  }
  return names;
}

bool both_present(const Triple& triple) { return triple.yaml && triple.database; }

// What a choice needs that this conflict does not have; empty = nothing.
std::string problem_with(Choice choice, const Triple& triple) {
  if (choice == Choice::keep_yaml || choice == Choice::keep_db) return {};
  const std::string name(to_string(choice));
  if (!both_present(triple)) {
    const std::string side = triple.yaml ? "database" : "YAML";
    return name + " is not possible: the " + side + " deleted task " + std::to_string(triple.id) +
           ". Choose keep_yaml or keep_db.";
  }
  if (choice == Choice::keep_both && triple.base) {
    return "keep_both is not possible: task " + std::to_string(triple.id) +
           " was not created on both sides, both changed the same one. Choose keep_yaml, keep_db, merge or custom.";
  }
  return {};
}

// Of the fields that both sides changed apart, each goes to the side that the schema says.
void merge_by_schema(Settlement& settlement, const View& view) {
  merge_into(settlement, view, Side::yaml);
  const FieldSet apart = view.triple.base ? view.changed_apart() : view.differ;
  for (const FieldSpec& field : kSchema) {
    if (!apart.contains(field.field) || field.merge_side != Side::database) continue;
    const Value value = (*view.triple.database)[field.field];
    settlement.yaml.own()[field.field] = value;
    settlement.database.own()[field.field] = value;
  }
}

FieldSet named_fields(const Resolution& resolution, FieldSet synced) {
  FieldSet named;
  for (const auto& [field, choice] : resolution.fields)
    if (synced.contains(field)) named.insert(field);
  return named;
}

// A named field becomes the same on both sides, so that its owner, if it has one, has nothing left to carry.
void apply_custom(Settlement& settlement, const View& view, const Resolution& resolution) {
  merge_into(settlement, view, Side::yaml);
  for (const auto& [field, choice] : resolution.fields) {
    if (!view.synced.contains(field)) continue;
    const Side* side = std::get_if<Side>(&choice);
    const Value value = side ? (*view.side(*side))[field] : std::get<Value>(choice);
    settlement.yaml.own()[field] = value;
    settlement.database.own()[field] = value;
  }
}

std::optional<Task> afterwards(const Triple& triple, const TaskPlan& plan, Timestamp now) {
  if (!plan.database) return triple.database ? std::optional<Task>(*triple.database) : std::nullopt;
  if (plan.database->action == Action::remove) return std::nullopt;
  Task task = plan.database->task;
  task[Field::updated_at] = now;
  return task;
}

// Two tasks out of one id. Each side's own task is new to the other one, so nothing is merged.
Resolved keep_both(const View& view, const ConflictFinding& finding, std::int64_t free_id) {
  const Triple& triple = view.triple;

  // The row keeps its id: as if the YAML had never had a task under it.
  const Triple row{triple.id, nullptr, nullptr, triple.database};
  const View row_view(row, view.policy);
  Settlement row_stays = as_they_are(row_view, Outcome::decided);
  carry_into(row_stays, row_view, Side::yaml);
  row_stays.conflict = finding;

  // The YAML's task moves: there under its new id already, and unknown to the database.
  Task moved = *triple.yaml;
  moved.id = free_id;
  const Triple arrival{free_id, nullptr, &moved, nullptr};
  const View arrival_view(arrival, view.policy);
  Settlement arrives = as_they_are(arrival_view, Outcome::decided);
  carry_into(arrives, arrival_view, Side::database);
  arrives.conflict = finding;

  Resolved resolved;
  resolved.tasks.push_back(settle(row_view, std::move(row_stays)));
  resolved.tasks.push_back(settle(arrival_view, std::move(arrives)));
  TaskPlan& new_task = resolved.tasks.back();
  new_task.own_tasks();  // `moved` goes
  if (!is_null(moved[Field::updated_at])) new_task.base.task.own()[Field::updated_at] = view.policy.now;
  new_task.yaml = Write{Action::update, std::move(moved), {}, triple.id};
  resolved.task = *triple.database;
  resolved.new_task_id = free_id;
  return resolved;
}

// The task that two saves of the YAML say differently: decided as if the other save were a row, then given to both sides.
Resolved resolve_saves(const Triple& triple, const ConflictFinding& finding, const Resolution& resolution, const Policy& policy) {
  if (resolution.choice == Choice::keep_both)
    return refused("keep_both is not possible: two saves of the YAML changed the same task. Choose keep_yaml, keep_db, merge or custom.");
  const Triple saves{triple.id, nullptr, triple.yaml, triple.other_save};
  Resolved decided = resolve(saves, {ConflictReason::never_synced, finding.kind, finding.fields}, resolution, policy, 0);
  if (!decided.problem.empty()) return decided;

  const View view(triple, policy);
  Settlement settlement = as_they_are(view, Outcome::decided);
  settlement.conflict = finding;
  settlement.winner = decided.tasks.front().winner;
  for (HeldTask* side : {&settlement.yaml, &settlement.database}) {
    if (decided.task && *side) copy_fields(side->own(), *decided.task, view.synced);
    else *side = decided.task ? HeldTask(*decided.task) : HeldTask();
  }
  Resolved resolved;
  resolved.tasks.push_back(settle(view, std::move(settlement)));
  resolved.task = afterwards(triple, resolved.tasks.front(), policy.now);
  return resolved;
}

}  // namespace

Resolved resolve(const Triple& triple, const ConflictFinding& finding, const Resolution& resolution,
                 const Policy& policy, std::int64_t free_id) {
  Policy both_ways = policy;
  both_ways.direction = Direction::bidirectional;
  if (finding.reason == ConflictReason::two_saves) return resolve_saves(triple, finding, resolution, both_ways);
  if (std::string problem = problem_with(resolution.choice, triple); !problem.empty())
    return refused(std::move(problem));

  const View view(triple, both_ways);
  if (resolution.choice == Choice::keep_both) return keep_both(view, finding, free_id);

  Settlement settlement = as_they_are(view, Outcome::decided);
  settlement.conflict = finding;
  switch (resolution.choice) {
    case Choice::keep_yaml:
      carry_into(settlement, view, Side::database);
      settlement.winner = Side::yaml;
      break;
    case Choice::keep_db:
      carry_into(settlement, view, Side::yaml);
      settlement.winner = Side::database;
      break;
    case Choice::merge:
      merge_by_schema(settlement, view);
      break;
    case Choice::custom: {
      // changed_apart(): a field that parted after the finding was made must not be merged in silence.
      const FieldSet in_conflict = (finding.fields | view.changed_apart()) & view.differ;
      const FieldSet missing = in_conflict - named_fields(resolution, view.synced);
      if (!missing.empty())
        return refused("custom needs a choice for each field in conflict; missing: " + names_of(missing) + ".");
      apply_custom(settlement, view, resolution);
      break;
    }
    case Choice::keep_both:
      break;  // returned above
  }

  Resolved resolved;
  resolved.tasks.push_back(settle(view, std::move(settlement)));
  resolved.task = afterwards(triple, resolved.tasks.front(), policy.now);
  return resolved;
}

}  // namespace lockstep
