// A resolution stored in the database until the process that can write the
// replica's file carries it out: {"choice","version","fields":{NAME:"yaml"|"db"|{"value":…}}}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/engine.hpp"
#include "model/json.hpp"

namespace lockstep {

// `author`: who asked for it, kept as `author` (request_author()); empty = not known.
std::string write_resolution_request(const Resolution&, int version, const std::string& author);
std::optional<ResolveRequest> read_resolution_request(std::string_view text);  // number is the caller's

// The same of an undo: {"max_delete_percent"}.
std::string write_undo_request(std::optional<double> max_delete_percent, const std::string& author);
std::optional<double> read_undo_request(std::string_view text);
std::string request_author(std::string_view text);  // of either

// The `fields` of a custom resolution as the API, the CLI and the store write them; the string says what is wrong.
std::variant<std::map<Field, FieldChoice>, std::string> field_choices_from_json(const Json& fields);

}  // namespace lockstep
