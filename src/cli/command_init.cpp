#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "api/json.hpp"
#include "api/version.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "config/config_values.hpp"
#include "model/error.hpp"

namespace lockstep::cli {
namespace {

constexpr std::string_view kSchedulerFields =
    "  # a scheduler moves these all day; people edit the rest\n"
    "  status: {owner: database}\n"
    "  next_run_at: {owner: database}\n";

// Plain where every reader takes that for the same text, else in double quotes.
std::string yaml_scalar(const std::string& text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@";
  const bool letter_first = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '/');
  const bool path_like = text.find_first_of("/:.") != std::string::npos;
  if (letter_first && path_like && text.find_first_not_of(kPlain) == std::string::npos && !text.ends_with(':')) return text;
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

bool carries_password(const std::string& url) {
  const std::size_t authority = url.find("://");
  if (authority == std::string::npos) return false;
  const std::size_t at = url.find('@', authority + 3);
  return (at != std::string::npos && url.find(':', authority + 3) < at) || url.find("password=") != std::string::npos;
}

// A setting of the command line, whose paths are relative to the current folder, as it has to stand in a file of
// another folder.
Setting seen_from(const std::string& config_path, const std::string& text) {
  Setting setting;
  setting.text = text;
  if (config_path.find('/') != std::string::npos) setting.folder = std::filesystem::current_path().string();
  return setting;
}

void write_new_file(const std::string& path, std::string_view text, mode_t mode) {
  const auto fail = [&](int code) {
    throw Error({code == EACCES || code == EROFS ? ErrorCode::permission : ErrorCode::io, "write", path,
                 std::generic_category().message(code), "choose another place with --config", false});
  };
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) fail(errno);
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int code = errno;
      ::close(descriptor);
      ::unlink(path.c_str());
      fail(code);
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::close(descriptor) != 0) fail(errno);
}

// There is nothing to make it from: no file, no rows.
void start_schedule(const std::string& path) {
  std::error_code failed;  // opening the file says why
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  write_new_file(path, "# The schedule: kept in step with the database by lockstep.\ntasks: []\n", 0644);
}

// The path of the configuration file that was written.
std::string write_config(const Session& session, const InitOptions& options) {
  const Config& config = session.config();
  const std::string path = session.flags().config.value_or(std::string(kLocalConfig));
  std::vector<std::pair<std::string, std::string>> active;
  const auto yaml = parse_path(seen_from(path, config.engine.yaml));
  const auto database = parse_database(seen_from(path, config.engine.database));
  active.emplace_back("yaml", yaml_scalar(std::get<std::string>(yaml)));
  if (!config.database_from_environment) active.emplace_back("database", yaml_scalar(std::get<std::string>(database)));
  if (config.engine.replica_configured) active.emplace_back("replica", yaml_scalar(config.engine.replica));
  if (!options.profile.empty()) active.emplace_back("fields", std::string(kSchedulerFields));
  const bool secret = !config.database_from_environment && carries_password(config.engine.database);
  write_new_file(path, commented_config(active), secret ? 0600 : 0644);
  return path;
}

Exit print_sql(Session& session) {
  Terminal& terminal = session.terminal();
  std::string sql = session.engine(false).setup_sql();
  if (!sql.empty() && !sql.ends_with('\n')) sql += '\n';
  if (terminal.json()) {
    Json object = Json::object();
    object.set("sql", Json::string(sql));
    terminal.document(object);
  } else {
    terminal.print(sql);
  }
  return Exit::done;
}

std::string found_text(const Status& status) {
  std::string yaml = escaped(status.yaml.path);
  if (status.yaml.checksum.empty()) yaml += " is not there; the first sync creates it from the database's tasks";
  else if (status.yaml.valid) yaml += " has " + counted(status.yaml.tasks, "task", "tasks");
  else yaml += " is not valid; `lockstep validate` says where";
  return "Found: " + yaml + "; the database (" + status.database.backend + ") has " +
         counted(status.database.tasks, "task", "tasks") + ".\n";
}

Exit remove_triggers(Session& session) {
  Terminal& terminal = session.terminal();
  session.engine(true).remove_triggers();
  if (terminal.json()) {
    Json object = Json::object();
    object.set("status", Json::string("success"));
    terminal.document(object);
  } else {
    terminal.print("The task table has no change triggers of lockstep. `triggers: false` keeps it so.\n");
  }
  return Exit::done;
}

}  // namespace

Exit run_init(Session& session, const InitOptions& options) {
  Terminal& terminal = session.terminal();
  if (options.print_sql) return print_sql(session);
  if (options.remove_triggers) return remove_triggers(session);
  if (!options.adopt_replica.empty()) {
    session.config().engine.replica = options.adopt_replica;
    session.config().engine.replica_configured = options.adopt_replica != Settings{}.replica;
  }
  const bool had_config = !session.config().file.empty();
  const std::string config_path = had_config ? session.config().file : write_config(session, options);
  std::vector<std::string> did;
  did.push_back(had_config ? config_path + " was there and stays as it is" : "Wrote " + config_path);
  if (had_config && !options.profile.empty())
    terminal.warn("for the scheduler profile, add this to " + escaped(config_path) + ":\nfields:\n" +
                  std::string(kSchedulerFields));

  Engine& engine = session.engine(true);
  for (std::string& sentence : engine.prepare()) did.push_back(std::move(sentence));
  if (!options.adopt_replica.empty()) {
    engine.adopt_replica();
    did.push_back("The replica " + options.adopt_replica + " now belongs to " + session.config().engine.yaml);
  }
  Status status = engine.status();
  if (status.yaml.checksum.empty() && status.database.tasks == 0 && !std::filesystem::exists(status.yaml.path)) {
    start_schedule(status.yaml.path);
    did.push_back("Wrote " + status.yaml.path + ", without tasks yet");
    status = engine.status();
  }
  if (terminal.json()) {
    Json list = Json::array();
    for (const std::string& sentence : did) list.items.push_back(Json::string(sentence));
    Json object = Json::object();
    object.set("status", Json::string("success"));
    object.set("config", Json::string(config_path));
    object.set("config_written", Json::of(!had_config));
    object.set("did", std::move(list));
    object.set("found", api::status_json(status, {api::version(), 0, "stopped"}));
    terminal.document(object);
    return Exit::done;
  }
  std::string text;
  for (const std::string& sentence : did) text += escaped(sentence) + (sentence.ends_with('.') ? "\n" : ".\n");
  if (!terminal.quiet()) terminal.print(text + found_text(status) + "Next: lockstep plan, then lockstep sync\n");
  report_warnings(terminal, status.yaml.path, status.database.warnings);
  return Exit::done;
}

}  // namespace lockstep::cli
