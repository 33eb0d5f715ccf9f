#include "engine/waiting_changes.hpp"

#include <algorithm>
#include <tuple>

#include "engine/core.hpp"

namespace lockstep {
namespace {

constexpr std::size_t kReasonStored = 300;  // bytes
constexpr std::string_view kTold = "told";  // a member that only the history has: not `untold`

auto key_of(const WaitingChange& change) { return std::tie(change.task_id, change.side, change.field); }
bool before(const WaitingChange& a, const WaitingChange& b) { return key_of(a) < key_of(b); }

std::string_view name_of(Side side) { return side == Side::yaml ? "yaml" : "database"; }

std::optional<WaitingChange> waiting_from(const Json& object) {
  const auto text = [&object](std::string_view name) {
    const Json* value = object.find(name);
    return value && value->kind == Json::Kind::string ? value->text : std::string();
  };
  const Json* id = object.find("task_id");
  const auto since = parse_timestamp(text("since"));
  if (!id || id->kind != Json::Kind::number || !since) return std::nullopt;
  WaitingChange change;
  change.task_id = std::strtoll(id->text.c_str(), nullptr, 10);
  change.field = text("field");
  change.side = text("side") == "yaml" ? Side::yaml : Side::database;
  change.reason = text("reason");
  change.since = *since;
  change.untold = object.find(kTold) == nullptr;
  return change;
}

void add_unwritten(std::vector<std::pair<std::string, Side>>& to, const std::optional<Write>& write, Side side) {
  if (!write) return;
  if (write->action != Action::update) {
    to.emplace_back(std::string(), side);
    return;
  }
  for (const FieldSpec& field : kSchema)
    if (field.synced && write->fields.contains(field.field)) to.emplace_back(std::string(field.name), side);
}

}  // namespace

bool same_change(const WaitingChange& a, const WaitingChange& b) { return key_of(a) == key_of(b); }

std::string describe(const WaitingChange& change) {
  return "task " + std::to_string(change.task_id) + (change.field.empty() ? "" : ", " + change.field) + ", to the " +
         (change.side == Side::yaml ? "YAML" : "database") + ": " + change.reason;
}

Json to_json(const WaitingChange& change) {
  Json object = Json::object();
  object.set("task_id", Json::number(change.task_id));
  object.set("field", change.field.empty() ? Json::null() : Json::string(change.field));
  object.set("side", Json::string(std::string(name_of(change.side))));
  object.set("reason", Json::string(change.reason));
  object.set("since", Json::string(format_rfc3339(change.since)));
  return object;
}

Json waiting_to_json(const std::vector<WaitingChange>& changes) {
  Json list = Json::array();
  for (const WaitingChange& change : changes) {
    if (list.items.size() == WaitingChange::kStored) break;
    WaitingChange shortened = change;
    if (shortened.reason.size() > kReasonStored) {
      std::size_t end = kReasonStored;
      while (end > 0 && (static_cast<unsigned char>(shortened.reason[end]) & 0xC0) == 0x80) --end;
      shortened.reason = shortened.reason.substr(0, end) + "…";
    }
    Json object = to_json(shortened);
    if (!change.untold) object.set(std::string(kTold), Json::of(true));
    list.items.push_back(std::move(object));
  }
  return list;
}

std::vector<WaitingChange> waiting_from_details(const std::string& run_details) {
  std::vector<WaitingChange> changes;
  if (run_details.find("\"waiting\"") == std::string::npos) return changes;
  const JsonResult details = parse_json(run_details);
  const Json* list = details.ok() ? details.value.find("waiting") : nullptr;
  if (!list) return changes;
  for (const Json& one : list->items)
    if (auto change = waiting_from(one)) changes.push_back(std::move(*change));
  return changes;
}

std::size_t waiting_count_from_details(const std::string& run_details) {
  if (run_details.find("\"waiting\"") == std::string::npos) return 0;
  const JsonResult details = parse_json(run_details);
  const Json* count = details.ok() ? details.value.find("waiting_count") : nullptr;
  return count && count->kind == Json::Kind::number ? std::strtoull(count->text.c_str(), nullptr, 10) : 0;
}

std::vector<WaitingChange> settled_since(std::vector<WaitingChange> changes, const std::vector<WaitingChange>& known,
                                         Timestamp now) {
  std::sort(changes.begin(), changes.end(), before);
  changes.erase(std::unique(changes.begin(), changes.end(), same_change), changes.end());
  Timestamp oldest = now;
  for (const WaitingChange& change : known) oldest = std::min(oldest, change.since);
  const bool some_left_out = known.size() >= WaitingChange::kStored;
  for (WaitingChange& change : changes) {
    const auto at = std::lower_bound(known.begin(), known.end(), change, before);
    const bool was_there = at != known.end() && same_change(*at, change);
    change.since = was_there ? at->since : some_left_out ? oldest : now;
  }
  return changes;
}

Refusal refusal_of(const RefusedRow& row, const TaskPlan* plan) {
  Refusal refusal{row.id, row.message, {}};
  if (plan) {
    add_unwritten(refusal.unwritten, plan->database, Side::database);
    add_unwritten(refusal.unwritten, plan->yaml, Side::yaml);
  }
  return refusal;
}

// ---- what waits after a session's reading ---------------------------------------------------------------

namespace {

const IndexEntry* entry_of(const std::vector<IndexEntry>& index, std::int64_t id) {
  const auto at = std::lower_bound(index.begin(), index.end(), id,
                                   [](const IndexEntry& entry, std::int64_t wanted) { return entry.id < wanted; });
  return at != index.end() && at->id == id ? &*at : nullptr;
}

// Whether a sync that was asked for so would have written that side.
bool is_asked_of(const SyncRequest& request, const Session& session, const WaitingChange& change) {
  if (request.only && change.task_id != *request.only) return false;
  if (change.side == Side::database) return request.direction != Direction::db_to_yaml;
  return request.direction != Direction::yaml_to_db && !session.read_only;
}

}  // namespace

// A change of the YAML cannot reach the row; where there is none, what the row holds cannot reach the YAML.
std::vector<WaitingChange> Core::waiting_for(Session& session, const InvalidRow& row) const {
  const IndexEntry* yaml = entry_of(session.yaml_index, row.id);
  const IndexEntry* base = entry_of(session.base_index, row.id);
  const bool deletion = !yaml && base && settings.on_yaml_delete != OnYamlDelete::ignore;
  const bool changed = deletion || (yaml && (!base || yaml->fingerprint != base->fingerprint));
  WaitingChange change{row.id, {}, Side::database, "the row is not valid: " + row.message, {}, false};
  if (!changed) {
    change.side = Side::yaml;
    change.field = row.field;
    return {change};
  }
  if (!yaml || !base || !session.document) return {change};
  const std::vector<std::int64_t> ids{row.id};
  session.document->read_also(ids);
  const std::vector<Task> known = session.transaction->base().load(ids);
  const Task* task = session.yaml_task(row.id);
  if (!task || known.empty()) return {change};
  std::vector<WaitingChange> changes;
  const FieldSet differ = differing(known.front(), *task, session.synced);
  for (const FieldSpec& field : kSchema) {
    if (!differ.contains(field.field)) continue;
    change.field = std::string(field.name);
    changes.push_back(change);
  }
  return changes;
}

const std::optional<Run>& Core::last_run(Session& session) const {
  if (!session.last_run) {
    session.last_run.emplace();
    if (auto runs = session.transaction->history().runs({.replica = settings.replica, .limit = 1}); !runs.empty())
      *session.last_run = std::move(runs.front());
  }
  return *session.last_run;
}

std::vector<WaitingChange> Core::waiting_changes(Session& session, const Triples& triples, const Work& work) const {
  std::vector<WaitingChange> found = triples.waiting;
  for (const InvalidRow& row : session.rows.invalid)
    for (WaitingChange& change : waiting_for(session, row)) found.push_back(std::move(change));
  for (const Refusal& refusal : session.refused)
    for (const auto& [field, side] : refusal.unwritten) found.push_back({refusal.id, field, side, refusal.message, {}, true});
  std::erase_if(found, [&](const WaitingChange& change) { return !is_asked_of(work.request, session, change); });
  const std::optional<Run>& last = last_run(session);
  return settled_since(std::move(found), last ? waiting_from_details(last->details) : std::vector<WaitingChange>(), clock());
}

std::vector<WaitingChange> Core::expected_waiting(Session& session, const Triples& triples, const Work& work) const {
  std::vector<WaitingChange> changes = waiting_changes(session, triples, work);
  const std::optional<Run>& last = last_run(session);
  if (!last) return changes;
  for (WaitingChange& known : waiting_from_details(last->details)) {
    const auto task = std::lower_bound(work.plan.tasks.begin(), work.plan.tasks.end(), known.task_id,
                                       [](const TaskPlan& planned, std::int64_t id) { return planned.id < id; });
    if (!known.untold || task == work.plan.tasks.end() || task->id != known.task_id) continue;
    const auto due = refusal_of({}, &*task).unwritten;
    if (std::find(due.begin(), due.end(), std::pair(known.field, known.side)) != due.end()) changes.push_back(std::move(known));
  }
  return settled_since(changes, changes, clock());
}

std::vector<WaitingChange> Core::waiting_after(Session& session, const Work& work) const {
  const std::optional<Run>& last = last_run(session);
  std::vector<WaitingChange> kept = last ? waiting_from_details(last->details) : std::vector<WaitingChange>();
  if (work.waiting) {  // a sync: what it was not asked about waits as before
    const bool read_only = session.read_only.has_value();
    std::erase_if(kept, [&](const WaitingChange& change) {
      return is_asked_of(work.request, session, change) || (read_only && change.side == Side::yaml);
    });
    kept.insert(kept.end(), work.waiting->begin(), work.waiting->end());
  } else {
    std::erase_if(kept, [&](const WaitingChange& change) {
      return std::any_of(work.plan.tasks.begin(), work.plan.tasks.end(),
                         [&](const TaskPlan& task) { return task.id == change.task_id; });
    });
  }
  std::sort(kept.begin(), kept.end(), before);
  return kept;
}

}  // namespace lockstep
