// The names and sentences under which the enumerations are shown and stored.
#include <utility>

#include "reconcile/plan.hpp"
#include "reconcile/resolve.hpp"

namespace lockstep {
namespace {

template <typename Enum>
using Name = std::pair<Enum, std::string_view>;

constexpr std::array<Name<Direction>, 3> kDirections{{
    {Direction::bidirectional, "bidirectional"},
    {Direction::yaml_to_db, "yaml_to_db"},
    {Direction::db_to_yaml, "db_to_yaml"},
}};

constexpr std::array<Name<Outcome>, 7> kOutcomes{{
    {Outcome::in_sync, "in_sync"},
    {Outcome::carried, "carried"},
    {Outcome::merged, "merged"},
    {Outcome::conflict, "conflict"},
    {Outcome::decided, "decided"},
    {Outcome::left_alone, "left_alone"},
    {Outcome::waits, "waits"},
}};

constexpr std::array<Name<ConflictReason>, 7> kReasons{{
    {ConflictReason::database_newer, "Database updated more recently than YAML"},
    {ConflictReason::yaml_newer, "YAML updated more recently than database"},
    {ConflictReason::both_changed, "Both YAML and database changed since the last sync"},
    {ConflictReason::never_synced, "YAML and database differ and were never synced"},
    {ConflictReason::deleted_in_yaml, "Deleted in YAML but changed in database"},
    {ConflictReason::deleted_in_database, "Deleted in database but changed in YAML"},
    {ConflictReason::two_saves, "Two saves at the same moment"},
}};

constexpr std::array<Name<ConflictKind>, 4> kKinds{{
    {ConflictKind::update_update, "update/update"},
    {ConflictKind::update_delete, "update/delete"},
    {ConflictKind::delete_update, "delete/update"},
    {ConflictKind::create_create, "create/create"},
}};

constexpr std::array<Name<Action>, 3> kActions{{
    {Action::insert, "insert"},
    {Action::update, "update"},
    {Action::remove, "delete"},
}};

constexpr std::array<Name<Choice>, 5> kChoices{{
    {Choice::keep_yaml, "keep_yaml"},
    {Choice::keep_db, "keep_db"},
    {Choice::merge, "merge"},
    {Choice::custom, "custom"},
    {Choice::keep_both, "keep_both"},
}};

template <typename Enum, std::size_t N>
std::string_view name_in(const std::array<Name<Enum>, N>& names, Enum value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return {};
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_in(const std::array<Name<Enum>, N>& names, std::string_view name) {
  for (const auto& [value, candidate] : names)
    if (candidate == name) return value;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Direction direction) { return name_in(kDirections, direction); }
std::string_view to_string(Outcome outcome) { return name_in(kOutcomes, outcome); }
std::string_view to_string(ConflictReason reason) { return name_in(kReasons, reason); }
std::string_view to_string(ConflictKind kind) { return name_in(kKinds, kind); }
std::string_view to_string(Action action) { return name_in(kActions, action); }
std::string_view to_string(Choice choice) { return name_in(kChoices, choice); }

std::optional<Direction> direction_by_name(std::string_view name) { return value_in(kDirections, name); }
std::optional<ConflictReason> reason_by_text(std::string_view text) { return value_in(kReasons, text); }
std::optional<ConflictKind> kind_by_text(std::string_view text) { return value_in(kKinds, text); }
std::optional<Choice> choice_by_name(std::string_view name) { return value_in(kChoices, name); }

}  // namespace lockstep
