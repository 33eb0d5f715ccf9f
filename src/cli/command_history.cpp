#include <charconv>

#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep::cli {
namespace {

std::string run_line(const Run& run, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, padded(std::to_string(run.id), 6)) + shown_time(run.at) + "  " +
                     padded(to_string(run.trigger), 9) + padded(run.status, 10);
  std::string changes;
  if (!is_empty(run.database)) changes += "database: " + describe_counts(run.database);
  if (!is_empty(run.yaml)) changes += (changes.empty() ? "" : "; ") + std::string("YAML: ") + describe_counts(run.yaml);
  if (run.conflicts_detected > 0)
    changes += (changes.empty() ? "" : "; ") + counted(run.conflicts_detected, "conflict", "conflicts");
  if (!run.author.empty()) changes += (changes.empty() ? "" : "  ") + ("by " + escaped(run.author));
  return text + changes;
}

// Text is shown as it is, everything else as JSON.
std::string shown_json(const Json* value) {
  if (value == nullptr) return "–";
  if (value->kind == Json::Kind::string) return value->text.empty() ? "\"\"" : escaped(value->text);
  return escaped(write_json(*value));
}

std::string change_text(const Json& change, const Terminal& terminal) {
  const Json* const before = change.find("before");
  const Json* const after = change.find("after");
  const bool had = before != nullptr && before->kind == Json::Kind::object;
  const bool has = after != nullptr && after->kind == Json::Kind::object;
  const std::string side = change.find("side")->text == "yaml" ? "YAML" : "database";
  const std::string task = " task " + change.find("task_id")->text;
  const Json* const author = change.find("author");
  const std::string by = author != nullptr && author->kind == Json::Kind::string ? ", by " + escaped(author->text) : "";
  const auto row = [](const std::string& name, const std::string& values) {
    return "    " + padded(escaped(name), 14) + values + "\n";
  };
  std::string text;
  if (!had && has) {
    text = terminal.paint(Colour::green, "+" + task + " inserted, " + side + by) + "\n";
    for (const auto& [name, value] : after->members)
      text += row(name, terminal.paint(Colour::green, shown_json(&value)));
  } else if (had && !has) {
    text = terminal.paint(Colour::red, "-" + task + " deleted, " + side + by) + "\n";
    for (const auto& [name, value] : before->members)
      text += row(name, terminal.paint(Colour::red, shown_json(&value)));
  } else if (had) {
    text = terminal.paint(Colour::yellow, "~" + task + " updated, " + side + by) + "\n";
    for (const auto& [name, value] : after->members) {
      const Json* const old = before->find(name);
      if (old != nullptr && equivalent(*old, value)) continue;
      text += row(name, terminal.paint(Colour::red, shown_json(old)) + " → " +
                            terminal.paint(Colour::green, shown_json(&value)));
    }
  }
  return text;
}

Exit list_runs(Session& session, const HistoryOptions& options) {
  Terminal& terminal = session.terminal();
  RunFilter filter;
  filter.limit = options.limit;
  filter.task_id = options.task_id;
  const std::vector<Run> runs = session.engine(false).history(filter);
  if (terminal.json()) {
    Json list = Json::array();
    for (const Run& run : runs) list.items.push_back(api::run_json(run));
    terminal.document(list);
    return Exit::done;
  }
  std::string text;
  for (const Run& run : runs) text += run_line(run, terminal) + "\n";
  if (runs.empty()) text = "No runs are stored: nothing was changed or refused so far.\n";
  terminal.print(text);
  return Exit::done;
}

Exit show_run(Session& session, std::int64_t id) {
  Terminal& terminal = session.terminal();
  const std::optional<RunDetails> found = session.engine(false).run(id);
  if (!found) return terminal.fail(api::run_not_found(id));
  const Json details = api::run_details_json(*found);
  if (terminal.json()) {
    terminal.document(details);
    return Exit::done;
  }
  std::string text = run_line(found->run, terminal) + "\n";
  for (const Json& conflict : details.find("conflicts")->items)
    text += terminal.paint(Colour::yellow, "! task " + shown_json(conflict.find("task_id"))) + " " +
            shown_json(conflict.find("conflict_id")) + ": " + shown_json(conflict.find("reason")) + "\n";
  for (const Json& change : details.find("changes")->items) text += change_text(change, terminal);
  terminal.print(text);
  return Exit::done;
}

}  // namespace

Exit run_history(Session& session, const HistoryOptions& options) {
  if (options.run.empty()) return list_runs(session, options);
  std::int64_t id = 0;
  const char* const last = options.run.data() + options.run.size();
  const auto [end, fault] = std::from_chars(options.run.data(), last, id);
  if (fault != std::errc{} || end != last)
    return session.terminal().fail({api::ProblemKind::bad_request,
                                    "a run is a whole number, found " + quoted_for_message(options.run),
                                    "`lockstep history` lists the runs",
                                    {}});
  return show_run(session, id);
}

}  // namespace lockstep::cli
