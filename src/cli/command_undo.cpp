#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {

Exit run_undo(Session& session, const UndoOptions& options) {
  Terminal& terminal = session.terminal();
  return std::visit(
      Overloaded{[&](const SyncResult& result) {
                   return report_undo(session, result, "Run " + std::to_string(options.run) + " undone");
                 },
                 [&](const UndoStored& stored) {
                   if (terminal.json()) terminal.document(api::undo_stored_json(options.run, stored));
                   else terminal.print(api::describe(options.run, stored) + "\n");
                   return Exit::done;
                 },
                 [&](const RunUnknown&) { return terminal.fail(api::run_not_found(options.run)); },
                 [&](const auto& outcome) { return fail(terminal, outcome); }},
      session.engine(true).undo(options.run, options.max_delete_percent));
}

}  // namespace lockstep::cli
