#include "engine/agenda.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

namespace lockstep {
namespace {

bool same_question(const SyncRequest& a, const SyncRequest& b) {
  return a.direction == b.direction && a.force == b.force && a.max_delete_percent == b.max_delete_percent &&
         a.trigger == b.trigger && a.by_person == b.by_person && a.only == b.only && a.author == b.author;
}

}  // namespace

void Agenda::trigger(Trigger trigger, Milliseconds quiet, Milliseconds longest) {
  const Time now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  const auto [at, first] = triggers_.try_emplace(trigger, Waiting{now + quiet, now + std::max(quiet, longest)});
  if (!first) at->second.due = std::min(now + quiet, at->second.latest);
  changed_.notify_one();
}

bool Agenda::post(Job job) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  jobs_.emplace_back(std::move(job));
  changed_.notify_one();
  return true;
}

// Only one that nothing was asked for after: the order of what one client asks is kept.
bool Agenda::sync(const SyncRequest& request, SyncDone done) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  WantedSync* last = jobs_.empty() ? nullptr : std::get_if<WantedSync>(&jobs_.back());
  if (last && same_question(last->request, request)) {
    last->waiting.push_back(std::move(done));
    return true;
  }
  WantedSync wanted{request, {}};
  wanted.waiting.push_back(std::move(done));
  jobs_.emplace_back(std::move(wanted));
  changed_.notify_one();
  return true;
}

// Enumerators stand in the order of what a run is best named for.
std::optional<Trigger> Agenda::due_trigger(Time now) {
  for (const auto& [trigger, waiting] : triggers_)
    if (waiting.due <= now) return trigger;
  return std::nullopt;
}

std::optional<Agenda::Item> Agenda::next() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const Time now = std::chrono::steady_clock::now();
    // A trigger that is due goes before what is asked for: however many ask, edits are carried.
    if (const auto trigger = closed_ ? std::nullopt : due_trigger(now)) {
      triggers_.clear();
      return Item(*trigger);
    }
    if (!jobs_.empty()) {
      Item item = std::move(jobs_.front());
      jobs_.pop_front();
      return item;
    }
    if (closed_) return std::nullopt;
    const auto soonest = std::min_element(triggers_.begin(), triggers_.end(), [](const auto& a, const auto& b) {
      return a.second.due < b.second.due;
    });
    if (soonest == triggers_.end()) changed_.wait(lock);
    else changed_.wait_until(lock, soonest->second.due);
  }
}

bool Agenda::overdue(Milliseconds by) const {
  const Time then = std::chrono::steady_clock::now() - by;
  const std::lock_guard lock(mutex_);
  return std::any_of(triggers_.begin(), triggers_.end(), [then](const auto& waiting) { return waiting.second.due < then; });
}

std::pair<Agenda::Job, std::function<void()>> either(Agenda::Job job, std::function<void()> too_late) {
  struct Waiting {
    std::atomic<bool> taken = false;
    Agenda::Job job;
  };
  auto waiting = std::make_shared<Waiting>();
  waiting->job = std::move(job);
  return {[waiting](Engine& engine) {
            if (waiting->taken.exchange(true)) return;
            const Agenda::Job begun = std::exchange(waiting->job, nullptr);
            begun(engine);
          },
          [waiting, too_late = std::move(too_late)] {
            if (waiting->taken.exchange(true)) return;
            too_late();
            waiting->job = nullptr;
          }};
}

void Agenda::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace lockstep
