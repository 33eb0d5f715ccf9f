// From the hub's thread to all clients: one listener, one wake-up of the loop for a burst, one text for all.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "api/event_hub.hpp"
#include "server/application.hpp"
#include "server/asio.hpp"
#include "server/stream_client.hpp"

namespace lockstep::server {

// Used on the loop's thread; only the hub's listener runs on those that publish.
class EventFeed {
 public:
  EventFeed(asio::io_context& loop, Application& application);
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  struct Start {
    std::vector<FeedEvent> missed;  // since the event that was named; or `resync_required`
    std::uint64_t seq = 0;          // of the last event so far: the client is delivered those after it
  };
  Start join(std::shared_ptr<StreamClient>, std::optional<std::uint64_t> since);
  void leave(const StreamClient&);  // idempotent
  // Hears and delivers no more.
  void close();

 private:
  void receive(const api::EventHub::Message&);  // on the publisher's thread
  void next_burst();
  void deliver_slice();
  void count(api::StreamKind, std::int64_t change);

  asio::io_context& loop_;
  Application& application_;
  std::vector<std::shared_ptr<StreamClient>> clients_;
  std::int64_t websockets_ = 0, sse_ = 0;  // of these

  std::mutex mutex_;                              // guards:
  std::vector<api::EventHub::Message> received_;  // what the loop has not taken yet
  bool coming_ = false;                           // the loop will look, without being woken

  // The burst that is being delivered, in slices, so that requests get their turn in between. The next one waits.
  std::vector<FeedEvent> burst_;
  std::vector<std::shared_ptr<StreamClient>> audience_;
  std::size_t served_ = 0;

  std::unique_ptr<api::EventHub::Subscription> subscription_;  // last: ends first
};

}  // namespace lockstep::server
