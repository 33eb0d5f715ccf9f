#include "engine/daemon.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/agenda.hpp"
#include "engine/reader.hpp"
#include "file/file_watcher.hpp"
#include "file/posix_file_system.hpp"
#include "store/change_listener.hpp"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A burst of commits is one sync: it waits for a moment without any, but not for long. Right after a sync the
// moment is longer, so that a thousand commits in a second are a few writes of the file.
constexpr milliseconds kQuiet{2};
constexpr milliseconds kQuietInBurst{8};
constexpr milliseconds kBurst{100};
constexpr milliseconds kLongestQuiet{250};
// What a follower leaves to the leader before it looks itself.
constexpr milliseconds kFollowing{150};
constexpr milliseconds kLongestFollowing{1'000};
// After a sync that could not be done.
constexpr milliseconds kFirstRetry{250};
constexpr milliseconds kLongestRetry{5'000};
constexpr std::size_t kConflictsTold = 100;
// A service manager expects an end within seconds.
constexpr milliseconds kLongestFarewell{2'500};

std::unique_ptr<Store> writing_store(const Settings& settings) {
  StoreOptions options;
  options.table = settings.table;
  options.lock_timeout_ms = settings.lock_timeout.count();
  return open_store(settings.database, options);
}

bool waiting_helps(const Error& error) {
  if (error.code() == ErrorCode::not_found && !error.retryable()) return false;
  return error.code() != ErrorCode::usage && error.code() != ErrorCode::newer_schema &&
         error.code() != ErrorCode::unsuitable_table;
}

// What of a status is worth an event when it changes: healthy, degraded or invalid, and why; a run that was kept, be it only
// for a conflict that moved on.
std::string condition_of(const Status& status) {
  std::string text = std::to_string(status.database.reachable) + std::to_string(status.yaml.valid) +
                     std::to_string(status.yaml.checksum.empty()) + std::to_string(status.yaml.writable) +
                     std::to_string(status.in_sync) + std::to_string(status.last_run ? status.last_run->id : 0);
  for (const Diagnostic& error : status.yaml.errors) text += '\n' + format_diagnostic(error, false);
  for (const Warning& warning : status.database.warnings) text += '\n' + warning.message;
  return text;
}

bool did_something(const SyncResult& result) {
  const auto any = [](const SideCounts& c) { return c.inserted + c.updated + c.deleted != 0; };
  return any(result.yaml) || any(result.database);
}

}  // namespace

struct Daemon::Impl {
  Settings settings;
  DaemonOptions options;
  std::function<void(const LiveEvent&)> event;
  std::function<void(const Report&)> report;
  LogSink sink;

  PosixFileSystem files;
  Agenda agenda;
  std::thread engine_thread;
  std::unique_ptr<Reader> reader, slow_reader;
  std::unique_ptr<FileWatcher> file_watcher;
  std::unique_ptr<ChangeListener> listener;
  std::thread listener_thread, timer_thread;
  std::mutex running_mutex;
  std::condition_variable running_changed;
  Engine* running_engine = nullptr;  // under its mutex
  std::atomic<bool> stopping = false;
  std::atomic<bool> leading;
  std::mutex timer_mutex;
  std::condition_variable timer_changed;

  // What others may ask for; under the mutex.
  mutable std::mutex mutex;
  std::condition_variable started_changed;
  std::shared_ptr<const Status> published;
  Health facts;
  bool start_done = false;
  std::exception_ptr start_failure;

  // Of the engine's thread.
  milliseconds retry_pause = kFirstRetry;
  steady_clock::time_point last_sync{};
  std::string condition;  // as told last

  Impl(Settings given, DaemonOptions given_options)
      : settings(std::move(given)),
        options(given_options),
        leading(given_options.lead),
        published(std::make_shared<const Status>(unknown_status(settings))) {}

  void log(LogLevel level, std::string message) const {
    if (sink) sink({level, std::move(message), {}});
  }

  // ---- the engine's thread

  // While it runs, stop() can tell it that nothing is waited for any longer.
  class Running {
   public:
    Running(Impl& daemon, Engine& engine) : daemon_(daemon) {
      const std::lock_guard lock(daemon_.running_mutex);
      daemon_.running_engine = &engine;
    }
    ~Running() {
      const std::lock_guard lock(daemon_.running_mutex);
      daemon_.running_engine = nullptr;
      daemon_.running_changed.notify_all();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Impl& daemon_;
  };

  void run_engine() {
    Engine engine(settings, files, writing_store(settings));
    engine.on_wait([this](const std::string& what) { log(LogLevel::warn, what); });
    const Running running(*this, engine);
    agenda.trigger(Trigger::startup);
    while (auto item = agenda.next()) {
      if (auto* trigger = std::get_if<Trigger>(&*item)) {
        run_sync(engine, {.trigger = *trigger}, {});
        if (*trigger == Trigger::startup) finish_start();
      } else if (auto* wanted = std::get_if<Agenda::WantedSync>(&*item)) {
        run_sync(engine, wanted->request, wanted->waiting);
      } else {
        run_job(engine, std::get<Agenda::Job>(*item));
      }
    }
  }

  void run_job(Engine& engine, const Agenda::Job& job) {
    try {
      job(engine);
    } catch (const std::exception& error) {
      engine.count_waits_from(std::nullopt);
      log(LogLevel::error, std::string("a job of the daemon failed: ") + error.what());
    }
    after_work(engine, false);
  }

  void run_sync(Engine& engine, const SyncRequest& request, const std::vector<Agenda::SyncDone>& waiting) {
    const auto begin = steady_clock::now();
    const auto outcome = attempt(engine, request);
    last_sync = steady_clock::now();
    Report told{.trigger = request.trigger,
                .seconds = std::chrono::duration<double>(last_sync - begin).count(),
                .outcome = SyncResult{}};
    bool changed = false;
    if (const auto* error = std::get_if<Error>(&outcome)) told.outcome = *error;
    else std::visit([&](const auto& result) { told.outcome = result; }, std::get<SyncOutcome>(outcome));
    if (const auto* result = std::get_if<SyncResult>(&told.outcome)) {
      changed = did_something(*result);
      const std::lock_guard lock(mutex);
      facts.last_success = system_now();
    }
    told.news = after_work(engine, changed);
    if (report) report(told);
    for (const Agenda::SyncDone& done : waiting) done(outcome);
    plan_retry(engine, outcome, request.trigger);
  }

  std::variant<SyncOutcome, Error> attempt(Engine& engine, const SyncRequest& request) {
    try {
      return engine.sync(request);
    } catch (const Error& error) {
      if (request.trigger == Trigger::startup && !waiting_helps(error)) {
        const std::lock_guard lock(mutex);
        start_failure = std::current_exception();
      }
      return error;
    } catch (const std::exception& error) {
      return Error({.code = ErrorCode::internal, .operation = "sync", .subject = settings.yaml, .cause = error.what()});
    }
  }

  // What could not be done for now is tried again; what a person has to mend waits for the person.
  void plan_retry(const Engine& engine, const std::variant<SyncOutcome, Error>& outcome, Trigger trigger) {
    const auto* error = std::get_if<Error>(&outcome);
    const bool again = error ? error->retryable() || error->code() == ErrorCode::unreachable : engine.worth_a_retry();
    if (!again) {
      retry_pause = kFirstRetry;
      return;
    }
    const bool automatic = trigger == Trigger::startup || trigger == Trigger::file || trigger == Trigger::database;
    agenda.trigger(automatic ? trigger : Trigger::interval, retry_pause, retry_pause);
    retry_pause = std::min(retry_pause * 2, kLongestRetry);
  }

  // Publishes how things stand, and tells what happened since the last time. Whether anything did.
  bool after_work(Engine& engine, bool changed) {
    Effects effects;
    Status status = unknown_status(settings);
    try {
      effects = engine.take_effects();
    } catch (const Error&) {  // the database is away: the effects stay with the engine
    }
    try {
      if (!engine.observed().replica.empty()) status = engine.observed();
      status = engine.refreshed(std::move(status));
    } catch (const Error& error) {
      status.database.reachable = false;
      status.database.error = error.what();
    }
    auto shared = std::make_shared<const Status>(std::move(status));
    const std::string now = publish(shared);
    const bool news = changed || !effects.empty() || now != condition;
    condition = now;
    if (!event) return news;
    tell(effects);
    if (news) event(StatusChanged{shared});
    return news;
  }

  void tell(const Effects& effects) {
    for (const FileChange& file : effects.files) event(file);
    for (std::size_t i = 0; i < std::min(effects.opened.size(), kConflictsTold); ++i) event(effects.opened[i]);
    for (std::size_t i = 0; i < std::min(effects.closed.size(), kConflictsTold); ++i) event(effects.closed[i]);
    if (effects.opened.size() > kConflictsTold || effects.closed.size() > kConflictsTold) event(ResyncRequired{});
  }

  std::string publish(std::shared_ptr<const Status> status) {
    const bool missing = status->yaml.checksum.empty();
    const std::lock_guard lock(mutex);
    facts.database_reachable = status->database.reachable;
    facts.database_error = status->database.error;
    facts.yaml = status->yaml.valid ? Health::Yaml::valid : missing ? Health::Yaml::missing : Health::Yaml::invalid;
    published = std::move(status);
    return condition_of(*published);
  }

  std::shared_ptr<const Status> last_published() const {
    const std::lock_guard lock(mutex);
    return published;
  }

  void finish_start() {
    const std::lock_guard lock(mutex);
    start_done = true;
    started_changed.notify_all();
  }

  // ---- watchers and timer: they only post triggers

  void watch_database() {
    bool connected = false;
    while (!stopping) {
      const ChangeListener::Heard heard = listener->wait(milliseconds(60'000));
      if (stopping) return;
      const bool lost = connected && !listener->connected();
      connected = listener->connected();
      if (heard != ChangeListener::Heard::change && !lost) continue;
      if (leading) agenda.trigger(Trigger::database, burst() ? kQuietInBurst : kQuiet, kLongestQuiet);
      else agenda.trigger(Trigger::database, kFollowing, kLongestFollowing);
    }
  }

  void file_changed() {
    if (leading) agenda.trigger(Trigger::file);
    else agenda.trigger(Trigger::file, kFollowing, kLongestFollowing);
  }

  void lead() {
    if (!leading.exchange(true)) agenda.trigger(Trigger::interval);
  }

  std::atomic<steady_clock::rep> last_database_trigger{0};
  bool burst() {
    const auto now = steady_clock::now().time_since_epoch();
    const auto before = steady_clock::duration(last_database_trigger.exchange(now.count()));
    return now - before < kBurst;
  }

  void run_timer() {
    std::unique_lock lock(timer_mutex);
    while (!timer_changed.wait_for(lock, options.interval, [this] { return stopping.load(); }))
      if (leading) agenda.trigger(Trigger::interval);
  }

  void start_watching() {
    if (options.watch) {
      FileWatcherOptions watching;
      watching.settle = options.settle;
      file_watcher = std::make_unique<FileWatcher>(settings.yaml, watching, [this] { file_changed(); });
      ChangeListenerOptions listening;
      listening.longest_pause = milliseconds(2'000);
      listener = open_change_listener(settings.database, listening);
      listener_thread = std::thread([this] { watch_database(); });
    }
    if (options.interval.count() > 0) timer_thread = std::thread([this] { run_timer(); });
  }

  void start(milliseconds patience) {
    reader = std::make_unique<Reader>(settings, [this] { return last_published(); });
    slow_reader = std::make_unique<Reader>(settings, [this] { return last_published(); });
    start_watching();
    engine_thread = std::thread([this] { run_engine(); });
    std::unique_lock lock(mutex);
    started_changed.wait_for(lock, patience, [this] { return start_done; });
    if (const std::exception_ptr failure = start_failure) {
      lock.unlock();
      stop();
      std::rethrow_exception(failure);
    }
  }

  void stop() {
    {
      const std::lock_guard lock(timer_mutex);
      stopping = true;
    }
    timer_changed.notify_all();
    if (timer_thread.joinable()) timer_thread.join();
    if (listener) listener->wake();
    if (listener_thread.joinable()) listener_thread.join();
    file_watcher_gone();
    agenda.close();
    if (engine_thread.joinable()) {
      let_finish();
      engine_thread.join();
    }
    if (reader) reader->close();
    if (slow_reader) slow_reader->close();
  }

  // What is under way is finished, but not waited with for others.
  void let_finish() {
    std::unique_lock lock(running_mutex);
    if (running_changed.wait_for(lock, kLongestFarewell, [this] { return running_engine == nullptr; })) return;
    running_engine->give_up();
  }

  void file_watcher_gone() {
    std::unique_ptr<FileWatcher> gone;
    const std::lock_guard lock(mutex);
    gone = std::move(file_watcher);
  }
};

Daemon::Daemon(Settings settings, DaemonOptions options)
    : impl_(std::make_unique<Impl>(std::move(settings), options)) {}
Daemon::~Daemon() { stop(); }

void Daemon::on_event(std::function<void(const LiveEvent&)> callback) { impl_->event = std::move(callback); }
void Daemon::on_report(std::function<void(const Report&)> callback) { impl_->report = std::move(callback); }
void Daemon::log_to(LogSink sink) { impl_->sink = std::move(sink); }
void Daemon::start(milliseconds patience) { impl_->start(patience); }
void Daemon::stop() { impl_->stop(); }

void Daemon::lead() { impl_->lead(); }
void Daemon::trigger(Trigger trigger) { impl_->agenda.trigger(trigger); }
bool Daemon::write(Job job) {
  // Whoever asks is answered within the time that a run may wait, counted from here.
  return impl_->agenda.post([job = std::move(job), asked_at = steady_clock::now()](Engine& engine) {
    engine.count_waits_from(asked_at);
    job(engine);
    engine.count_waits_from(std::nullopt);
  });
}
bool Daemon::sync(const SyncRequest& request, SyncDone done) { return impl_->agenda.sync(request, std::move(done)); }
// Before start() there is nobody to ask.
bool Daemon::read(Job job) { return impl_->reader && impl_->reader->post(std::move(job)); }
bool Daemon::read_slowly(Job job) { return impl_->slow_reader && impl_->slow_reader->post(std::move(job)); }
bool Daemon::read_task(std::int64_t id, TaskDone done) { return impl_->reader && impl_->reader->task(id, std::move(done)); }

bool Daemon::read_tasks(TasksDone done) { return impl_->slow_reader && impl_->slow_reader->tasks(std::move(done)); }
bool Daemon::status(std::function<void(const Status&)> done) {
  return impl_->reader && impl_->reader->status(std::move(done));
}

Health Daemon::health() const {
  const std::lock_guard lock(impl_->mutex);
  Health health = impl_->facts;
  if (impl_->file_watcher) {
    using Mode = FileWatcher::Mode;
    const Mode mode = impl_->file_watcher->mode();
    health.file_watcher = mode == Mode::running   ? WatchState::running
                          : mode == Mode::polling ? WatchState::polling
                                                  : WatchState::stopped;
    health.file_watcher_state = impl_->file_watcher->state();
  }
  if (impl_->listener) health.database_watcher_state = impl_->listener->state();
  return health;
}

const Settings& Daemon::settings() const { return impl_->settings; }

}  // namespace lockstep
