// How values of the store's contract are written into tables, the same in every backend.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "model/task.hpp"

namespace lockstep {

std::string names_of(FieldSet);              // "schedule_cron,status", in the order of kSchema
FieldSet fields_by_names(std::string_view);  // names it does not know are left out

// An enumerator that was read from a table; throws Error(database) where the text names none.
template <typename Enumerator>
Enumerator stored_name(std::optional<Enumerator> value, std::string_view text) {
  if (value) return *value;
  throw Error({.code = ErrorCode::database,
               .operation = "read",
               .subject = "lockstep's own tables",
               .cause = "they hold a name that this version does not know: " + std::string(text)});
}

// ConflictTable::update met a number that is no longer there.
Error conflict_is_gone(std::int64_t number);

}  // namespace lockstep
