#include <unistd.h>

#include <chrono>
#include <mutex>

#include "engine/engine.hpp"
#include "engine/host.hpp"
#include "file/posix_file_system.hpp"
#include "service/configured.hpp"
#include "service/operations.hpp"

namespace lockstep {

struct SyncEngine::Impl {
  explicit Impl(const Options& options) : settings(service::configured(options).engine) {}
  ~Impl() {
    if (engine && owner != ::getpid()) engine.release();  // NOLINT: see open()
  }

  // What a parent process opened belongs to the parent, whose connection a child must neither use nor close.
  Engine& open() {
    if (engine && owner == ::getpid()) return *engine;
    engine.release();  // NOLINT: leaked in the child, on purpose
    StoreOptions store;
    store.table = settings.table;
    store.lock_timeout_ms = settings.lock_timeout.count();
    engine = std::make_unique<Engine>(settings, files, open_store(settings.database, store));
    engine->act_for(login_name());
    owner = ::getpid();
    return *engine;
  }

  const Settings settings;
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  PosixFileSystem files;
  std::mutex mutex;  // one thread owns an Engine
  std::unique_ptr<Engine> engine;
  ::pid_t owner = 0;
};

SyncEngine::SyncEngine(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
SyncEngine::~SyncEngine() = default;
SyncEngine::SyncEngine(SyncEngine&&) noexcept = default;
SyncEngine& SyncEngine::operator=(SyncEngine&&) noexcept = default;

Answer SyncEngine::sync(const SyncOptions& options) {
  const std::scoped_lock lock(impl_->mutex);
  if (options.dry_run) return service::plan(impl_->open(), options);
  return service::answer(impl_->open().sync(service::sync_request(options)));
}

Answer SyncEngine::plan(const SyncOptions& options) {
  SyncOptions whole = options;
  whole.dry_run = false;
  const std::scoped_lock lock(impl_->mutex);
  return service::plan(impl_->open(), whole);
}

Answer SyncEngine::status() {
  const std::scoped_lock lock(impl_->mutex);
  const std::chrono::duration<double> uptime = std::chrono::steady_clock::now() - impl_->started;
  return service::status(impl_->open().status(), "stopped", uptime.count());
}

Answer SyncEngine::conflicts() {
  const std::scoped_lock lock(impl_->mutex);
  return service::conflicts(impl_->open());
}

Answer SyncEngine::resolve(const ResolveOptions& options) {
  const std::scoped_lock lock(impl_->mutex);
  return service::resolve(impl_->open(), options);
}

Answer SyncEngine::history(std::size_t limit) {
  const std::scoped_lock lock(impl_->mutex);
  return service::history(impl_->open(), limit);
}

Answer SyncEngine::undo(std::int64_t run_id) {
  const std::scoped_lock lock(impl_->mutex);
  return service::undo(impl_->open(), run_id);
}

const std::string& SyncEngine::yaml() const { return impl_->settings.yaml; }

}  // namespace lockstep
