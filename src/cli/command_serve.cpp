#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <thread>

#include "api/api.hpp"
#include "cli/commands.hpp"
#include "cli/console_log.hpp"
#include "cli/daemon_signals.hpp"
#include "cli/exit_status.hpp"
#include "cli/service_manager.hpp"
#include "cli/session.hpp"
#include "config/config_keys.hpp"
#include "model/validation.hpp"
#include "server/api_application.hpp"
#include "server/dashboard_files.hpp"
#include "server/server.hpp"

namespace lockstep::cli {
namespace {

using std::chrono::steady_clock;

void override_setting(Config& config, std::string_view name, const Setting& setting) {
  const AppliedSetting applied = apply_setting(config, name, setting);
  if (applied.fault)
    throw Error({ErrorCode::usage, "", "--" + std::string(name), applied.fault->message, "`lockstep serve --help` says more", false});
}

// The command line's words above those of the configuration.
Config overridden(Config config, const ServeOptions& options) {
  if (!options.listen.empty()) {
    Setting list;
    list.kind = Setting::Kind::list;
    for (const std::string& address : options.listen) {
      Setting item;
      item.text = address;
      list.items.push_back(std::move(item));
    }
    override_setting(config, "listen", list);
  }
  if (options.interval) {
    Setting interval;
    interval.text = *options.interval;
    override_setting(config, "interval", interval);
  }
  if (options.insecure_no_auth) config.daemon.insecure_no_auth = true;
  return config;
}

api::ApiOptions api_options() {
  api::ApiOptions options;
  options.dashboard = dashboard_files();
  options.dashboard_policy = kDashboardContentSecurityPolicy;
  return options;
}

// Whether both threads that matter still get through their work; asked for by the service manager.
class Heartbeat {
 public:
  explicit Heartbeat(std::chrono::nanoseconds allowed) : allowed_(allowed) {}

  // Asks both anew if they answered the last time.
  void ask(server::Server& server, Daemon& daemon) {
    if (!loop_->asked.exchange(true)) server.post([beat = loop_] { beat->answer(); });
    if (!engine_->asked.exchange(true) && !daemon.write([beat = engine_](Engine&) { beat->answer(); })) engine_->answer();
  }
  bool alive() const {
    const steady_clock::time_point oldest = steady_clock::now() - allowed_;
    return loop_->at.load() >= oldest && engine_->at.load() >= oldest;
  }

 private:
  struct Beat {
    std::atomic<bool> asked = false;
    std::atomic<steady_clock::time_point> at = steady_clock::now();
    void answer() {
      at = steady_clock::now();
      asked = false;
    }
  };

  std::chrono::nanoseconds allowed_;
  std::shared_ptr<Beat> loop_ = std::make_shared<Beat>(), engine_ = std::make_shared<Beat>();
};

// The daemon from the start of its API to its end: what signals and the service manager ask of it.
class Serving {
 public:
  Serving(Session& session, const ServeOptions& options)
      : session_(session),
        options_(options),
        config_(overridden(session.config(), options)),
        log_(config_.daemon.log_level, config_.daemon.log_format),
        api_(config_, api_options(), log_.sink()),
        application_(api_),
        server_(application_, config_.daemon, log_.sink()) {}

  void run();

 private:
  void announce();
  void leave_unless(const std::future<void>& ended);
  void obey_until_stopped();
  void reload();
  void refuse_reload(const std::string& why) {
    log_.write({LogLevel::error, "The configuration was not changed: " + why, {}});
  }

  Session& session_;
  const ServeOptions& options_;
  ServiceManager manager_;
  DaemonSignals signals_;
  Config config_;
  ConsoleLog log_;
  api::Api api_;
  server::ApiApplication application_;
  server::Server server_;
};

void Serving::run() {
  api_.start();
  server_.open();
  std::thread loop([this] { server_.run(); });
  announce();
  obey_until_stopped();
  manager_.tell("STOPPING=1");
  signals_.release();
  log_.write({LogLevel::info, "Stopping: what is under way is finished", {}});
  std::promise<void> ended;
  std::thread impatience([this, end = ended.get_future()] { leave_unless(end); });
  // The server first: requests that it still answers need the API.
  server_.stop();
  loop.join();
  api_.stop();
  ended.set_value();
  impatience.join();
}

// Whatever is under way waits for a lock or an answer by then; a run that is cut short is settled by the next one.
void Serving::leave_unless(const std::future<void>& ended) {
  constexpr std::chrono::milliseconds kLongestGoodbye{4'000};
  if (ended.wait_for(kLongestGoodbye) == std::future_status::ready) return;
  log_.write({LogLevel::warn, "Stopping at once: what is under way still waits for the file or the database; nothing of it "
                              "was written, and the next start takes it up", {}});
  std::_Exit(static_cast<int>(Exit::done));
}

void Serving::announce() {
  Terminal& terminal = session_.terminal();
  std::string list;
  Json urls = Json::array();
  for (const std::string& url : server_.urls()) {
    list += (list.empty() ? "" : ", ") + url;
    urls.items.push_back(Json::string(url));
  }
  if (terminal.json()) {
    Json object = Json::object();
    object.set("urls", urls);
    terminal.document(object);
  } else {
    terminal.print("lockstep listens on " + terminal.paint(Colour::bold, escaped(list)) + "\n");
  }
  terminal.flush();
  log_.write({LogLevel::info, "Syncing " + config_.engine.yaml + " and serving " + list, {{"urls", std::move(urls)}}});
  manager_.tell("READY=1\nSTATUS=Serving " + list);
}

void Serving::obey_until_stopped() {
  // Half of what is allowed between two words to the manager: so one may come late, or an answer take its time.
  const std::chrono::nanoseconds allowed = manager_.watchdog().value_or(std::chrono::hours(1)) / 2;
  Heartbeat heartbeat(allowed);
  for (;;) {
    const std::optional<DaemonSignal> signal = signals_.wait(allowed / 2);
    if (signal == DaemonSignal::stop) return;
    if (signal == DaemonSignal::reload) reload();
    if (!manager_.watchdog()) continue;
    if (heartbeat.alive()) manager_.tell("WATCHDOG=1");
    heartbeat.ask(server_, api_.daemon());
  }
}

void Serving::reload() {
  manager_.tell_reloading();
  try {
    std::variant<Config, ConfigFaults> loaded = load_config(session_.flags(), process_environment());
    if (const ConfigFaults* faults = std::get_if<ConfigFaults>(&loaded)) {
      for (const Diagnostic& fault : faults->faults) refuse_reload(format_diagnostic(fault, false));
    } else {
      Config config = overridden(std::get<Config>(std::move(loaded)), options_);
      if (config.daemon.listen != config_.daemon.listen) {
        log_.write({LogLevel::warn, "`listen` has changed: that needs a restart, the old addresses stay until then", {}});
        config.daemon.listen = config_.daemon.listen;
      }
      api_.reload(config);
      server_.change_settings(config.daemon);
      log_.configure(config.daemon.log_level, config.daemon.log_format);
      config_ = std::move(config);
      log_.write({LogLevel::info, "The configuration was read again", {}});
    }
  } catch (const Error& error) {
    refuse_reload(error.what());
  }
  manager_.tell("READY=1");
}

}  // namespace

Exit run_serve(Session& session, const ServeOptions& options) {
  Serving(session, options).run();
  return Exit::done;
}

}  // namespace lockstep::cli
