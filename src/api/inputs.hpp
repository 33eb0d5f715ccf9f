// What a route can be told: the parameters of its query and the members of its body. One
// description of each serves the reading of requests and the OpenAPI document.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "api/target.hpp"
#include "model/json.hpp"
#include "model/timestamp.hpp"

namespace lockstep::api {

enum class InputType : std::uint8_t {
  text,
  choice,   // one of InputSpec::choices
  integer,  // from least to most
  number,   // the same, with a fraction
  boolean,
  instant,  // any form that parse_timestamp takes
  texts,    // a list of text; bodies only
  object,   // any JSON object; bodies only
};

struct InputSpec {
  std::string_view name;
  InputType type = InputType::text;
  std::string_view meaning;
  std::span<const std::string_view> choices{};
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
  std::string_view default_json{};  // empty: none
  bool required = false;            // bodies only
};

// What was given, by name and of the type that the description has.
class Inputs {
 public:
  const std::string* text(std::string_view name) const { return find<std::string>(name); }
  std::optional<std::int64_t> integer(std::string_view name) const { return copy<std::int64_t>(name); }
  std::optional<double> number(std::string_view name) const { return copy<double>(name); }
  bool is_true(std::string_view name) const { return copy<bool>(name).value_or(false); }
  std::optional<Timestamp> instant(std::string_view name) const { return copy<Timestamp>(name); }
  const Json* json(std::string_view name) const { return find<Json>(name); }

  using Value = std::variant<std::string, std::int64_t, double, bool, Timestamp, Json>;
  void add(const InputSpec& spec, Value value) { values_.emplace_back(spec.name, std::move(value)); }

 private:
  template <typename T>
  const T* find(std::string_view name) const {
    for (const auto& [known, value] : values_)
      if (known == name) return std::get_if<T>(&value);
    return nullptr;
  }
  template <typename T>
  std::optional<T> copy(std::string_view name) const {
    const T* const value = find<T>(name);
    return value ? std::optional(*value) : std::nullopt;
  }

  std::vector<std::pair<std::string_view, Value>> values_;  // names are the descriptions'
};

// What is wrong, naming the parameter or member and how to write it.
struct InputFault {
  std::string message;
};
using InputsRead = std::variant<Inputs, InputFault>;

// The descriptions must outlive the Inputs.
InputsRead read_query(std::span<const QueryItem>, std::span<const InputSpec>);
// `body` must be an object.
InputsRead read_body(const Json& body, std::span<const InputSpec>);

// A body as JSON, whatever its type is said to be.
struct BodyJson {
  Json value;
  std::string problem;  // empty = parsed
};
BodyJson parse_body(std::string_view body, std::size_t max_depth);

}  // namespace lockstep::api
