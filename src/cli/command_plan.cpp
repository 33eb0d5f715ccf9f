#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/plan_text.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

Exit report_plan(Session& session, const PlanReport& plan, bool detailed_exit_code) {
  Terminal& terminal = session.terminal();
  if (terminal.json()) {
    terminal.document(api::plan_json(plan));
  } else {
    report_warnings(terminal, session.config().engine.yaml, plan.result.warnings);
    terminal.print(plan_text(plan, terminal));
  }
  if (!detailed_exit_code) return Exit::done;
  if (!is_empty(plan.result.yaml) || !is_empty(plan.result.database)) return Exit::changes_due;
  return exit_of(plan.result);
}

}  // namespace

Exit run_plan(Session& session, const PlanOptions& options) {
  SyncRequest request;
  request.direction = options.direction;
  request.force = options.force;
  request.max_delete_percent = options.max_delete_percent;
  return std::visit(
      Overloaded{[&](const PlanReport& plan) { return report_plan(session, plan, options.detailed_exit_code); },
                 [&](const auto& outcome) { return fail(session.terminal(), outcome); }},
      session.engine(false).plan(request));
}

}  // namespace lockstep::cli
