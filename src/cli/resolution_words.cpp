#include "cli/resolution_words.hpp"

#include "config/field_names.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep::cli {
namespace {

OwnValueRead checked_value(Field field, const Json& json) {
  ValueFromJson read = value_from_json(field, json);
  if (!read.problem.empty()) return {{}, std::move(read.problem)};
  Validator validator;
  if (std::optional<std::string> problem = validator.check(field, read.value)) return {{}, std::move(*problem)};
  return {std::move(read.value), {}};
}

OwnValueRead read_json_value(Field field, std::string_view text) {
  const JsonResult parsed = parse_json(text);
  if (!parsed.ok()) return {{}, "not JSON: " + parsed.problem_message + "; text is written FIELD:='\"…\"'"};
  return checked_value(field, parsed.value);
}

// `FIELD=side` or `FIELD:=JSON`; a problem otherwise.
std::string read_field_choice(std::string_view word, Resolution& resolution) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return "expected FIELD=yaml, FIELD=db or FIELD:=JSON, found " + quoted_for_message(word);
  const bool own_value = word[equals - 1] == ':';
  const std::string_view name = word.substr(0, own_value ? equals - 1 : equals);
  const std::string_view text = word.substr(equals + 1);
  const std::optional<Field> field = field_by_name(name);
  if (!field) return config::unknown_field(name);
  if (!spec(*field).synced) return std::string(name) + " is kept by each side for itself: there is nothing to choose";
  if (resolution.fields.contains(*field)) return std::string(name) + " is named twice";
  if (own_value) {
    OwnValueRead read = read_json_value(*field, text);
    if (!read.problem.empty()) return std::string(name) + ": " + read.problem;
    resolution.fields.emplace(*field, std::move(read.value));
  } else if (text == "yaml") {
    resolution.fields.emplace(*field, Side::yaml);
  } else if (text == "db" || text == "database") {
    resolution.fields.emplace(*field, Side::database);
  } else {
    return std::string(name) + ": expected yaml or db, found " + quoted_for_message(text) +
           "; a value of its own is written " + std::string(name) + ":='\"…\"'";
  }
  return {};
}

}  // namespace

ResolutionRead read_resolution(std::span<const std::string> words) {
  ResolutionRead read;
  const std::optional<Choice> choice = words.empty() ? std::nullopt : choice_by_name(words.front());
  if (!choice) {
    read.problem = "expected keep_yaml, keep_db, merge, custom or keep_both";
    if (!words.empty()) read.problem += ", found " + quoted_for_message(words.front());
    return read;
  }
  read.resolution.choice = *choice;
  const std::span<const std::string> rest = words.subspan(1);
  if (*choice != Choice::custom && !rest.empty()) {
    read.problem = "only custom takes fields; found " + quoted_for_message(rest.front()) + " after " + words.front();
    return read;
  }
  if (*choice == Choice::custom && rest.empty()) {
    read.problem = "custom needs a choice for each field in conflict: FIELD=yaml, FIELD=db or FIELD:=JSON";
    return read;
  }
  for (const std::string& word : rest)
    if (read.problem.empty()) read.problem = read_field_choice(word, read.resolution);
  return read;
}

OwnValueRead read_own_value(Field field, std::string_view text) {
  if (parse_json(text).ok()) {
    OwnValueRead as_json = read_json_value(field, text);
    if (as_json.problem.empty()) return as_json;
  }
  if (spec(field).type == FieldType::json_object) return read_json_value(field, text);
  return checked_value(field, Json::string(std::string(text)));
}

}  // namespace lockstep::cli
