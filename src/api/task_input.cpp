#include "api/task_input.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/cron.hpp"
#include "model/suggest.hpp"
#include "model/validation.hpp"

namespace lockstep::api {
namespace {

constexpr auto kMemberNames = [] {
  std::array<std::string_view, 1 + kFieldCount> names{kIdName};
  for (std::size_t i = 0; i < kFieldCount; ++i) names[i + 1] = kSchema[i].name;
  return names;
}();

// Null is a matter of the rules, not of the type.
std::optional<std::string> wrong_type(const std::string& name, const Json& value) {
  if (value.kind == Json::Kind::null) return std::nullopt;
  if (name == kIdName)
    return value.kind == Json::Kind::number ? std::nullopt : std::optional<std::string>("id must be a whole number");
  const Field field = *field_by_name(name);
  const bool object = spec(field).type == FieldType::json_object;
  if (value.kind == (object ? Json::Kind::object : Json::Kind::string)) return std::nullopt;
  return value_from_json(field, value).problem;
}

std::optional<InputFault> check_shape(const Json& document) {
  if (document.kind != Json::Kind::object)
    return InputFault{"the body must be a JSON object with the members of a task"};
  for (const auto& [name, value] : document.members) {
    if (std::ranges::find(kMemberNames, name) == kMemberNames.end())
      return InputFault{"unknown member " + quoted_for_message(name) + suggestion(name, kMemberNames)};
    if (std::optional<std::string> problem = wrong_type(name, value)) return InputFault{std::move(*problem)};
  }
  return std::nullopt;
}

std::optional<InputFault> check_same_id(const Json& document, std::int64_t path_id) {
  const Json* const id = document.find(kIdName);
  if (id == nullptr || equivalent(*id, Json::number(path_id))) return std::nullopt;
  return InputFault{"id " + write_json(*id) + " is not that of the path, " + std::to_string(path_id) +
                    "; a task keeps its id"};
}

TaskInput read(const Json& document) {
  Validator validator;
  TaskFromJson read = task_from_json(document, validator);
  TaskInput input{std::move(read.task), read.present, std::nullopt, std::nullopt};
  if (read.has_id && input.task.id > 0) input.id = input.task.id;
  if (!read.problems.empty()) input.fault = TaskProblems{std::move(read.problems)};
  return input;
}

void compute_next_run(TaskInput& input, const TimeZone& zone, Timestamp now) {
  const std::string_view name = spec(Field::next_run_at).name;
  TaskProblems* const problems = input.fault ? &std::get<TaskProblems>(*input.fault) : nullptr;
  if (problems != nullptr) std::erase_if(problems->problems, [name](const FieldProblem& p) { return p.field == name; });
  const auto* const expression = std::get_if<std::string>(&input.task[Field::schedule_cron]);
  const std::optional<Cron> cron = expression ? Cron::parse(*expression).cron : std::nullopt;
  if (cron) {
    if (const std::optional<Timestamp> next = cron->next(now, zone)) {
      input.task[Field::next_run_at] = *next;
      input.present.insert(Field::next_run_at);
    } else {
      input.fault = TaskProblems{
          {{std::string(name), "schedule_cron never fires in " + zone.name() + " within 50 years; give next_run_at"}}};
      return;
    }
  }
  if (problems != nullptr && problems->problems.empty()) input.fault.reset();
}

}  // namespace

TaskInput read_new_task(const Json& document, const TimeZone& zone, Timestamp now) {
  if (std::optional<InputFault> fault = check_shape(document)) return {.fault = std::move(*fault)};
  TaskInput input = read(document);
  if (!input.present.contains(Field::next_run_at)) compute_next_run(input, zone, now);
  return input;
}

TaskInput read_whole_task(const Json& document, std::int64_t path_id) {
  if (std::optional<InputFault> fault = check_shape(document)) return {.fault = std::move(*fault)};
  if (std::optional<InputFault> fault = check_same_id(document, path_id)) return {.fault = std::move(*fault)};
  TaskInput input = read(document);
  input.task.id = path_id;
  return input;
}

std::optional<TaskInputFault> check_patch(const Json& patch, std::int64_t path_id) {
  if (std::optional<InputFault> fault = check_shape(patch)) return std::move(*fault);
  if (std::optional<InputFault> fault = check_same_id(patch, path_id)) return std::move(*fault);
  return std::nullopt;
}

TaskInput apply_patch(const Task& current, const Json& patch) {
  TaskInput patched = read(merge_patch(to_json(current), patch));
  patched.task.id = current.id;
  return patched;
}

Json merge_patch(const Json& target, const Json& patch) {
  if (patch.kind != Json::Kind::object) return patch;
  Json result = target.kind == Json::Kind::object ? target : Json::object();
  for (const auto& [name, value] : patch.members) {
    if (value.kind == Json::Kind::null)
      std::erase_if(result.members, [&name](const Json::Member& member) { return member.first == name; });
    else result.set(name, merge_patch(result.find(name) ? *result.find(name) : Json::null(), value));
  }
  return result;
}

}  // namespace lockstep::api
