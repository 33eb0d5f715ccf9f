// Wakes the daemon when the task table may have changed. A hint, no more: the engine reads and decides.
//
// PostgreSQL: postgres/change_listener.hpp. SQLite: sqlite/change_listener.hpp. The store in memory has none.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lockstep {

struct ChangeListenerOptions {
  // A connection that is lost, or a database that is not there.
  std::chrono::milliseconds first_pause{250};  // before the second attempt to connect; doubled each time
  std::chrono::milliseconds longest_pause{30'000};

  // PostgreSQL.
  std::chrono::milliseconds self_test_timeout{2'000};  // 0 = do not rely on notifications
  std::chrono::milliseconds poll_interval{5'000};      // without them
  std::chrono::milliseconds ping_interval{1'000};      // the server is asked for an answer so often
  std::chrono::milliseconds silence{5'000};            // without one for so long it does not answer

  // SQLite.
  std::chrono::milliseconds sqlite_backstop{2'000};     // a look at least so often, should an event be missed
  std::chrono::milliseconds sqlite_poll_interval{500};  // where the system gives no events
  std::chrono::milliseconds sqlite_settle{20};          // a file that appears is opened when left alone so long
};

// wait() is called by one thread; everything else may be called by any.
class ChangeListener {
 public:
  enum class Heard : std::uint8_t {
    change,    // the table may have changed
    woken,     // by wake()
    deadline,  // nothing, in the time given
  };

  virtual ~ChangeListener() = default;

  // Blocks until there is something to tell, at most so long (connecting included, up to the connection's own
  // timeout). Connecting, first or anew, counts as a change, since anything may have happened before it
  // listened. Never throws for a database that is away: state() says so.
  virtual Heard wait(std::chrono::milliseconds at_most) = 0;
  virtual void wake() noexcept = 0;  // signal handlers too: ends the present wait, or the next

  virtual bool connected() const = 0;
  virtual bool answering() const { return true; }  // false: connected, but the server says nothing any more
  virtual bool notified() const = 0;      // changes are told as they happen; false: found by looking at intervals
  virtual std::string state() const = 0;  // a sentence for people
};

// By the URL's scheme, as open_store. Nothing is connected yet. Throws Error(usage) for a URL that it does not
// understand, Error(io) when the system has no descriptor left.
std::unique_ptr<ChangeListener> open_change_listener(std::string_view url, const ChangeListenerOptions& options = {});

}  // namespace lockstep
