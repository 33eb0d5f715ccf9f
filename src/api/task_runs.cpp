#include "api/task_runs.hpp"

#include <string>
#include <utility>

#include "model/cron.hpp"

namespace lockstep::api {
namespace {

constexpr std::string_view kDisabled = "disabled";

Json task_json(const Task& task, Json runs) {
  Json object = Json::object();
  object.set("task_id", Json::number(task.id));
  object.set("skill_name", to_json(task[Field::skill_name]));
  object.set("status", to_json(task[Field::status]));
  object.set("runs", std::move(runs));
  return object;
}

}  // namespace

Json task_runs_json(std::span<const Task> tasks, Timestamp from, Timestamp to, const TimeZone& zone, std::size_t most) {
  Json list = Json::array();
  std::size_t told = 0;
  bool truncated = false;
  for (const Task& task : tasks) {
    if (task.text(Field::status) == kDisabled) continue;
    const std::optional<Cron> cron = Cron::parse(task.text(Field::schedule_cron)).cron;
    if (!cron) continue;
    Json runs = Json::array();
    for (std::optional<Timestamp> at = cron->next(from, zone); at && *at <= to; at = cron->next(*at, zone)) {
      if (told == most) {
        truncated = true;
        break;
      }
      runs.items.push_back(Json::string(format_rfc3339(*at)));
      ++told;
    }
    if (!runs.items.empty()) list.items.push_back(task_json(task, std::move(runs)));
    if (truncated) break;
  }
  Json object = Json::object();
  object.set("timezone", Json::string(zone.name()));
  object.set("from", Json::string(format_rfc3339(from)));
  object.set("to", Json::string(format_rfc3339(to)));
  object.set("truncated", Json::of(truncated));
  object.set("tasks", std::move(list));
  return object;
}

}  // namespace lockstep::api
