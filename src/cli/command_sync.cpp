#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/plan_text.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

// What docs/CLI.md calls a dry run: the plan, with the status that the sync would end with.
Exit report_dry_run(Session& session, const PlanReport& plan) {
  Terminal& terminal = session.terminal();
  if (terminal.json()) {
    terminal.document(api::plan_json(plan));
  } else {
    report_warnings(terminal, session.config().engine.yaml, plan.result.warnings);
    terminal.print(plan_text(plan, terminal));
  }
  if (plan.guard) return Exit::deletion_guard;
  return exit_of(plan.result);
}

}  // namespace

Exit run_sync(Session& session, const SyncOptions& options) {
  Terminal& terminal = session.terminal();
  SyncRequest request;
  request.direction = options.direction;
  request.force = options.force;
  request.max_delete_percent = options.max_delete_percent;
  request.trigger = terminal.attended() ? Trigger::manual : Trigger::cron;
  const auto failed = [&](const auto& outcome) { return fail(terminal, outcome); };
  if (options.dry_run)
    return std::visit(Overloaded{[&](const PlanReport& plan) { return report_dry_run(session, plan); }, failed},
                      session.engine(false).plan(request));
  return std::visit(
      Overloaded{[&](const SyncResult& result) { return report_sync(session, result, "Sync completed successfully"); },
                 failed},
      session.engine(true).sync(request));
}

}  // namespace lockstep::cli
