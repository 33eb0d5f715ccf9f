// A file that is written piece by piece, by a program that opens it again for each piece, is a valid, shorter schedule in
// between: tasks that are gone from a file count as deleted only once it has been at rest for a while.
#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};

bool is_gone_from_the_file(const Triple& triple) { return triple.base && !triple.yaml && triple.database; }

// Tasks that the run would take for deleted by whoever wrote the file.
std::vector<const TaskPlan*> deletions(const Triples& triples, const Plan& plan) {
  std::vector<const TaskPlan*> found;
  auto triple = triples.triples.begin();
  for (const TaskPlan& task : plan.tasks) {
    while (triple != triples.triples.end() && triple->id < task.id) ++triple;
    if (triple == triples.triples.end()) break;
    if (triple->id == task.id && is_gone_from_the_file(*triple) && (task.database || task.yaml || task.conflict)) found.push_back(&task);
  }
  return found;
}

}  // namespace

// Its last change is long enough ago, or it is as it was when that had been waited for.
bool Core::is_at_rest(const FileIdentity& now) const {
  if (settings.settle_deletions.count() <= 0 || rested == now) return true;
  const std::int64_t quiet = clock().micros - now.changed_ns / 1000;
  return quiet >= std::chrono::microseconds(settings.settle_deletions).count();
}

bool Core::deletes_too_soon(const Session& session, const Triples& triples, const Work& work) const {
  if (work.request.only || session.content.missing || is_at_rest(session.content.identity)) return false;
  return !deletions(triples, work.plan).empty();
}

// Without lock and transaction. false: it has not come to rest in the time that a run may wait; one that has not changed in
// all that time has. Counted in what was waited: clocks may jump.
bool Core::wait_for_rest() {
  std::chrono::microseconds quiet{0};
  bool changed = false;
  std::optional<FileIdentity> known = file.identity();
  while (quiet < settings.settle_deletions && patience.wait(kBetweenLooks)) {
    quiet += kBetweenLooks;
    const std::optional<FileIdentity> now = file.identity();
    if (now == known) continue;
    quiet = std::chrono::microseconds(0);
    changed = true;
    known = now;
  }
  if (quiet < settings.settle_deletions && (changed || quiet.count() == 0)) return false;
  rested = known;
  return true;
}

StartAgain Core::leave_deletions(const Triples& triples, const Work& work) const {
  StartAgain again{settings.yaml + " keeps changing", {}};
  for (const TaskPlan* task : deletions(triples, work.plan))
    again.refused.push_back({task->id,
                             "the file keeps changing: a task that is gone from it is deleted once it has been at rest for " +
                                 std::to_string(settings.settle_deletions.count()) + " ms",
                             {{std::string(), task->yaml ? Side::yaml : Side::database}}, false});
  return again;
}

}  // namespace lockstep
