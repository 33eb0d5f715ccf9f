// What a sync and a person's resolution have in common: a triple as the rules
// see it, and the way from what both sides shall hold to the writes that get
// them there and the base that remembers it. Internal to this room.
#pragma once

#include <optional>

#include "reconcile/plan.hpp"

namespace lockstep {

inline constexpr std::string_view kDisabled = "disabled";  // one of kStatuses

// A triple seen through a policy. Valid as long as both.
struct View {
  View(const Triple& triple, const Policy& policy);

  const Triple& triple;
  const Policy& policy;
  FieldSet synced;            // what may be compared and written at all
  FieldSet shared;            // those of them without an owner: only these decide anything
  FieldSet yaml_changed;      // shared fields that differ from the base; empty where either is absent
  FieldSet database_changed;
  FieldSet differ;            // shared fields in which the sides differ; empty where either is absent

  const Task* side(Side side) const { return side == Side::yaml ? triple.yaml : triple.database; }
  FieldSet changed(Side side) const { return side == Side::yaml ? yaml_changed : database_changed; }
  // Changed on both sides, and not alike. Nothing is apart without a base.
  FieldSet changed_apart() const { return yaml_changed & database_changed & differ; }
  bool may_write(Side side) const;
};

void copy_fields(Task& to, const Task& from, FieldSet fields);

// Both sides as they shall be, before owners have had their say; none = absent. They refer to the tasks of the
// view's triple until they differ from them.
struct Settlement {
  Outcome outcome = Outcome::in_sync;
  HeldTask yaml, database;
  std::optional<ConflictFinding> conflict;
  std::optional<Side> winner;
  bool row_kept = false;  // the YAML's task is gone and on_yaml_delete leaves the row: it is its own base
};

// Precondition: View::triple has both sides; the settlement starts from them as they are.
Settlement as_they_are(const View& view, Outcome outcome);

// Takes, in the sides that may be written, every field in which the sides differ from the side
// that alone changed it, and those that both changed from `apart_from`. Without a base
// every such field counts as changed by both.
void merge_into(Settlement& settlement, const View& view, Side apart_from);

// Makes the side `to` what the other one is: its fields, its presence or its absence.
void carry_into(Settlement& settlement, const View& view, Side to);

// Owners, writes and base.
TaskPlan settle(const View& view, Settlement settlement);

}  // namespace lockstep
