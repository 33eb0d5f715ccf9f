#include "engine/engine.hpp"

#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {

struct Engine::Impl : Core {
  using Core::Core;
};

Engine::Engine(Settings settings, FileSystem& files, std::unique_ptr<Store> store, Clock clock)
    : impl_(std::make_unique<Impl>(std::move(settings), files, std::move(store), std::move(clock))) {}
Engine::~Engine() = default;

void Engine::on_progress(Progress progress) { impl_->progress = std::move(progress); }
void Engine::on_wait(std::function<void(const std::string&)> listener) { impl_->wait_listener = std::move(listener); }
void Engine::count_waits_from(std::optional<std::chrono::steady_clock::time_point> asked_at) { impl_->asked_at = asked_at; }
void Engine::give_up() { impl_->give_up(); }
const Settings& Engine::settings() const { return impl_->settings; }

SyncOutcome Engine::sync(const SyncRequest& request) {
  const Core::Operation operation(*impl_);
  return impl_->sync(request);
}

PlanOutcome Engine::plan(const SyncRequest& request) {
  const Core::Operation operation(*impl_);
  return impl_->plan(request);
}

std::vector<Conflict> Engine::conflicts(const ConflictFilter& filter) {
  return impl_->begin(Access::read)->conflicts().list(filter);
}

void Engine::each_conflict(const ConflictFilter& filter, const std::function<void(const Conflict&)>& look) {
  constexpr std::size_t kAtOnce = 256;
  const auto transaction = impl_->begin(Access::read);
  ConflictFilter page = filter;
  for (std::size_t seen = 0; filter.limit == 0 || seen < filter.limit;) {
    page.limit = filter.limit == 0 ? kAtOnce : std::min(kAtOnce, filter.limit - seen);
    page.offset = filter.offset + seen;
    const std::vector<Conflict> some = transaction->conflicts().list(page);
    for (const Conflict& conflict : some) look(conflict);
    seen += some.size();
    if (some.size() < page.limit) return;
  }
}

std::size_t Engine::count_conflicts(const ConflictFilter& filter) {
  return impl_->begin(Access::read)->conflicts().count(filter);
}

void Engine::act_for(std::string author) { impl_->actor = std::move(author); }

ResolveOutcome Engine::resolve(const ResolveRequest& request) {
  const Core::Operation operation(*impl_);
  return impl_->resolve(request);
}
std::vector<ResolveOutcome> Engine::resolve_all(const std::vector<ResolveRequest>& requests) {
  const Core::Operation operation(*impl_);
  return impl_->resolve_all(requests);
}

std::size_t Engine::clear_conflicts() {
  auto transaction = impl_->begin(Access::write);
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
  return impl_->begin(Access::read)->history().runs(filter);
}

std::optional<RunDetails> Engine::run(std::int64_t id) {
  auto transaction = impl_->begin(Access::read);
  auto run = transaction->history().run(id);
  if (!run) return std::nullopt;
  return RunDetails{std::move(*run), transaction->history().changes(id)};
}

UndoOutcome Engine::undo(std::int64_t run_id, std::optional<double> max_delete_percent) {
  const Core::Operation operation(*impl_);
  return impl_->undo(run_id, max_delete_percent);
}

TaskWriteOutcome Engine::write_task(const TaskWriteRequest& request) { return impl_->write_task(request); }

bool Engine::worth_a_retry() const { return impl_->worth_a_retry; }

TaskSnapshot Engine::tasks(TaskSnapshot known) {
  const auto transaction = impl_->begin(Access::read);
  std::string version = transaction->tasks().version();
  if (!version.empty() && version == known.version) return known;
  known = {};  // before the new rows need their memory
  return {transaction->tasks().rows(), std::move(version)};
}

TableRows Engine::tasks_of(std::span<const std::int64_t> ids) {
  return impl_->begin(Access::read)->tasks().rows_of(ids);
}

Status Engine::status() {
  const Core::Operation operation(*impl_);
  return impl_->status();
}
const Status& Engine::observed() const { return impl_->observed; }
void Engine::observe_file() { impl_->observe_file(); }
Status Engine::refreshed(Status observed) { return impl_->refreshed(std::move(observed)); }
Effects Engine::take_effects() { return impl_->take_effects(); }

std::vector<Finding> Engine::examine() {
  const Core::Operation operation(*impl_);
  return impl_->examine();
}

std::vector<ReplicaState> Engine::replicas() {
  return impl_->begin(Access::read)->base().replicas();
}

bool Engine::forget_replica(std::string_view name) {
  if (!impl_->store->is_there()) return false;  // looking for it would make a database
  auto transaction = impl_->begin(Access::write);
  const bool known = transaction->base().forget_replica(name);
  transaction->commit();
  return known;
}

void Engine::adopt_replica() { impl_->adopt_replica(); }
std::vector<std::string> Engine::prepare() {
  impl_->wait_anew();
  return impl_->store->prepare();
}
FeedState Engine::remove_triggers() {
  impl_->wait_anew();
  return impl_->store->remove_feed();
}
std::string Engine::setup_sql() {
  impl_->wait_anew();
  return impl_->store->setup_sql();
}
std::vector<std::string> Engine::backups() { return impl_->file.backups(); }
SyncOutcome Engine::restore(const std::string& path) { return impl_->restore(path); }

}  // namespace lockstep
