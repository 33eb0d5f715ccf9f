#include "engine/daemon.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/agenda.hpp"
#include "engine/alarm.hpp"
#include "engine/condition.hpp"
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
// After a sync that could not be done, or left something waiting. The longest pause and an attempt are less than the 10 s
// within which a daemon has recovered.
constexpr milliseconds kFirstRetry{500};
constexpr milliseconds kLongestRetry{8'000};
// How often the listener is asked whether it still has its database.
constexpr milliseconds kBetweenLooksAtLink{500};
// A sync that takes longer, or has waited longer for its turn: what it will find is not known.
constexpr milliseconds kOverdue{1'000};
constexpr milliseconds kStatusPatience{1'500};
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
  std::optional<steady_clock::time_point> busy_since;  // of the sync that runs
  bool start_done = false;
  std::exception_ptr start_failure;

  // Of the engine's thread.
  milliseconds retry_pause = kFirstRetry;
  std::optional<SyncFailure> last_failure;  // of the last sync; nullopt: it succeeded

  // Held while something is told, by the engine's thread or the listener's.
  std::mutex telling;
  std::string condition;  // as told last

  Alarm alarm;

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
    set_busy(begin);
    const auto outcome = attempt(engine, request);
    set_busy(std::nullopt);
    Report told{.trigger = request.trigger,
                .seconds = std::chrono::duration<double>(steady_clock::now() - begin).count(),
                .outcome = SyncResult{}};
    bool changed = false;
    if (const auto* error = std::get_if<Error>(&outcome)) told.outcome = *error;
    else std::visit([&](const auto& result) { told.outcome = result; }, std::get<SyncOutcome>(outcome));
    if (const auto* result = std::get_if<SyncResult>(&told.outcome)) changed = did_something(*result);
    note_end(told);
    told.news = after_work(engine, changed);
    if (report) {
      const std::lock_guard lock(telling);
      report(told);
    }
    for (const Agenda::SyncDone& done : waiting) done(outcome);
    plan_retry(engine, told, request.trigger);
  }

  void set_busy(std::optional<steady_clock::time_point> since) {
    const std::lock_guard lock(mutex);
    busy_since = since;
  }

  void note_end(const Report& told) {
    const bool failed_before = last_failure.has_value();
    last_failure = std::visit(
        []<typename T>(const T& outcome) -> std::optional<SyncFailure> {
          if constexpr (std::is_same_v<T, SyncResult>) return std::nullopt;
          else return SyncFailure{system_now(), outcome};
        },
        told.outcome);
    if (failed_before && !last_failure) log(LogLevel::info, "Syncs succeed again");
    const std::lock_guard lock(mutex);
    if (!last_failure) facts.last_success = system_now();
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

  // What could not be done is tried again, whatever the cause; only what waits for a person, who will change the file or ask
  // for a sync, waits for that.
  bool worth_another(const Engine& engine, const Report& told) const {
    if (std::holds_alternative<Error>(told.outcome)) return true;
    if (engine.worth_a_retry()) return true;
    const auto* result = std::get_if<SyncResult>(&told.outcome);
    if (!result) return false;
    // Nobody tells that a file can be written again, or that a constraint is gone.
    if (!engine.observed().yaml.writable) return true;
    return std::any_of(result->waiting.begin(), result->waiting.end(), [](const WaitingChange& change) { return change.untold; });
  }

  void plan_retry(const Engine& engine, const Report& told, Trigger trigger) {
    if (!worth_another(engine, told)) {
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
    try {
      effects = engine.take_effects();
    } catch (const Error&) {  // the database is away: the effects stay with the engine
    }
    Status status = how_things_stand(engine);
    const std::lock_guard lock(telling);
    return publish(std::move(status), effects, changed);
  }

  // What could not be found out stays as it was known last.
  Status how_things_stand(Engine& engine) {
    Status status = *last_published();
    if (last_failure) engine.observe_file();
    const Status& seen = engine.observed();
    if (!seen.replica.empty()) {
      status.yaml = seen.yaml;
      status.database.tasks = seen.database.tasks;
      status.database.warnings = seen.database.warnings;
      status.total_tasks = seen.total_tasks;
      status.in_sync = seen.in_sync;
    }
    try {
      status = engine.refreshed(std::move(status));
    } catch (const Error& error) {  // it answers, but not as it should
      status.database.reachable = false;
      status.database.error = error.what();
    }
    status.last_error = last_failure;
    if (last_failure) status.in_sync = false;
    return status;
  }

  // Under `telling`.
  bool publish(Status status, const Effects& effects, bool changed) {
    log_waiting(last_published()->waiting, status.waiting, sink);
    auto shared = std::make_shared<const Status>(std::move(status));
    {
      const std::lock_guard lock(mutex);
      if (shared->database.reachable) facts.database = Health::Database::connected;
      else if (facts.database == Health::Database::connected) facts.database = Health::Database::unreachable;
      facts.database_error = shared->database.error;
      facts.yaml = shared->yaml.valid              ? Health::Yaml::valid
                   : shared->yaml.checksum.empty() ? Health::Yaml::missing
                                                   : Health::Yaml::invalid;
      facts.last_error = shared->last_error;
      published = shared;
    }
    std::string now = condition_of(*shared);
    const bool news = changed || !effects.empty() || now != condition;
    condition = std::move(now);
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

  std::shared_ptr<const Status> last_published() const {
    const std::lock_guard lock(mutex);
    return published;
  }

  // Published, but not as being in step while a sync is late.
  Status known() {
    std::unique_lock lock(mutex);
    Status status = *published;
    const bool busy_too_long = busy_since && steady_clock::now() - *busy_since > kOverdue;
    lock.unlock();
    if (busy_too_long || agenda.overdue(kOverdue)) status.in_sync = false;
    return status;
  }

  void finish_start() {
    const std::lock_guard lock(mutex);
    start_done = true;
    started_changed.notify_all();
  }

  // ---- watchers and timer: they only post triggers

  void watch_database() {
    std::optional<Health::Database> link;  // as the listener told last
    while (!stopping) {
      const ChangeListener::Heard heard = listener->wait(kBetweenLooksAtLink);
      if (stopping) return;
      const Health::Database now = !listener->connected()   ? Health::Database::unreachable
                                   : !listener->answering() ? Health::Database::silent
                                                            : Health::Database::connected;
      // A database that went away after the first sync and before the listener's first look has been lost, too.
      const bool first = !link;
      const Health::Database before = first ? as_published() : *link;
      link = now;
      if (before != now) link_changed(before, now);
      if (heard == ChangeListener::Heard::change || first || before != now) database_changed();
    }
  }

  void database_changed() {
    if (leading) agenda.trigger(Trigger::database, burst() ? kQuietInBurst : kQuiet, kLongestQuiet);
    else agenda.trigger(Trigger::database, kFollowing, kLongestFollowing);
  }

  Health::Database as_published() const {
    return last_published()->database.reachable ? Health::Database::connected : Health::Database::unreachable;
  }

  // The engine hears of it only when it next has something to ask, and may be waiting for an answer right now.
  void link_changed(Health::Database before, Health::Database now) {
    const std::lock_guard lock(telling);
    if (now == Health::Database::connected && condition.empty()) {  // at the start, of which the engine tells first
      const std::lock_guard facts_lock(mutex);
      facts.database = now;
      return;
    }
    Status status = *last_published();
    if (now == Health::Database::connected) {
      log(LogLevel::info, before == Health::Database::silent ? "The database answers again" : "The database is back");
      status.database.reachable = true;
      status.database.error.clear();
    } else {
      status.database.reachable = false;
      status.database.error = listener->state();
      status.in_sync = false;
      log(LogLevel::warn, (now == Health::Database::silent ? "The database does not answer: " : "The database is lost: ") +
                              listener->state());
    }
    {
      const std::lock_guard facts_lock(mutex);
      facts.database = now;
    }
    publish(std::move(status), {}, false);
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
      listening.sqlite_backstop = milliseconds(1'000);
      listener = open_change_listener(settings.database, listening);
      listener_thread = std::thread([this] { watch_database(); });
    }
    if (options.interval.count() > 0) timer_thread = std::thread([this] { run_timer(); });
  }

  void start(milliseconds patience) {
    reader = std::make_unique<Reader>(settings, [this] { return known(); });
    slow_reader = std::make_unique<Reader>(settings, [this] { return known(); });
    start_watching();
    engine_thread = std::thread([this] { run_engine(); });
    std::unique_lock lock(mutex);
    if (!started_changed.wait_for(lock, patience, [this] { return start_done; })) look_at_file_meanwhile();
    if (const std::exception_ptr failure = start_failure) {
      lock.unlock();
      stop();
      std::rethrow_exception(failure);
    }
  }

  // The start-up sync waits for something, most likely the database: that says nothing about the file.
  void look_at_file_meanwhile() {
    static_cast<void>(slow_reader->post([this](Engine& engine) {
      engine.observe_file();
      const std::lock_guard lock(telling);
      if (!condition.empty() || engine.observed().replica.empty()) return;
      Status status = *last_published();
      status.yaml = engine.observed().yaml;
      publish(std::move(status), {}, false);
    }));
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
    alarm.close();
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
bool Daemon::write_in_time(Job job, std::function<void()> too_late) {
  auto [in_time, late] = either(std::move(job), std::move(too_late));
  if (!write(std::move(in_time))) return false;
  impl_->alarm.at(steady_clock::now() + impl_->settings.lock_timeout, std::move(late));
  return true;
}
bool Daemon::sync(const SyncRequest& request, SyncDone done) { return impl_->agenda.sync(request, std::move(done)); }
// Before start() there is nobody to ask.
bool Daemon::read(Job job) { return impl_->reader && impl_->reader->post(std::move(job)); }
bool Daemon::read_slowly(Job job) { return impl_->slow_reader && impl_->slow_reader->post(std::move(job)); }
bool Daemon::read_task(std::int64_t id, TaskDone done) { return impl_->reader && impl_->reader->task(id, std::move(done)); }

bool Daemon::read_tasks(TasksDone done) { return impl_->slow_reader && impl_->slow_reader->tasks(std::move(done)); }
bool Daemon::status(std::function<void(const Status&)> done) {
  if (!impl_->reader) return false;
  auto answered = std::make_shared<std::atomic<bool>>(false);
  const auto once = [answered, done = std::move(done)](const Status& status) {
    if (!answered->exchange(true)) done(status);
  };
  if (!impl_->reader->status(once)) return false;
  impl_->alarm.at(steady_clock::now() + kStatusPatience, [this, answered, once] {
    if (!*answered) once(impl_->known());
  });
  return true;
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
