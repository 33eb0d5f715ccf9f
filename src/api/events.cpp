#include "api/events.hpp"

#include <string>
#include <utility>

namespace lockstep::api {
namespace {

Json text(std::string_view value) { return Json::string(std::string(value)); }
Json text_or_null(std::string_view value) { return value.empty() ? Json::null() : text(value); }

std::string describe(const FileChange& change) {
  const std::string tasks = change.task_count == 1 ? "1 task" : std::to_string(change.task_count) + " tasks";
  if (change.source == Side::database) return "lockstep wrote " + tasks + " into the YAML file";
  if (change.task_count == 0) return "The YAML file was saved; its tasks are the same";
  return "The YAML file was saved with changes to " + tasks;
}

Event event_of(const FileChange& change) {
  Json ids = Json::array();
  for (const std::int64_t id : change.task_ids) {
    if (ids.items.size() == FileChange::kIdsTold) break;
    ids.items.push_back(Json::number(id));
  }
  return {"schedule_config_updated",
          {{"source", text(change.source == Side::yaml ? "file" : "database")},
           {"task_ids", std::move(ids)},
           {"task_count", Json::number(static_cast<std::int64_t>(change.task_count))},
           {"checksum", text(change.checksum)},
           {"author", text_or_null(change.author)},
           {"message", Json::string(describe(change))}}};
}

Event event_of(const ConflictRef& conflict) {
  return {"sync_conflict_detected",
          {{"conflict_id", conflict.number ? text(conflict_id(*conflict.number)) : Json::null()},
           {"task_id", Json::number(conflict.task_id)},
           {"reason", text(to_string(conflict.reason))},
           {"yaml_author", text_or_null(conflict.yaml_author)},
           {"db_author", text_or_null(conflict.database_author)},
           {"action_required", Json::of(true)}}};
}

Event event_of(const ClosedConflict& conflict) {
  return {"sync_conflict_resolved",
          {{"conflict_id", text(conflict_id(conflict.number))},
           {"task_id", Json::number(conflict.task_id)},
           {"resolution", text(conflict.resolution)},
           {"author", text_or_null(conflict.author)}}};
}

}  // namespace

Event event_of(const LiveEvent& event, const HostFacts& host) {
  if (const auto* file = std::get_if<FileChange>(&event)) return event_of(*file);
  if (const auto* opened = std::get_if<ConflictRef>(&event)) return event_of(*opened);
  if (const auto* closed = std::get_if<ClosedConflict>(&event)) return event_of(*closed);
  if (const auto* changed = std::get_if<StatusChanged>(&event))
    return {"sync_status_changed", {{"status", status_json(*changed->status, host)}}};
  return {"resync_required", {}};
}

}  // namespace lockstep::api
