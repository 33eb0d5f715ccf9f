// What an interrupted run left behind is settled before anything is read
// (docs/ARCHITECTURE.md, "Why a crash is harmless").
#include <algorithm>

#include "engine/core.hpp"
#include "engine/journal_record.hpp"
#include "engine/saves.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep {

// Busy: somebody is still writing a save that has to be merged.
std::optional<Busy> Core::recover(Session& session) {
  const auto mark = session.transaction->base().state().backup;
  file.own_backup(mark ? std::optional(BackupFile{mark->device, mark->inode, mark->content}) : std::nullopt);
  bool settled_base = false, saves_met = false;
  std::vector<Journal> become_backup;
  for (const Journal& journal : file.find_journals()) {
    switch (journal.state) {
      case Journal::State::not_exchanged:
        file.remove_journal(journal);
        break;
      case Journal::State::editor_save:
        file.restore_editor_save(journal);
        saves_met = true;
        break;
      case Journal::State::unmerged_save:
        saves_met = true;
        break;
      case Journal::State::exchanged: {
        become_backup.push_back(journal);
        if (journal.record.empty() || session.transaction->history().has_run(journal.run_key)) break;
        // The file was replaced and the run was lost. What the file took from the database is agreed upon
        // all the same: without this, it would look like an edit of the YAML and could undo a later one.
        const std::vector<std::int64_t> ids = ids_in_journal_record(journal.record);
        if (ids.empty() || replica_of_journal_record(journal.record) != settings.replica) break;
        const TableShape& shape = session.transaction->tasks().shape();
        session.transaction->base().write(base_after_lost_run(journal.record, session.transaction->base().load(ids)),
                                          FieldSet::synced() & shape.columns);
        settled_base = true;
        break;
      }
    }
  }
  // Which `.bak` is ours from now on.
  if (!become_backup.empty() && !become_backup.back().content.missing) {
    const FileContent& last = become_backup.back().content;
    ReplicaState state = session.transaction->base().state();
    if (!state.backup || state.backup->inode != last.identity.inode) {
      state.backup = BackupMark{last.identity.device, last.identity.inode, last.fingerprint, 0};
      session.transaction->base().set_state(state);
      settled_base = true;
    }
  }
  // The journal may go only once the base is safe.
  if (settled_base) {
    session.transaction->commit();
    session.transaction.reset();
  }
  for (const Journal& journal : become_backup) file.keep_as_backup(journal);
  if (!session.transaction) session.transaction = begin_under_lock();
  return saves_met ? settle_saves(session) : std::nullopt;
}

namespace {

// What the last run had carried into the file and the editor's buffer does not show is not an edit: the base
// goes back to the value that the editor saw, so that the database's value counts as the newer one.
std::vector<BaseChange> base_before_run(const Document& stray, const std::vector<ChangeRecord>& run, BaseTable& bases) {
  std::vector<BaseChange> changes;
  for (const ChangeRecord& change : run) {
    if (change.side != Side::yaml || change.before.empty() || change.after.empty()) continue;
    const Task* seen = stray.find(change.task_id);
    const JsonResult before = parse_json(change.before);
    const JsonResult after = parse_json(change.after);
    if (!seen || !before.value.find("task") || !after.value.find("task")) continue;
    const Task former = task_from_trusted_json(write_json(*before.value.find("task")));
    const Task carried = task_from_trusted_json(write_json(*after.value.find("task")));
    std::vector<Task> base = bases.load(std::vector{change.task_id});
    if (base.empty()) continue;
    for (const FieldSpec& field : kSchema)
      if (field.synced && equal((*seen)[field.field], former[field.field]) &&
          !equal(former[field.field], carried[field.field]))
        base.front()[field.field] = former[field.field];
    changes.push_back({change.task_id, std::move(base.front())});
  }
  return changes;
}

// How long after a run a save into the version before is believed to be an editor's who still had it open.
constexpr std::int64_t kLateMicros = 10'000'000;

}  // namespace

// Whether what was written into `.bak` is the late save of an editor who had it open when it was replaced, and no more than
// that: somebody who copies a file there, or empties it, has not edited the schedule.
bool Core::is_late_save(Session& session, const FileContent& stray, std::int64_t run_id) {
  const auto run = session.transaction->history().run(run_id);
  if (!run || stray.modified.micros > run->at.micros + run->duration_ms * 1000 + kLateMicros) return false;
  return Document::read(stray.text, {.file_name = settings.yaml, .version = settings.yaml_version}).document != nullptr;
}

// An editor that had the former file open may save into it after it became `.bak`: only where it could not be seen that
// nobody had (SafeFile::Staged::late_save_possible). That is an edit of the
// YAML: its text takes the file's place. The base is committed first and the mark stays until the file has
// followed, so that a crash in between only does the same again.
std::optional<Busy> Core::adopt_stray_edit(Session& session) {
  BaseTable& base = session.transaction->base();
  ReplicaState state = base.state();
  if (!state.backup || state.backup->run == 0) return std::nullopt;
  auto looked = file.stray_edit(state.backup->device, state.backup->inode, state.backup->content);
  if (auto* busy = std::get_if<Busy>(&looked)) return std::move(*busy);
  const auto& stray = std::get<std::optional<FileContent>>(looked);
  if (!stray) return std::nullopt;
  auto current = file.read();
  if (auto* busy = std::get_if<Busy>(&current)) return std::move(*busy);
  const FileContent& now = std::get<FileContent>(current);
  const std::int64_t run = std::exchange(state.backup->run, 0);
  if (stray->text == now.text || !is_late_save(session, *stray, run)) {
    base.set_state(state);
    return std::nullopt;
  }
  later_warnings.push_back({"an editor saved into the version before the last run after it had become " + file.target() +
                              ".bak: its save counts as an edit of the YAML", std::nullopt, std::nullopt});
  const FieldSet synced = FieldSet::synced() & session.transaction->tasks().shape().columns;
  const ReadResult read = Document::read(stray->text, {.file_name = settings.yaml, .version = settings.yaml_version});
  const std::vector<BaseChange> former = base_before_run(*read.document, session.transaction->history().changes(run), base);
  if (!now.missing && state.content != now.fingerprint) {
    // Saved since by somebody else, too.
    TwoSaves saves{now.text, stray->text, {}, {}, {}, all_bases(base)};
    saves.before = saves.after;
    for (const BaseChange& change : former) {
      const auto at = std::ranges::lower_bound(saves.before, change.id, {}, &Task::id);
      if (at != saves.before.end() && at->id == change.id) *at = *change.task;
    }
    if (put_merged(session, saves, {}, now)) {
      session.transaction->base().set_state(state);
      session.transaction->commit();
      session.transaction.reset();  // before the next begins: its end would be that one's
      session.transaction = begin_under_lock();
    }
    return std::nullopt;
  }
  base.write(former, synced);
  state.agreed = false;
  state.backup->run = run;
  base.set_state(state);
  session.transaction->commit();
  session.transaction.reset();
  file.adopt_stray_edit(*stray, now);
  session.transaction = begin_under_lock();
  return std::nullopt;
}

}  // namespace lockstep
