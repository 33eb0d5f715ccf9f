// How long an operation waits for others, whatever for: file, database, replica, a server's answer.
#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// While the file's lock is held: others want it, perhaps to be able to let go of what is waited for here.
constexpr milliseconds kUnderLock{250};
// In between, without any lock.
constexpr milliseconds kWithoutLock{100};
// However long a request has waited for its turn.
constexpr milliseconds kLeast{250};
// Finding out who is in the way costs a session of its own.
constexpr milliseconds kWorthAQuestion{1'600};
constexpr milliseconds kToBeAnswered{1'000};

}  // namespace

void Core::begin_waiting() {
  milliseconds allowed = settings.lock_timeout;
  if (asked_at) {
    const auto late = std::chrono::duration_cast<milliseconds>(steady_clock::now() - *asked_at);
    allowed = std::max(std::min(allowed, kLeast), allowed - late);
  }
  patience = Patience(files, allowed);
  patience.on_wait(wait_listener);
  patience.end_with(given_up);
  was_busy.reset();
}

void Core::count_waits(bool under_lock) {
  patience.spend(store->waited());
  const auto left = std::chrono::ceil<milliseconds>(patience.left());
  const bool anonymous = !was_busy || was_busy->parts().cause.find("process ") == std::string::npos;
  const bool ask = under_lock && anonymous && (patience.used_up() >= kWorthAQuestion || left <= kUnderLock);
  const milliseconds slice = ask ? kToBeAnswered : kUnderLock;
  store->wait_at_most({.lock = under_lock ? std::min(left, slice) : left, .answer = left, .name_holder = ask});
}

std::unique_ptr<Transaction> Core::begin(Access access) {
  if (operations == 0) begin_waiting();
  count_waits(false);
  return store->begin(access, settings.replica);
}

std::unique_ptr<Transaction> Core::begin_under_lock() {
  count_waits(true);
  return store->begin(Access::write, settings.replica);
}

void Core::wait_for_commit() { count_waits(false); }

void Core::wait_for_database(const Error& busy) {
  count_waits(false);
  // The last attempt may have been too short to find out who is in the way.
  if (!was_busy || busy.parts().cause.size() >= was_busy->parts().cause.size()) was_busy = busy;
  if (patience.worth_a_word()) patience.tell("Waiting for the database: " + was_busy->parts().cause);
  if (!patience.wait(std::min<microseconds>(kWithoutLock, patience.left()))) throw Error(*was_busy);
}

void Core::give_up() {
  given_up = true;
  store->give_up();
}

}  // namespace lockstep
