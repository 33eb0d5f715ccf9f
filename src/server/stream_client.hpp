// A client that gets events: its queue, its bounds. How they travel is its kind's: websocket_client, sse_client.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "server/asio.hpp"
#include "server/connection.hpp"

namespace lockstep::server {

struct Context;
class EventFeed;

// One event, made ready once for all clients.
struct FeedEvent {
  std::uint64_t seq = 0;
  std::shared_ptr<const std::string> json;  // the object: a WebSocket message
  std::shared_ptr<const std::string> sse;   // the same with its `id:`, `event:` and `data:` lines; null if no client needs it
};

class StreamClient : public Connection, public std::enable_shared_from_this<StreamClient> {
 public:
  using Text = std::shared_ptr<const std::string>;

  // What may wait to be sent; beyond it the client is too slow, and dropped.
  static constexpr std::size_t kMostMessages = 256;
  static constexpr std::size_t kMostBytes = 4ULL << 20;

  api::StreamKind kind() const { return kind_; }
  // Nothing if the client had it before it joined, or is on its way out.
  void deliver(const FeedEvent& event);

 protected:
  StreamClient(Context& context, api::StreamKind kind);

  // While it lives the client gets every event, and first, however much that is: the opening, and what it missed
  // since then. At its end nothing more is sent.
  class Membership {
   public:
    Membership(StreamClient& client, std::optional<std::uint64_t> since);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

   private:
    StreamClient& client_;
  };

  // What the client is greeted with; `seq`: of the last event so far.
  virtual Text opening(std::uint64_t seq) const = 0;
  // Behind what already waits. drop() if that is too much.
  void send(Text text);
  // Of this event, what travels to this kind of client.
  virtual Text text_of(const FeedEvent& event) const = 0;
  // Starts sending; written() when it is done. One at a time. The text stays until then.
  virtual void write(const std::string& text) = 0;
  void written(error_code error);
  // The client is too slow: ends the connection, whatever still waits.
  virtual void drop() = 0;

  bool is_idle() const { return !writing_ && !stopped_; }
  // No more is sent; what waits is forgotten, save the text that is being written.
  void stop_sending();

  Context& context_;

 private:
  friend class EventFeed;
  void write_next();

  api::StreamKind kind_;
  std::size_t place_ = 0;  // in the feed
  std::uint64_t last_seq_ = 0;  // of the last event that it has, or that waits
  std::vector<Text> queue_;  // the first `sent_` are gone, the one after them is being written
  std::size_t sent_ = 0, waiting_bytes_ = 0;
  std::size_t allowed_messages_ = kMostMessages, allowed_bytes_ = kMostBytes;
  bool writing_ = false, stopped_ = false;
};

}  // namespace lockstep::server
