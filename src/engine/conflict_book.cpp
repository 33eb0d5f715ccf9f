// Conflicts found are stored until a person decides or the sides come to terms.
#include <algorithm>
#include <utility>

#include "engine/core.hpp"

namespace lockstep {
namespace {

bool same(const std::optional<Task>& a, const Task* b) {
  if (a.has_value() != (b != nullptr)) return false;
  return !b || differing(*a, *b).empty();
}

Conflict described(const Triple& triple, const ConflictFinding& finding) {
  Conflict conflict;
  conflict.task_id = triple.id;
  conflict.finding = finding;
  if (triple.base) conflict.base = *triple.base;
  if (triple.yaml) conflict.yaml = *triple.yaml;
  if (triple.rival()) conflict.database = *triple.rival();
  return conflict;
}

}  // namespace

void Core::keep_conflict_book(Session& session, const Triples& triples, Work& work) const {
  std::vector<Conflict> pending =
      session.pending ? std::move(*std::exchange(session.pending, std::nullopt))
                      : session.transaction->conflicts().list({.replica = settings.replica});
  std::sort(pending.begin(), pending.end(),
            [](const Conflict& a, const Conflict& b) { return a.task_id < b.task_id; });
  auto old = pending.begin();
  const auto close_until = [&](std::int64_t id) {
    for (; old != pending.end() && old->task_id < id; ++old) {
      if (work.request.only && old->task_id != *work.request.only) continue;
      if (session.excluded.contains(old->task_id))
        work.still_pending.push_back(std::move(*old));
      else
        work.closed.push_back({std::move(*old), "superseded"});
    }
  };
  auto triple = triples.triples.begin();
  for (const TaskPlan& task : work.plan.tasks) {
    if (task.outcome != Outcome::conflict) continue;
    close_until(task.id);
    while (triple->id < task.id) ++triple;
    Conflict found = described(*triple, *task.conflict);
    found.replica = settings.replica;
    found.detected_at = clock();
    if (old == pending.end() || old->task_id != task.id) {
      work.opened.push_back(std::move(found));
      continue;
    }
    const bool moved = !same(old->yaml, triple->yaml) || !same(old->database, triple->rival()) ||
                       !same(old->base, triple->base) || !(old->finding == found.finding);
    if (moved) {
      found.number = old->number;
      found.version = old->version + 1;
      found.detected_at = old->detected_at;
      if (same(old->yaml, triple->yaml)) found.yaml_author = old->yaml_author;
      if (same(old->database, triple->database)) found.database_author = old->database_author;
      work.refreshed.push_back(std::move(found));
    } else {
      work.still_pending.push_back(std::move(*old));
    }
    ++old;
  }
  close_until(INT64_MAX);
}

}  // namespace lockstep
