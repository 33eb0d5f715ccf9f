#include <utility>

#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/conflict_text.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

void stream_conflicts(Session& session) {
  Terminal& terminal = session.terminal();
  const char* before = "[";
  session.engine(false).each_conflict({}, [&](const Conflict& conflict) {
    const Json object = api::conflict_json(conflict);
    terminal.document_part(std::string(std::exchange(before, ",")) + (terminal.output_is_terminal() ? write_json_pretty(object) : write_json(object)));
  });
  terminal.document_part(*before == '[' ? "[]\n" : "]\n");
}

std::string line_about(const Session& session, const Conflict& conflict, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, padded(api::conflict_id(conflict.number), 14)) + "task " +
                     padded(std::to_string(conflict.task_id), 8) + std::string(to_string(conflict.finding.reason));
  std::string fields;
  for (const FieldSpec& field : kSchema)
    if (conflict.finding.fields.contains(field.field)) fields += (fields.empty() ? "" : ", ") + std::string(field.name);
  if (!fields.empty()) text += ": " + fields;
  if (conflict.replica != session.config().engine.replica) text += "  (replica " + escaped(conflict.replica) + ")";
  return text + "\n";
}

Exit list_conflicts(Session& session, bool all) {
  Terminal& terminal = session.terminal();
  if (terminal.json()) {
    stream_conflicts(session);
    return Exit::done;
  }
  Engine& engine = session.engine(false);
  const std::size_t pending = engine.count_conflicts({});
  if (pending == 0) {
    if (!terminal.quiet()) terminal.print("No conflicts are pending.\n");
    return Exit::done;
  }
  ConflictFilter shown;
  shown.limit = all ? 0 : kConflictsShown;
  engine.each_conflict(shown, [&](const Conflict& conflict) { terminal.print(line_about(session, conflict, terminal)); });
  std::string text;
  if (!all && pending > kConflictsShown)
    text += "… and " + std::to_string(pending - kConflictsShown) + " more: `lockstep conflicts --all` lists all " +
            std::to_string(pending) + "\n";
  terminal.print(text + "\n`lockstep conflicts ID` shows both sides, `lockstep resolve ID` settles it.\n");
  return Exit::done;
}

}  // namespace

Exit run_conflicts(Session& session, const ConflictsOptions& options) {
  if (options.id.empty()) return list_conflicts(session, options.all);
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
