// Saves of the YAML that met: one was swapped out by a run's exchange, another one was made over the run's unconfirmed
// text before it was put back (docs/ARCHITECTURE.md, "Two saves at the same moment"). Neither saw the other: both are
// kept, merged, and where they clash a person decides.
#include "engine/saves.hpp"

#include <algorithm>

#include "engine/core.hpp"
#include "engine/journal_record.hpp"

namespace lockstep {
namespace {

constexpr int kMostTries = 8;  // each takes another save in the moment of the exchange

using merge::Prefer;

// The second save, with what the first one changed. What the run itself had written goes on from there: it stands in the
// second save as its author saw it.
MergedSaves merge_with_texts(const TwoSaves& saves, const ReadOptions& options) {
  const merge::MergeResult first_over_run =
      merge::merge_schedules(*saves.read, *saves.written, saves.first, Prefer::theirs, options);
  merge::MergeResult both =
      merge::merge_schedules(*saves.written, saves.second, first_over_run.text, Prefer::ours, options);
  MergedSaves result;
  result.text = std::move(both.text);
  result.clashes = std::move(both.clashes);
  result.complete = first_over_run.complete && both.complete && both.is_schedule && first_over_run.is_schedule;
  result.losing = saves.first;
  return result;
}

const Task* find(const std::vector<Task>& sorted, std::int64_t id) {
  const auto at = std::ranges::lower_bound(sorted, id, {}, &Task::id);
  return at != sorted.end() && at->id == id ? &*at : nullptr;
}

// One field, or the presence of a task, of which the former text is not known: what is as it was, before the run or
// after it, was not changed by whoever saved it.
bool is_former(const Task* task, const Task* before, const Task* after, Field field) {
  const auto as = [&](const Task* former) { return former && equal((*task)[field], (*former)[field]); };
  return as(before) || as(after);
}

merge::Clash clash_of(std::int64_t id, const Task* before, const Task* standing, const Task* save, FieldSet fields) {
  const auto copy = [](const Task* task) { return task ? std::optional(*task) : std::nullopt; };
  return {id, fields, copy(before), copy(standing), copy(save), copy(save)};
}

struct ByValues {
  const Document& standing;
  const Document& save;
  const std::vector<Task>& before;  // the base
  const std::vector<Task>& after;   // what the run had made of it
  std::vector<Edit> edits;          // of the standing text
  std::vector<merge::Clash> clashes;

  void merge(std::int64_t id) {
    const Task *here = standing.find(id), *there = save.find(id), *b = find(before, id), *a = find(after, id);
    if (here && there) return merge_fields(id, *here, *there, b, a);
    const Task* left = here ? here : there;
    if (!left) return;
    const bool untouched = (b && differing(*left, *b).empty()) || (a && differing(*left, *a).empty());
    if (untouched && here) edits.push_back({.kind = Edit::Kind::remove, .task = *here, .fields = {}, .text = {}, .new_id = {}});
    else if (there && !b) edits.push_back({.kind = Edit::Kind::insert, .task = *there, .fields = {}, .text = std::string(save.task_text(id)), .new_id = {}});
    else if (!untouched && b) clashes.push_back(clash_of(id, b, here, there, {}));
  }

  void merge_fields(std::int64_t id, const Task& here, const Task& there, const Task* b, const Task* a) {
    FieldSet taken, apart;
    for (const FieldSpec& field : kSchema) {
      if (!field.synced || equal(here[field.field], there[field.field]) || is_former(&there, b, a, field.field)) continue;
      (is_former(&here, b, a, field.field) ? taken : apart).insert(field.field);
    }
    Task result = here;
    for (const FieldSpec& field : kSchema)
      if (taken.contains(field.field)) result[field.field] = there[field.field];
    if (!apart.empty()) {
      clashes.push_back(clash_of(id, b, &here, &there, apart));
      Task otherwise = result;
      for (const FieldSpec& field : kSchema)
        if (apart.contains(field.field)) otherwise[field.field] = there[field.field];
      clashes.back().otherwise = std::move(otherwise);
    }
    if (!taken.empty()) edits.push_back({.kind = Edit::Kind::update, .task = std::move(result), .fields = taken, .text = {}, .new_id = {}});
  }
};

// A crash has taken the texts that the run had read and written: the values are merged with the base in their place.
MergedSaves merge_by_values(const TwoSaves& saves, const ReadOptions& options) {
  MergedSaves result;
  result.text = saves.first;
  result.losing = saves.second;
  result.complete = false;
  const ReadResult standing = Document::read_or_empty(saves.first, options);
  const ReadResult save = Document::read_or_empty(saves.second, options);
  if (!standing.document && save.document) {  // half a text gives way to a whole one
    std::swap(result.text, result.losing);
    return result;
  }
  if (!standing.document || !save.document) return result;
  ByValues values{*standing.document, *save.document, saves.before, saves.after, {}, {}};
  std::vector<std::int64_t> ids;
  for (const Document* document : {standing.document.get(), save.document.get()})
    for (const Task& task : document->tasks()) ids.push_back(task.id);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::int64_t id : ids) values.merge(id);
  if (const EditResult edited = standing.document->edit(values.edits); edited.problem.empty()) {
    result.text = std::string(edited.text);
    result.clashes = std::move(values.clashes);
  }
  return result;
}

// Of what the run wrote into the file: that which its second author has seen, and the first one has not changed. It
// came from the database, and is agreed upon.
std::vector<BaseChange> seen_of_run(const std::vector<BaseChange>& written, const TwoSaves& saves, const ReadOptions& options) {
  if (!saves.read) return {};
  const ReadResult read = Document::read_or_empty(*saves.read, options), first = Document::read_or_empty(saves.first, options);
  if (!read.document || !first.document) return {};
  std::vector<BaseChange> result;
  for (const BaseChange& change : written) {
    const Task *was = read.document->find(change.id), *is = first.document->find(change.id), *agreed = find(saves.before, change.id);
    if (!was || !is) {
      if (!was && !is) result.push_back(change);
      continue;
    }
    const FieldSet changed = differing(*was, *is);
    if (!change.task) {
      if (changed.empty()) result.push_back(change);
      continue;
    }
    BaseChange kept{change.id, *change.task};
    for (const FieldSpec& field : kSchema)
      if (changed.contains(field.field) && agreed) kept.task.own()[field.field] = (*agreed)[field.field];
    if (changed.empty() || agreed) result.push_back(std::move(kept));
  }
  return result;
}

}  // namespace

std::vector<Task> all_bases(BaseTable& base) {
  std::vector<std::int64_t> ids;
  for (const IndexEntry& entry : base.index()) ids.push_back(entry.id);
  return base.load(ids);
}

MergedSaves merge_saves(const TwoSaves& saves, const ReadOptions& options) {
  return saves.read && saves.written ? merge_with_texts(saves, options) : merge_by_values(saves, options);
}

std::vector<Conflict> conflicts_between_saves(const std::vector<merge::Clash>& clashes, const Document& merged) {
  std::vector<Conflict> conflicts;
  for (const merge::Clash& clash : clashes) {
    Conflict conflict;
    conflict.task_id = clash.id;
    const Task* stands = merged.find(clash.id);
    if (stands) conflict.yaml = *stands;
    conflict.database = clash.otherwise;
    conflict.base = clash.base;
    if (!stands && !clash.otherwise) continue;
    conflict.finding.reason = ConflictReason::two_saves;
    conflict.finding.kind = !stands            ? ConflictKind::delete_update
                            : !clash.otherwise ? ConflictKind::update_delete
                                               : ConflictKind::update_update;
    const Task& left = stands ? *stands : *clash.otherwise;
    conflict.finding.fields = stands && clash.otherwise ? differing(*stands, *clash.otherwise)
                              : clash.base              ? differing(left, *clash.base)
                                                        : FieldSet::synced();
    if (stands && clash.otherwise && conflict.finding.fields.empty()) continue;
    conflicts.push_back(std::move(conflict));
  }
  return conflicts;
}

// Under the lock. Busy: somebody is still writing one of them.
std::optional<Busy> Core::settle_saves(Session& session) {
  for (int i = 0; i < kMostTries; ++i) {
    std::vector<Journal> journals = file.find_journals();
    std::erase_if(journals, [](const Journal& journal) { return journal.state != Journal::State::unmerged_save; });
    if (journals.empty()) return std::nullopt;
    if (journals.front().being_written) return Busy{std::nullopt, "File locked by another process"};
    auto content = file.read();
    if (auto* busy = std::get_if<Busy>(&content)) return std::move(*busy);
    settle_save(session, journals.front(), std::get<FileContent>(content));
  }
  return Busy{std::nullopt, "File saved by another process again and again"};
}

void Core::settle_save(Session& session, const Journal& journal, const FileContent& standing) {
  BaseTable& base = session.transaction->base();
  TwoSaves saves{standing.text, journal.content.text, journal.read, journal.written, all_bases(base), {}};
  std::vector<BaseChange> written;
  const bool own = !journal.record.empty() && replica_of_journal_record(journal.record) == settings.replica;
  if (own) written = base_after_lost_run(journal.record, saves.before);
  for (const BaseChange& change : written)
    if (change.task) saves.after.push_back(*change.task);
  if (put_merged(session, saves, written, standing)) file.remove_save(journal);
}

// Conflicts and base first, then the file: done again after a crash in between, it comes to the same. `written`: what the
// run that was interrupted had put into the file. false: the file was saved a third time meanwhile; once more.
bool Core::put_merged(Session& session, const TwoSaves& saves, const std::vector<BaseChange>& written, const FileContent& standing) {
  const ReadOptions options{.file_name = settings.yaml, .version = settings.yaml_version, .piecewise_from = settings.piecewise_from};
  const MergedSaves merged = merge_saves(saves, options);
  const ReadResult read = Document::read_or_empty(merged.text, options);
  std::vector<Conflict> conflicts;
  if (read.document) conflicts = conflicts_between_saves(merged.clashes, *read.document);
  BaseTable& base = session.transaction->base();
  const FieldSet synced = FieldSet::synced() & session.transaction->tasks().shape().columns;
  if (const auto seen = seen_of_run(written, saves, options); !seen.empty()) base.write(seen, synced);
  ReplicaState state = base.state();
  state.agreed = false;
  base.set_state(state);

  std::string where;
  if (!conflicts.empty() || !merged.complete) where = file.keep_aside(merged.losing, clock());
  Effects opened = open_conflicts_between_saves(session, std::move(conflicts));
  session.transaction->commit();
  session.transaction.reset();
  tell(std::move(opened));
  if (!where.empty())
    later_warnings.push_back({"two saves of the YAML met; the one that gave way is kept in " + where, std::nullopt, std::nullopt});

  bool in_place = merged.text == standing.text;
  if (!in_place) {
    const auto staged = file.stage(standing, merged.text, "saves", {});
    in_place = file.exchange(*staged, RunTexts{standing.text, merged.text});
    if (in_place) file.finish(*staged);
  }
  session.transaction = begin_under_lock();
  return in_place;
}

// One conflict a task: of saves that met twice, the later clash stands.
Effects Core::open_conflicts_between_saves(Session& session, std::vector<Conflict> conflicts) {
  Effects effects;
  if (conflicts.empty()) return effects;
  ConflictTable& table = session.transaction->conflicts();
  std::vector<Conflict> fresh, again;
  for (Conflict& conflict : conflicts) {
    conflict.replica = settings.replica;
    conflict.detected_at = clock();
    const std::vector<Conflict> pending = table.list({.replica = settings.replica, .task_id = conflict.task_id});
    if (pending.empty()) {
      fresh.push_back(std::move(conflict));
      continue;
    }
    conflict.number = pending.front().number;
    conflict.version = pending.front().version + 1;
    again.push_back(std::move(conflict));
  }
  if (!again.empty()) table.update(again);
  if (!fresh.empty()) {
    const std::vector<std::int64_t> numbers = table.insert(fresh);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      effects.opened.push_back({numbers[i], fresh[i].task_id, ConflictReason::two_saves});
  }
  return effects;
}

}  // namespace lockstep
