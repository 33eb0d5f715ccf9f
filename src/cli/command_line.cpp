#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>

#include "api/json.hpp"
#include "api/problem.hpp"
#include "api/version.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "config/config.hpp"
#include "config/config_values.hpp"
#include "model/error.hpp"
#include "model/suggest.hpp"
#include "model/validation.hpp"
#include "reconcile/resolve.hpp"

namespace lockstep::cli {
namespace {

const std::vector<std::string> kDirections{"bidirectional", "yaml_to_db", "db_to_yaml"};
const std::vector<std::string> kChoices{"keep_yaml", "keep_db", "merge", "custom", "keep_both"};
const std::vector<std::string> kFormats{"text", "json", "github"};
const std::vector<std::string> kProfiles{"scheduler"};
const std::vector<std::string> kShells{"bash"};

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

[[noreturn]] void refuse(const std::string& option, const std::string& value, const std::string& expected) {
  throw CLI::ValidationError(option, "expected " + expected + ", found " + quoted_for_message(value));
}

class CommandLine {
 public:
  CommandLine();

  // Throws CLI::ParseError.
  void parse(int argc, char** argv) {
    app_.parse(argc, argv);
    flags.config_may_be_missing = app_.got_subcommand("init");
  }

  OutputOptions output;
  ConfigFlags flags;
  std::function<Exit(Session&)> command;
  bool completion_wanted = false;

  std::string completion_script() const;
  std::string help() const;
  std::vector<std::string_view> command_names() const;

 private:
  void add_global_options();
  void add_sync();
  void add_plan();
  void add_conflicts();
  void add_resolve();
  void add_validate();
  void add_next();
  void add_history();
  void add_restore();
  void add_init();
  void add_serve();
  void add_rest();

  CLI::App* add(const char* name, const char* description, std::function<Exit(Session&)> run) {
    CLI::App* const added = app_.add_subcommand(name, description);
    added->fallthrough();
    added->callback([this, run = std::move(run)] { command = run; });
    return added;
  }
  // An option whose value is one of `words`, which completion offers.
  CLI::Option* add_choice(CLI::App* to, const std::string& names, const std::vector<std::string>& words,
                          std::string& target, const std::string& description) {
    const auto read = [&target, &words, names](const std::string& value) {
      if (std::find(words.begin(), words.end(), value) == words.end()) refuse(names, value, one_of(words));
      target = value;
    };
    CLI::Option* const option = to->add_option_function<std::string>(names, read, description);
    option->type_name(one_of(words));
    choices_.emplace_back(option, words);
    return option;
  }
  void add_percent(CLI::App* to, std::optional<double>& target) {
    const auto read = [&target](const std::string& value) {
      Setting setting;
      setting.text = value;
      Parsed<double> parsed = parse_percent(setting);
      if (const Fault* fault = std::get_if<Fault>(&parsed)) throw CLI::ValidationError("--max-delete", fault->message);
      target = std::get<double>(parsed);
    };
    to->add_option_function<std::string>("--max-delete", read, "Allow deleting up to this share of a side's tasks")
        ->type_name("PERCENT");
  }

  CLI::App app_{"Keeps a YAML schedule and a database in step, both ways.", "lockstep"};
  std::vector<std::pair<const CLI::Option*, std::vector<std::string>>> choices_;
  std::map<std::string, std::vector<std::string>> arguments_;  // of a command, for completion

  std::string direction_ = "bidirectional", format_ = "text", shell_;
  SyncOptions sync_;
  PlanOptions plan_;
  ConflictsOptions conflicts_;
  ResolveOptions resolve_;
  ValidateOptions validate_;
  NextOptions next_;
  HistoryOptions history_;
  UndoOptions undo_;
  RestoreOptions restore_;
  InitOptions init_;
  ServeOptions serve_;
  WatchOptions watch_;
  ReplicasOptions replicas_;
};

CommandLine::CommandLine() {
  app_.require_subcommand(1);
  app_.set_help_flag("-h,--help", "Print this help and exit");
  app_.set_version_flag("--version", "lockstep " + std::string(api::version()), "Print the version and exit");
  app_.get_formatter()->column_width(34);
  app_.footer("Global options may stand before or after the command. `lockstep COMMAND --help` says more.\n"
              "Exit status: 0 done, 1 failed, 2 changes are due (plan), 3 conflicts, 4 invalid YAML,\n"
              "5 file locked, 6 deletion guard, 7 some changes wait, 64 usage or configuration error.\n");
  app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_.get_formatter()->label("Subcommands", "Commands");
  add_global_options();
  add_serve();
  add_sync();
  add_plan();
  add_conflicts();
  add_resolve();
  add_validate();
  add_next();
  add_history();
  add_restore();
  add_init();
  add_rest();
}

void CommandLine::add_global_options() {
  app_.add_option("--config", flags.config, "Configuration file (else ./lockstep.yml, /etc/lockstep/lockstep.yml)")
      ->type_name("FILE");
  app_.add_option("--yaml", flags.yaml, "The schedule file (config/schedule_config.yml)")->type_name("PATH");
  app_.add_option("--db,--database", flags.database, "The database: sqlite:PATH or postgresql://… (sqlite:lockstep.db)")
      ->type_name("URL");
  app_.add_option("--replica", flags.replica, "This file's name in the database (default)")->type_name("NAME");
  app_.add_flag("--json", output.json, "One JSON document on standard output");
  app_.add_flag("-q,--quiet", output.quiet, "Only what needs attention");
  app_.add_flag("-v,--verbose", output.verbose, "Say more");
  app_.add_flag("--no-color", output.no_color, "No colours (NO_COLOR is honoured too)");
}

void CommandLine::add_sync() {
  CLI::App* const sync = add("sync", "One sync, then exit: what cron calls", [this](Session& session) {
    sync_.direction = *direction_by_name(direction_);
    return run_sync(session, sync_);
  });
  add_choice(sync, "--direction", kDirections, direction_, "Which way");
  sync->add_flag("--force", sync_.force, "Decide conflicts instead of recording them");
  sync->add_flag("--dry-run", sync_.dry_run, "Show what a sync would do; write nothing");
  add_percent(sync, sync_.max_delete_percent);
}

void CommandLine::add_plan() {
  CLI::App* const plan = add("plan", "What a sync would do, field by field", [this](Session& session) {
    plan_.direction = *direction_by_name(direction_);
    return run_plan(session, plan_);
  });
  add_choice(plan, "--direction", kDirections, direction_, "Which way");
  plan->add_flag("--force", plan_.force, "As `sync --force` would decide");
  add_percent(plan, plan_.max_delete_percent);
  plan->add_flag("--detailed-exitcode", plan_.detailed_exit_code, "Exit with 2 if changes are due");
}

void CommandLine::add_conflicts() {
  CLI::App* const conflicts =
      add("conflicts", "Pending conflicts, or one with both sides", [this](Session& session) {
        return run_conflicts(session, conflicts_);
      });
  conflicts->add_option("ID", conflicts_.id, "conflict_3 or 3");
  conflicts->add_flag("--all", conflicts_.all, "List all of them, not only the first ten");
}

void CommandLine::add_resolve() {
  CLI::App* const resolve =
      add("resolve", "Resolve a conflict; without a choice, asks field by field", [this](Session& session) {
        return run_resolve(session, resolve_);
      });
  resolve->add_option("ID", resolve_.words, "ID, then one of " + one_of(kChoices) +
                                                "; after custom: FIELD=yaml, FIELD=db or FIELD:=JSON");
  add_choice(resolve, "--all", kChoices, resolve_.all, "Resolve every pending conflict this way");
  resolve->add_option("--at-version", resolve_.version, "Refuse if the conflict has moved on from this version")
      ->type_name("N");
  arguments_["resolve"] = kChoices;
}

void CommandLine::add_validate() {
  CLI::App* const validate = add("validate", "Check schedule files; needs no database", [this](Session& session) {
    using Format = ValidateOptions::Format;
    validate_.format = format_ == "json" ? Format::json : format_ == "github" ? Format::github : Format::text;
    return run_validate(session, validate_);
  });
  validate->add_option("FILE", validate_.files, "Files (`-` is standard input); else the configured one");
  add_choice(validate, "--format", kFormats, format_, "How faults are shown");
  validate->add_flag("--strict", validate_.strict, "Keys that lockstep does not know are faults");
}

void CommandLine::add_next() {
  CLI::App* const next = add("next", "Coming run times", [this](Session& session) { return run_next(session, next_); });
  next->add_option("ID", next_.ids, "Task ids; else all tasks of the file");
  next->add_option("--cron", next_.cron, "An expression instead of tasks")->type_name("EXPR");
  next->add_option("-n,--count", next_.count, "How many (5)")->check(CLI::Range(1, 100'000))->type_name("N");
  next->add_option("--from", next_.from, "Later than this instant (now)")->type_name("TIME");
  next->add_option("--tz", next_.timezone, "Time zone in which the expression is read")->type_name("ZONE");
}

void CommandLine::add_history() {
  CLI::App* const history =
      add("history", "What was done, or one run with its changes", [this](Session& session) {
        return run_history(session, history_);
      });
  history->add_option("RUN", history_.run, "A run's number");
  history->add_option("--task", history_.task_id, "Only runs that concern this task")->type_name("ID");
  history->add_option("-n,--limit", history_.limit, "How many (20; 0 = all)")->type_name("N");

  CLI::App* const undo = add("undo", "Take a run's changes back, on both sides", [this](Session& session) {
    return run_undo(session, undo_);
  });
  undo->add_option("RUN", undo_.run, "The run's number")->required();
  add_percent(undo, undo_.max_delete_percent);
}

void CommandLine::add_restore() {
  CLI::App* const restore =
      add("restore", "Bring a backup of the YAML back, then sync", [this](Session& session) {
        return run_restore(session, restore_);
      });
  restore->add_flag("--list", restore_.list, "List the backups, newest first");
  restore->add_option("PATH", restore_.path, "A backup; else the newest");
}

void CommandLine::add_init() {
  CLI::App* const init = add("init", "Write lockstep.yml and prepare the database", [this](Session& session) {
    return run_init(session, init_);
  });
  add_choice(init, "--profile", kProfiles, init_.profile,
             "scheduler: `status` and `next_run_at` belong to the database");
  init->add_flag("--remove-triggers", init_.remove_triggers,
                 "Take the change triggers off the task table (then set `triggers: false`, or they come back)");
  init->add_flag("--print-sql", init_.print_sql, "Print the statements instead of running them");
  init->add_option("--adopt-replica", init_.adopt_replica, "Make this file the owner of that replica")
      ->type_name("NAME");
}

void CommandLine::add_serve() {
  CLI::App* const serve = add("serve", "The daemon: syncs whatever changes, serves HTTP and live events", [this](Session& session) {
    return run_serve(session, serve_);
  });
  serve->add_option("--listen", serve_.listen, "HOST:PORT, [::1]:PORT or unix:PATH; may be repeated (localhost:8000)")
      ->type_name("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  serve->add_option("--interval", serve_.interval, "Safety-net sync; 0 = off (5m)")->type_name("DURATION");
  serve->add_flag("--insecure-no-auth", serve_.insecure_no_auth, "Listen beyond loopback without a token");

  CLI::App* const watch = add("watch", "The live events of a daemon", [this](Session& session) {
    return run_watch(session, watch_);
  });
  watch->add_option("URL", watch_.url, "http://HOST:PORT or unix:PATH; else the configured listen address");
}

void CommandLine::add_rest() {
  add("status", "How things stand", [](Session& session) { return run_status(session); });
  add("doctor", "Check rights, locks, watches, database, clock, triggers; say what to do",
      [](Session& session) { return run_doctor(session); });
  CLI::App* const replicas = add("replicas", "The replicas of this database", [this](Session& session) {
    return run_replicas(session, replicas_);
  });
  replicas->add_option("--forget", replicas_.forget, "Forget a replica that is no more")->type_name("NAME");
  CLI::App* const completion = app_.add_subcommand("completion", "Print a completion script: completion bash");
  completion->fallthrough();
  add_choice(completion, "SHELL", kShells, shell_, "bash")->required();
  completion->callback([this] { completion_wanted = true; });
  arguments_["completion"] = kShells;
}

std::string CommandLine::help() const { return app_.help(); }

std::vector<std::string_view> CommandLine::command_names() const {
  std::vector<std::string_view> names;
  for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) names.push_back(sub->get_name());
  return names;
}

std::string CommandLine::completion_script() const {
  const auto words_of = [&](const CLI::App* app, std::string name) {
    CommandWords words{std::move(name), {}, {}};
    for (const CLI::Option* option : app->get_options()) {
      OptionWords option_words;
      for (const std::string& name_of : option->get_lnames()) option_words.names.push_back("--" + name_of);
      for (const std::string& name_of : option->get_snames()) option_words.names.push_back("-" + name_of);
      if (option_words.names.empty()) continue;
      option_words.takes_value = option->get_items_expected_max() > 0;
      for (const auto& [known, choices] : choices_)
        if (known == option) option_words.choices = choices;
      words.options.push_back(std::move(option_words));
    }
    if (const auto found = arguments_.find(words.name); found != arguments_.end()) words.arguments = found->second;
    return words;
  };
  std::vector<CommandWords> commands{words_of(&app_, "")};
  for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(words_of(sub, sub->get_name()));
  return bash_completion("lockstep", commands);
}

// What CLI11 says of a word that is no command is of little help.
// Only numbers are converted, and CLI11 says it as "Could not convert: RUN = x".
std::string plain_words(const CLI::ParseError& error) {
  const std::string text = error.what();
  constexpr std::string_view kBefore = "Could not convert: ";
  if (dynamic_cast<const CLI::ConversionError*>(&error) == nullptr || !text.starts_with(kBefore)) return text;
  const std::size_t equals = text.find(" = ");
  if (equals == std::string::npos) return text;
  return text.substr(kBefore.size(), equals - kBefore.size()) + ": expected a whole number, found " +
         quoted_for_message(text.substr(equals + 3));
}

std::string usage_message(const CommandLine& line, const CLI::ParseError& error, int argc, char** argv) {
  const std::vector<std::string_view> names = line.command_names();
  bool value_expected = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const bool takes_value = word == "--config" || word == "--yaml" || word == "--db" || word == "--database" ||
                             word == "--replica";
    if (!value_expected && !word.starts_with('-')) {
      if (std::find(names.begin(), names.end(), word) != names.end()) return plain_words(error);
      return "unknown command " + quoted_for_message(word) + suggestion(word, names);
    }
    value_expected = takes_value && !value_expected;
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return "which command? `lockstep sync` does one sync";
  return error.what();
}

Exit fail_usage(Terminal& terminal, std::string message) {
  return terminal.fail({api::ProblemKind::bad_request, std::move(message), "`lockstep --help` lists commands and options", {}});
}

Exit fail_configuration(Terminal& terminal, const ConfigFaults& found) {
  api::Problem problem{api::ProblemKind::bad_request, "The configuration is not valid", "", {}};
  Json errors = Json::array();
  for (const Diagnostic& fault : found.faults) errors.items.push_back(api::diagnostic_json(fault));
  problem.members.emplace_back("errors", std::move(errors));
  for (const Diagnostic& fault : found.faults) problem.detail += "\n" + format_diagnostic(fault, !terminal.json());
  return terminal.fail(problem);
}

// Runs what parse() chose. Everything that can go wrong from here on is an Error.
Exit execute(CommandLine& line, Terminal& terminal) {
  try {
    if (line.completion_wanted) {
      const std::string script = line.completion_script();
      if (!terminal.json()) terminal.print(script);
      else terminal.document(Json::string(script));
      return Exit::done;
    }
    std::variant<Config, ConfigFaults> config = load_config(line.flags, process_environment());
    if (const ConfigFaults* faults = std::get_if<ConfigFaults>(&config)) return fail_configuration(terminal, *faults);
    for (const std::string& warning : std::get<Config>(config).warnings) terminal.warn(escaped(warning));
    Session session(std::get<Config>(std::move(config)), line.flags, terminal);
    return line.command(session);
  } catch (const Error& error) {
    return terminal.fail(api::problem_of(error));
  } catch (const std::bad_alloc&) {
    return terminal.fail({api::ProblemKind::internal, "Out of memory", "", {}});
  } catch (const std::exception& error) {
    return terminal.fail({api::ProblemKind::internal, error.what(), "", {}});
  }
}

}  // namespace

Exit run(int argc, char** argv) {
  CommandLine line;
  try {
    line.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    Terminal terminal({});
    const bool version = dynamic_cast<const CLI::CallForVersion*>(&wanted) != nullptr;
    terminal.print(version ? std::string(wanted.what()) + "\n" : line.help());
    return terminal.flush() ? Exit::done : Exit::failed;
  } catch (const CLI::ParseError& error) {
    OutputOptions output = line.output;
    for (int i = 1; i < argc; ++i) output.json = output.json || std::string_view(argv[i]) == "--json";
    Terminal terminal(output);
    const Exit status = fail_usage(terminal, usage_message(line, error, argc, argv));
    terminal.flush();
    return status;
  }
  Terminal terminal(line.output);
  const Exit status = execute(line, terminal);
  if (terminal.flush()) return status;
  terminal.message("error: standard output cannot be written\n");
  return status == Exit::done ? Exit::failed : status;
}

}  // namespace lockstep::cli
