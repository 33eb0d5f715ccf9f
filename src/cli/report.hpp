// Outcomes of the engine as people read them; shared by several commands.
#pragma once

#include <string>

#include "api/problem.hpp"
#include "cli/exit_status.hpp"
#include "cli/session.hpp"
#include "engine/engine.hpp"

namespace lockstep::cli {

// Of a list of conflicts, for people; more than these nobody reads.
inline constexpr std::size_t kConflictsShown = 10;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// A field's value on one line, escaped; null as `null`.
std::string shown(const Value&);

// Conflicts → 3, else changes that wait → 7.
Exit exit_of(const SyncResult&);
// "2 changes wait"; and the first ten of them, a line for each. `all`: how many there are.
std::string describe_waiting(std::size_t count);
std::string waiting_text(const std::vector<WaitingChange>&, std::size_t all);
// A finished sync, undo or restore: `done` says what it was ("Sync completed successfully").
Exit report_sync(Session&, const SyncResult&, std::string_view done);
// The same of an undo, which makes conflicts pending again on purpose: exit 0.
Exit report_undo(Session&, const SyncResult&, std::string_view done);
// `warning: FILE:LINE: …` where the line is known.
void report_warnings(Terminal&, std::string_view file, const std::vector<Warning>&);

// Invalid YAML with the faulty lines and carets.
Exit fail(Terminal&, const InvalidYaml&);
// Any other expected way not to succeed.
template <typename Outcome>
Exit fail(Terminal& terminal, const Outcome& outcome) {
  return terminal.fail(api::problem_of(outcome));
}

// "3 inserted, 1 deleted"; empty if nothing was.
std::string describe_counts(const SideCounts&);
inline bool is_empty(const SideCounts& counts) { return counts == SideCounts{}; }

// Wall clock of the instant, to the second, in UTC: `2026-11-22 08:00:00`.
std::string shown_time(Timestamp);

}  // namespace lockstep::cli
