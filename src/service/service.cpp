#include "lockstep/service.hpp"

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "api/api.hpp"
#include "api/openapi.hpp"
#include "api/version.hpp"
#include "file/leader_lock.hpp"
#include "model/json.hpp"
#include "service/configured.hpp"
#include "server/dashboard_files.hpp"
#include "service/operations.hpp"

namespace lockstep {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLeaderPause{250};  // between two tries to become the leader

LogSink sink_of(const Log& log) {
  if (!log) return {};
  return [log](const LogRecord& record) { log(record.level, record.message); };
}

void check_prefix(const std::string& prefix) {
  if (prefix.empty() || (prefix.starts_with('/') && !prefix.ends_with('/'))) return;
  throw Error({.code = ErrorCode::usage, .operation = "start", .subject = "prefix \"" + prefix + "\"",
               .cause = "it must start with / and not end with one", .hint = "such as /schedule"});
}

std::string_view word(WatchState state) {
  switch (state) {
    case WatchState::running: return "running";
    case WatchState::polling: return "polling";
    case WatchState::stopped: break;
  }
  return "stopped";
}

Event event_of(const api::EventHub::Message& message) { return {message.seq, message.event, message.text}; }

api::EventHub::Listener listener_of(EventListener listener) {
  return [listener = std::move(listener)](const api::EventHub::Message& message) { listener(event_of(message)); };
}

Error stopped() {
  return Error({.code = ErrorCode::usage, .operation = "ask the service", .cause = "it has been stopped"});
}

// Gives `ask` a function to be called once, on any thread, with what makes the answer: its result or exception counts.
// That function is to be copied: it is called after `ask` has returned.
template <typename Value, typename Ask>
Value wait_for(Ask ask) {
  const auto answer = std::make_shared<std::promise<Value>>();
  std::future<Value> future = answer->get_future();
  const bool asked = ask([answer](const auto& make) {
    try {
      answer->set_value(make());
    } catch (...) {
      answer->set_exception(std::current_exception());
    }
  });
  if (!asked) throw stopped();
  return future.get();
}

}  // namespace

struct Subscription::Impl {
  std::unique_ptr<api::EventHub::Subscription> subscription;
};

Subscription::Subscription(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subscription::~Subscription() = default;
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;

struct Service::Impl {
  Impl(config::Config given, ServiceOptions service_options)
      : options(std::move(service_options)),
        config(std::move(given)),
        leader(config.engine.yaml),
        leading(!options.share || may_lead()),
        api(config, api_options(), sink_of(options.log)) {
    api.start();
    if (!leading) election = std::thread([this] { run_election(); });
  }
  ~Impl() { stop(); }

  api::ApiOptions api_options() const {
    api::ApiOptions result;
    result.prefix = options.prefix;
    result.authorise = options.authorise;
    result.lead = leading;
    if (options.dashboard) {
      result.dashboard = dashboard_files();
      result.dashboard_policy = kDashboardContentSecurityPolicy;
    }
    return result;
  }

  void log(LogLevel level, const std::string& message) const {
    if (options.log) options.log(level, message);
  }

  // Where no lock can be made, one too many is harmless: syncs wait for each other in any case.
  bool may_lead() {
    const LeaderLock::Attempt attempt = leader.attempt();
    if (attempt == LeaderLock::Attempt::no_lock)
      log(LogLevel::warn, "Cannot make " + leader.path() + ": every process on this file watches it");
    if (attempt == LeaderLock::Attempt::held) log(LogLevel::info, "This process leads the sync of " + config.engine.yaml);
    return attempt != LeaderLock::Attempt::by_other;
  }

  void run_election() {
    std::unique_lock lock(mutex);
    while (!stopping && !may_lead()) changed.wait_for(lock, kLeaderPause, [this] { return stopping; });
    if (stopping) return;
    leading = true;
    api.lead();
  }

  void stop() {
    {
      const std::scoped_lock lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    if (election.joinable()) election.join();
    api.stop();
    leader.release();  // once its work is done: the next leader finds nothing half-way
  }

  Daemon& daemon() { return api.daemon(); }

  // On the thread that owns the engine, or on one that only reads.
  Answer write(const std::function<Answer(Engine&)>& work) {
    return wait_for<Answer>([&](const auto& reply) {
      return daemon().write([reply, &work](Engine& engine) { reply([&] { return work(engine); }); });
    });
  }
  Answer read(const std::function<Answer(Engine&)>& question) {
    return wait_for<Answer>([&](const auto& reply) {
      return daemon().read_slowly([reply, &question](Engine& engine) { reply([&] { return question(engine); }); });
    });
  }

  const ServiceOptions options;
  const config::Config config;
  const steady_clock::time_point started = steady_clock::now();
  LeaderLock leader;
  std::atomic<bool> leading;
  api::Api api;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::vector<std::unique_ptr<api::EventHub::Subscription>> listeners;
  std::thread election;
};

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;
Service::Service(Service&&) noexcept = default;
Service& Service::operator=(Service&&) noexcept = default;

Service Service::start(const Options& options, ServiceOptions service) {
  check_prefix(service.prefix);
  return Service(std::make_unique<Impl>(service::configured(options), std::move(service)));
}

void Service::stop() { impl_->stop(); }

void Service::on_event(EventListener listener) {
  auto joined = impl_->api.events().join(std::nullopt, listener_of(std::move(listener)));
  const std::scoped_lock lock(impl_->mutex);
  impl_->listeners.push_back(std::move(joined.subscription));
}

Response Service::handle(Request request) { return impl_->api.handle(std::move(request)); }
void Service::handle(Request request, Reply reply) { impl_->api.handle(std::move(request), std::move(reply)); }

std::optional<std::variant<Stream, Response>> Service::open_stream(const Request& request, EventListener listener) {
  auto opened = impl_->api.open_stream(request);
  if (!opened) return std::nullopt;
  if (Response* response = std::get_if<Response>(&*opened)) return std::move(*response);
  const api::StreamAccepted& accepted = std::get<api::StreamAccepted>(*opened);
  auto joined = impl_->api.events().join(accepted.since, listener_of(std::move(listener)));
  Stream stream{.kind = accepted.kind,
                .subprotocol = accepted.subprotocol,
                .greeting = {},
                .missed = {},
                .seq = joined.seq,
                .subscription = Subscription(std::make_unique<Subscription::Impl>(std::move(joined.subscription)))};
  if (stream.kind == StreamKind::websocket) stream.greeting = api::EventHub::greeting(joined.seq);
  for (const api::EventHub::Message& message : joined.first) stream.missed.push_back(event_of(message));
  return stream;
}

void Service::count_clients(StreamKind kind, std::int64_t now) { impl_->api.count_clients(kind, now); }

Answer Service::sync(const SyncOptions& options) {
  if (options.dry_run) return impl_->read([&](Engine& engine) { return service::plan(engine, options); });
  const SyncRequest request = service::sync_request(options);
  return wait_for<Answer>([&](const auto& reply) {
    return impl_->daemon().sync(request, [reply](const std::variant<SyncOutcome, Error>& done) {
      reply([&] {
        if (const Error* error = std::get_if<Error>(&done)) throw *error;
        return service::answer(std::get<SyncOutcome>(done));
      });
    });
  });
}

Answer Service::plan(const SyncOptions& options) {
  SyncOptions whole = options;
  whole.dry_run = false;
  return impl_->read([&](Engine& engine) { return service::plan(engine, whole); });
}

Answer Service::status() {
  return wait_for<Answer>([this](const auto& reply) {
    return impl_->daemon().status([this, reply](const Status& status) {
      reply([&] {
        const std::chrono::duration<double> uptime = steady_clock::now() - impl_->started;
        return service::status(status, word(impl_->daemon().health().file_watcher), uptime.count());
      });
    });
  });
}

Answer Service::conflicts() { return impl_->read(service::conflicts); }
Answer Service::resolve(const ResolveOptions& options) {
  return impl_->write([&](Engine& engine) { return service::resolve(engine, options); });
}
Answer Service::history(std::size_t limit) {
  return impl_->read([limit](Engine& engine) { return service::history(engine, limit); });
}
Answer Service::undo(std::int64_t run_id) {
  return impl_->write([run_id](Engine& engine) { return service::undo(engine, run_id); });
}

bool Service::leads() const { return impl_->leading; }
std::size_t Service::max_body() const { return impl_->config.daemon.max_body; }
const std::string& Service::yaml() const { return impl_->config.engine.yaml; }

Response carrier_problem(int status, std::string detail) { return api::carrier_problem(status, std::move(detail)); }
std::string openapi(std::string_view prefix) { return write_json(api::openapi_document(prefix)); }

std::vector<std::string> dashboard_paths() {
  std::vector<std::string> paths;
  for (const api::StaticFile& file : dashboard_files()) paths.emplace_back(file.path);
  return paths;
}

std::string_view version() { return api::version(); }

}  // namespace lockstep
