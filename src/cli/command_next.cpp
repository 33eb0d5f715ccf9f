#include <charconv>

#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "config/read_file.hpp"
#include "model/error.hpp"
#include "model/validation.hpp"
#include "yaml/document.hpp"

namespace lockstep::cli {
namespace {

[[noreturn]] void fail_usage(std::string cause, std::string hint) {
  throw Error({ErrorCode::usage, "", "", std::move(cause), std::move(hint), false});
}

TimeZone zone_named(const std::string& name) {
  if (std::optional<TimeZone> zone = TimeZone::find(name)) return *zone;
  fail_usage("there is no time zone " + quoted_for_message(name), "write a name such as Europe/Berlin");
}

Timestamp start_of(const std::string& from) {
  if (from.empty()) return system_now();
  if (std::optional<Timestamp> at = parse_timestamp(from)) return *at;
  fail_usage("--from: not a time: " + quoted_for_message(from), "write it as 2026-11-22T08:00:00Z");
}

std::int64_t task_id_of(const std::string& word) {
  std::int64_t id = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), id);
  if (fault == std::errc{} && end == word.data() + word.size() && id > 0) return id;
  fail_usage("not a task id: " + quoted_for_message(word), "ids are whole numbers from 1");
}

Cron parsed(const std::string& expression) {
  CronResult result = Cron::parse(expression);
  if (result.cron) return *result.cron;
  fail_usage("the cron expression " + quoted_for_message(expression) + " is not valid: " + result.problem, "");
}

struct Query {
  Timestamp from;
  TimeZone zone;
  std::size_t count;
};

std::string times_text(std::span<const Timestamp> times, const TimeZone& zone) {
  std::string text;
  for (const Timestamp at : times) text += "  " + format_local(at, zone) + "\n";
  return text;
}

Exit next_of_expression(Terminal& terminal, const std::string& expression, const Query& query) {
  const std::vector<Timestamp> times = api::next_runs(parsed(expression), query.from, query.zone, query.count);
  if (terminal.json()) terminal.document(api::next_runs_json(std::nullopt, expression, query.zone, times));
  else terminal.print(escaped(expression) + "  (" + query.zone.name() + ")\n" + times_text(times, query.zone));
  return Exit::done;
}

Exit next_of_tasks(Terminal& terminal, std::span<const Task* const> tasks, const Query& query) {
  Json list = Json::array();
  for (const Task* task : tasks) {
    const std::string& expression = task->text(Field::schedule_cron);
    const std::vector<Timestamp> times = api::next_runs(parsed(expression), query.from, query.zone, query.count);
    if (terminal.json()) {
      list.items.push_back(api::next_runs_json(task->id, expression, query.zone, times));
      continue;
    }
    terminal.print(terminal.paint(Colour::bold, "task " + std::to_string(task->id)) + "  " +
                   shown((*task)[Field::skill_name]) + "  " + escaped(expression) + "  (" + query.zone.name() + ")\n" +
                   times_text(times, query.zone));
  }
  if (terminal.json()) terminal.document(list);
  return Exit::done;
}

}  // namespace

Exit run_next(Session& session, const NextOptions& options) {
  Terminal& terminal = session.terminal();
  const Settings& settings = session.config().engine;
  const Query query{start_of(options.from), zone_named(options.timezone.empty() ? settings.timezone : options.timezone),
                    options.count};
  if (options.cron) {
    if (!options.ids.empty()) fail_usage("name task ids or --cron, not both", "");
    return next_of_expression(terminal, *options.cron, query);
  }
  std::vector<std::int64_t> ids;
  for (const std::string& word : options.ids) ids.push_back(task_id_of(word));

  std::optional<std::string> text = read_file(settings.yaml);
  if (!text)
    throw Error({ErrorCode::not_found, "read", settings.yaml, "there is no such file",
                 "name it with --yaml, or ask for an expression with --cron", false});
  ReadOptions read_options;
  read_options.file_name = settings.yaml;
  read_options.version = settings.yaml_version;
  const ReadResult read = Document::read(std::move(*text), read_options);
  if (!read.document) return fail(terminal, InvalidYaml{read.diagnostics, read.more_diagnostics});

  std::vector<const Task*> tasks;
  if (ids.empty())
    for (const Task& task : read.document->tasks()) tasks.push_back(&task);
  for (const std::int64_t id : ids) {
    const Task* const task = read.document->find(id);
    if (task == nullptr)
      throw Error({ErrorCode::not_found, "", "", settings.yaml + " has no task " + std::to_string(id), "", false});
    tasks.push_back(task);
  }
  return next_of_tasks(terminal, tasks, query);
}

}  // namespace lockstep::cli
