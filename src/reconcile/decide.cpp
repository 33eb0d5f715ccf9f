// One task by the tables of the semantics. The tables for the two one-way
// directions mirror each other, so everything here speaks of sides, and names
// one only where the contract treats it differently from the other.
#include <utility>

#include "reconcile/settle.hpp"

namespace lockstep {
namespace {

Side target_of(Direction direction) { return direction == Direction::yaml_to_db ? Side::database : Side::yaml; }

std::optional<Timestamp> updated_at(const Task& task) { return task.instant(Field::updated_at); }

Settlement carried(const View& view, Side to) {
  Settlement settlement = as_they_are(view, Outcome::carried);
  carry_into(settlement, view, to);
  return settlement;
}

Settlement conflict(const View& view, ConflictReason reason, ConflictKind kind, FieldSet fields) {
  Settlement settlement = as_they_are(view, Outcome::conflict);
  settlement.conflict = ConflictFinding{reason, kind, fields};
  return settlement;
}

bool disabling_is_due(const View& view) {
  if (view.policy.on_yaml_delete != OnYamlDelete::disable || !view.synced.contains(Field::status)) return false;
  const Value disabled = std::string(kDisabled);
  if (equal((*view.triple.database)[Field::status], disabled)) return false;
  // A base that says disabled (base_of_kept_row) means that it has been done once. If the status
  // belongs to the database and is another one now, its owner has decided against it.
  const bool owned = view.policy.owners[static_cast<std::size_t>(Field::status)] == Owner::database;
  return !(owned && equal((*view.triple.base)[Field::status], disabled));
}

// The YAML's task is gone: what on_yaml_delete makes of the row.
Settlement delete_row(const View& view) {
  if (view.policy.on_yaml_delete == OnYamlDelete::remove) return carried(view, Side::database);
  Settlement settlement = as_they_are(view, Outcome::left_alone);
  settlement.row_kept = true;
  if (disabling_is_due(view)) {
    settlement.database.own()[Field::status] = std::string(kDisabled);
    settlement.outcome = Outcome::carried;
  }
  return settlement;
}

Settlement delete_from(const View& view, Side side) {
  return side == Side::database ? delete_row(view) : carried(view, Side::yaml);
}

Settlement conflict_with_deletion(const View& view, Side left) {
  return left == Side::database
             ? conflict(view, ConflictReason::deleted_in_yaml, ConflictKind::delete_update, view.database_changed)
             : conflict(view, ConflictReason::deleted_in_database, ConflictKind::update_delete, view.yaml_changed);
}

// Only the side `here` has the task.
Settlement decide_one_sided(const View& view, Side here) {
  const Side gone = other(here);
  if (!view.triple.base)
    return view.may_write(gone) ? carried(view, gone) : as_they_are(view, Outcome::left_alone);

  const bool unchanged = view.changed(here).empty();
  const bool here_is_target = view.may_write(here);  // bidirectional included
  if (here_is_target) return unchanged ? delete_from(view, here) : conflict_with_deletion(view, here);

  // A one-way sync inserts what its target lacks, whatever the base says, save in two cases.
  if (here == Side::yaml && view.policy.yaml_read_only && unchanged) {
    // The database's deletion cannot reach the YAML; inserting the row again would fight it.
    return as_they_are(view, Outcome::waits);
  }
  if (here == Side::database && view.policy.on_yaml_delete != OnYamlDelete::remove) {
    // That the YAML's task is gone while its row stays is what this setting is for: the row
    // is not added back, and once it changes a person has to say which of the two holds.
    return unchanged ? as_they_are(view, Outcome::left_alone) : conflict_with_deletion(view, here);
  }
  return carried(view, gone);
}

// Both sides have the task, differ, and never agreed.
Settlement decide_created_twice(const View& view) {
  const std::optional<Timestamp> yaml = updated_at(*view.triple.yaml);
  const std::optional<Timestamp> database = updated_at(*view.triple.database);
  const bool comparable = yaml && database;
  const bool yaml_newer = comparable && *yaml > *database;
  const bool database_newer = comparable && *database > *yaml;
  if (view.policy.first_sync) {
    // Whoever starts with lockstep has edited the YAML by hand so far: its newer tasks go first,
    // and a row only where the sync was asked to write the YAML alone.
    const bool to_yaml = view.policy.direction == Direction::db_to_yaml;
    if (to_yaml ? database_newer : yaml_newer) return carried(view, to_yaml ? Side::yaml : Side::database);
  }
  const ConflictReason reason = yaml_newer       ? ConflictReason::yaml_newer
                                : database_newer ? ConflictReason::database_newer
                                                 : ConflictReason::never_synced;
  return conflict(view, reason, ConflictKind::create_create, view.differ);
}

// Both sides have the task and differ, and only `side` differs from the base.
Settlement decide_changed_once(const View& view, Side side) {
  const Side to = other(side);
  if (view.may_write(to)) return carried(view, to);
  if (to == Side::yaml && view.policy.yaml_read_only) return as_they_are(view, Outcome::waits);
  const ConflictReason reason =
      side == Side::database ? ConflictReason::database_newer : ConflictReason::yaml_newer;
  return conflict(view, reason, ConflictKind::update_update, view.differ);
}

Settlement decide_changed_twice(const View& view) {
  const FieldSet apart = view.changed_apart();
  if (view.policy.auto_merge && apart.empty()) {
    Settlement settlement = as_they_are(view, Outcome::merged);
    merge_into(settlement, view, Side::yaml);
    return settlement;
  }
  return conflict(view, ConflictReason::both_changed, ConflictKind::update_update, apart.empty() ? view.differ : apart);
}

// What the two saves of the YAML differ in is a person's to decide; until then nothing of the task is carried. nullopt: they
// have come to say the same, or one of them stands by force.
std::optional<Settlement> decide_between_saves(const View& view) {
  const Triple& triple = view.triple;
  if (!triple.contested || view.policy.force) return std::nullopt;
  if (!triple.yaml && !triple.other_save) return std::nullopt;
  if (!triple.yaml || !triple.other_save) {
    const bool deleted = !triple.yaml;
    const Task& left = deleted ? *triple.other_save : *triple.yaml;
    const FieldSet fields = triple.base ? differing(left, *triple.base, view.synced) : view.synced;
    return conflict(view, ConflictReason::two_saves, deleted ? ConflictKind::delete_update : ConflictKind::update_delete, fields);
  }
  const FieldSet apart = differing(*triple.yaml, *triple.other_save, view.synced);
  if (apart.empty()) return std::nullopt;
  return conflict(view, ConflictReason::two_saves, ConflictKind::update_update, apart);
}

Settlement decide(const View& view) {
  const Triple& triple = view.triple;
  if (auto between = decide_between_saves(view)) return std::move(*between);
  if (!triple.yaml && !triple.database) return as_they_are(view, Outcome::in_sync);
  if (!triple.database) return decide_one_sided(view, Side::yaml);
  if (!triple.yaml) return decide_one_sided(view, Side::database);
  if (view.differ.empty()) return as_they_are(view, Outcome::in_sync);
  if (!triple.base) return decide_created_twice(view);
  if (view.yaml_changed.empty()) return decide_changed_once(view, Side::database);
  if (view.database_changed.empty()) return decide_changed_once(view, Side::yaml);
  return decide_changed_twice(view);
}

// When a person last changed the YAML's task, as far as can be told. An updated_at that has not moved
// since the base was not kept by whoever changed the task, so only the file's time is left.
std::optional<Timestamp> yaml_change_time(const View& view) {
  const Task& yaml = *view.triple.yaml;
  const Task* base = view.triple.base;
  const bool moved = !base || !equal(yaml[Field::updated_at], (*base)[Field::updated_at]);
  const std::optional<Timestamp> own = updated_at(yaml);
  return moved && own ? own : view.policy.yaml_file_time;
}

Side winner_of(const View& view) {
  if (view.policy.direction != Direction::bidirectional) return other(target_of(view.policy.direction));
  if (!view.triple.yaml) return Side::database;
  if (!view.triple.database) return Side::yaml;
  // nullopt orders before every instant: an unknown time counts as the oldest.
  return yaml_change_time(view) > updated_at(*view.triple.database) ? Side::yaml : Side::database;
}

// What could be merged under the same policy is: only the fields that both sides changed apart go
// to the winner. Elsewhere the winner's task stands as a whole.
Settlement decide_by_force(const View& view, const ConflictFinding& found) {
  const Side winner = winner_of(view);
  const Side loser = other(winner);
  const bool both_present = view.triple.yaml && view.triple.database;
  Settlement settlement;
  if (both_present && found.reason == ConflictReason::both_changed && view.policy.auto_merge) {
    settlement = as_they_are(view, Outcome::decided);
    merge_into(settlement, view, winner);
  } else {
    settlement = view.side(winner) ? carried(view, loser) : delete_from(view, loser);
  }
  settlement.outcome = Outcome::decided;
  settlement.conflict = found;
  settlement.winner = winner;
  return settlement;
}

}  // namespace

TaskPlan reconcile_task(const Triple& triple, const Policy& policy) {
  const View view(triple, policy);
  Settlement settlement = decide(view);
  if (settlement.outcome == Outcome::conflict && policy.force)
    settlement = decide_by_force(view, *settlement.conflict);
  return settle(view, std::move(settlement));
}

}  // namespace lockstep
