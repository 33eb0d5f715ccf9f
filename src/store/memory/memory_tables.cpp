#include "store/memory/memory_tables.hpp"

#include <algorithm>

#include "store/history_size.hpp"
#include "store/names.hpp"

namespace lockstep::memory {

State& View::for_writing() {
  if (working) return *working;
  throw Error({.code = ErrorCode::internal,
               .operation = "write to",
               .subject = "the database",
               .cause = "the transaction was begun for reading"});
}

// ---- the task table ----------------------------------------------------------------------------------

Row to_row(const Task& task, FieldSet columns) {
  Row row;
  for (const FieldSpec& field : kSchema) {
    if (columns.contains(field.field)) row[std::string(field.name)] = column_text(task[field.field]);
  }
  return row;
}

TableRows read_rows(const State& state) {
  RowCollector collector(state.columns);
  for (const auto& [id, row] : state.rows) {
    collector.add(id, [&row = row](Field field) { return read_column(field, row.at(std::string(spec(field).name))); });
  }
  return collector.take();
}

namespace {

[[noreturn]] void changed_meanwhile(std::int64_t id, std::string cause) {
  throw Error({.code = ErrorCode::changed,
               .operation = "write",
               .subject = "task " + std::to_string(id),
               .cause = std::move(cause),
               .hint = {},
               .retryable = true});
}

const Row* find_row(const State& state, std::int64_t id) {
  const auto found = state.rows.find(id);
  return found == state.rows.end() ? nullptr : &found->second;
}

// What differs between the row as it is and as it was read; a value that breaks the rules differs.
FieldSet differing_fields(const Row& row, const Task& expected, FieldSet columns) {
  Task task = task_with_defaults(expected.id);
  FieldSet broken;
  const FieldSet compared = FieldSet::synced() & columns;
  for (const FieldSpec& field : kSchema) {
    if (!compared.contains(field.field)) continue;
    ColumnValue read = read_column(field.field, row.at(std::string(field.name)));
    if (!read.problem.empty()) broken.insert(field.field);
    task[field.field] = std::move(read.value);
  }
  return broken | differing(expected, task, compared);
}

}  // namespace

MemoryTaskTable::MemoryTaskTable(View& view) : view_(view) {
  const State& state = view.state();
  shape_.exists = state.has_task_table;
  if (!shape_.exists) return;
  shape_.columns = state.columns;
  for (const FieldSpec& field : kSchema) {
    if (!field.required && field.default_text.empty() && state.columns.contains(field.field))
      shape_.nullable.insert(field.field);
  }
}

TableRows MemoryTaskTable::rows() {
  view_.shared.enter("read tasks");
  return read_rows(view_.state());
}

std::string MemoryTaskTable::version() {
  view_.shared.enter("look at the version of tasks");
  const State& state = view_.state();
  return view_.working || !state.has_task_table ? std::string() : std::to_string(state.revision);
}

std::vector<std::string> MemoryTaskTable::row_images(std::span<const std::int64_t> ids) {
  view_.shared.enter("read rows");
  std::vector<std::string> images;
  for (const std::int64_t id : ids) {
    if (view_.working) hold(id);
    std::string& image = images.emplace_back();
    const Row* row = find_row(view_.state(), id);
    if (row == nullptr) continue;
    image = "{\"id\":" + std::to_string(id);
    for (const FieldSpec& field : kSchema) {
      if (const auto column = row->find(field.name); column != row->end())
        append_image_member(image, field.field, column->second);
    }
    for (const auto& [name, text] : *row) {
      if (field_by_name(name)) continue;
      image += ',';
      append_json_string(image, name);
      image += ':';
      if (text) {
        append_image_text(image, *text);
      } else {
        image += "null";
      }
    }
    image += '}';
  }
  return images;
}

void MemoryTaskTable::hold(std::int64_t id) {
  const std::lock_guard lock(view_.shared.mutex);
  if (!view_.shared.held.contains(id)) {
    const Row* then = find_row(*view_.snapshot, id);
    const Row* now = find_row(*view_.shared.committed, id);
    if ((then == nullptr) != (now == nullptr) || (then != nullptr && *then != *now)) {
      changed_meanwhile(id, "another transaction has changed the row");
    }
  }
  view_.shared.held.insert(id);
}

std::vector<RefusedRow> MemoryTaskTable::apply(std::span<const RowChange> changes, Timestamp now) {
  view_.shared.enter("write tasks");
  std::vector<RefusedRow> refused;
  for (const Action action : {Action::remove, Action::update, Action::insert}) {
    for (const RowChange& change : changes) {
      if (change.action != action) continue;
      if (auto refusal = apply_one(change, now))
        refused.push_back({.id = change.task->id, .message = std::move(*refusal)});
    }
  }
  std::sort(refused.begin(), refused.end(), [](const RefusedRow& a, const RefusedRow& b) { return a.id < b.id; });
  return refused;
}

std::optional<std::string> MemoryTaskTable::apply_one(const RowChange& change, Timestamp now) {
  State& state = view_.for_writing();
  const std::int64_t id = change.task->id;
  hold(id);
  if (state.not_writable.contains(id)) return "task " + std::to_string(id) + ": CHECK constraint failed";
  const auto found = state.rows.find(id);
  if (change.action == Action::insert) {
    if (found != state.rows.end()) changed_meanwhile(id, "there is a row with this id now");
    Task task = change.task;
    if (is_null(task[Field::created_at])) task[Field::created_at] = now;
    task[Field::updated_at] = now;
    Row row = to_row(task, state.columns);
    if (change.image) {
      const JsonResult image = parse_json(*change.image);
      for (const auto& [name, value] : image.value.members) {
        if (field_by_name(name) || name == kIdName) continue;
        const auto text = bytes_from_image(value, "text_hex");
        if (value.kind == Json::Kind::null) {
          row[name] = std::nullopt;
        } else {
          row[name] = text ? *text : value.kind == Json::Kind::string ? value.text : write_json(value);
        }
      }
    }
    state.rows.emplace(id, std::move(row));
  } else {
    if (found == state.rows.end()) changed_meanwhile(id, "the row is gone");
    if (!differing_fields(found->second, change.expected, state.columns).empty())
      changed_meanwhile(id, "the row is not what it was");
    if (change.action == Action::remove) {
      if (state.not_removable.contains(id)) return "task " + std::to_string(id) + ": FOREIGN KEY constraint failed";
      state.rows.erase(found);
    } else {
      for (const FieldSpec& field : kSchema) {
        if (!state.columns.contains(field.field)) continue;
        if (change.fields.contains(field.field))
          found->second[std::string(field.name)] = column_text(change.task[field.field]);
        if (field.field == Field::updated_at) found->second[std::string(field.name)] = format_sql(now);
      }
    }
  }
  view_.written.insert(id);
  return std::nullopt;
}

std::int64_t MemoryTaskTable::highest_id() {
  view_.shared.enter("read the highest id");
  const auto& rows = view_.state().rows;
  return rows.empty() ? 0 : std::max<std::int64_t>(rows.rbegin()->first, 0);
}

// ---- base --------------------------------------------------------------------------------------------

const Replica* MemoryBaseTable::find() const {
  const auto& replicas = view_.state().replicas;
  const auto found = replicas.find(view_.replica);
  return found == replicas.end() ? nullptr : &found->second;
}

Replica& MemoryBaseTable::make() {
  Replica& replica = view_.for_writing().replicas[view_.replica];
  replica.state.name = view_.replica;
  return replica;
}

std::vector<IndexEntry> MemoryBaseTable::index() {
  view_.shared.enter("read the base");
  std::vector<IndexEntry> entries;
  if (const Replica* replica = find()) {
    for (const auto& [id, record] : replica->base) entries.push_back(record.entry);
  }
  return entries;
}

std::vector<Task> MemoryBaseTable::load(std::span<const std::int64_t> ids) {
  view_.shared.enter("read base records");
  std::vector<Task> tasks;
  const Replica* replica = find();
  if (replica == nullptr) return tasks;
  const std::set<std::int64_t> sorted(ids.begin(), ids.end());
  for (const std::int64_t id : sorted) {
    if (const auto found = replica->base.find(id); found != replica->base.end()) tasks.push_back(found->second.task);
  }
  return tasks;
}

void MemoryBaseTable::write(std::span<const BaseChange> changes, FieldSet synced) {
  view_.shared.enter("write the base");
  if (changes.empty()) return;
  Replica& replica = make();
  for (const BaseChange& change : changes) {
    if (!change.task) {
      replica.base.erase(change.id);
      continue;
    }
    const std::optional<Timestamp> updated = change.task->instant(Field::updated_at);
    const IndexEntry entry{.id = change.id,
                           .fingerprint = fingerprint(*change.task, synced),
                           .yaml_updated_at = updated ? updated->micros : IndexEntry::kNoInstant};
    replica.base[change.id] = {.entry = entry, .task = *change.task};
  }
}

std::string MemoryBaseTable::texts() {
  view_.shared.enter("read the texts of the base");
  const Replica* replica = find();
  return replica ? replica->texts : std::string();
}

void MemoryBaseTable::set_texts(std::string_view texts) {
  view_.shared.enter("write the texts of the base");
  make().texts = texts;
}

ReplicaState MemoryBaseTable::state() {
  view_.shared.enter("read the replica");
  if (const Replica* replica = find()) return replica->state;
  ReplicaState state;
  state.name = view_.replica;
  return state;
}

void MemoryBaseTable::set_state(const ReplicaState& state) {
  view_.shared.enter("write the replica");
  Replica& replica = make();
  replica.state = state;
  replica.state.name = view_.replica;
}

std::vector<ReplicaState> MemoryBaseTable::replicas() {
  view_.shared.enter("read the replicas");
  std::vector<ReplicaState> states;
  for (const auto& [name, replica] : view_.state().replicas) states.push_back(replica.state);
  return states;
}

bool MemoryBaseTable::forget_replica(std::string_view name) {
  view_.shared.enter("forget a replica");
  State& state = view_.for_writing();
  std::erase_if(state.conflicts, [&](const auto& entry) { return entry.second.replica == name; });
  const auto found = state.replicas.find(name);
  if (found == state.replicas.end()) return false;
  state.replicas.erase(found);
  return true;
}

// ---- conflicts ---------------------------------------------------------------------------------------

namespace {

bool matches(const Conflict& conflict, const ConflictFilter& filter) {
  return (!filter.replica || conflict.replica == *filter.replica) &&
         (!filter.task_id || conflict.task_id == *filter.task_id) &&
         (!filter.number || conflict.number == *filter.number);
}

}  // namespace

std::vector<Conflict> MemoryConflictTable::list(const ConflictFilter& filter) {
  view_.shared.enter("read conflicts");
  std::vector<Conflict> conflicts;
  std::size_t skipped = 0;
  for (const auto& [number, conflict] : view_.state().conflicts) {
    if (!matches(conflict, filter) || skipped++ < filter.offset) continue;
    conflicts.push_back(conflict);
    if (conflicts.size() == filter.limit) break;
  }
  return conflicts;
}

std::size_t MemoryConflictTable::count(const ConflictFilter& filter) {
  view_.shared.enter("count conflicts");
  const auto& conflicts = view_.state().conflicts;
  return static_cast<std::size_t>(std::count_if(conflicts.begin(), conflicts.end(),
                                                [&](const auto& entry) { return matches(entry.second, filter); }));
}

std::vector<std::int64_t> MemoryConflictTable::insert(std::span<const Conflict> conflicts) {
  view_.shared.enter("store conflicts");
  State& state = view_.for_writing();
  std::vector<std::int64_t> numbers;
  for (const Conflict& conflict : conflicts) {
    const std::int64_t number = ++state.last_conflict;
    state.conflicts[number] = conflict;
    state.conflicts[number].number = number;
    numbers.push_back(number);
  }
  return numbers;
}

void MemoryConflictTable::reopen(std::span<const Conflict> conflicts) {
  view_.shared.enter("store conflicts again");
  State& state = view_.for_writing();
  for (const Conflict& conflict : conflicts) state.conflicts[conflict.number] = conflict;
}

void MemoryConflictTable::update(std::span<const Conflict> conflicts) {
  view_.shared.enter("update conflicts");
  State& state = view_.for_writing();
  for (const Conflict& conflict : conflicts) {
    const auto found = state.conflicts.find(conflict.number);
    if (found == state.conflicts.end()) throw conflict_is_gone(conflict.number);
    found->second = conflict;
  }
}

void MemoryConflictTable::close(std::span<const std::int64_t> numbers) {
  view_.shared.enter("close conflicts");
  State& state = view_.for_writing();
  for (const std::int64_t number : numbers) state.conflicts.erase(number);
}

// ---- history -----------------------------------------------------------------------------------------

std::int64_t MemoryHistoryTable::record(const Run& run, std::span<const ChangeRecord> changes) {
  view_.shared.enter("record a run");
  State& state = view_.for_writing();
  StoredRun stored{.run = run, .changes = {changes.begin(), changes.end()}, .bytes = history_bytes(run, changes)};
  stored.run.id = ++state.last_run;
  std::sort(stored.changes.begin(), stored.changes.end(), [](const ChangeRecord& a, const ChangeRecord& b) {
    return a.task_id != b.task_id ? a.task_id < b.task_id : a.side == Side::yaml && b.side == Side::database;
  });
  const std::int64_t id = stored.run.id;
  state.runs.emplace(id, std::move(stored));
  return id;
}

std::vector<Run> MemoryHistoryTable::runs(const RunFilter& filter) {
  view_.shared.enter("read runs");
  std::vector<Run> runs;
  const auto& all = view_.state().runs;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    const StoredRun& stored = it->second;
    if (filter.before && stored.run.id >= *filter.before) continue;
    if (filter.after && stored.run.id <= *filter.after) continue;
    if (filter.replica && stored.run.replica != *filter.replica) continue;
    if (filter.undo_requested && stored.run.undo_request.empty()) continue;
    const auto concerns = [&](const ChangeRecord& change) { return change.task_id == *filter.task_id; };
    if (filter.task_id && std::none_of(stored.changes.begin(), stored.changes.end(), concerns)) continue;
    runs.push_back(stored.run);
    if (runs.size() == filter.limit) break;
  }
  return runs;
}

std::optional<Run> MemoryHistoryTable::run(std::int64_t id) {
  view_.shared.enter("read a run");
  const auto& runs = view_.state().runs;
  const auto found = runs.find(id);
  return found == runs.end() ? std::nullopt : std::optional(found->second.run);
}

bool MemoryHistoryTable::has_run(std::string_view key) {
  view_.shared.enter("look for a run");
  const auto& runs = view_.state().runs;
  return std::any_of(runs.begin(), runs.end(), [&](const auto& entry) { return entry.second.run.key == key; });
}

std::vector<ChangeRecord> MemoryHistoryTable::changes(std::int64_t run) {
  view_.shared.enter("read changes");
  const auto& runs = view_.state().runs;
  const auto found = runs.find(run);
  return found == runs.end() ? std::vector<ChangeRecord>{} : found->second.changes;
}

std::vector<ChangeRecord> MemoryHistoryTable::changes_before(std::int64_t run, std::string_view replica, std::int64_t task_id,
                                                             std::size_t limit) {
  view_.shared.enter("read a task's changes");
  std::vector<ChangeRecord> found;
  const auto& runs = view_.state().runs;
  for (auto it = runs.lower_bound(run); it != runs.begin();) {
    const StoredRun& stored = (--it)->second;
    if (stored.run.replica != replica) continue;
    for (const ChangeRecord& change : stored.changes)
      if (change.task_id == task_id && found.size() < limit) found.push_back(change);
  }
  return found;
}

std::string MemoryHistoryTable::undo_notes(std::int64_t run) {
  view_.shared.enter("read a run's notes");
  const auto& runs = view_.state().runs;
  const auto found = runs.find(run);
  return found == runs.end() ? std::string() : found->second.run.undo_notes;
}

void MemoryHistoryTable::request_undo(std::int64_t run, std::string_view request) {
  view_.shared.enter("request an undo");
  auto& runs = view_.for_writing().runs;
  if (const auto found = runs.find(run); found != runs.end()) found->second.run.undo_request = request;
}

void MemoryHistoryTable::prune(Timestamp older_than, std::uint64_t max_bytes) {
  view_.shared.enter("prune the history");
  auto& runs = view_.for_writing().runs;
  std::map<std::string_view, std::int64_t> newest;  // of each replica: these stay
  std::uint64_t total = 0;
  for (const auto& [id, stored] : runs) {
    newest[stored.run.replica] = id;
    total += static_cast<std::uint64_t>(stored.bytes);
  }
  std::vector<std::int64_t> gone;
  for (const auto& [id, stored] : runs) {
    if (newest[stored.run.replica] == id) continue;
    if (stored.run.at < older_than) {
      total -= static_cast<std::uint64_t>(stored.bytes);
      gone.push_back(id);
    }
  }
  for (const auto& [id, stored] : runs) {
    if (total <= max_bytes) break;
    if (newest[stored.run.replica] == id || std::binary_search(gone.begin(), gone.end(), id)) continue;
    total -= static_cast<std::uint64_t>(stored.bytes);
    gone.push_back(id);
    std::inplace_merge(gone.begin(), gone.end() - 1, gone.end());
  }
  for (const std::int64_t id : gone) runs.erase(id);
}

}  // namespace lockstep::memory
