#include "server/websocket_client.hpp"

#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

#include "server/context.hpp"
#include "server/stream_client.hpp"

namespace lockstep::server {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;

constexpr std::size_t kMostInbound = 4096;  // bytes of a message; a larger one closes with 1009
constexpr auto kHandshake = 10s;  // for the upgrade's answer, and for the client's to a close frame

class WebSocketClient final : public StreamClient {
 public:
  WebSocketClient(Context& context, Socket socket)
      : StreamClient(context, api::StreamKind::websocket), stream_(std::move(socket)) {
    stream_.set_option(websocket::stream_base::timeout{kHandshake, context.times.silence, true});
    stream_.read_message_max(kMostInbound);
    stream_.auto_fragment(false);
  }

  // Until the client is gone.
  static Awaitable<void> run(std::shared_ptr<WebSocketClient> client, http::request<http::empty_body> upgrade,
                             api::StreamAccepted accepted);

  void check_deadline(Clock::time_point now) override {
    if (now >= cut_off_at_) close_socket();
  }
  void go_away() override { close(websocket::close_code::going_away); }

 private:
  Text opening(std::uint64_t seq) const override {
    return std::make_shared<const std::string>(api::EventHub::greeting(seq));
  }
  Text text_of(const FeedEvent& event) const override { return event.json; }
  void write(const std::string& text) override {
    stream_.async_write(asio::buffer(text), [this, self = shared_from_this()](error_code error, std::size_t) {
      written(error);
    });
  }
  void drop() override { close(websocket::close_code::try_again_later); }

  Awaitable<void> read_until_closed();
  void receive(std::string_view message);

  // Behind the message that is being written. A client that takes neither is cut off.
  void close(websocket::close_code code) {
    stop_sending();
    if (std::exchange(closing_, true)) return;
    cut_off_at_ = Clock::now() + context_.times.farewell;
    if (stream_.is_open()) stream_.async_close(code, [self = shared_from_this()](error_code) {});
    else close_socket();
  }
  void close_socket() {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  websocket::stream<Socket, false> stream_;  // false: no compression, every message is one text for all clients
  Clock::time_point cut_off_at_ = Clock::time_point::max();
  bool closing_ = false;
};

Awaitable<void> WebSocketClient::run(std::shared_ptr<WebSocketClient> client, http::request<http::empty_body> upgrade,
                                     api::StreamAccepted accepted) {
  auto& stream = client->stream_;
  stream.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
    response.set(http::field::server, "lockstep");
    response.set(http::field::date, client->context_.date);
    if (!accepted.subprotocol.empty()) response.set(http::field::sec_websocket_protocol, accepted.subprotocol);
  }));
  error_code error;
  co_await stream.async_accept(upgrade, into(error));
  stream.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
  if (error) co_return;
  stream.text(true);
  const Membership membership(*client, accepted.since);
  if (client->context_.stopping) client->go_away();
  co_await client->read_until_closed();
}

Awaitable<void> WebSocketClient::read_until_closed() {
  // Longer than any message that means something. The rest of a longer one is passed over; Beast counts it.
  std::array<char, 32> piece;
  std::string message;
  error_code error;
  for (;;) {
    const std::size_t size = co_await stream_.async_read_some(asio::buffer(piece), into(error));
    if (error) co_return;
    if (message.size() < piece.size()) message.append(piece.data(), size);
    if (!stream_.is_message_done()) continue;
    receive(message);
    message.clear();
  }
}

void WebSocketClient::receive(std::string_view message) {
  static const Text pong = std::make_shared<const std::string>(R"({"event":"pong"})");
  if (message == "ping" && stream_.got_text()) send(pong);
}

bool has_token(const std::string* field, std::string_view token) {
  return field != nullptr && http::token_list(*field).exists(token);
}

}  // namespace

std::optional<api::Response> refuse_websocket(const api::Request& request) {
  if (request.method != "GET" || !has_token(request.header("upgrade"), "websocket") ||
      !has_token(request.header("connection"), "upgrade")) {
    api::Response response = api::carrier_problem(426, "This is a WebSocket: connect with ws:// and a WebSocket client");
    response.headers.push_back({"Upgrade", "websocket"});
    response.headers.push_back({"Connection", "Upgrade"});
    return response;
  }
  const std::string* const version = request.header("sec-websocket-version");
  if (version == nullptr || *version != "13") {
    api::Response response = api::carrier_problem(426, "Only version 13 of the WebSocket protocol is spoken here");
    response.headers.push_back({"Sec-WebSocket-Version", "13"});
    return response;
  }
  constexpr std::size_t kKeySize = 24;  // 16 bytes in base64
  const std::string* const key = request.header("sec-websocket-key");
  if (key == nullptr || key->size() != kKeySize)
    return api::carrier_problem(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  return std::nullopt;
}

void open_websocket(Context& context, Socket socket, const api::Request& request, const api::StreamAccepted& accepted) {
  http::request<http::empty_body> upgrade(http::verb::get, request.target, 11);
  for (const char* name : {"host", "connection", "upgrade", "sec-websocket-key", "sec-websocket-version"})
    if (const std::string* value = request.header(name)) upgrade.set(name, *value);
  const Executor executor = socket.get_executor();
  const auto client = std::make_shared<WebSocketClient>(context, std::move(socket));
  spawn(executor, WebSocketClient::run(client, std::move(upgrade), accepted));
}

}  // namespace lockstep::server
