#include <algorithm>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "file/file_watcher.hpp"
#include "model/error.hpp"
#include "model/json.hpp"
#include "server/daemon_request.hpp"
#include "store/change_listener.hpp"

namespace lockstep::cli {
namespace {

using Level = Finding::Level;
using std::chrono::milliseconds;

// The listener's own proof that notifications arrive takes up to two seconds, and connecting comes before it.
constexpr milliseconds kListening{5'000};
constexpr milliseconds kDaemonAnswers{2'000};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warning:
      return "warning";
    case Level::fault:
      return "fault";
  }
  return "";
}

Colour colour_of(Level level) {
  switch (level) {
    case Level::ok:
      return Colour::green;
    case Level::warning:
      return Colour::yellow;
    case Level::fault:
      return Colour::red;
  }
  return Colour::none;
}

Finding examine_configuration(const Config& config) {
  if (config.file.empty())
    return {Level::ok, "configuration", "no lockstep.yml: defaults, environment and flags; `lockstep init` writes one",
            ""};
  return {Level::ok, "configuration", config.file + " is valid", ""};
}

// What the daemon would do, for a moment: watch the file.
Finding examine_file_events(const std::string& path) {
  const FileWatcher watcher(path, {}, [] {});
  if (watcher.mode() == FileWatcher::Mode::running) return {Level::ok, "file events", watcher.state(), ""};
  return {Level::warning, "file events", watcher.state(),
          "the daemon looks at the file twice a second instead, which works; `sysctl fs.inotify` shows this system's "
          "limits"};
}

// The same for the database. nullopt: it is away, which the engine's examination says.
std::optional<Finding> examine_database_events(const std::string& url) {
  const std::unique_ptr<ChangeListener> listener = open_change_listener(url);
  static_cast<void>(listener->wait(kListening));
  if (!listener->connected()) return std::nullopt;
  if (listener->notified()) return Finding{Level::ok, "database events", listener->state(), ""};
  return Finding{
      Level::warning, "database events", listener->state(),
      "the daemon looks at intervals instead; give `database` the server's own address, past the pooler, for changes "
      "within milliseconds"};
}

Finding examine_daemon(const std::string& listen) {
  constexpr const char* kSubject = "daemon";
  try {
    const server::DaemonAnswer answer =
        server::ask_daemon(server::parse_daemon_address(listen), "/health", kDaemonAnswers);
    const JsonResult health = parse_json(answer.body);
    const Json* const status = health.ok() ? health.value.find("status") : nullptr;
    if (status == nullptr || health.value.find("file_watcher") == nullptr)
      return {Level::warning, kSubject, "what listens at " + listen + " is not lockstep",
              "choose another address for it: `listen`, or `lockstep serve --listen`"};
    if (status->text == "healthy") return {Level::ok, kSubject, "runs at " + listen + " and is healthy", ""};
    return {Level::warning, kSubject, "runs at " + listen + " and says: " + answer.body,
            "see above, and the daemon's own log; with another configuration or user it may see what is not seen from "
            "here"};
  } catch (const Error&) {
    return {Level::ok, kSubject,
            "none answers at " + listen + "; `lockstep serve` starts it, or cron runs `lockstep sync`", ""};
  }
}

std::vector<Finding> examine_all(Session& session) {
  const Config& config = session.config();
  std::vector<Finding> findings{examine_configuration(config)};
  for (Finding& finding : session.engine(false).examine()) findings.push_back(std::move(finding));
  findings.push_back(examine_file_events(config.engine.yaml));
  if (auto events = examine_database_events(config.engine.database)) findings.push_back(*std::move(events));
  for (const std::string& address : config.daemon.listen) findings.push_back(examine_daemon(address));
  return findings;
}

Json finding_json(const Finding& finding) {
  Json object = Json::object();
  object.set("check", Json::string(finding.subject));
  object.set("result", Json::string(std::string(name_of(finding.level))));
  object.set("message", Json::string(finding.sentence));
  object.set("advice", finding.advice.empty() ? Json::null() : Json::string(finding.advice));
  return object;
}

std::string finding_text(const Finding& finding, const Terminal& terminal) {
  constexpr std::size_t kLevelWidth = 9, kSubjectWidth = 17;
  std::string text = terminal.paint(colour_of(finding.level), padded(name_of(finding.level), kLevelWidth)) +
                     padded(escaped(finding.subject), kSubjectWidth) + escaped(finding.sentence) + "\n";
  if (!finding.advice.empty())
    text += std::string(kLevelWidth + kSubjectWidth, ' ') + terminal.paint(Colour::cyan, "→ ") +
            escaped(finding.advice) + "\n";
  return text;
}

}  // namespace

Exit run_doctor(Session& session) {
  Terminal& terminal = session.terminal();
  const std::vector<Finding> findings = examine_all(session);
  const auto number_of = [&findings](Level level) {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(), [level](const Finding& f) { return f.level == level; }));
  };
  const std::size_t faults = number_of(Level::fault), warnings = number_of(Level::warning);
  if (terminal.json()) {
    Json checks = Json::array();
    for (const Finding& finding : findings) checks.items.push_back(finding_json(finding));
    Json object = Json::object();
    object.set("status", Json::string(std::string(name_of(faults > 0     ? Level::fault
                                                          : warnings > 0 ? Level::warning
                                                                         : Level::ok))));
    object.set("checks", std::move(checks));
    terminal.document(object);
  } else {
    std::string text;
    for (const Finding& finding : findings)
      if (finding.level != Level::ok || !terminal.quiet()) text += finding_text(finding, terminal);
    if (!terminal.quiet() || !text.empty())
      text += counted(faults, "fault", "faults") + ", " + counted(warnings, "warning", "warnings") + "\n";
    terminal.print(text);
  }
  return faults == 0 ? Exit::done : Exit::failed;
}

}  // namespace lockstep::cli
