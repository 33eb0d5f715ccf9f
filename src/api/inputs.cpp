#include "api/inputs.hpp"

#include <algorithm>
#include <charconv>

#include "model/suggest.hpp"
#include "model/utf8.hpp"
#include "model/validation.hpp"

namespace lockstep::api {
namespace {

constexpr std::size_t kShownOfValue = 200;  // bytes of a bad JSON value that a message looks at

// The whole of `text`; nullopt: something else, or out of range.
template <typename T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string choices_text(const InputSpec& spec) {
  std::string list;
  for (std::size_t i = 0; i < spec.choices.size(); ++i)
    list += (i == 0 ? "" : i + 1 == spec.choices.size() ? " or " : ", ") + std::string(spec.choices[i]);
  return list;
}

std::string range_text(const InputSpec& spec) {
  std::string text = "from " + std::to_string(spec.least);
  if (spec.most != INT64_MAX) text += " to " + std::to_string(spec.most);
  return text;
}

std::string expected(const InputSpec& spec) {
  switch (spec.type) {
    case InputType::text: return "text";
    case InputType::choice: return choices_text(spec);
    case InputType::integer: return "a whole number " + range_text(spec);
    case InputType::number: return "a number " + range_text(spec);
    case InputType::boolean: return "true or false";
    case InputType::instant: return "a time such as 2026-11-22T08:00:00Z";
    case InputType::texts: return "a list of text";
    case InputType::object: return "an object";
  }
  return "";
}

template <typename Range>
std::vector<std::string_view> names_of(const Range& specs) {
  std::vector<std::string_view> names;
  for (const InputSpec& spec : specs) names.push_back(spec.name);
  return names;
}

const InputSpec* find(std::span<const InputSpec> specs, std::string_view name) {
  const auto found = std::ranges::find(specs, name, &InputSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

using Value = Inputs::Value;

// From text, as queries have it, and for JSON strings and numbers, whose kind was looked at before.
std::optional<Value> read_text(const InputSpec& spec, const std::string& text) {
  switch (spec.type) {
    case InputType::text: return Value(text);
    case InputType::choice:
      if (std::ranges::find(spec.choices, text) == spec.choices.end()) return std::nullopt;
      return Value(text);
    case InputType::integer: {
      const std::optional<std::int64_t> value = parsed<std::int64_t>(text);
      if (!value || *value < spec.least || *value > spec.most) return std::nullopt;
      return Value(*value);
    }
    case InputType::number: {
      const std::optional<double> value = parsed<double>(text);
      const bool fits = value && *value >= static_cast<double>(spec.least) && *value <= static_cast<double>(spec.most);
      return fits ? std::optional<Value>(*value) : std::nullopt;
    }
    case InputType::boolean:
      if (text != "true" && text != "false") return std::nullopt;
      return Value(text == "true");
    case InputType::instant: {
      const std::optional<Timestamp> value = parse_timestamp(text);
      return value ? std::optional<Value>(*value) : std::nullopt;
    }
    case InputType::texts:
    case InputType::object: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Value> read_json(const InputSpec& spec, const Json& json) {
  const bool is_text = json.kind == Json::Kind::string;
  switch (spec.type) {
    case InputType::integer:
    case InputType::number: return json.kind == Json::Kind::number ? read_text(spec, json.text) : std::nullopt;
    case InputType::boolean:
      return json.kind == Json::Kind::boolean ? std::optional<Value>(json.boolean) : std::nullopt;
    case InputType::object: return json.kind == Json::Kind::object ? std::optional<Value>(json) : std::nullopt;
    case InputType::texts:
      if (json.kind != Json::Kind::array) return std::nullopt;
      for (const Json& item : json.items)
        if (item.kind != Json::Kind::string) return std::nullopt;
      return Value(json);
    case InputType::text:
    case InputType::choice:
    case InputType::instant: return is_text ? read_text(spec, json.text) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

InputsRead read_query(std::span<const QueryItem> items, std::span<const InputSpec> specs) {
  Inputs inputs;
  std::vector<std::string_view> seen;
  for (const QueryItem& item : items) {
    const InputSpec* const spec = find(specs, item.name);
    if (spec == nullptr)
      return InputFault{"unknown parameter " + quoted_for_message(item.name) + suggestion(item.name, names_of(specs))};
    if (std::ranges::find(seen, spec->name) != seen.end())
      return InputFault{"parameter " + std::string(spec->name) + " is given twice"};
    seen.push_back(spec->name);
    std::optional<Inputs::Value> value = read_text(*spec, item.value);
    if (!value)
      return InputFault{"parameter " + std::string(spec->name) + " must be " + expected(*spec) + ", not " +
                        quoted_for_message(item.value) + suggestion(item.value, spec->choices)};
    inputs.add(*spec, std::move(*value));
  }
  return inputs;
}

InputsRead read_body(const Json& body, std::span<const InputSpec> specs) {
  if (body.kind != Json::Kind::object) return InputFault{"the body must be a JSON object"};
  Inputs inputs;
  for (const auto& [name, json] : body.members) {
    const InputSpec* const spec = find(specs, name);
    if (spec == nullptr)
      return InputFault{"unknown member " + quoted_for_message(name) + suggestion(name, names_of(specs))};
    std::optional<Inputs::Value> value = read_json(*spec, json);
    if (!value) {
      std::string shown = json.kind == Json::Kind::string ? json.text : write_json(json).substr(0, kShownOfValue);
      const std::string near = json.kind == Json::Kind::string ? suggestion(json.text, spec->choices) : "";
      return InputFault{name + " must be " + expected(*spec) + ", not " +
                        (json.kind == Json::Kind::string ? quoted_for_message(shown) : visible(shown)) + near};
    }
    inputs.add(*spec, std::move(*value));
  }
  for (const InputSpec& spec : specs)
    if (spec.required && body.find(spec.name) == nullptr)
      return InputFault{std::string(spec.name) + " is missing; it must be " + expected(spec)};
  return inputs;
}

BodyJson parse_body(std::string_view body, std::size_t max_depth) {
  JsonResult parsed_json = parse_json(body, max_depth);
  if (parsed_json.ok()) return {std::move(parsed_json.value), ""};
  return {{},
          "the body is not valid JSON: " + parsed_json.problem_message + " (byte " +
              std::to_string(parsed_json.problem_offset + 1) + ")"};
}

}  // namespace lockstep::api
