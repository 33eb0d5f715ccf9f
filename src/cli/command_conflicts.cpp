#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/conflict_text.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

Exit list_conflicts(Session& session) {
  Terminal& terminal = session.terminal();
  const std::vector<Conflict> pending = session.engine(false).conflicts({});
  if (terminal.json()) {
    Json list = Json::array();
    for (const Conflict& conflict : pending) list.items.push_back(api::conflict_json(conflict));
    terminal.document(list);
    return Exit::done;
  }
  if (pending.empty()) {
    if (!terminal.quiet()) terminal.print("No conflicts are pending.\n");
    return Exit::done;
  }
  std::string text;
  for (const Conflict& conflict : pending) {
    text += terminal.paint(Colour::bold, padded(api::conflict_id(conflict.number), 14)) + "task " +
            padded(std::to_string(conflict.task_id), 8) + std::string(to_string(conflict.finding.reason));
    std::string fields;
    for (const FieldSpec& field : kSchema)
      if (conflict.finding.fields.contains(field.field)) fields += (fields.empty() ? "" : ", ") + std::string(field.name);
    if (!fields.empty()) text += ": " + fields;
    if (conflict.replica != session.config().engine.replica) text += "  (replica " + escaped(conflict.replica) + ")";
    text += "\n";
  }
  text += "\n`lockstep conflicts ID` shows both sides, `lockstep resolve ID` settles it.\n";
  terminal.print(text);
  return Exit::done;
}

}  // namespace

Exit run_conflicts(Session& session, const ConflictsOptions& options) {
  if (options.id.empty()) return list_conflicts(session);
  Terminal& terminal = session.terminal();
  const std::optional<std::int64_t> number = api::conflict_number(options.id);
  if (!number) return terminal.fail(api::conflict_not_found(options.id));
  ConflictFilter filter;
  filter.number = number;
  const std::vector<Conflict> found = session.engine(false).conflicts(filter);
  if (found.empty()) return terminal.fail(api::conflict_not_found(options.id));
  if (terminal.json()) terminal.document(api::conflict_json(found.front()));
  else terminal.print(conflict_text(found.front(), terminal));
  return Exit::done;
}

}  // namespace lockstep::cli
