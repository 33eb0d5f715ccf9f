#include "server/sse_client.hpp"

#include <boost/asio/write.hpp>

#include "server/context.hpp"
#include "server/http_text.hpp"
#include "server/stream_client.hpp"

namespace lockstep::server {
namespace {

class SseClient final : public StreamClient {
 public:
  // `headers`: of the answer that opens the stream, besides ours.
  SseClient(Context& context, Socket socket, std::vector<api::Header> headers)
      : StreamClient(context, api::StreamKind::server_sent_events),
        socket_(std::move(socket)),
        headers_(std::move(headers)) {}

  // Until the client is gone.
  static Awaitable<void> run(std::shared_ptr<SseClient> client, api::StreamAccepted accepted);

  void check_deadline(Clock::time_point now) override {
    static const Text heartbeat = std::make_shared<const std::string>(": heartbeat\n\n");
    if (!is_idle()) {
      if (now >= write_deadline_) drop();
    } else if (now >= next_heartbeat_) {
      send(heartbeat);
    }
  }
  void go_away() override { drop(); }

 private:
  Text opening(std::uint64_t seq) const override {
    api::Response response;
    response.content_type = "text/event-stream";
    // The last: for nginx, which would hold events back to fill its buffer.
    response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}, {"X-Accel-Buffering", "no"}};
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    return std::make_shared<const std::string>(stream_head(response, context_.date) + ": seq " + std::to_string(seq) + "\n\n");
  }
  Text text_of(const FeedEvent& event) const override { return event.sse; }
  void write(const std::string& text) override {
    const Clock::time_point now = Clock::now();
    next_heartbeat_ = now + context_.times.heartbeat;
    write_deadline_ = now + context_.settings.idle_timeout;
    asio::async_write(socket_, asio::buffer(text), [this, self = shared_from_this()](error_code error, std::size_t) {
      if (error) drop();
      written(error);
    });
  }
  // An event that is cut short is none to the client, which comes back with the id of the last whole one.
  void drop() override {
    stop_sending();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.cancel(ignored);
  }

  Socket socket_;
  std::vector<api::Header> headers_;
  Clock::time_point next_heartbeat_ = Clock::time_point::max();
  Clock::time_point write_deadline_ = Clock::time_point::max();
};

Awaitable<void> SseClient::run(std::shared_ptr<SseClient> client, api::StreamAccepted accepted) {
  Socket& socket = client->socket_;
  const Membership membership(*client, accepted.since);
  // A client that goes is one whose stream ends. Whatever else it sends means nothing.
  error_code error;
  while (!error) {
    co_await socket.async_wait(Socket::wait_read, into(error));
    if (error) break;
    socket.read_some(asio::buffer(client->context_.read_buffer), error);
    if (error == asio::error::would_block) error = {};
  }
  client->drop();
}

}  // namespace

void open_sse(Context& context, Socket socket, const api::StreamAccepted& accepted) {
  const Executor executor = socket.get_executor();
  const auto client = std::make_shared<SseClient>(context, std::move(socket), accepted.headers);
  spawn(executor, SseClient::run(client, accepted));
}

}  // namespace lockstep::server
