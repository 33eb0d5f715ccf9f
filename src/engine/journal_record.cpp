#include "engine/journal_record.hpp"

#include <algorithm>
#include <charconv>

#include "model/error.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

Json read_record(std::string_view record) {
  JsonResult parsed = parse_json(record);
  if (!parsed.ok() || !parsed.value.find("tasks"))
    throw Error({.code = ErrorCode::internal,
                 .operation = "recover",
                 .subject = "journal record",
                 .cause = parsed.ok() ? "it has no tasks" : parsed.problem_message});
  return std::move(parsed.value);
}

std::int64_t id_of(const Json& entry) {
  std::int64_t id = 0;
  if (const Json* json = entry.find(kIdName)) std::from_chars(json->text.data(), json->text.data() + json->text.size(), id);
  return id;
}

}  // namespace

std::string write_journal_record(std::string_view replica, const Plan& plan, const Triples& triples) {
  Json record = Json::object();
  record.set("replica", Json::string(std::string(replica)));
  Json tasks = Json::array();
  auto triple = triples.triples.begin();
  for (const TaskPlan& task : plan.tasks) {
    if (!task.yaml) continue;
    while (triple != triples.triples.end() && triple->id < task.id) ++triple;
    const Task* row = triple != triples.triples.end() && triple->id == task.id ? triple->database : nullptr;
    const Task* base = triple != triples.triples.end() && triple->id == task.id ? triple->base : nullptr;
    Json entry = Json::object();
    entry.set(std::string(kIdName), Json::number(task.id));
    if (task.yaml->action == Action::remove) {
      if (row) continue;
      entry.set("removed", Json::of(true));
    } else if (!row) {
      continue;
    } else if (!base || task.yaml->action == Action::insert) {
      if (!differing(task.yaml->task, *row).empty()) continue;
      entry.set("whole", to_json(task.yaml->task));
    } else {
      Json fields = Json::object();
      for (const FieldSpec& field : kSchema)
        if (task.yaml->fields.contains(field.field) && equal(task.yaml->task[field.field], (*row)[field.field]))
          fields.set(std::string(field.name), to_json(task.yaml->task[field.field]));
      if (fields.members.empty()) continue;
      entry.set("fields", std::move(fields));
    }
    tasks.items.push_back(std::move(entry));
  }
  record.set("tasks", std::move(tasks));
  return write_json(record);
}

std::string replica_of_journal_record(std::string_view record) {
  const Json json = read_record(record);
  const Json* name = json.find("replica");
  return name ? name->text : std::string();
}

std::vector<std::int64_t> ids_in_journal_record(std::string_view record) {
  std::vector<std::int64_t> ids;
  const Json json = read_record(record);
  for (const Json& entry : json.find("tasks")->items) ids.push_back(id_of(entry));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<BaseChange> base_after_lost_run(std::string_view record, const std::vector<Task>& base) {
  std::vector<BaseChange> changes;
  const Json json = read_record(record);
  for (const Json& entry : json.find("tasks")->items) {
    const std::int64_t id = id_of(entry);
    if (entry.find("removed")) {
      changes.push_back({id, {}});
    } else if (const Json* whole = entry.find("whole")) {
      changes.push_back({id, task_from_trusted_json(write_json(*whole))});
    } else if (const Json* fields = entry.find("fields")) {
      const auto at = std::lower_bound(base.begin(), base.end(), id, [](const Task& t, std::int64_t i) { return t.id < i; });
      if (at == base.end() || at->id != id) continue;
      Task task = *at;
      for (const auto& [name, value] : fields->members)
        if (auto field = field_by_name(name)) task[*field] = value_from_json(*field, value).value;
      changes.push_back({id, std::move(task)});
    }
  }
  std::sort(changes.begin(), changes.end(), [](const BaseChange& a, const BaseChange& b) { return a.id < b.id; });
  return changes;
}

}  // namespace lockstep
