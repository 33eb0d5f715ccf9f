// From two sides and a base to the triples that the planner looks at.
#include <algorithm>

#include "engine/core.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::optional<std::string> misfit(const TableShape& shape, const FieldSpec& field, const Value& value) {
  if (!shape.columns.contains(field.field)) {
    if (equal(value, default_value(field.field))) return std::nullopt;
    return "the table has no such column";
  }
  const auto at = static_cast<std::size_t>(field.field);
  if (is_null(value) && !shape.nullable.contains(field.field)) return "the column takes no null";
  const auto* text = std::get_if<std::string>(&value);
  if (text && shape.max_length[at] != 0 && code_points(*text) > shape.max_length[at])
    return "the column holds at most " + std::to_string(shape.max_length[at]) + " characters";
  return std::nullopt;
}

std::vector<std::int64_t> Core::changed_tasks(const Session& session) const {
  std::vector<std::int64_t> ids = candidates(session.base_index, session.yaml_index, session.database_index);
  std::erase_if(ids, [&](std::int64_t id) { return session.excluded.contains(id); });
  return ids;
}

Triples Core::triples(Session& session, const std::vector<std::int64_t>& ids) const {
  Triples result;
  session.document->read_also(ids);
  result.base = session.transaction->base().load(ids);
  result.triples.reserve(ids.size());
  const TableShape& shape = session.transaction->tasks().shape();
  auto base = result.base.begin();
  for (const std::int64_t id : ids) {
    while (base != result.base.end() && base->id < id) ++base;
    Triple triple{.id = id, .base = base != result.base.end() && base->id == id ? &*base : nullptr,
                  .yaml = session.yaml_task(id), .database = session.row(id)};
    if (const auto found = session.contested.find(id); found != session.contested.end()) {
      triple.contested = true;
      if (found->second) triple.other_save = &*found->second;
    }
    if (triple.yaml && shape.exists) {
      // A value that the table cannot hold takes no part: the row's own value stands in for it.
      const auto unfit = [&](std::string_view field, const std::string& why, bool has_column) {
        if (has_column) result.waiting.push_back({id, std::string(field), Side::database, why, {}, true});
        result.warnings.push_back({"task " + std::to_string(id) + ": " + std::string(field) +
                                       " is not synced, since the database cannot hold it: " + why,
                                   id, session.document->line_of(id)});
      };
      if (id > shape.max_id) {
        unfit(kIdName, "the column holds at most " + std::to_string(shape.max_id), true);
        continue;
      }
      bool insertable = true;
      for (const FieldSpec& field : kSchema) {
        if (!field.synced) continue;
        const Value& value = (*triple.yaml)[field.field];
        const std::optional<std::string> why = misfit(shape, field, value);
        if (!why) continue;
        unfit(field.name, *why, shape.columns.contains(field.field));
        if (!shape.columns.contains(field.field)) continue;
        if (!triple.database && field.required) insertable = false;
        if (triple.yaml != (result.fitted.empty() ? nullptr : result.fitted.back().get())) {
          result.fitted.push_back(std::make_unique<Task>(*triple.yaml));
          triple.yaml = result.fitted.back().get();
        }
        (*result.fitted.back())[field.field] =
            triple.database ? (*triple.database)[field.field] : task_with_defaults(id)[field.field];
      }
      if (!insertable) continue;
    }
    if (triple.base || triple.yaml || triple.database) result.triples.push_back(triple);
  }
  return result;
}

std::vector<std::int64_t> Core::tasks_to_decide(Session& session) const {
  read_contested(session);
  std::vector<std::int64_t> ids = changed_tasks(session);
  for (const auto& [id, save] : session.contested)
    if (!session.excluded.contains(id) && !std::ranges::binary_search(ids, id)) ids.insert(std::ranges::lower_bound(ids, id), id);
  return ids;
}

void Core::read_contested(Session& session) const {
  if (!session.pending) session.pending = session.transaction->conflicts().list({.replica = settings.replica});
  for (const Conflict& conflict : *session.pending)
    if (conflict.finding.reason == ConflictReason::two_saves) session.contested.emplace(conflict.task_id, conflict.database);
}

Policy Core::policy(const Session& session, const SyncRequest& request, Timestamp now) const {
  Policy policy;
  policy.direction = request.direction;
  policy.force = request.force;
  policy.auto_merge = settings.auto_merge;
  policy.on_yaml_delete = settings.on_yaml_delete;
  policy.owners = settings.owners;
  policy.synced = session.synced;
  policy.first_sync = session.base_index.empty();
  if (session.read_only && request.direction == Direction::bidirectional) {
    policy.direction = Direction::yaml_to_db;
    policy.yaml_read_only = true;
  }
  if (!session.content.missing) policy.yaml_file_time = session.content.modified;
  policy.now = now;
  policy.max_delete_percent = request.max_delete_percent.value_or(settings.max_delete_percent);
  return policy;
}

}  // namespace lockstep
