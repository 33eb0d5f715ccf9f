// Tasks out of JSON: the strict way for what comes from outside, the fast way for what we wrote ourselves.
#include <charconv>

#include "model/json_reader.hpp"
#include "model/suggest.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Every name that a task's JSON object may have.
constexpr std::array<std::string_view, 1 + kFieldCount> kMemberNames = [] {
  std::array<std::string_view, 1 + kFieldCount> names{kIdName};
  for (std::size_t i = 0; i < kFieldCount; ++i) names[i + 1] = kSchema[i].name;
  return names;
}();

class TaskReader {
 public:
  explicit TaskReader(Validator& validator) : validator_(validator) { result_.task = task_with_defaults(0); }

  void read_member(const std::string& name, const Json& json) {
    if (name == kIdName) {
      read_id(json);
    } else if (const std::optional<Field> field = field_by_name(name)) {
      read_field(*field, json);
    } else {
      report(name, "unknown field " + quoted_for_message(name) + suggestion(name, kMemberNames));
    }
  }

  void require_fields() {
    for (const FieldSpec& field : kSchema) {
      if (field.required && !result_.present.contains(field.field)) {
        report(field.name, std::string(field.name) + " is required");
      }
    }
  }

  void report(std::string_view field, std::string message) {
    result_.problems.push_back({std::string(field), std::move(message)});
  }

  TaskFromJson take() { return std::move(result_); }

 private:
  void read_id(const Json& json) {
    result_.has_id = true;
    const std::optional<std::int64_t> id = json.kind == Json::Kind::number ? integer(json.text) : std::nullopt;
    if (!id) {
      report(kIdName,
             "id " + quoted_for_message(write_json(json)) + " is not an integer from 1 to 9223372036854775807");
    } else if (auto message = Validator::check_id(*id)) {
      report(kIdName, std::move(*message));
    } else {
      result_.task.id = *id;
    }
  }

  void read_field(Field field, const Json& json) {
    result_.present.insert(field);
    ValueFromJson read = value_from_json(field, json);
    if (!read.problem.empty()) {
      report(spec(field).name, std::move(read.problem));
    } else if (auto message = validator_.check(field, read.value)) {
      report(spec(field).name, std::move(*message));
    } else {
      result_.task[field] = std::move(read.value);
    }
  }

  Validator& validator_;
  TaskFromJson result_;
};

Value trusted_value(JsonReader& reader, FieldType type, std::string& buffer) {
  if (reader.peek() == 'n') {
    reader.expect_literal("null");
    return {};
  }
  if (type == FieldType::json_object) {
    const std::size_t begin = reader.position();
    reader.skip_value();
    return JsonText{std::string(reader.text_from(begin))};
  }
  const std::string_view text = reader.string(buffer);
  if (type != FieldType::timestamp) return std::string(text);
  const std::optional<Timestamp> instant = parse_timestamp(text);
  if (!instant) reader.fail();
  return *instant;
}

}  // namespace

TaskFromJson task_from_json(const Json& json, Validator& validator, bool partial) {
  TaskReader reader(validator);
  if (json.kind != Json::Kind::object) {
    reader.report("", "a task must be a JSON object");
    return reader.take();
  }
  for (const auto& [name, member] : json.members) reader.read_member(name, member);
  if (!partial) reader.require_fields();
  return reader.take();
}

Task task_from_trusted_json(std::string_view text) {
  JsonReader reader(text);
  std::string buffer;
  Task task;
  const auto expect_name = [&](std::string_view name) {
    if (reader.string(buffer) != name) reader.fail();
    reader.expect(':');
  };
  reader.expect('{');
  expect_name(kIdName);
  const std::optional<std::int64_t> id = integer(reader.number());
  if (!id) reader.fail();
  task.id = *id;
  for (const FieldSpec& field : kSchema) {
    reader.expect(',');
    expect_name(field.name);
    task[field.field] = trusted_value(reader, field.type, buffer);
  }
  reader.expect('}');
  reader.expect_end();
  return task;
}

}  // namespace lockstep
