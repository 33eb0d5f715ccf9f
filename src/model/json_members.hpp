// Members of stored JSON objects, read with a default where one is missing or of another kind.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"

namespace lockstep {

// 0 where there is none.
inline std::int64_t integer_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  std::int64_t number = 0;
  if (value && value->kind == Json::Kind::number)
    std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
  return number;
}

// Empty where there is none.
inline std::string text_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value && value->kind == Json::Kind::string ? value->text : std::string();
}

// None where there is none.
inline const std::vector<Json>& items_of(const Json& object, std::string_view name) {
  static const std::vector<Json> none;
  const Json* value = object.find(name);
  return value ? value->items : none;
}

}  // namespace lockstep
