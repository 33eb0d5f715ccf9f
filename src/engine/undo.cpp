// Taking a run back, as a run of its own.
#include <algorithm>
#include <map>

#include "engine/core.hpp"
#include "engine/resolution_request.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"
#include "reconcile/revert.hpp"

namespace lockstep {
namespace {

// A row image is by column, as the database writes its values; what is no valid task reads as absent fields.
Task task_of_row(std::int64_t id, const Json& row) {
  Task task = task_with_defaults(id);
  for (const FieldSpec& field : kSchema) {
    const Json* value = row.find(field.name);
    if (!value || value->kind == Json::Kind::null) continue;
    if (field.type == FieldType::json_object && value->kind == Json::Kind::string) {
      task[field.field] = JsonText{value->text};
      continue;
    }
    ValueFromJson read = value_from_json(field.field, *value);
    if (read.problem.empty()) task[field.field] = std::move(read.value);
  }
  return task;
}

struct Image {
  std::optional<Task> task;
  std::string text;  // yaml: the task's own lines; database: the whole row
};

Image read_image(const ChangeRecord& change, const std::string& json) {
  if (json.empty()) return {};
  JsonResult parsed = parse_json(json);
  if (!parsed.ok())
    throw Error({.code = ErrorCode::internal, .operation = "undo", .subject = "task " + std::to_string(change.task_id),
                 .cause = "the history's record cannot be read: " + parsed.problem_message});
  if (change.side == Side::database) return {task_of_row(change.task_id, parsed.value), json};
  const Json* task = parsed.value.find("task");
  const Json* text = parsed.value.find("text");
  if (!task) return {};
  return {task_from_trusted_json(write_json(*task)), text ? text->text : std::string()};
}

struct Former {
  TaskChange change;
  std::string yaml_text, row_image;
};

std::map<std::int64_t, Former> read_changes(const std::vector<ChangeRecord>& records) {
  std::map<std::int64_t, Former> tasks;
  for (const ChangeRecord& record : records) {
    Image before = read_image(record, record.before);
    Image after = read_image(record, record.after);
    Former& former = tasks[record.task_id];
    if (record.side == Side::yaml) {
      former.yaml_text = std::move(before.text);
      former.change.yaml = SideChange{std::move(before.task), std::move(after.task)};
    } else {
      former.row_image = std::move(before.text);
      former.change.database = SideChange{std::move(before.task), std::move(after.task)};
    }
  }
  return tasks;
}

}  // namespace

// For the process that can write the other replica's file.
UndoOutcome Core::store_undo(const Run& run, std::optional<double> max_delete_percent) {
  auto transaction = begin(Access::write);
  transaction->history().request_undo(run.id, write_undo_request(max_delete_percent));
  transaction->commit();
  return UndoStored{run.replica};
}

UndoOutcome Core::undo(std::int64_t run_id, std::optional<double> max_delete_percent) {
  const Timestamp started = clock();
  {
    const auto run = begin(Access::read)->history().run(run_id);
    if (!run) return RunUnknown{};
    if (run->replica != settings.replica) return store_undo(*run, max_delete_percent);
  }
  struct Forget {
    Core& core;
    ~Forget() { core.rest.reset(); }  // what this run looked at is not all there is
  } forget{*this};
  return with_session<UndoOutcome>(Scope::everything, [&](Session& session) -> std::variant<UndoOutcome, StartAgain> {
    if (auto result = confirmed()) return UndoOutcome(std::move(*result));
    const auto run = session.transaction->history().run(run_id);
    if (!run) return UndoOutcome(RunUnknown{});
    InvalidYaml invalid;
    if (!need_document(session, invalid)) return UndoOutcome(std::move(invalid));

    std::map<std::int64_t, Former> tasks = read_changes(session.transaction->history().changes(run_id));
    std::vector<std::int64_t> ids;
    for (const auto& [id, former] : tasks) ids.push_back(id);
    Work work;
    work.request.trigger = Trigger::undo;
    work.request.max_delete_percent = max_delete_percent;
    work.undone_run = run_id;
    const Policy policy = this->policy(session, work.request, started);
    session.document->read_also(ids);
    Triples triples;
    triples.base = session.transaction->base().load(ids);
    UndoRefused refused;
    std::vector<TaskPlan> plans;
    for (auto& [id, former] : tasks) {
      const auto base = std::lower_bound(triples.base.begin(), triples.base.end(), id,
                                         [](const Task& task, std::int64_t wanted) { return task.id < wanted; });
      const Triple now{id, base != triples.base.end() && base->id == id ? &*base : nullptr, session.yaml_task(id),
                       session.row(id)};
      triples.triples.push_back(now);
      Reverted reverted = revert(now, former.change, policy);
      if (session.excluded.contains(id)) reverted.changed = Side::database;
      if (reverted.changed) {
        refused.changed.emplace_back(id, *reverted.changed);
        continue;
      }
      if (!former.yaml_text.empty()) work.yaml_texts[id] = std::move(former.yaml_text);
      if (!former.row_image.empty()) work.row_images[id] = std::move(former.row_image);
      plans.push_back(std::move(reverted.plan));
    }
    if (!refused.changed.empty()) return UndoOutcome(std::move(refused));
    work.plan = assemble(std::move(plans), policy, {session.yaml_index.size(), session.database_index.size()});
    if (work.plan.guard) return UndoOutcome(GuardStopped{std::move(*work.plan.guard)});
    Executed executed = execute(session, triples, work, started);
    if (auto* again = std::get_if<StartAgain>(&executed)) return std::move(*again);
    return UndoOutcome(std::move(std::get<SyncResult>(executed)));
  });
}

// Those that other hosts' processes asked for. One that cannot be done any more is dropped, and said.
void Core::carry_out_undos(const std::vector<Run>& wanted) {
  for (const Run& run : wanted) {
    const UndoOutcome outcome = undo(run.id, read_undo_request(run.undo_request));
    if (std::holds_alternative<FileBusy>(outcome) || std::holds_alternative<InvalidYaml>(outcome)) continue;
    if (!std::holds_alternative<SyncResult>(outcome))
      undone_later.push_back({"the undo of run " + std::to_string(run.id) +
                                  ", asked for from another host, was dropped: " +
                                  (std::holds_alternative<UndoRefused>(outcome) ? "its tasks have changed since"
                                                                                : "the deletion guard stopped it"),
                              std::nullopt, std::nullopt});
    auto transaction = begin(Access::write);
    transaction->history().request_undo(run.id, {});
    transaction->commit();
  }
}

Core::Requests Core::stored_requests(Session& session) const {
  session.pending = session.transaction->conflicts().list({.replica = settings.replica});
  Requests found;
  for (const Conflict& conflict : *session.pending)
    if (!conflict.resolution_request.empty()) found.resolutions.push_back(conflict);
  found.undos = session.transaction->history().runs({.replica = settings.replica, .undo_requested = true});
  return found;
}

void Core::carry_out(const Requests& requests) {
  carry_out_resolutions(requests.resolutions);
  carry_out_undos(requests.undos);
}

}  // namespace lockstep
