// Events for any number of listeners: numbered, serialised once, the last kept for those who
// come back. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"

namespace lockstep::api {

class EventHub {
 public:
  static constexpr std::size_t kKept = 1'000;

  struct Message {
    std::uint64_t seq = 0;
    std::string_view event;                   // the event's name, static
    std::shared_ptr<const std::string> text;  // the whole JSON object
  };
  // Called on the publishing thread, one message at a time and in order of seq; must not block, and must not
  // call the hub.
  using Listener = std::function<void(const Message&)>;

  class Subscription;

  // The first event gets the number after `start`. A server that starts with the time knows numbers that a former
  // one gave for what they are: not its own.
  explicit EventHub(std::uint64_t start = 0);

  // Gives the next seq and the timestamp, puts `event`, `timestamp` and `seq` before `members`, hands it to
  // every listener. `event` must be a literal.
  void publish(std::string_view event, std::vector<Json::Member> members);

  // From now on. Nothing is published between what `first` holds and what the listener gets.
  struct Joined {
    std::unique_ptr<Subscription> subscription;  // ends when destroyed; after that no call is under way
    // What to send first: with `since`, the events after it; or `resync_required` where they are no longer kept (or
    // `since` is not of this server). 0: all that this server ever told. Empty without `since`.
    std::vector<Message> first;
    std::uint64_t seq = 0;  // of the last event so far
  };
  Joined join(std::optional<std::uint64_t> since, Listener);

  // `connection_established` for one new client: http.md; its seq is that of the last event so far.
  static std::string greeting(std::uint64_t seq);

 private:
  friend class Subscription;
  void leave(std::uint64_t id);

  const std::uint64_t start_;
  std::mutex mutex_;
  std::uint64_t seq_;  // of the last event
  std::deque<Message> kept_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_listener_ = 0;
};

class EventHub::Subscription {
 public:
  Subscription(EventHub& hub, std::uint64_t id) : hub_(hub), id_(id) {}
  ~Subscription() { hub_.leave(id_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  EventHub& hub_;
  std::uint64_t id_;
};

}  // namespace lockstep::api
