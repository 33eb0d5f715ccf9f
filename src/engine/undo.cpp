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
  std::string text_left;  // what the run found in the YAML and left there
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
      former.text_left = record.yaml_text;
      former.change.database = SideChange{std::move(before.task), std::move(after.task)};
    }
  }
  return tasks;
}

// A task's text alone, read; nullopt: it says nothing without the rest of its file.
std::optional<Task> read_alone(std::int64_t id, const std::string& text, YamlVersion version) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool flow = first != std::string::npos && text[first] == '{';
  const ReadResult read = Document::read(flow ? "tasks: [" + text + "]\n" : "tasks:\n" + text, {.version = version});
  const Task* task = read.document ? read.document->find(id) : nullptr;
  return task ? std::optional(*task) : std::nullopt;
}

// What the history holds of a task's text from before a run.
std::vector<std::string> earlier_texts(HistoryTable& history, const Run& run, std::int64_t id) {
  constexpr std::size_t kLookedAt = 20;
  std::vector<std::string> texts;
  for (const ChangeRecord& record : history.changes_before(run.id, run.replica, id, kLookedAt)) {
    std::string text = record.side == Side::yaml ? read_image(record, record.after).text : record.yaml_text;
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

// The side as it will be.
std::optional<Task> after(const Task* now, const std::optional<Write>& write) {
  if (!write) return now ? std::optional(*now) : std::nullopt;
  return write->action == Action::remove ? std::nullopt : std::optional<Task>(write->task);
}

// The conflict as it will stand again, in its next version.
Conflict pending_again(const UndoNotes::Decided& decided, const Triple& now, const TaskPlan& plan, const Task* base,
                       Policy policy) {
  Conflict conflict = decided.conflict;
  ++conflict.version;
  conflict.yaml = after(now.yaml, plan.yaml);
  conflict.database = after(now.database, plan.database);
  if (conflict.database && plan.database) (*conflict.database)[Field::updated_at] = policy.now;
  if (base) conflict.base = *base;
  // Why it is one may have changed by the row's `updated_at` alone: the next sync shall find what stands here.
  policy.direction = Direction::bidirectional;
  policy.first_sync = policy.force = false;
  const Triple again{now.id, base, conflict.yaml ? &*conflict.yaml : nullptr, conflict.database ? &*conflict.database : nullptr};
  if (const TaskPlan found = reconcile_task(again, policy); found.conflict) conflict.finding = *found.conflict;
  return conflict;
}

}  // namespace

// A run taken back, gathered until it is carried out as a whole.
struct Core::Reversal {
  const Session& session;
  const Policy& policy;
  const Run& run;          // that is taken back
  const UndoNotes& notes;  // its
  YamlVersion version;
  Work& work;
  std::vector<TaskPlan> plans;
  UndoRefused refused;

  void take_back(const Triple& now, Former& former);
  void find_text(const Triple& now, const Former&, Write&);
  void part(const Triple& now, const UndoNotes::Apart&, const TaskPlan&);
  void close_again(std::vector<Conflict> pending);
};

void Core::Reversal::take_back(const Triple& now, Former& former) {
  const UndoNotes::Apart* apart = notes.apart_of(now.id);
  Reverted reverted = apart ? revert_decision(now, former.change, apart->base ? &*apart->base : nullptr,
                                              !notes.reopened.empty(), policy)
                            : revert(now, former.change, policy);
  if (session.excluded.contains(now.id)) reverted.changed = Side::database;
  if (reverted.changed) {
    refused.changed.emplace_back(now.id, *reverted.changed);
    return;
  }
  if (!former.yaml_text.empty()) work.yaml_texts[now.id] = std::move(former.yaml_text);
  if (!former.row_image.empty()) work.row_images[now.id] = std::move(former.row_image);
  if (apart) {
    if (reverted.plan.yaml && former.change.yaml && former.change.yaml->before)
      reverted.plan.yaml->task.own()[Field::updated_at] = (*former.change.yaml->before)[Field::updated_at];
    part(now, *apart, reverted.plan);
  }
  if (reverted.plan.yaml && !former.change.yaml) find_text(now, former, *reverted.plan.yaml);
  plans.push_back(std::move(reverted.plan));
}

// A run that came from the YAML knows the text that it found there, not the one before: that may stand in an earlier run.
void Core::Reversal::find_text(const Triple& now, const Former& former, Write& write) {
  if (write.action == Action::remove || (write.action == Action::update && former.text_left.empty())) return;
  for (std::string& text : earlier_texts(session.transaction->history(), run, now.id)) {
    const std::optional<Task> read = read_alone(now.id, text, version);
    if (!read || !differing(*read, write.task, policy.synced).empty()) continue;
    if (write.action == Action::insert) {
      write.task = HeldTask(*read);
      work.yaml_texts[now.id] = std::move(text);
    } else {
      work.former_texts.push_back({.task = now.id,
                                   .length = former.text_left.size(),
                                   .now = fingerprint_of(former.text_left),
                                   .was = std::move(text)});
    }
    return;
  }
}

// Nothing is decided by an undo: the sides go apart again, and the decision's conflict is pending again.
void Core::Reversal::part(const Triple& now, const UndoNotes::Apart& apart, const TaskPlan& plan) {
  work.parted.insert(now.id);
  work.notes.apart.push_back({now.id, now.base ? std::optional(*now.base) : std::nullopt});
  for (const UndoNotes::Decided& decided : notes.decided) {
    if (decided.conflict.task_id != now.id) continue;
    work.reopened.push_back(pending_again(decided, now, plan, apart.base ? &*apart.base : nullptr, policy));
    work.reopened.back().replica = session.state.name;
    work.notes.reopened.push_back({decided.conflict.number, now.id, decided.resolution});
  }
}

// An undo that made conflicts pending again is taken back itself.
void Core::Reversal::close_again(std::vector<Conflict> pending) {
  for (const ClosedConflict& reopened : notes.reopened) {
    const auto found = std::ranges::find(pending, reopened.number, &Conflict::number);
    if (found == pending.end()) continue;
    work.notes.decided.push_back({*found, reopened.resolution});
    work.closed.push_back({std::move(*found), reopened.resolution});
  }
}

// For the process that can write the other replica's file.
UndoOutcome Core::store_undo(const Run& run, std::optional<double> max_delete_percent) {
  auto transaction = begin(Access::write);
  transaction->history().request_undo(run.id, write_undo_request(max_delete_percent, actor));
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
    const UndoNotes notes = read_undo_notes(session.transaction->history().undo_notes(run_id));
    for (const UndoNotes::Apart& apart : notes.apart) tasks.try_emplace(apart.task_id);
    std::vector<std::int64_t> ids;
    for (const auto& [id, former] : tasks) ids.push_back(id);
    Work work;
    work.request.trigger = Trigger::undo;
    work.request.max_delete_percent = max_delete_percent;
    work.undone_run = run_id;
    work.former_texts = notes.texts;
    const Policy policy = this->policy(session, work.request, started);
    session.document->read_also(ids);
    Triples triples;
    triples.base = session.transaction->base().load(ids);
    Reversal reversal{session, policy, *run, notes, settings.yaml_version, work, {}, {}};
    for (auto& [id, former] : tasks) {
      const auto base = std::lower_bound(triples.base.begin(), triples.base.end(), id,
                                         [](const Task& task, std::int64_t wanted) { return task.id < wanted; });
      const Triple now{id, base != triples.base.end() && base->id == id ? &*base : nullptr, session.yaml_task(id),
                       session.row(id)};
      triples.triples.push_back(now);
      reversal.take_back(now, former);
    }
    if (!reversal.refused.changed.empty()) return UndoOutcome(std::move(reversal.refused));
    if (!notes.reopened.empty())
      reversal.close_again(session.transaction->conflicts().list({.replica = settings.replica}));
    work.plan = assemble(std::move(reversal.plans), policy, {session.yaml_index.size(), session.database_index.size()});
    if (work.plan.guard) return UndoOutcome(GuardStopped{std::move(*work.plan.guard)});
    Executed executed = execute(session, triples, work, started);
    if (auto* again = std::get_if<StartAgain>(&executed)) return std::move(*again);
    return UndoOutcome(std::move(std::get<SyncResult>(executed)));
  });
}

// Those that other hosts' processes asked for. One that cannot be done any more is dropped, and said.
void Core::carry_out_undos(const std::vector<Run>& wanted) {
  for (const Run& run : wanted) {
    const ActingFor asked(*this, request_author(run.undo_request));
    const UndoOutcome outcome = undo(run.id, read_undo_request(run.undo_request));
    if (std::holds_alternative<FileBusy>(outcome) || std::holds_alternative<InvalidYaml>(outcome)) continue;
    if (!std::holds_alternative<SyncResult>(outcome))
      later_warnings.push_back({"the undo of run " + std::to_string(run.id) +
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
