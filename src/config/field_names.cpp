#include "config/field_names.hpp"

#include <vector>

#include "model/suggest.hpp"
#include "model/task.hpp"
#include "model/validation.hpp"

namespace lockstep::config {

std::string unknown_field(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FieldSpec& field : kSchema) names.push_back(field.name);
  return "a task has no field " + quoted_for_message(name) + suggestion(name, names);
}

}  // namespace lockstep::config
