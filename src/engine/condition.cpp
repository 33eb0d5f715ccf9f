#include "engine/condition.hpp"

#include <algorithm>

namespace lockstep {
namespace {

constexpr std::size_t kLogged = 10;

// What tells one failure from another.
std::string words_of(const SyncFailure& failure) {
  if (const auto* error = std::get_if<Error>(&failure.why)) return error->what();
  if (const auto* busy = std::get_if<FileBusy>(&failure.why)) return busy->busy.what;
  if (const auto* guard = std::get_if<GuardStopped>(&failure.why)) return std::to_string(guard->guard.would_delete);
  return {};  // the YAML's errors stand in the status
}

// Those of `some` that are not among `others`.
void log_difference(const std::vector<WaitingChange>& some, const std::vector<WaitingChange>& others, LogLevel level,
                    const std::string& words, const LogSink& sink) {
  std::size_t count = 0;
  for (const WaitingChange& change : some) {
    const auto same = [&](const WaitingChange& other) { return same_change(change, other); };
    if (std::any_of(others.begin(), others.end(), same)) continue;
    if (++count <= kLogged) sink({level, words + describe(change), {}});
  }
  if (count > kLogged) sink({level, words + std::to_string(count - kLogged) + " more", {}});
}

}  // namespace

std::string condition_of(const Status& status) {
  std::string text = std::to_string(status.database.reachable) + std::to_string(status.yaml.valid) +
                     std::to_string(status.yaml.checksum.empty()) + std::to_string(status.yaml.writable) +
                     std::to_string(status.in_sync) + std::to_string(status.last_run ? status.last_run->id : 0) +
                     std::to_string(status.waiting_count);
  if (status.last_error) text += '\n' + std::to_string(status.last_error->why.index()) + words_of(*status.last_error);
  for (const WaitingChange& change : status.waiting)
    text += '\n' + std::to_string(change.task_id) + change.field + std::to_string(static_cast<int>(change.side));
  for (const Diagnostic& error : status.yaml.errors) text += '\n' + format_diagnostic(error, false);
  for (const Warning& warning : status.database.warnings) text += '\n' + warning.message;
  return text;
}

void log_waiting(const std::vector<WaitingChange>& before, const std::vector<WaitingChange>& now, const LogSink& sink) {
  if (!sink || std::equal(before.begin(), before.end(), now.begin(), now.end(), same_change)) return;
  log_difference(now, before, LogLevel::warn, "A change waits: ", sink);
  log_difference(before, now, LogLevel::info, "No longer waits: ", sink);
}

}  // namespace lockstep
