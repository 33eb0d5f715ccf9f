#include <algorithm>
#include <chrono>
#include <thread>

#include "api/problem.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "model/error.hpp"
#include "model/json.hpp"
#include "server/event_stream_client.hpp"

namespace lockstep::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPause = 500ms;  // before connecting again; doubled each time
constexpr auto kLongestPause = 10s;

std::string text_of(const Json& event, std::string_view name) {
  const Json* const value = event.find(name);
  return value == nullptr ? std::string() : escaped(value->text);
}

std::string list_of_ids(const Json& event) {
  constexpr std::size_t kShown = 10;
  const Json* const ids = event.find("task_ids");
  if (ids == nullptr || ids->items.empty()) return "";
  std::string list = ids->items.size() == 1 ? " (task " : " (tasks ";
  for (std::size_t i = 0; i < std::min(kShown, ids->items.size()); ++i) list += (i == 0 ? "" : ", ") + escaped(ids->items[i].text);
  return list + (ids->items.size() > kShown ? ", …)" : ")");
}

// "in sync, 12 tasks, 2 conflicts; YAML invalid"
std::string describe_status(const Json& status) {
  const Json* const in_sync = status.find("in_sync");
  std::string text = in_sync != nullptr && in_sync->boolean ? "in step" : "not in step";
  text += ", " + text_of(status, "total_tasks") + " tasks, " + text_of(status, "pending_conflicts") + " conflicts";
  const Json* const yaml = status.find("yaml");
  const Json* const valid = yaml == nullptr ? nullptr : yaml->find("valid");
  if (valid != nullptr && !valid->boolean) text += "; the YAML is not valid";
  const Json* const database = status.find("database");
  const Json* const reachable = database == nullptr ? nullptr : database->find("reachable");
  if (reachable != nullptr && !reachable->boolean) text += "; the database cannot be reached";
  if (const std::string waiting = text_of(status, "waiting_count"); !waiting.empty() && waiting != "0")
    text += "; waiting changes: " + waiting;
  const Json* const failure = status.find("last_error");
  if (failure != nullptr && failure->kind == Json::Kind::object) text += "; syncs fail: " + text_of(*failure, "detail");
  return text;
}

struct Line {
  Colour colour = Colour::none;
  std::string kind, text;
};

Line line_of(const Json& event) {
  const std::string name = text_of(event, "event");
  if (name == "schedule_config_updated") return {Colour::cyan, "file", text_of(event, "message") + list_of_ids(event)};
  if (name == "sync_conflict_detected")
    return {Colour::yellow, "conflict", text_of(event, "conflict_id") + " of task " + text_of(event, "task_id") + ": " +
                                            text_of(event, "reason") + "; lockstep resolve " + text_of(event, "conflict_id")};
  if (name == "sync_conflict_resolved")
    return {Colour::green, "resolved", text_of(event, "conflict_id") + " of task " + text_of(event, "task_id") + ": " +
                                           text_of(event, "resolution")};
  if (name == "sync_status_changed") {
    const Json* const status = event.find("status");
    return {Colour::none, "status", status == nullptr ? "" : describe_status(*status)};
  }
  if (name == "resync_required") return {Colour::yellow, "missed", "events were missed: read the status and conflicts anew"};
  return {Colour::dim, name == "connection_established" ? "connected" : name, text_of(event, "message")};
}

// The time of day, as the event says it, in UTC.
std::string time_of_day(const Json& event) {
  const std::string timestamp = text_of(event, "timestamp");
  return timestamp.size() < 19 ? timestamp : timestamp.substr(11, 8);
}

class Watch {
 public:
  Watch(Session& session, const WatchOptions& options)
      : terminal_(session.terminal()),
        token_(session.config().daemon.token),
        address_(server::parse_daemon_address(options.url.empty() ? session.config().daemon.listen.front() : options.url)) {}

  Exit run();

 private:
  void follow(server::EventStreamClient& client);
  void show(const std::string& text);

  Terminal& terminal_;
  std::string token_;
  server::DaemonAddress address_;
  std::optional<std::uint64_t> seen_;  // the last event
  bool open_ = true;                   // somebody reads what is printed
};

Exit Watch::run() {
  // Once it has worked, the daemon is waited for: it may be restarted.
  auto client = std::make_unique<server::EventStreamClient>(address_, seen_, token_);
  std::chrono::milliseconds pause = kFirstPause;
  while (open_) {
    try {
      if (!client) client = std::make_unique<server::EventStreamClient>(address_, seen_, token_);
      pause = kFirstPause;
      follow(*client);
    } catch (const Error& error) {
      if (!error.retryable()) throw;
      client.reset();
      terminal_.note(terminal_.paint_error(Colour::yellow, "waiting: ") + escaped(error.what()) + "\n");
      std::this_thread::sleep_for(pause);
      pause = std::min<std::chrono::milliseconds>(pause * 2, kLongestPause);
    }
  }
  return Exit::done;
}

void Watch::follow(server::EventStreamClient& client) {
  while (open_) show(client.next());
}

void Watch::show(const std::string& text) {
  const JsonResult parsed = parse_json(text);
  if (!parsed.ok()) return;
  const Json& event = parsed.value;
  const bool greeting = text_of(event, "event") == "connection_established";
  const Json* const seq = event.find("seq");
  // The greeting names the last event there is, those that were missed come behind it.
  if (seq != nullptr && !(greeting && seen_)) seen_ = std::stoull(seq->text);
  if (terminal_.json()) {
    terminal_.document_line(text);
  } else if (!greeting || !terminal_.quiet()) {
    const Line line = line_of(event);
    terminal_.print(terminal_.paint(Colour::dim, time_of_day(event)) + "  " + terminal_.paint(line.colour, padded(line.kind, 9)) +
                    "  " + line.text + "\n");
  }
  open_ = terminal_.flush();
}

}  // namespace

Exit run_watch(Session& session, const WatchOptions& options) {
  try {
    return Watch(session, options).run();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unreachable) throw;
    api::Problem problem = api::problem_of(error);
    problem.kind = api::ProblemKind::unavailable;  // the daemon; of the database nothing is known
    return session.terminal().fail(problem);
  }
}

}  // namespace lockstep::cli
