#include "engine/alarm.hpp"

#include <utility>

namespace lockstep {

Alarm::Alarm() : thread_([this] { run(); }) {}

Alarm::~Alarm() { close(); }

void Alarm::at(Time time, std::function<void()> ring) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      const auto at = waiting_.emplace(time, std::move(ring));
      if (at == waiting_.begin()) changed_.notify_one();
      return;
    }
  }
  ring();
}

void Alarm::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Alarm::run() {
  std::unique_lock lock(mutex_);
  while (!closed_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
    } else if (!closed_ && waiting_.begin()->first > std::chrono::steady_clock::now()) {
      const Time next = waiting_.begin()->first;
      changed_.wait_until(lock, next);
    } else {
      const auto ring = std::move(waiting_.extract(waiting_.begin()).mapped());
      lock.unlock();
      ring();
      lock.lock();
    }
  }
}

}  // namespace lockstep
