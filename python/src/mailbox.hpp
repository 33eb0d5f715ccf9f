// From the service's threads to the event loop: what they have to say is put here, and the loop is woken by a
// descriptor that it watches. Nobody but the loop needs the interpreter's lock, so no engine ever waits for it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lockstep/service.hpp"

namespace lockstep::python {

// Thread-safe.
class Mailbox {
 public:
  // So many events may wait for a loop that is busy; beyond, they are dropped and `lost` says so.
  static constexpr std::size_t kMostEvents = 1'000;

  Mailbox();  // throws Error(io)
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  struct Content {
    std::vector<std::pair<std::uint64_t, Response>> replies;  // by the number that the asker gave
    std::vector<Event> events;
    std::vector<std::pair<LogLevel, std::string>> log;
    bool lost = false;
  };

  void put(std::uint64_t number, Response);
  void put(const Event&);
  void put(LogLevel, std::string_view message);
  Content take();
  int descriptor() const { return descriptor_; }  // readable while there is something to take

 private:
  void wake();  // under the mutex

  std::mutex mutex_;
  Content content_;
  bool awake_ = false;
  int descriptor_;
};

}  // namespace lockstep::python
