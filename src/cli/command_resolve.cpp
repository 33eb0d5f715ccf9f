#include "api/json.hpp"
#include "api/problem.hpp"
#include "cli/commands.hpp"
#include "cli/conflict_text.hpp"
#include "cli/report.hpp"
#include "cli/resolution_words.hpp"

namespace lockstep::cli {
namespace {

Exit fail_usage(Terminal& terminal, std::string message) {
  return terminal.fail({api::ProblemKind::bad_request, std::move(message), "`lockstep resolve --help`", {}});
}

std::string done_text(const ResolveDone& done) {
  if (!done.message.empty()) return escaped(done.message);
  return api::conflict_id(done.number) + " resolved: " + std::string(to_string(done.choice));
}

// Asks until one of `keys` is answered; nullopt: the person gave up, or input ended.
std::optional<char> ask_key(Terminal& terminal, const std::string& question, std::string_view keys) {
  for (;;) {
    const std::optional<std::string> answer = terminal.ask(question);
    if (!answer || *answer == "q") return std::nullopt;
    if (answer->size() == 1 && keys.find((*answer)[0]) != std::string_view::npos) return (*answer)[0];
    terminal.message("Please answer with one of the letters in brackets.\n");
  }
}

std::optional<Value> ask_value(Terminal& terminal, Field field) {
  for (;;) {
    const std::optional<std::string> answer = terminal.ask("  new value for " + std::string(spec(field).name) + ": ");
    if (!answer) return std::nullopt;
    OwnValueRead read = read_own_value(field, *answer);
    if (read.problem.empty()) return std::move(read.value);
    terminal.message("  " + escaped(read.problem) + "\n");
  }
}

// Both sides have the task: a choice for each field in conflict, or for both tasks at once.
std::optional<Resolution> ask_fields(Terminal& terminal, const Conflict& conflict) {
  if (conflict.finding.kind == ConflictKind::create_create) {
    const auto key = ask_key(terminal, "Both sides created this id. Keep [b]oth tasks, or choose field by [f]ield? [q]uit: ", "bf");
    if (!key) return std::nullopt;
    if (*key == 'b') return Resolution{Choice::keep_both, {}};
  }
  Resolution resolution{Choice::custom, {}};
  for (const FieldSpec& field : kSchema) {
    if (!conflict.finding.fields.contains(field.field)) continue;
    terminal.message("\n" + std::string(field.name) + "\n" + "  base      " +
                     (conflict.base ? shown((*conflict.base)[field.field]) : "–") + "\n  YAML      " +
                     shown((*conflict.yaml)[field.field]) + "\n  database  " +
                     shown((*conflict.database)[field.field]) + "\n");
    const auto key = ask_key(terminal, "Take [y]AML, [d]atabase or an own [v]alue? [q]uit: ", "ydv");
    if (!key) return std::nullopt;
    if (*key == 'v') {
      std::optional<Value> value = ask_value(terminal, field.field);
      if (!value) return std::nullopt;
      resolution.fields.emplace(field.field, std::move(*value));
    } else {
      resolution.fields.emplace(field.field, *key == 'y' ? Side::yaml : Side::database);
    }
  }
  return resolution;
}

std::optional<Resolution> ask_resolution(Terminal& terminal, const Conflict& conflict) {
  terminal.message(conflict_text(conflict, terminal));
  if (conflict.yaml && conflict.database) return ask_fields(terminal, conflict);
  const auto key = ask_key(terminal,
                           conflict.yaml ? "\nKeep the [y]AML's task, or delete it as the [d]atabase did? [q]uit: "
                                         : "\nDelete the row as the [y]AML did, or keep the [d]atabase's? [q]uit: ",
                           "yd");
  if (!key) return std::nullopt;
  return Resolution{*key == 'y' ? Choice::keep_yaml : Choice::keep_db, {}};
}

Exit resolve_one(Session& session, const ResolveRequest& request) {
  Terminal& terminal = session.terminal();
  const ResolveOutcome outcome = session.engine(true).resolve(request);
  if (const auto* invalid = std::get_if<InvalidYaml>(&outcome)) return fail(terminal, *invalid);
  if (const auto problem = api::problem_of(outcome, request.number)) return terminal.fail(*problem);
  const ResolveDone& done = std::get<ResolveDone>(outcome);
  if (terminal.json()) terminal.document(api::resolved_json(done));
  else if (!terminal.quiet()) terminal.print(done_text(done) + "\n");
  return Exit::done;
}

Exit resolve_all(Session& session, const std::string& choice_name) {
  Terminal& terminal = session.terminal();
  const Choice choice = *choice_by_name(choice_name);
  if (choice == Choice::custom) return fail_usage(terminal, "custom is a choice for one conflict, field by field; not for --all");
  Engine& engine = session.engine(true);
  std::vector<ResolveRequest> requests;
  engine.each_conflict({}, [&](const Conflict& conflict) {
    requests.push_back({conflict.number, {choice, {}}, conflict.version});
  });
  if (requests.empty() && !terminal.quiet()) terminal.print("No conflicts are pending.\n");
  const std::vector<ResolveOutcome> outcomes = engine.resolve_all(requests);
  bool some_failed = false;
  std::size_t resolved = 0, unresolved = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (const auto* done = std::get_if<ResolveDone>(&outcomes[i])) {
      if (resolved++ < kConflictsShown && !terminal.quiet()) terminal.print(done_text(*done) + "\n");
      continue;
    }
    // A broken file and a lock are of all of them.
    if (const auto* invalid = std::get_if<InvalidYaml>(&outcomes[i])) return fail(terminal, *invalid);
    const api::Problem problem = *api::problem_of(outcomes[i], requests[i].number);
    if (problem.kind == api::ProblemKind::file_locked) return terminal.fail(problem);
    some_failed = true;
    if (!terminal.json() && unresolved++ < kConflictsShown)
      terminal.message(api::conflict_id(requests[i].number) + " not resolved: " + escaped(problem.detail) + "\n");
  }
  if (resolved > kConflictsShown && !terminal.quiet())
    terminal.print("… and " + std::to_string(resolved - kConflictsShown) + " more: " + std::to_string(resolved) + " in all\n");
  if (unresolved > kConflictsShown)
    terminal.message("… and " + std::to_string(unresolved - kConflictsShown) + " more not resolved\n");
  if (terminal.json()) terminal.document_part(api::resolutions_text(requests, outcomes) + "\n");
  return some_failed ? Exit::failed : Exit::done;
}

}  // namespace

Exit run_resolve(Session& session, const ResolveOptions& options) {
  Terminal& terminal = session.terminal();
  if (!options.all.empty()) {
    if (!options.words.empty()) return fail_usage(terminal, "name a conflict or --all, not both");
    return resolve_all(session, options.all);
  }
  if (options.words.empty()) return fail_usage(terminal, "which conflict? `lockstep conflicts` lists them");
  const std::string& id = options.words.front();
  const std::optional<std::int64_t> number = api::conflict_number(id);
  if (!number) return terminal.fail(api::conflict_not_found(id));

  const std::span<const std::string> words = std::span(options.words).subspan(1);
  if (!words.empty() || !terminal.interactive() || terminal.json()) {
    ResolutionRead read = read_resolution(words);
    if (!read.problem.empty()) return fail_usage(terminal, std::move(read.problem));
    return resolve_one(session, {*number, std::move(read.resolution), options.version});
  }
  ConflictFilter filter;
  filter.number = number;
  const std::vector<Conflict> found = session.engine(true).conflicts(filter);
  if (found.empty()) return terminal.fail(api::conflict_not_found(id));
  std::optional<Resolution> resolution = ask_resolution(terminal, found.front());
  if (!resolution) {
    terminal.message("Nothing was changed.\n");
    return Exit::failed;
  }
  return resolve_one(session, {*number, std::move(*resolution), options.version.value_or(found.front().version)});
}

}  // namespace lockstep::cli
