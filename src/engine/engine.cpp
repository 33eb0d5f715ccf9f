#include "engine/engine.hpp"

#include "engine/core.hpp"

namespace lockstep {

struct Engine::Impl : Core {
  using Core::Core;
};

Engine::Engine(Settings settings, FileSystem& files, std::unique_ptr<Store> store, Clock clock)
    : impl_(std::make_unique<Impl>(std::move(settings), files, std::move(store), std::move(clock))) {}
Engine::~Engine() = default;

void Engine::on_progress(Progress progress) { impl_->progress = std::move(progress); }
const Settings& Engine::settings() const { return impl_->settings; }

SyncOutcome Engine::sync(const SyncRequest& request) {
  return impl_->sync(request);
}

PlanOutcome Engine::plan(const SyncRequest& request) { return impl_->plan(request); }

std::vector<Conflict> Engine::conflicts(const ConflictFilter& filter) {
  return impl_->store->begin(Access::read, impl_->settings.replica)->conflicts().list(filter);
}

std::size_t Engine::count_conflicts(const ConflictFilter& filter) {
  return impl_->store->begin(Access::read, impl_->settings.replica)->conflicts().count(filter);
}

void Engine::act_for(std::string author) { impl_->actor = std::move(author); }

ResolveOutcome Engine::resolve(const ResolveRequest& request) { return impl_->resolve(request); }
std::vector<ResolveOutcome> Engine::resolve_all(const std::vector<ResolveRequest>& requests) {
  return impl_->resolve_all(requests);
}

std::size_t Engine::clear_conflicts() {
  auto transaction = impl_->store->begin(Access::write, impl_->settings.replica);
  std::vector<std::int64_t> numbers;
  Effects cleared;
  for (const Conflict& conflict : transaction->conflicts().list({})) {
    numbers.push_back(conflict.number);
    cleared.closed.push_back({conflict.number, conflict.task_id, "cleared", impl_->actor});
  }
  transaction->conflicts().close(numbers);
  transaction->commit();
  impl_->rest.reset();
  impl_->tell(std::move(cleared));
  return numbers.size();
}

std::vector<Run> Engine::history(const RunFilter& filter) {
  return impl_->store->begin(Access::read, impl_->settings.replica)->history().runs(filter);
}

std::optional<RunDetails> Engine::run(std::int64_t id) {
  auto transaction = impl_->store->begin(Access::read, impl_->settings.replica);
  auto run = transaction->history().run(id);
  if (!run) return std::nullopt;
  return RunDetails{std::move(*run), transaction->history().changes(id)};
}

UndoOutcome Engine::undo(std::int64_t run_id, std::optional<double> max_delete_percent) {
  return impl_->undo(run_id, max_delete_percent);
}

TaskWriteOutcome Engine::write_task(const TaskWriteRequest& request) { return impl_->write_task(request); }

bool Engine::worth_a_retry() const { return impl_->worth_a_retry; }

TaskSnapshot Engine::tasks(TaskSnapshot known) {
  const auto transaction = impl_->store->begin(Access::read, impl_->settings.replica);
  std::string version = transaction->tasks().version();
  if (!version.empty() && version == known.version) return known;
  known = {};  // before the new rows need their memory
  return {transaction->tasks().rows(), std::move(version)};
}

TableRows Engine::tasks_of(std::span<const std::int64_t> ids) {
  return impl_->store->begin(Access::read, impl_->settings.replica)->tasks().rows_of(ids);
}

Status Engine::status() { return impl_->status(); }
const Status& Engine::observed() const { return impl_->observed; }
Status Engine::refreshed(Status observed) { return impl_->refreshed(std::move(observed)); }
Effects Engine::take_effects() { return impl_->take_effects(); }

std::vector<Finding> Engine::examine() { return impl_->examine(); }

std::vector<ReplicaState> Engine::replicas() {
  return impl_->store->begin(Access::read, impl_->settings.replica)->base().replicas();
}

bool Engine::forget_replica(std::string_view name) {
  auto transaction = impl_->store->begin(Access::write, impl_->settings.replica);
  const bool known = transaction->base().forget_replica(name);
  transaction->commit();
  return known;
}

void Engine::adopt_replica() { impl_->adopt_replica(); }
std::vector<std::string> Engine::prepare() { return impl_->store->prepare(); }
FeedState Engine::remove_triggers() { return impl_->store->remove_feed(); }
std::string Engine::setup_sql() { return impl_->store->setup_sql(); }
std::vector<std::string> Engine::backups() { return impl_->file.backups(); }
SyncOutcome Engine::restore(const std::string& path) { return impl_->restore(path); }

}  // namespace lockstep
