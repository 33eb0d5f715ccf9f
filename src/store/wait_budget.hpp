// How long a store's connection waits for others, and what is told of it meanwhile.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace lockstep {

// What whoever uses a Store is still willing to wait for.
struct Waiting {
  std::chrono::milliseconds lock{10'000};    // for locks of others, in all
  std::chrono::milliseconds answer{10'000};  // for a server that gives no sign of life
  bool name_holder = false;                  // it is worth a question who holds the lock
};

// Counts what was waited since allow(). One thread counts; give_up() may come from any.
class WaitBudget {
 public:
  explicit WaitBudget(std::chrono::milliseconds both) : allowed_{.lock = both, .answer = both} {}

  void allow(const Waiting& waiting) {
    allowed_ = waiting;
    waited_ = {};
    told_ = false;
  }
  const Waiting& allowed() const { return allowed_; }
  void spend(std::chrono::nanoseconds time) { waited_ += time; }
  std::chrono::milliseconds waited() const { return std::chrono::ceil<std::chrono::milliseconds>(waited_); }
  std::chrono::milliseconds lock_left() const { return left_of(allowed_.lock); }
  std::chrono::milliseconds answer_left() const { return left_of(allowed_.answer); }

  // Once since allow(), for people: what is waited for, and who holds it.
  void tell(const std::string& what) {
    if (std::exchange(told_, true) || !listener_) return;
    listener_(what);
  }
  void on_wait(std::function<void(const std::string&)> listener) { listener_ = std::move(listener); }

  // From now on nothing is waited for.
  void give_up() { given_up_ = true; }
  bool given_up() const { return given_up_; }

 private:
  std::chrono::milliseconds left_of(std::chrono::milliseconds allowed) const {
    return std::max(allowed - std::chrono::floor<std::chrono::milliseconds>(waited_), std::chrono::milliseconds(0));
  }

  Waiting allowed_;
  std::chrono::nanoseconds waited_{};
  std::function<void(const std::string&)> listener_;
  bool told_ = false;
  std::atomic<bool> given_up_ = false;
};

}  // namespace lockstep
