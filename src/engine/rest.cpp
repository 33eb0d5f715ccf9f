// A sync that finds nothing costs next to nothing: what the last one saw is compared by its identity (the file's
// stat, the database's version or change feed) before anything is read.
#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

// Two saves within one tick of the file system's clock can leave the same identity.
constexpr std::int64_t kClockTickMicros = 20'000;

bool may_hide_a_save(const FileIdentity& file, Timestamp looked_at) {
  return looked_at.micros - file.modified_ns / 1000 < kClockTickMicros;
}

bool same_conflicts(const std::vector<Conflict>& now, const std::vector<Core::Rest::Pending>& before) {
  return std::equal(now.begin(), now.end(), before.begin(), before.end(),
                    [](const Conflict& a, const Core::Rest::Pending& b) {
                      return a.number == b.number && a.version == b.version && a.resolution_request.empty();
                    });
}

}  // namespace

void Core::remember_rest(const Session& session, const Work& work, const Resting& resting) {
  rest.reset();
  if (work.request.only) return;
  if (session.content.missing && !resting.file) return;
  Rest next;
  next.request = work.request;
  next.settled = resting.settled;
  next.file = resting.file.value_or(session.content.identity);
  next.uncertain = may_hide_a_save(next.file, clock());
  next.backup = file.backup_identity();
  next.read_only = session.read_only;
  next.version_mark = resting.version_mark;
  next.state = resting.state;
  next.compared = session.full_check ? clock() : session.state.full_check.value_or(clock());
  next.result = resting.result;
  for (const std::vector<Conflict>* pending : {&work.opened, &work.refreshed, &work.still_pending})
    for (const Conflict& conflict : *pending) next.pending.push_back({conflict.number, conflict.version});
  std::sort(next.pending.begin(), next.pending.end(),
            [](const Rest::Pending& a, const Rest::Pending& b) { return a.number < b.number; });
  rest = std::move(next);
}

// Whether the file is the one that the last sync left or saw.
bool Core::file_rests() {
  const auto now = file.identity();
  if (!now || *now != rest->file || file.backup_identity() != rest->backup || file.read_only_reason() != rest->read_only)
    return false;
  if (!rest->uncertain) return true;
  const auto read = file.read();
  const FileContent* content = std::get_if<FileContent>(&read);
  if (!content || content->missing || content->identity != rest->file || content->fingerprint != rest->state.content)
    return false;
  rest->uncertain = may_hide_a_save(rest->file, clock());
  return true;
}

// Whether the database holds what the last sync left or saw.
bool Core::database_rests() {
  if (!rest->version_mark.empty()) return store->version_mark() == rest->version_mark;
  if (rest->state.cursor.empty()) return false;
  auto transaction = begin(Access::read);
  ReplicaState state = transaction->base().state();
  state.name = rest->state.name;
  if (!(state == rest->state)) return false;
  const auto changed = transaction->tasks().changed_since(rest->state.cursor);
  if (!changed || !changed->empty() || transaction->tasks().cursor().empty()) return false;
  if (!transaction->history().runs({.replica = settings.replica, .undo_requested = true}).empty()) return false;
  std::vector<Conflict> pending = transaction->conflicts().list({.replica = settings.replica});
  std::sort(pending.begin(), pending.end(), [](const Conflict& a, const Conflict& b) { return a.number < b.number; });
  return same_conflicts(pending, rest->pending);
}

std::optional<SyncResult> Core::nothing_new(const SyncRequest& request, Timestamp started) {
  if (!rest) return std::nullopt;
  const bool same_question = request.direction == rest->request.direction && !request.force && !rest->request.force &&
                             request.max_delete_percent == rest->request.max_delete_percent && !request.only;
  if (!rest->settled && !same_question) return std::nullopt;
  const std::int64_t since = started.micros - rest->compared.micros;
  if (since < 0 || since > std::chrono::microseconds(settings.full_check_interval).count()) return std::nullopt;
  if (!file_rests() || !database_rests()) return std::nullopt;
  SyncResult result = rest->result;
  result.direction = request.direction;
  result.trigger = request.trigger;
  result.at = started;
  result.duration_ms = static_cast<double>(clock().micros - started.micros) / 1000.0;
  return result;
}

}  // namespace lockstep
