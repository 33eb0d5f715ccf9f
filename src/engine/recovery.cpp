// What an interrupted run left behind is settled before anything is read
// (docs/ARCHITECTURE.md, "Why a crash is harmless").
#include <algorithm>

#include "engine/core.hpp"
#include "engine/journal_record.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep {

void Core::recover(Session& session) {
  bool settled_base = false;
  std::vector<Journal> become_backup;
  for (const Journal& journal : file.find_journals()) {
    switch (journal.state) {
      case Journal::State::not_exchanged:
        file.remove_journal(journal);
        break;
      case Journal::State::editor_save:
        file.restore_editor_save(journal);
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
  // The journal may go only once the base is safe.
  if (settled_base) {
    session.transaction->commit();
    session.transaction.reset();
  }
  for (const Journal& journal : become_backup) file.keep_as_backup(journal);
  if (!session.transaction) session.transaction = begin_under_lock();
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

}  // namespace

// An editor that had the former file open may save into it after it became `.bak`. That is an edit of the
// YAML: its text takes the file's place. The base is committed first and the mark stays until the file has
// followed, so that a crash in between only does the same again.
std::optional<Busy> Core::adopt_stray_edit(Session& session) {
  BaseTable& base = session.transaction->base();
  ReplicaState state = base.state();
  if (!state.backup) return std::nullopt;
  auto looked = file.stray_edit(state.backup->device, state.backup->inode, state.backup->content);
  if (auto* busy = std::get_if<Busy>(&looked)) return std::move(*busy);
  const auto& stray = std::get<std::optional<FileContent>>(looked);
  if (!stray) return std::nullopt;
  auto current = file.read();
  if (auto* busy = std::get_if<Busy>(&current)) return std::move(*busy);
  const FileContent& now = std::get<FileContent>(current);
  const bool file_is_ours = !now.missing && state.content == now.fingerprint;
  const bool stray_wins = stray->text != now.text && (file_is_ours || stray->modified > now.modified);

  state.agreed = false;
  if (stray_wins) {
    ReadResult read = Document::read(stray->text, {.file_name = settings.yaml, .version = settings.yaml_version});
    if (read.document)
      base.write(base_before_run(*read.document, session.transaction->history().changes(state.backup->run), base),
                 FieldSet::synced() & session.transaction->tasks().shape().columns);
  } else {
    state.backup.reset();
  }
  base.set_state(state);
  session.transaction->commit();
  session.transaction.reset();
  if (stray_wins) file.adopt_stray_edit(*stray, now);
  session.transaction = begin_under_lock();
  return std::nullopt;
}

}  // namespace lockstep
