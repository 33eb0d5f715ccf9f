#include <filesystem>

#include "api/json.hpp"
#include "api/problem.hpp"
#include "api/version.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

std::string last_run_text(const Run& run) {
  std::string text = "run " + std::to_string(run.id) + " at " + shown_time(run.at) + " UTC, " +
                     std::string(to_string(run.trigger)) + ", " + run.status;
  if (!is_empty(run.database)) text += "; database " + describe_counts(run.database);
  if (!is_empty(run.yaml)) text += "; YAML " + describe_counts(run.yaml);
  return text;
}

std::string status_text(const Status& status, const Terminal& terminal) {
  std::string text;
  const auto row = [&](const char* name, const std::string& value) {
    text += terminal.paint(Colour::dim, padded(name, 12)) + value + "\n";
  };
  const bool usable = status.yaml.valid && status.database.reachable;
  row("state", !usable             ? terminal.paint(Colour::red, "cannot sync, see below")
               : status.in_sync    ? terminal.paint(Colour::green, "in step")
               : status.pending_conflicts > 0
                   ? terminal.paint(Colour::yellow, counted(status.pending_conflicts, "conflict", "conflicts") +
                                                        " pending: lockstep conflicts")
               : status.waiting_count > 0 ? terminal.paint(Colour::yellow, describe_waiting(status.waiting_count) + ", see below")
                   : terminal.paint(Colour::yellow, "changes are due: lockstep plan"));
  row("replica", escaped(status.replica));
  row("last sync", status.last_sync ? shown_time(*status.last_sync) + " UTC, last change from: " + status.sync_source
                                    : std::string("never"));
  std::string yaml = escaped(status.yaml.path);
  if (status.yaml.checksum.empty()) yaml += ": " + (status.yaml.errors.empty() ? "missing" : escaped(status.yaml.errors.front().message));
  else if (!status.yaml.valid) yaml += ": not valid: lockstep validate";
  else yaml += ": " + counted(status.yaml.tasks, "task", "tasks");
  if (!status.yaml.writable) yaml += ", read-only";
  row("YAML", yaml);
  row("database", status.database.backend + ": " +
                      (status.database.reachable ? counted(status.database.tasks, "task", "tasks") : "unreachable: " + escaped(status.database.error)));
  if (status.waiting_count > 0) text += waiting_text(status.waiting, status.waiting_count);
  row("tasks", std::to_string(status.total_tasks) + " in all");
  if (status.last_run) row("last run", last_run_text(*status.last_run));
  return text;
}

}  // namespace

Exit run_status(Session& session) {
  Terminal& terminal = session.terminal();
  const Status status = session.engine(false).status();
  const bool nothing_there = !status.yaml.valid && status.yaml.checksum.empty() && status.database.reachable &&
                             !status.last_sync && status.database.tasks == 0 && !std::filesystem::exists(status.yaml.path);
  if (nothing_there)
    return terminal.fail({api::ProblemKind::not_found, "no such file: " + status.yaml.path,
                          "`lockstep init` starts a schedule; or is the path mistyped?", {}});
  if (terminal.json()) {
    terminal.document(api::status_json(status, {api::version(), 0, "stopped"}));
    return Exit::done;
  }
  terminal.print(status_text(status, terminal));
  report_warnings(terminal, status.yaml.path, status.database.warnings);
  return Exit::done;
}

}  // namespace lockstep::cli
