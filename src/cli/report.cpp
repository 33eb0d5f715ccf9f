#include "cli/report.hpp"

#include <algorithm>
#include <span>

#include "api/json.hpp"

namespace lockstep::cli {

std::string shown(const Value& value) {
  return std::visit(Overloaded{[](std::monostate) { return std::string("null"); },
                               [](const std::string& text) { return text.empty() ? std::string("\"\"") : escaped(text); },
                               [](Timestamp instant) { return format_rfc3339(instant); },
                               [](const JsonText& json) { return escaped(json.text); }},
                    value);
}

std::string describe_counts(const SideCounts& counts) {
  std::string text;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(counts.inserted, "inserted");
  add(counts.updated, "updated");
  add(counts.deleted, "deleted");
  return text;
}

std::string describe_waiting(std::size_t count) { return counted(count, "change waits", "changes wait"); }

std::string waiting_text(const std::vector<WaitingChange>& waiting, std::size_t all) {
  constexpr std::size_t kListed = 10;
  std::string text;
  for (const WaitingChange& change : waiting) {
    if (&change - waiting.data() == kListed) break;
    text += "  " + escaped(describe(change)) + " (since " + shown_time(change.since) + " UTC)\n";
  }
  if (all > kListed) text += "  … and " + std::to_string(all - kListed) + " more: lockstep --json status\n";
  return text;
}

namespace {

// "3 inserted into the database" where there is one kind of change, else "database: 3 inserted, 1 updated".
std::string describe_side(const SideCounts& counts, const char* side) {
  const int kinds = (counts.inserted > 0) + (counts.updated > 0) + (counts.deleted > 0);
  if (kinds != 1) return std::string(side) + ": " + describe_counts(counts);
  const char* const preposition = counts.inserted > 0 ? " into the " : counts.updated > 0 ? " in the " : " from the ";
  return describe_counts(counts) + preposition + side;
}

std::string describe_changes(const SyncResult& result) {
  std::string text;
  if (!is_empty(result.database)) text += describe_side(result.database, "database");
  if (!is_empty(result.yaml)) text += (text.empty() ? "" : "; ") + describe_side(result.yaml, "YAML");
  if (result.merged > 0) text += "; " + std::to_string(result.merged) + " merged from both sides";
  const char* const nothing = result.waiting.empty() ? "nothing to change (" : "nothing was changed (";
  if (text.empty()) text = nothing + counted(result.unchanged, "task", "tasks") + " in step)";
  if (!result.waiting.empty()) text += "; " + describe_waiting(result.waiting.size());
  return text;
}

// The list of conflicts is a result, and printed with -q too.
void report_conflicts(Terminal& terminal, const SyncResult& result) {
  std::string text = terminal.paint(Colour::yellow, "Sync detected " + std::to_string(result.conflicts.size()) + " conflict(s)");
  text += "; everything else was synced\n";
  const std::size_t shown = std::min(result.conflicts.size(), kConflictsShown);
  for (const ConflictRef& conflict : std::span(result.conflicts).first(shown)) {
    const std::string id = conflict.number ? api::conflict_id(*conflict.number) : std::string("(new)");
    text += "  " + terminal.paint(Colour::bold, id) + "  task " + std::to_string(conflict.task_id) + "  " +
            std::string(to_string(conflict.reason)) + "\n";
    if (conflict.number) text += "      lockstep resolve " + id + "\n";
  }
  if (shown < result.conflicts.size())
    text += "  … and " + std::to_string(result.conflicts.size() - shown) + " more: lockstep conflicts\n";
  terminal.print(text);
}

}  // namespace

Exit exit_of(const SyncResult& result) {
  if (!result.conflicts.empty()) return Exit::conflicts;
  return result.waiting.empty() ? Exit::done : Exit::waiting;
}

void report_warnings(Terminal& terminal, std::string_view file, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) {
    const bool placed = warning.line && *warning.line > 0;
    terminal.warn((placed ? escaped(file) + ":" + std::to_string(*warning.line) + ": " : "") + escaped(warning.message));
  }
}

Exit report_sync(Session& session, const SyncResult& result, std::string_view done) {
  Terminal& terminal = session.terminal();
  const Exit exit = exit_of(result);
  if (terminal.json()) {
    terminal.document(api::sync_result_json(result));
    return exit;
  }
  report_warnings(terminal, session.config().engine.yaml, result.warnings);
  const bool nothing = is_empty(result.yaml) && is_empty(result.database);
  if (!terminal.quiet() && (result.conflicts.empty() || !nothing)) {
    const bool all_done = exit == Exit::done;
    std::string line = (all_done ? terminal.paint(Colour::green, done) : "Synced") + std::string(": ") + describe_changes(result);
    if (result.run_id && terminal.verbose())
      line += " (run " + std::to_string(*result.run_id) + ", " +
              std::to_string(static_cast<long long>(result.duration_ms)) + " ms)";
    terminal.print(line + "\n");
  }
  if (!result.waiting.empty())
    terminal.print(terminal.paint(Colour::yellow, "Cannot be carried over for now") + ":\n" +
                   waiting_text(result.waiting, result.waiting.size()));
  if (!result.conflicts.empty()) report_conflicts(terminal, result);
  return exit;
}

Exit report_undo(Session& session, const SyncResult& result, std::string_view done) {
  Terminal& terminal = session.terminal();
  if (result.conflicts.empty() || terminal.json()) {
    report_sync(session, result, done);
    return Exit::done;
  }
  report_warnings(terminal, session.config().engine.yaml, result.warnings);
  std::string text = terminal.paint(Colour::green, done) + ": " + describe_changes(result) + "\n";
  constexpr std::size_t kNamed = 10;
  std::string pending;
  for (std::size_t i = 0; i < std::min(kNamed, result.conflicts.size()); ++i)
    pending += (pending.empty() ? "" : ", ") + api::conflict_id(result.conflicts[i].number.value_or(0));
  if (result.conflicts.size() > kNamed) pending += " and " + std::to_string(result.conflicts.size() - kNamed) + " more";
  text += "Pending again: " + pending + "; `lockstep conflicts` shows what is to be decided.\n";
  if (!terminal.quiet()) terminal.print(text);
  return Exit::done;
}

Exit fail(Terminal& terminal, const InvalidYaml& invalid) {
  if (terminal.json()) return terminal.fail(api::problem_of(invalid));
  std::string text = "YAML validation failed\n";
  for (const Diagnostic& diagnostic : invalid.diagnostics) text += format_diagnostic(diagnostic, true) + "\n";
  if (invalid.more > 0) text += "… and " + std::to_string(invalid.more) + " more\n";
  terminal.message(text);
  return Exit::invalid_yaml;
}

std::string shown_time(Timestamp at) { return format_sql(at).substr(0, 19); }

}  // namespace lockstep::cli
