#include "api/api.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <utility>

#include "api/dispatch.hpp"
#include "api/events.hpp"
#include "api/metrics.hpp"
#include "api/refusal_log.hpp"
#include "api/run_log.hpp"
#include "api/version.hpp"

namespace lockstep::api {
namespace {

constexpr std::int64_t kMicrosPerMillisecond = 1'000;

std::string_view watcher_word(WatchState state) {
  switch (state) {
    case WatchState::running: return "running";
    case WatchState::polling: return "polling";
    case WatchState::stopped: return "stopped";
  }
  return "stopped";
}

DaemonOptions daemon_options(const config::DaemonSettings& settings, bool lead) {
  DaemonOptions options;
  options.settle = settings.settle;
  options.interval = settings.interval;
  options.lead = lead;
  return options;
}

}  // namespace

struct Api::Impl {
  // What one configuration makes; another one makes another.
  struct Core {
    Core(Impl& impl, config::Config given);
    ~Core() { daemon.stop(); }  // its jobs use what is destroyed before it
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    config::Config config;
    Safety safety;
    Daemon daemon;
    Services services;
    Dispatch dispatch;
  };

  Impl(ApiOptions given, LogSink sink) : options(std::move(given)), log(std::move(sink)), refusals(log), leading(options.lead) {}

  std::shared_ptr<Core> current() {
    const std::scoped_lock lock(mutex);
    return core;
  }
  void make_current(std::shared_ptr<Core> next) {
    const std::scoped_lock lock(mutex);
    core.swap(next);
  }
  double uptime() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); }

  const ApiOptions options;
  const LogSink log;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  const Timestamp started_at = system_now();
  // A later server's numbers lie above those of an earlier one, unless that told more than an event each millisecond.
  EventHub hub{static_cast<std::uint64_t>(started_at.micros / kMicrosPerMillisecond)};
  Metrics metrics{started_at};
  Sessions sessions;
  RefusalLog refusals;
  std::mutex reload_mutex;  // one reload, start or stop at a time
  std::atomic<bool> running = false;
  std::atomic<bool> leading;
  std::mutex mutex;
  std::shared_ptr<Core> core;
};

Api::Impl::Core::Core(Impl& impl, config::Config given)
    : config(std::move(given)),
      safety(config.daemon, {impl.options.authorise, impl.options.own_hosts}, impl.sessions),
      daemon(config.engine, daemon_options(config.daemon, impl.leading)),
      services{.daemon = daemon,
               .config = config,
               .safety = safety,
               .metrics = impl.metrics,
               .refusals = impl.refusals,
               .zone = TimeZone::find(config.engine.timezone).value_or(TimeZone::utc()),
               .root = impl.options.prefix,
               .host = {},
               .log = impl.log},
      dispatch(services, impl.options.dashboard, impl.options.dashboard_policy) {
  services.host = [this, &impl] {
    return HostFacts{version(), impl.uptime(), watcher_word(daemon.health().file_watcher)};
  };
  daemon.log_to(impl.log);
  daemon.on_event([this, &impl](const LiveEvent& live) {
    Event event = event_of(live, services.host());
    impl.metrics.count_event(event.name);
    impl.hub.publish(event.name, std::move(event.members));
  });
  daemon.on_report([&impl](const Report& report) {
    impl.metrics.count_run(report);
    log_run(report, impl.log);
  });
  if (impl.log && safety.tokens_are_short())
    impl.log({LogLevel::warn,
              "A token has fewer than 16 characters and could be guessed; `openssl rand -hex 32` makes a good one",
              {}});
}

Api::Api(config::Config config, ApiOptions options, LogSink log)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(log))) {
  impl_->core = std::make_shared<Impl::Core>(*impl_, std::move(config));
}

Api::~Api() { stop(); }

void Api::start() {
  const std::scoped_lock lock(impl_->reload_mutex);
  impl_->core->daemon.start();
  impl_->running = true;
}

void Api::stop() {
  const std::scoped_lock lock(impl_->reload_mutex);
  impl_->running = false;
  impl_->core->daemon.stop();
}

void Api::reload(config::Config config) {
  const std::scoped_lock lock(impl_->reload_mutex);
  const std::shared_ptr<Impl::Core> former = impl_->current();
  auto next = std::make_shared<Impl::Core>(*impl_, std::move(config));
  if (!impl_->running) return impl_->make_current(std::move(next));
  former->daemon.stop();  // the two would be rivals for the file
  try {
    next->daemon.start();
  } catch (...) {
    next = std::make_shared<Impl::Core>(*impl_, former->config);
    next->daemon.start();
    impl_->make_current(std::move(next));
    throw;
  }
  impl_->make_current(std::move(next));
}

void Api::lead() {
  const std::scoped_lock lock(impl_->reload_mutex);
  impl_->leading = true;
  impl_->current()->daemon.lead();
}

void Api::handle(Request request, Reply reply) {
  if (!impl_->running) return reply(shutting_down_response());
  const std::shared_ptr<Impl::Core> core = impl_->current();
  core->dispatch.handle(std::move(request), std::move(reply));
}

Response Api::handle(Request request) {
  std::promise<Response> answer;
  handle(std::move(request), [&answer](Response response) { answer.set_value(std::move(response)); });
  return answer.get_future().get();
}

std::optional<std::variant<StreamAccepted, Response>> Api::open_stream(const Request& request) {
  if (!impl_->running) return std::nullopt;
  return impl_->current()->dispatch.open_stream(request);
}

EventHub& Api::events() { return impl_->hub; }
Daemon& Api::daemon() { return impl_->current()->daemon; }

void Api::count_clients(StreamKind kind, std::int64_t now) {
  impl_->metrics.set_clients(kind == StreamKind::websocket ? "websocket" : "server_sent_events", now);
}

Response carrier_problem(int status, std::string detail) {
  const auto of_kind = [&detail](ProblemKind kind) { return problem_response({kind, std::move(detail), "", {}}); };
  switch (status) {
    case 400: return of_kind(ProblemKind::bad_request);
    case 408: return of_kind(ProblemKind::timeout);
    case 413: return of_kind(ProblemKind::body_too_large);
    case 426: return of_kind(ProblemKind::upgrade_required);
    case 431: return of_kind(ProblemKind::header_too_large);
    case 503: return of_kind(ProblemKind::unavailable);
    default: break;
  }
  Json problem = Json::object();  // RFC 9457: a type that says no more than the status does
  problem.set("type", Json::string("about:blank"));
  problem.set("title", Json::string(status < 500 ? "The request cannot be served" : "The server failed"));
  problem.set("status", Json::number(std::int64_t{status}));
  problem.set("detail", Json::string(std::move(detail)));
  return {status, "application/problem+json", {}, write_json(problem)};
}

}  // namespace lockstep::api
