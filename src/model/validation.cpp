#include "model/validation.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "model/cron.hpp"
#include "model/suggest.hpp"
#include "model/utf8.hpp"

namespace lockstep {
namespace {

constexpr std::size_t kQuotedCharacters = 60;

// Cut to kQuotedCharacters and made visible, without quotes around it.
std::string shortened(std::string_view text, bool escape_quotes) {
  const std::size_t end = characters_end(text, kQuotedCharacters);
  const bool cut = end < text.size();
  const std::size_t shown_end = cut ? characters_end(text, kQuotedCharacters - 1) : end;
  std::string out;
  for (std::size_t at = 0; at < shown_end;) {
    const Utf8Step step = utf8_step(text, at);
    if (escape_quotes && (step.code_point == '"' || step.code_point == '\\')) out += '\\';
    append_visible(out, text, at, step);
    at += step.size;
  }
  if (cut) out += "…";
  return out;
}

std::string named(const FieldSpec& field) { return std::string(field.name); }
std::string named(const FieldSpec& field, std::string_view value) {
  return named(field) + ' ' + quoted_for_message(value);
}

std::optional<std::string> check_characters(const FieldSpec& field, const std::string& text) {
  if (find_invalid_utf8(text)) return named(field, text) + " contains bytes that are not UTF-8; write it in UTF-8";
  if (text.find('\0') != std::string::npos) {
    return named(field, text) + " contains a NUL character, which no database can store; take it out";
  }
  const std::size_t length = count_characters(text);
  if (field.max_length > 0 && length > field.max_length) {
    return named(field, text) + " is " + std::to_string(length) + " characters long; shorten it to at most " +
           std::to_string(field.max_length);
  }
  return std::nullopt;
}

std::string status_list() {
  std::string list;
  for (const std::string_view status : kStatuses) list += (list.empty() ? "" : ", ") + std::string(status);
  return list;
}

std::optional<std::string> check_status(const FieldSpec& field, const std::string& text) {
  if (std::ranges::find(kStatuses, text) != kStatuses.end()) return std::nullopt;
  return named(field, text) + " is not one of " + status_list() + suggestion(text, kStatuses);
}

std::string description(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "text";
    case FieldType::cron:
      return "text with a cron expression such as \"0 6 * * *\"";
    case FieldType::timestamp:
      return "a timestamp such as \"2026-11-22T08:00:00Z\"";
    case FieldType::json_object:
      return "a JSON object such as {\"key\": \"value\"}";
    case FieldType::status:
      return "one of " + status_list();
  }
  return "";
}

std::optional<std::string> check_json_object(const FieldSpec& field, const std::string& text) {
  const CompactJson json = compact_json(text);
  if (!json.ok()) {
    return named(field) + ' ' + shortened(text, false) + " is not valid JSON: " + json.problem_message +
           " (character " + std::to_string(count_characters(text.substr(0, json.problem_offset)) + 1) + ')';
  }
  if (json.text.front() == '{') return std::nullopt;
  return named(field) + " must be " + description(field.type) + ", not " + shortened(json.text, false);
}

std::optional<std::string> check_instant(const FieldSpec& field, Timestamp instant) {
  if (instant >= kEarliestTimestamp && instant <= kLatestTimestamp) return std::nullopt;
  return named(field) + " lies outside the years 0001 to 9999 (" + std::to_string(instant.micros) +
         " microseconds from 1970)";
}

std::optional<std::string> check_null(const FieldSpec& field) {
  if (field.required) return named(field) + " is required";
  if (field.default_text.empty()) return std::nullopt;
  return named(field) + " must not be null; leave it out to have " + std::string(field.default_text);
}

std::string wrong_type(const FieldSpec& field, const std::string& what) {
  return named(field) + " must be " + description(field.type) + ", not " + what;
}

std::string in_words(const Value& value) {
  if (is_null(value)) return "null";
  if (const auto* text = std::get_if<std::string>(&value)) return "the text " + quoted_for_message(*text);
  if (const auto* json = std::get_if<JsonText>(&value)) return "the JSON " + shortened(json->text, false);
  return "a timestamp";
}

std::string in_words(const Json& json) {
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return json.boolean ? "true" : "false";
    case Json::Kind::number:
      return "the number " + shortened(json.text, false);
    case Json::Kind::string:
      return "the text " + quoted_for_message(json.text);
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
  }
  return "";
}

}  // namespace

struct Validator::Seen {
  // Enough for every schedule that has few distinct expressions; one that has more starts over at times.
  static constexpr std::size_t kCapacity = 16'384;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> crons;

  std::optional<std::string> check_cron(const FieldSpec& field, const std::string& text) {
    if (crons.contains(text)) return std::nullopt;
    const CronResult parsed = Cron::parse(text);
    if (!parsed.problem.empty()) return named(field, text) + " is not a valid cron expression: " + parsed.problem;
    if (crons.size() == kCapacity) crons.clear();
    crons.insert(text);
    return std::nullopt;
  }
};

Validator::Validator() : seen_(std::make_unique<Seen>()) {}
Validator::~Validator() = default;
Validator::Validator(Validator&&) noexcept = default;
Validator& Validator::operator=(Validator&&) noexcept = default;

std::vector<FieldProblem> Validator::check(const Task& task) {
  std::vector<FieldProblem> problems;
  if (auto message = check_id(task.id)) problems.push_back({std::string(kIdName), std::move(*message)});
  for (const FieldSpec& field : kSchema) {
    if (auto message = check(field.field, task[field.field])) problems.push_back({named(field), std::move(*message)});
  }
  return problems;
}

std::optional<std::string> Validator::check(Field the_field, const Value& value) {
  const FieldSpec& field = spec(the_field);
  if (is_null(value)) return check_null(field);
  if (field.type == FieldType::timestamp) {
    const auto* const instant = std::get_if<Timestamp>(&value);
    return instant ? check_instant(field, *instant) : wrong_type(field, in_words(value));
  }
  if (field.type == FieldType::json_object) {
    const auto* const json = std::get_if<JsonText>(&value);
    return json ? check_json_object(field, json->text) : wrong_type(field, in_words(value));
  }
  const auto* const text = std::get_if<std::string>(&value);
  if (!text) return wrong_type(field, in_words(value));
  if (field.type == FieldType::status) return check_status(field, *text);
  if (field.required && text->empty()) return named(field) + " must not be empty";
  if (auto message = check_characters(field, *text)) return message;
  return field.type == FieldType::cron ? seen_->check_cron(field, *text) : std::nullopt;
}

std::optional<std::string> Validator::check_id(std::int64_t id) {
  if (id >= 1) return std::nullopt;
  return "id " + std::to_string(id) + " is out of range; it must be from 1 to 9223372036854775807";
}

std::string quoted_for_message(std::string_view text) { return '"' + shortened(text, true) + '"'; }

ValueFromJson value_from_json(Field the_field, const Json& json) {
  const FieldSpec& field = spec(the_field);
  if (json.kind == Json::Kind::null) return {default_value(the_field), ""};
  switch (field.type) {
    case FieldType::json_object:
      if (json.kind != Json::Kind::object) return {{}, wrong_type(field, in_words(json))};
      return {JsonText{write_json(json)}, ""};
    case FieldType::timestamp: {
      if (json.kind != Json::Kind::string) return {{}, wrong_type(field, in_words(json))};
      const std::optional<Timestamp> instant = parse_timestamp(json.text);
      if (instant) return {*instant, ""};
      return {{},
              named(field, json.text) +
                  " is not a timestamp; write it like \"2026-11-22T08:00:00Z\", with at most six "
                  "digits of fraction"};
    }
    case FieldType::text:
    case FieldType::cron:
    case FieldType::status:
      if (json.kind != Json::Kind::string) return {{}, wrong_type(field, in_words(json))};
      return {json.text, ""};
  }
  return {};
}

}  // namespace lockstep
