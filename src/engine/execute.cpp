// Carrying out what was decided, in the order of effects that makes every crash harmless:
// edit → database writes → stage → exchange → COMMIT → backup (docs/ARCHITECTURE.md).
#include <algorithm>
#include <chrono>
#include <random>

#include "engine/core.hpp"
#include "engine/journal_record.hpp"
#include "engine/known_texts.hpp"
#include "model/json.hpp"

namespace lockstep {
namespace {

std::string new_run_key(const Settings& settings) {
  if (settings.run_keys) return settings.run_keys();
  std::random_device random;
  const auto word = [&] { return (std::uint64_t{random()} << 32) | random(); };
  return to_hex(Fingerprint{word(), word()});
}

// What the run changed came from there; where a person triggered it, from that person.
std::string sync_source(const SyncRequest& request, const Plan& plan) {
  if (request.by_person || request.trigger == Trigger::manual || request.trigger == Trigger::resolve ||
      request.trigger == Trigger::undo)
    return "manual";
  const auto sum = [](const SideCounts& c) { return c.inserted + c.updated + c.deleted; };
  return sum(plan.database) >= sum(plan.yaml) ? "yaml" : "database";
}

// The next attempt leaves these rows out.
StartAgain without(const std::vector<RefusedRow>& refused, const Plan& plan) {
  StartAgain again{refused.front().message, {}};
  for (const RefusedRow& row : refused) {
    const auto task = std::lower_bound(plan.tasks.begin(), plan.tasks.end(), row.id,
                                       [](const TaskPlan& planned, std::int64_t id) { return planned.id < id; });
    again.refused.push_back(refusal_of(row, task != plan.tasks.end() && task->id == row.id ? &*task : nullptr));
  }
  return again;
}

bool writes(const SideCounts& counts) { return counts.inserted + counts.updated + counts.deleted != 0; }

// They refer to the tasks of the plan.
std::vector<Edit> edits_of(const Work& work, Timestamp now) {
  std::vector<Edit> edits;
  for (const TaskPlan& task : work.plan.tasks) {
    if (!task.yaml) continue;
    Edit edit;
    edit.task = HeldTask::at(&*task.yaml->task);
    switch (task.yaml->action) {
      case Action::insert: {
        edit.kind = Edit::Kind::insert;
        if (auto text = work.yaml_texts.find(task.id); text != work.yaml_texts.end()) edit.text = text->second;
        break;
      }
      case Action::update:
        edit.kind = Edit::Kind::update;
        edit.fields = task.yaml->fields;
        edit.fields.insert(Field::updated_at);
        if (!work.parted.contains(task.id)) edit.task.own()[Field::updated_at] = now;
        if (task.yaml->former_id) {
          edit.task.own().id = *task.yaml->former_id;
          edit.new_id = task.id;
        }
        break;
      case Action::remove:
        edit.kind = Edit::Kind::remove;
        break;
    }
    edits.push_back(std::move(edit));
  }
  return edits;
}

// They refer to the tasks of the plan and the session.
std::vector<RowChange> row_changes(const Session& session, const Work& work) {
  const SideCounts& counts = work.plan.database;
  std::vector<RowChange> changes;
  changes.reserve(counts.inserted + counts.updated + counts.deleted);
  for (const TaskPlan& task : work.plan.tasks) {
    if (!task.database) continue;
    RowChange change;
    change.action = task.database->action;
    change.task = HeldTask::at(&*task.database->task);
    change.fields = task.database->fields;
    if (change.action != Action::insert) {
      const Task* row = session.row(task.id);
      if (!row)
        throw Error({.code = ErrorCode::internal, .operation = "plan", .subject = "task " + std::to_string(task.id),
                     .cause = "a row is to be changed that is not there"});
      change.expected = HeldTask::at(row);
    } else if (auto image = work.row_images.find(task.id); image != work.row_images.end()) {
      change.image = image->second;
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

// The row as it stands after a write, unknown columns included.
std::string image_after(const RowChange& change, const std::string& before, const TableShape& shape, Timestamp now) {
  if (change.action == Action::remove) return {};
  if (change.action == Action::insert && !change.image) {
    Task task = change.task;
    if (shape.columns.contains(Field::updated_at)) task[Field::updated_at] = now;
    if (shape.columns.contains(Field::created_at) && is_null(task[Field::created_at])) task[Field::created_at] = now;
    return to_json_text(task);
  }
  JsonResult row = parse_json(change.action == Action::insert ? *change.image : before);
  if (!row.ok()) row.value = Json::object();
  for (const FieldSpec& field : kSchema)
    if (change.fields.contains(field.field))
      row.value.set(std::string(field.name), to_json(change.task[field.field]));
  if (shape.columns.contains(Field::updated_at)) row.value.set("updated_at", to_json(Value(now)));
  return write_json(row.value);
}

std::string yaml_image(const Document& document, std::int64_t id) {
  const Task* task = document.find(id);
  if (!task) return {};
  std::string out = "{\"task\":" + to_json_text(*task) + ",\"text\":";
  append_json_string(out, document.task_text(id));
  return out + "}";
}

// Records of what the run changes, from both sides' state before it.
struct Recorder {
  Session& session;
  const Work& work;
  Timestamp now;
  std::vector<ChangeRecord> records;

  void yaml(const Document& before, const Document& after) {
    for (const TaskPlan& task : work.plan.tasks)
      if (task.yaml) records.push_back({task.id, Side::yaml, yaml_image(before, task.id), yaml_image(after, task.id)});
  }
  void database(std::span<const RowChange> changes) {
    std::vector<std::int64_t> ids;
    for (const RowChange& change : changes)
      if (change.action != Action::insert) ids.push_back(change.task->id);
    const std::vector<std::string> images = session.transaction->tasks().row_images(ids);
    const TableShape& shape = session.transaction->tasks().shape();
    auto image = images.begin();
    for (const RowChange& change : changes) {
      std::string before = change.action == Action::insert ? std::string() : *image++;
      std::string after = image_after(change, before, shape, now);
      records.push_back({change.task->id, Side::database, std::move(before), std::move(after)});
      if (!session.document) continue;
      const TaskPlan* task = plan_of(change.task->id);
      if (!task || !task->yaml) records.back().yaml_text = session.document->task_text(change.task->id);
    }
  }
  const TaskPlan* plan_of(std::int64_t id) const {
    const auto& tasks = work.plan.tasks;
    const auto at = std::lower_bound(tasks.begin(), tasks.end(), id, [](const TaskPlan& task, std::int64_t wanted) { return task.id < wanted; });
    return at != tasks.end() && at->id == id ? &*at : nullptr;
  }
  void sort() {
    std::stable_sort(records.begin(), records.end(), [](const ChangeRecord& a, const ChangeRecord& b) {
      return std::pair(a.task_id, a.side) < std::pair(b.task_id, b.side);
    });
  }
};

// The base after the run. Its `updated_at` is the YAML's as the file has it now, which only the new text tells.
// Takes the records out of the plan.
std::vector<BaseChange> base_changes(Work& work, const Document* after) {
  std::vector<BaseChange> changes;
  changes.reserve(work.plan.tasks.size());
  for (TaskPlan& task : work.plan.tasks) {
    if (task.base.kind == BaseMove::Kind::keep) continue;
    if (task.base.kind == BaseMove::Kind::forget) {
      changes.push_back({task.id, {}});
      continue;
    }
    BaseChange change{task.id, std::move(task.base.task)};
    const Task* yaml = after ? after->find(task.id) : nullptr;
    if (yaml && !work.parted.contains(task.id) && !equal(change.task[Field::updated_at], (*yaml)[Field::updated_at]))
      change.task.own()[Field::updated_at] = (*yaml)[Field::updated_at];
    changes.push_back(std::move(change));
  }
  return changes;
}

// How the three stand after a run.
struct Aftermath {
  bool yaml_is_base = true;              // the next run need not read the YAML as long as its bytes stay the same
  bool due = false;                      // a bidirectional sync would find something to do
  std::vector<std::int64_t> unsettled;   // tasks that the next run has to look at whatever the change feed says; sorted
};

// Tasks that were left out: nobody has compared them.
std::vector<std::int64_t> uncompared(const Session& session) {
  std::vector<std::int64_t> ids = session.set_aside;
  for (const auto& [id, warning] : session.excluded) ids.push_back(id);
  return ids;
}

std::vector<std::int64_t> sorted_set(std::vector<std::int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Of a run that did not read the document, since nothing differs from the base that its bytes are known to say.
Aftermath aftermath_without_document(const Session& session) {
  Aftermath result;
  result.yaml_is_base = session.state.agreed;
  result.unsettled = sorted_set(uncompared(session));
  return result;
}

// `changed`: all tasks on which the three were not the same before the run, whether it was about them or not.
Aftermath aftermath(const Session& session, const Triples& triples, const Plan& plan, const Document& after,
                    const std::vector<BaseChange>& bases, const std::vector<std::int64_t>& changed, const Policy& both_ways) {
  Aftermath result;
  const auto same = [&](const Task* a, const Task* b) {
    return a && b ? differing(*a, *b, session.synced).empty() : a == b;
  };
  auto change = bases.begin();
  auto planned = plan.tasks.begin();
  for (const Triple& triple : triples.triples) {
    while (change != bases.end() && change->id < triple.id) ++change;
    while (planned != plan.tasks.end() && planned->id < triple.id) ++planned;
    const Task* base = triple.base;
    if (change != bases.end() && change->id == triple.id) base = change->task ? &*change->task : nullptr;
    const Task* row = triple.database;
    if (planned != plan.tasks.end() && planned->id == triple.id && planned->database)
      row = planned->database->action == Action::remove ? nullptr : &*planned->database->task;
    const Task* yaml = after.find(triple.id);
    const bool yaml_same = same(base, yaml) && (!yaml || equal((*base)[Field::updated_at], (*yaml)[Field::updated_at]));
    if (!yaml_same) result.yaml_is_base = false;
    if (yaml_same && same(base, row)) continue;
    result.unsettled.push_back(triple.id);
    if (result.due || (!base && !yaml && !row)) continue;
    const TaskPlan next = reconcile_task({triple.id, base, yaml, row}, both_ways);
    result.due = next.yaml || next.database || next.conflict || next.outcome == Outcome::waits;
  }
  // A resolution or an undo is about its own tasks; the others wait for the next sync as they are.
  const auto by_id = [](const Triple& triple, std::int64_t id) { return triple.id < id; };
  for (const std::int64_t id : changed) {
    const auto at = std::lower_bound(triples.triples.begin(), triples.triples.end(), id, by_id);
    const bool looked_at = at != triples.triples.end() && at->id == id;
    const bool left_out = std::any_of(triples.warnings.begin(), triples.warnings.end(), [id](const Warning& w) { return w.task_id == id; });
    if (looked_at || left_out) continue;
    result.unsettled.push_back(id);
    result.yaml_is_base = false;
    result.due = true;
  }
  for (const std::int64_t id : uncompared(session)) result.unsettled.push_back(id);
  for (const Warning& warning : triples.warnings)
    if (warning.task_id) result.unsettled.push_back(*warning.task_id);
  if (!session.set_aside.empty()) result.due = true;
  if (!session.excluded.empty() || !session.set_aside.empty() || !triples.warnings.empty()) result.yaml_is_base = false;
  result.unsettled = sorted_set(std::move(result.unsettled));
  return result;
}

// `waiting`: all that waits after it, for this replica.
Json details_of(const SyncResult& result, const Work& work, const std::vector<WaitingChange>& waiting) {
  Json details = Json::object();
  Json conflicts = Json::array();
  for (const ConflictRef& ref : result.conflicts) {
    Json one = Json::object();
    one.set("conflict_id", ref.number ? Json::string("conflict_" + std::to_string(*ref.number)) : Json::null());
    one.set("task_id", Json::number(ref.task_id));
    one.set("reason", Json::string(std::string(to_string(ref.reason))));
    conflicts.items.push_back(std::move(one));
  }
  details.set("conflicts", std::move(conflicts));
  Json warnings = Json::array();
  for (const Warning& warning : result.warnings) {
    Json one = Json::object();
    one.set("message", Json::string(warning.message));
    one.set("task_id", warning.task_id ? Json::number(*warning.task_id) : Json::null());
    one.set("line", warning.line ? Json::number(static_cast<std::int64_t>(*warning.line)) : Json::null());
    warnings.items.push_back(std::move(one));
  }
  details.set("warnings", std::move(warnings));
  details.set("waiting_count", Json::number(static_cast<std::int64_t>(waiting.size())));
  if (!waiting.empty()) details.set("waiting", waiting_to_json(waiting));
  Json closed = Json::array();
  for (const Work::Closed& c : work.closed) {
    Json one = Json::object();
    one.set("conflict_id", Json::string("conflict_" + std::to_string(c.conflict.number)));
    one.set("task_id", Json::number(c.conflict.task_id));
    one.set("resolution", Json::string(c.resolution));
    closed.items.push_back(std::move(one));
  }
  details.set("closed", std::move(closed));
  if (work.undone_run) details.set("undone_run", Json::number(*work.undone_run));
  if (!work.effects.empty()) details.set("effects", to_json(work.effects));
  return details;
}

Run run_of(const SyncResult& result, const Work& work, const std::vector<WaitingChange>& waiting, std::string key,
           const std::string& replica) {
  Run run;
  run.key = std::move(key);
  run.replica = replica;
  run.trigger = result.trigger;
  run.direction = result.direction;
  run.at = result.at;
  run.duration_ms = static_cast<std::int64_t>(result.duration_ms);
  run.status = result.conflicts.empty() ? "success" : "conflicts";
  run.yaml = result.yaml;
  run.database = result.database;
  run.merged = result.merged;
  run.unchanged = result.unchanged;
  run.conflicts_detected = result.conflicts.size();
  run.details = write_json(details_of(result, work, waiting));
  run.author = work.author;
  run.undo_notes = write_undo_notes(work.notes);
  return run;
}

// Whoever asked for it; else whoever made all of its changes.
std::string author_of_run(const std::vector<ChangeRecord>& changes, const std::string& actor) {
  if (!actor.empty() || changes.empty()) return actor;
  const std::string& first = changes.front().author;
  const bool alone = std::ranges::all_of(changes, [&](const ChangeRecord& change) { return change.author == first; });
  return alone ? first : std::string();
}

// The replica's state after the run; what depends on the run's id is the caller's.
ReplicaState state_after(const Session& session, const Work& work, const std::optional<Fingerprint>& written,
                         const Aftermath& left) {
  ReplicaState state = session.state;
  if (written) {
    state.content = written;
    state.backup = session.content.missing
                       ? std::nullopt
                       : std::optional(BackupMark{session.content.identity.device, session.content.identity.inode,
                                                  session.content.fingerprint, 0});
  } else if (session.content.missing) {
    state.content.reset();
  } else {
    state.content = session.content.fingerprint;
  }
  state.agreed = left.yaml_is_base;
  constexpr std::size_t kManyUnsettled = 1000;
  if (session.cursor.empty() || left.unsettled.size() > kManyUnsettled)
    state.unsettled.reset();
  else
    state.unsettled = left.unsettled;
  if (session.cursor.empty() || session.move_cursor) state.cursor = session.cursor;
  if (session.cursor.empty())
    state.full_check.reset();
  else if (session.full_check)
    state.full_check = work.started;
  return state;
}

// Whether other changes wait than after the last run that was kept.
bool waiting_moved(const std::optional<Run>& last, const std::vector<WaitingChange>& now) {
  const std::vector<WaitingChange> before = last ? waiting_from_details(last->details) : std::vector<WaitingChange>();
  const std::size_t compared = std::min(now.size(), WaitingChange::kStored);
  return !std::equal(before.begin(), before.end(), now.begin(), now.begin() + static_cast<std::ptrdiff_t>(compared), same_change);
}

// Whether a task stands on either side, before the run and after it.
struct Presence {
  bool before = false, after = false;
};

Presence presence(const Session& session, const TaskPlan& task) {
  const auto in = [&](const std::vector<IndexEntry>& index) {
    const auto at = std::lower_bound(index.begin(), index.end(), task.id,
                                     [](const IndexEntry& entry, std::int64_t id) { return entry.id < id; });
    return at != index.end() && at->id == task.id;
  };
  const bool yaml = in(session.yaml_index);
  const bool row = in(session.database_index);
  const auto after = [](bool was, const std::optional<Write>& write) { return write ? write->action != Action::remove : was; };
  return {yaml || row, after(yaml, task.yaml) || after(row, task.database)};
}

std::size_t distinct_after(const Session& session, const Plan& plan) {
  std::size_t distinct = session.distinct_tasks();
  for (const TaskPlan& task : plan.tasks) {
    const Presence there = presence(session, task);
    distinct += there.after;
    distinct -= there.before;
  }
  return distinct;
}

// What the next sync reports if nothing happens until then.
SyncResult resting_result(const Session& session, const Work& work, const SyncResult& result) {
  SyncResult next = result;
  next.yaml = next.database = {};
  next.merged = 0;
  std::size_t touched = result.conflicts.size() + session.excluded.size();
  for (const TaskPlan& task : work.plan.tasks) touched += task.outcome == Outcome::waits;
  const std::size_t distinct = distinct_after(session, work.plan);
  next.unchanged = distinct > touched ? distinct - touched : 0;
  return next;
}

}  // namespace

void Core::observe_run(const Session& session, const Work& work, const Resting& resting, bool due) {
  Observation facts;
  facts.yaml_tasks = session.yaml_index.size() + work.plan.yaml.inserted - work.plan.yaml.deleted;
  facts.database_tasks = session.database_index.size() + session.rows.invalid.size() + work.plan.database.inserted -
                         work.plan.database.deleted;
  facts.distinct = distinct_after(session, work.plan);
  if (resting.state.content) facts.checksum = to_hex(*resting.state.content);
  if (resting.file) facts.modified = Timestamp{resting.file->modified_ns / 1000};
  else if (!session.content.missing) facts.modified = session.content.modified;
  facts.in_sync = !due && resting.result.conflicts.empty() && resting.result.waiting.empty();
  observe(session, facts);
}

SyncResult Core::describe(const Session& session, const Work& work, Timestamp started) const {
  SyncResult result;
  result.direction = work.request.direction;
  result.trigger = work.request.trigger;
  result.at = started;
  result.duration_ms = static_cast<double>(clock().micros - started.micros) / 1000.0;
  result.yaml = work.plan.yaml;
  result.database = work.plan.database;
  result.merged = work.plan.merged;
  std::size_t touched = 0;
  for (const TaskPlan& task : work.plan.tasks)
    if (task.yaml || task.database || task.outcome == Outcome::conflict || task.outcome == Outcome::waits) ++touched;
  touched += session.excluded.size() + session.set_aside.size();  // the former wait, with a warning each
  const std::size_t distinct = session.distinct_tasks();
  result.unchanged = distinct > touched ? distinct - touched : 0;
  const auto add = [&](const Conflict& conflict) {
    result.conflicts.push_back({conflict.number != 0 ? std::optional(conflict.number) : std::nullopt, conflict.task_id,
                                conflict.finding.reason, conflict.yaml_author, conflict.database_author});
  };
  for (const Conflict& conflict : work.opened) add(conflict);
  for (const Conflict& conflict : work.reopened) add(conflict);
  for (const Conflict& conflict : work.refreshed) add(conflict);
  for (const Conflict& conflict : work.still_pending) add(conflict);
  std::sort(result.conflicts.begin(), result.conflicts.end(),
            [](const ConflictRef& a, const ConflictRef& b) { return a.task_id < b.task_id; });

  if (work.waiting) result.waiting = *work.waiting;
  result.warnings = session.yaml_warnings;
  result.warnings.insert(result.warnings.end(), work.warnings.begin(), work.warnings.end());
  for (const auto& [id, warning] : session.excluded) result.warnings.push_back(warning);
  std::size_t waiting = 0;
  for (const TaskPlan& task : work.plan.tasks) waiting += task.outcome == Outcome::waits;
  if (session.read_only && waiting != 0)
    result.warnings.push_back({std::to_string(waiting) + " change(s) of the database wait, since the YAML cannot be written: " +
                                   *session.read_only, std::nullopt, std::nullopt});
  std::stable_sort(result.warnings.begin(), result.warnings.end(),
                   [](const Warning& a, const Warning& b) { return a.task_id < b.task_id; });
  return result;
}

Executed Core::execute(Session& session, const Triples& triples, Work& work, Timestamp started) {
  Transaction& transaction = *session.transaction;
  const Timestamp now = started;
  work.started = started;
  const bool write_yaml = writes(work.plan.yaml);
  const bool write_rows = writes(work.plan.database);
  if (write_yaml && session.read_only)
    throw Error({.code = ErrorCode::permission, .operation = "write", .subject = settings.yaml, .cause = *session.read_only});

  // The new text, read back by the editor; nothing is on the disk yet.
  std::unique_ptr<Document> new_document;
  if (write_yaml) {
    report(0.4, "editing the YAML");
    const MetadataEdit metadata{now, sync_source(work.request, work.plan)};
    EditResult edited = session.document->edit_back(edits_of(work, now), metadata, work.former_texts);
    if (!edited.problem.empty())
      throw Error({.code = ErrorCode::internal, .operation = "edit", .subject = settings.yaml, .cause = edited.problem,
                   .hint = "nothing was written; change the task by hand, and please report it with the file"});
    new_document = std::move(edited.document);
  }
  const Document* after = new_document ? new_document.get() : session.document.get();

  // Database writes, each against the row as it was read.
  report(0.5, "writing the database");
  name_authors(session, triples, work);
  Recorder recorder{session, work, now, {}};
  if (write_yaml) {
    std::vector<std::int64_t> held;  // rows whose values go to the file must not change until it has them
    for (const TaskPlan& task : work.plan.tasks)
      if (task.yaml && !task.database && session.row(task.id)) held.push_back(task.id);
    hold_rows(session, held);
    recorder.yaml(*session.document, *new_document);
    work.notes.texts = session.document->former_texts(*new_document);
  }
  if (write_rows) {
    const std::vector<RowChange> changes = row_changes(session, work);
    recorder.database(changes);
    const std::vector<RefusedRow> refused = transaction.tasks().apply(changes, now);
    if (!refused.empty()) return without(refused, work.plan);
  }
  const std::vector<BaseChange> bases = base_changes(work, after);
  if (!bases.empty()) {
    report(0.7, "remembering the base");
    transaction.base().write(bases, session.synced);
  }
  if (!work.opened.empty()) {
    const std::vector<std::int64_t> numbers = transaction.conflicts().insert(work.opened);
    for (std::size_t i = 0; i < numbers.size(); ++i) work.opened[i].number = numbers[i];
  }
  if (!work.reopened.empty()) transaction.conflicts().reopen(work.reopened);
  if (!work.refreshed.empty()) transaction.conflicts().update(work.refreshed);
  if (!work.closed.empty()) {
    std::vector<std::int64_t> numbers;
    for (const Work::Closed& closed : work.closed) numbers.push_back(closed.conflict.number);
    transaction.conflicts().close(numbers);
  }

  SyncResult result = describe(session, work, started);
  const std::optional<Fingerprint> written = write_yaml ? std::optional(fingerprint_of(new_document->text())) : std::nullopt;
  const std::string key = new_run_key(settings);
  recorder.sort();
  for (ChangeRecord& record : recorder.records) record.author = author_of(work, record.task_id, record.side);
  work.author = author_of_run(recorder.records, actor);
  work.effects = effects_of(session, work, written);
  const std::vector<WaitingChange> waiting = waiting_after(session, work);
  const bool worth_a_run = write_yaml || write_rows || !work.opened.empty() || !work.refreshed.empty() ||
                           !work.closed.empty() || !work.reopened.empty() || waiting_moved(last_run(session), waiting);
  if (worth_a_run) {
    report(0.8, "writing the history");
    result.run_id = transaction.history().record(run_of(result, work, waiting, key, settings.replica), recorder.records);
    transaction.history().prune(Timestamp{now.micros - std::chrono::microseconds(settings.history_age).count()},
                                settings.history_size);
  } else {
    result.run_id = last_run(session) ? last_run(session)->id : 0;
  }

  const std::vector<IndexEntry> yaml_after =
      new_document ? index_of_document(*new_document, session.yaml_index, session.synced) : session.yaml_index;
  Aftermath left = aftermath_without_document(session);
  if (after) {
    Policy both_ways = policy(session, SyncRequest{}, now);
    both_ways.first_sync = false;
    left = aftermath(session, triples, work.plan, *after, bases, changed_tasks(session), both_ways);
  }
  // What this run leaves for later need not be a waiting change of its direction, but it is still to be done.
  left.due = left.due || std::ranges::any_of(session.refused, [](const Refusal& refusal) { return !refusal.by_database; });
  const ReplicaState before = transaction.base().state();
  ReplicaState state = state_after(session, work, written, left);
  state.settings_key = settings_key(session.synced);
  if (worth_a_run) {
    state.last_sync = now;
    if (write_yaml || write_rows) state.sync_source = sync_source(work.request, work.plan);
  }
  Resting resting{.settled = left.unsettled.empty() && session.excluded.empty() && result.conflicts.empty() && waiting.empty(),
                  .file = std::nullopt,
                  .version_mark = store->version_mark(),
                  .state = state,
                  .result = resting_result(session, work, result)};
  const bool worth_a_commit = worth_a_run || !bases.empty() || !session.known_replica || !(state == before);
  std::unique_ptr<SafeFile::Staged> staged;
  if (worth_a_commit) {
    transaction.base().set_state(state);
    const bool texts_may_differ = state.content != before.content || !bases.empty();
    if (after && texts_may_differ) remember_texts(session, *after, yaml_after, left.unsettled);
    if (write_yaml) {
      report(0.9, "writing the YAML");
      wait_for_commit();
      if (session.content.missing) make_folders();
      staged = file.stage(session.content, new_document->text(), key, write_journal_record(settings.replica, work.plan, triples));
      const RunTexts texts{session.document->text(), new_document->text()};
      if (!file.exchange(*staged, texts)) return StartAgain{settings.yaml + " was saved by somebody else meanwhile", {}};
      if (state.backup && staged->late_save_possible()) {
        state.backup->run = result.run_id.value_or(0);
        transaction.base().set_state(state);
        resting.state = state;
      }
    }
    unconfirmed = Unconfirmed{key, result, false, work.effects};
    transaction.commit();
    unconfirmed.reset();
  }
  if (staged) {
    resting.file = staged->file();
    try {
      file.finish(*staged);
    } catch (const Error& error) {  // the run stands; the next one makes the journal a backup
      result.warnings.push_back({std::string("the backup could not be put in its place: ") + error.what(), {}, {}});
    }
  }
  if (worth_a_run && told) told->ids.push_back(*result.run_id);
  tell(std::move(work.effects));
  remember_file(session, yaml_after, written);
  observe_run(session, work, resting, left.due);
  // What nothing tells the end of has to be tried again each time.
  if (std::any_of(waiting.begin(), waiting.end(), [](const WaitingChange& change) { return change.untold; })) rest.reset();
  else remember_rest(session, work, resting);
  report(1.0, "done");
  result.duration_ms = static_cast<double>(clock().micros - started.micros) / 1000.0;  // the history's ends before its COMMIT
  return result;
}

// Of a file that is not worth it nothing is known, and nothing is stored.
void Core::remember_texts(Session& session, const Document& after, const std::vector<IndexEntry>& yaml,
                          const std::vector<std::int64_t>& unsettled) const {
  if (after.text().size() < settings.piecewise_from) return;
  if (const std::vector<KnownText> texts = after.texts(); !texts.empty())
    session.transaction->base().set_texts(write_known_texts(texts, yaml, unsettled));
}

// Held against other writers, and seen to be what the plan was made from.
void Core::hold_rows(Session& session, const std::vector<std::int64_t>& ids) const {
  if (!ids.empty()) session.transaction->tasks().row_images(ids);
}

void Core::record_refusal(Session& session, const SyncRequest& request, const GuardStop& guard, Timestamp started) {
  HistoryTable& history = session.transaction->history();
  Run run;
  run.key = new_run_key(settings);
  run.replica = settings.replica;
  run.trigger = request.trigger;
  run.direction = request.direction;
  run.at = started;
  run.status = "guard";
  run.author = actor;
  Json details = Json::object();
  Json stop = Json::object();
  stop.set("side", Json::string(guard.side == Side::yaml ? "yaml" : "database"));
  stop.set("would_delete", Json::number(static_cast<std::int64_t>(guard.would_delete)));
  stop.set("of", Json::number(static_cast<std::int64_t>(guard.of)));
  details.set("guard", std::move(stop));
  if (const std::optional<Run>& before = last_run(session)) {  // nobody has looked: what waited waits on
    const std::vector<WaitingChange> waiting = waiting_from_details(before->details);
    details.set("waiting_count", Json::number(static_cast<std::int64_t>(waiting.size())));
    if (!waiting.empty()) details.set("waiting", waiting_to_json(waiting));
  }
  run.details = write_json(details);
  // The safety net runs every few minutes: the same refusal again is not news.
  const std::optional<Run>& last = last_run(session);
  if (last && last->status == run.status && last->details == run.details) return;
  history.record(run, {});
  session.transaction->commit();
}

}  // namespace lockstep
