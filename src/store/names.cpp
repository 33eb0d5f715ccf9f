#include "store/names.hpp"

#include <array>
#include <utility>

#include "store/store.hpp"

namespace lockstep {
namespace {

constexpr std::array<std::pair<Trigger, std::string_view>, 9> kTriggers{{
    {Trigger::startup, "startup"},
    {Trigger::file, "file"},
    {Trigger::database, "database"},
    {Trigger::interval, "interval"},
    {Trigger::cron, "cron"},
    {Trigger::manual, "manual"},
    {Trigger::api, "api"},
    {Trigger::resolve, "resolve"},
    {Trigger::undo, "undo"},
}};

}  // namespace

std::string_view to_string(Trigger trigger) { return kTriggers[static_cast<std::size_t>(trigger)].second; }

std::optional<Trigger> trigger_by_name(std::string_view name) {
  for (const auto& [trigger, known] : kTriggers) {
    if (known == name) return trigger;
  }
  return std::nullopt;
}

std::string names_of(FieldSet fields) {
  std::string names;
  for (const FieldSpec& field : kSchema) {
    if (!fields.contains(field.field)) continue;
    if (!names.empty()) names += ',';
    names += field.name;
  }
  return names;
}

FieldSet fields_by_names(std::string_view names) {
  FieldSet fields;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    if (const std::optional<Field> field = field_by_name(names.substr(0, end))) fields.insert(*field);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return fields;
}

Error conflict_is_gone(std::int64_t number) {
  return Error({.code = ErrorCode::changed,
                .operation = "update",
                .subject = "conflict_" + std::to_string(number),
                .cause = "it is no longer pending",
                .hint = {},
                .retryable = true});
}

}  // namespace lockstep
