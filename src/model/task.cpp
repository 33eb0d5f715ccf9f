#include "model/task.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/json.hpp"

namespace lockstep {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

Json parse_stored(const JsonText& json) {
  JsonResult parsed = parse_json(json.text);
  if (!parsed.ok()) {
    throw Error({.code = ErrorCode::internal, .operation = "read stored JSON", .cause = parsed.problem_message});
  }
  return std::move(parsed.value);
}

void append_json_value(std::string& out, const Value& value) {
  std::visit(Overloaded{[&](std::monostate) { out += "null"; },
                        [&](const std::string& text) { append_json_string(out, text); },
                        [&](Timestamp instant) {
                          out += '"';
                          out += format_rfc3339(instant);
                          out += '"';
                        },
                        [&](const JsonText& json) { out += json.text; }},
             value);
}

Fingerprint fingerprint_of_value(const Value& value) {
  return std::visit(Overloaded{[](std::monostate) { return Fingerprint{}; },
                               [](const std::string& text) { return fingerprint_of(text); },
                               [](Timestamp instant) {
                                 return Fingerprint{0, static_cast<std::uint64_t>(instant.micros)};
                               },
                               [](const JsonText& json) { return json_fingerprint(json.text); }},
                    value);
}

}  // namespace

std::optional<Field> field_by_name(std::string_view name) {
  const auto found = std::ranges::find(kSchema, name, &FieldSpec::name);
  return found == kSchema.end() ? std::nullopt : std::optional(found->field);
}

bool equal(const Value& a, const Value& b) {
  if (a == b) return true;
  const JsonText* const x = std::get_if<JsonText>(&a);
  const JsonText* const y = std::get_if<JsonText>(&b);
  return x && y && json_fingerprint(x->text) == json_fingerprint(y->text);
}

Value default_value(Field field) {
  const FieldSpec& the_spec = spec(field);
  if (the_spec.default_text.empty()) return std::monostate{};
  if (the_spec.type == FieldType::json_object) return JsonText{std::string(the_spec.default_text)};
  return std::string(the_spec.default_text);
}

Task task_with_defaults(std::int64_t id) {
  Task task;
  task.id = id;
  for (const FieldSpec& field : kSchema) task[field.field] = default_value(field.field);
  return task;
}

FieldSet differing(const Task& a, const Task& b, FieldSet fields) {
  FieldSet result;
  for (const FieldSpec& field : kSchema) {
    if (fields.contains(field.field) && !equal(a[field.field], b[field.field])) result.insert(field.field);
  }
  return result;
}

Fingerprint fingerprint(const Task& task, FieldSet fields) {
  // Each field's number and kind go in with its value, so that no value can pass for that of another field or kind.
  struct Part {
    std::uint64_t field_and_kind;
    Fingerprint value;
  };
  std::array<Part, kFieldCount> parts;
  std::size_t count = 0;
  for (const FieldSpec& field : kSchema) {
    if (!fields.contains(field.field)) continue;
    const Value& value = task[field.field];
    parts[count++] = {static_cast<std::uint64_t>(field.field) << 8U | value.index(), fingerprint_of_value(value)};
  }
  static_assert(std::has_unique_object_representations_v<Part>);
  return fingerprint_of({reinterpret_cast<const char*>(parts.data()), count * sizeof(Part)});
}

Json to_json(const Value& value) {
  return std::visit(Overloaded{[](std::monostate) { return Json::null(); },
                               [](const std::string& text) { return Json::string(text); },
                               [](Timestamp instant) { return Json::string(format_rfc3339(instant)); },
                               [](const JsonText& json) { return parse_stored(json); }},
                    value);
}

Json to_json(const Task& task) {
  Json result = Json::object();
  result.members.reserve(1 + kFieldCount);
  result.members.emplace_back(kIdName, Json::number(task.id));
  for (const FieldSpec& field : kSchema) result.members.emplace_back(field.name, to_json(task[field.field]));
  return result;
}

std::string to_json_text(const Task& task) {
  std::string out;
  out.reserve(320);
  out += "{\"";
  out += kIdName;
  out += "\":";
  out += std::to_string(task.id);
  for (const FieldSpec& field : kSchema) {
    out += ",\"";
    out += field.name;
    out += "\":";
    append_json_value(out, task[field.field]);
  }
  out += '}';
  return out;
}

}  // namespace lockstep
