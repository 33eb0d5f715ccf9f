#include "server/http_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>

#include "engine/host.hpp"
#include "server/context.hpp"
#include "server/http_text.hpp"
#include "server/request_parser.hpp"
#include "server/sse_client.hpp"
#include "server/websocket_client.hpp"

namespace lockstep::server {
namespace {

using namespace std::chrono_literals;
using Progress = RequestParser::Progress;

// A response is often lost to a client that still sends when the connection is closed: so long it is listened to.
constexpr auto kLinger = 2s;

std::string shown(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

// The user at the other end of a unix socket; empty of any other.
std::string unix_peer(Socket& socket) {
  int family = 0;
  socklen_t size = sizeof family;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 || family != AF_UNIX) return {};
  ucred peer{};
  size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  return user_name(peer.uid);
}

class HttpConnection final : public Connection {
 public:
  HttpConnection(Context& context, Socket socket)
      : Connection(context.connections),
        context_(context),
        socket_(std::move(socket)),
        parser_({context.settings.max_header, context.settings.max_body}) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    peer_user_ = unix_peer(socket_);
  }

  static Awaitable<void> serve(std::unique_ptr<HttpConnection> connection);
  static Awaitable<void> refuse(std::unique_ptr<HttpConnection> connection);

  void check_deadline(Clock::time_point now) override {
    if (now >= deadline_) interrupt();
  }
  void go_away() override {
    if (idle_) interrupt();
  }

 private:
  Awaitable<bool> receive();
  Awaitable<bool> receive_bytes(Progress progress);
  Awaitable<bool> answer();
  Awaitable<bool> respond(api::Response response);
  Awaitable<bool> respond_fault(int status, std::string detail);
  Awaitable<api::Response> handle(api::Request request);
  Awaitable<bool> open_stream(const api::Request& request, api::StreamAccepted accepted);
  Awaitable<bool> write(std::string_view head, std::string_view body);
  Awaitable<void> close();

  // Whatever operation waits for the socket ends.
  void interrupt() {
    expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }
  void wait_until(Clock::time_point deadline) {
    deadline_ = deadline;
    expired_ = false;
  }
  void wait_at_most(Clock::duration duration) { wait_until(Clock::now() + duration); }

  Context& context_;
  Socket socket_;
  RequestParser parser_;
  std::string peer_user_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool expired_ = false;
  bool idle_ = false;    // between requests
  bool linger_ = false;  // a response was sent behind which the connection ends

  // Of the request that is being read or answered.
  Clock::time_point header_deadline_;
  bool continued_ = false;  // `100 Continue` was sent
  bool head_only_ = false;  // it answers HEAD
  Persistence persistence_ = Persistence::close;
};

Awaitable<void> HttpConnection::serve(std::unique_ptr<HttpConnection> connection) {
  bool open = true;
  while (open) {
    open = co_await connection->receive();
    if (open) open = co_await connection->answer();
  }
  co_await connection->close();
}

Awaitable<void> HttpConnection::refuse(std::unique_ptr<HttpConnection> connection) {
  co_await connection->respond_fault(
      503, "All " + std::to_string(connection->context_.settings.max_connections) + " connections (max_connections) are in use");
  co_await connection->close();
}

// true: a whole request is there. false: the connection is over.
Awaitable<bool> HttpConnection::receive() {
  continued_ = false;
  head_only_ = false;
  persistence_ = Persistence::close;
  header_deadline_ = Clock::time_point::max();
  for (;;) {
    std::variant<Progress, RequestFault> step = parser_.advance();
    if (RequestFault* const fault = std::get_if<RequestFault>(&step)) {
      co_await respond_fault(fault->status, std::move(fault->detail));
      co_return false;
    }
    const Progress progress = std::get<Progress>(step);
    if (progress == Progress::complete) co_return true;
    if (progress == Progress::body && parser_.continue_expected() && !std::exchange(continued_, true)) {
      const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n", "");
      if (!written) co_return false;
    }
    const bool received = co_await receive_bytes(progress);
    if (!received) co_return false;
  }
}

Awaitable<bool> HttpConnection::receive_bytes(Progress progress) {
  const config::DaemonSettings& settings = context_.settings;
  if (progress == Progress::header) {
    header_deadline_ = std::min(header_deadline_, Clock::now() + settings.header_timeout);
    wait_until(header_deadline_);
  } else {
    wait_at_most(settings.idle_timeout);
  }
  idle_ = progress == Progress::nothing;
  if (idle_ && context_.stopping) co_return false;
  error_code error;
  // Only a connection that has something to read gets a buffer, and all share that.
  co_await socket_.async_wait(Socket::wait_read, into(error));
  const bool was_idle = std::exchange(idle_, false);
  if (expired_ && !was_idle) {
    if (progress == Progress::header)
      co_await respond_fault(408, "The request's header was not complete within " + shown(settings.header_timeout) +
                                      " (header_timeout)");
    else
      co_await respond_fault(408, "Nothing of the request's body came for " + shown(settings.idle_timeout) +
                                      " (idle_timeout)");
  }
  if (error || expired_) co_return false;
  const std::size_t size = socket_.read_some(asio::buffer(context_.read_buffer), error);
  if (error == asio::error::would_block) co_return true;
  if (error) co_return false;
  parser_.append({context_.read_buffer.data(), size});
  co_return true;
}

// true: the connection goes on.
Awaitable<bool> HttpConnection::answer() {
  if (parser_.keep_alive()) persistence_ = parser_.is_http_1_0() ? Persistence::keep_1_0 : Persistence::keep;
  api::Request request = parser_.take();
  request.user = peer_user_;
  head_only_ = request.method == "HEAD";
  // While it is worked on nobody waits for the client.
  wait_until(Clock::time_point::max());
  auto stream = context_.application.open_stream(request);
  if (!stream) {
    const bool is_logged = context_.settings.log_level <= LogLevel::debug;
    const std::string line = is_logged ? request.method + " " + request.target : std::string();
    api::Response response = co_await handle(std::move(request));
    if (is_logged)
      context_.log({LogLevel::debug, line + " " + std::to_string(response.status),
                    {{"status", Json::number(response.status)}, {"bytes", Json::number(static_cast<std::int64_t>(response.body.size()))}}});
    const bool open = co_await respond(std::move(response));
    co_return open;
  }
  bool open = false;
  if (api::Response* const refusal = std::get_if<api::Response>(&*stream)) open = co_await respond(std::move(*refusal));
  else open = co_await open_stream(request, std::get<api::StreamAccepted>(*std::move(stream)));
  co_return open;
}

// As answer(): a connection that became a stream is no longer this one's.
Awaitable<bool> HttpConnection::open_stream(const api::Request& request, api::StreamAccepted accepted) {
  bool open = false;
  if (accepted.kind == api::StreamKind::server_sent_events) {
    if (!head_only_) {
      open_sse(context_, std::move(socket_), accepted);
      co_return false;
    }
    api::Response response;
    response.content_type = "text/event-stream";
    open = co_await respond(std::move(response));
    co_return open;
  }
  std::optional<api::Response> refusal = refuse_websocket(request);
  if (!refusal && parser_.has_bytes())
    refusal = api::carrier_problem(400, "A WebSocket client sends nothing before its upgrade is answered");
  if (refusal) {
    open = co_await respond(*std::move(refusal));
    co_return open;
  }
  open_websocket(context_, std::move(socket_), request, accepted);
  co_return false;
}

// The reply may come on any thread, and at once; the coroutine goes on on the loop.
Awaitable<api::Response> HttpConnection::handle(api::Request request) {
  using Token = asio::use_awaitable_t<Executor>;
  return asio::async_initiate<const Token, void(api::Response)>(
      [this](auto handler, api::Request asked) {
        const auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        context_.application.handle(std::move(asked), [waiting, executor = socket_.get_executor()](api::Response response) {
          asio::post(executor, [waiting, response = std::move(response)]() mutable {
            std::move (*waiting)(std::move(response));
          });
        });
      },
      Token(), std::move(request));
}

Awaitable<bool> HttpConnection::respond(api::Response response) {
  if (context_.stopping) persistence_ = Persistence::close;
  const std::string head = response_head(response, persistence_, context_.date);
  const bool written = co_await write(head, head_only_ ? std::string_view() : std::string_view(response.body));
  linger_ = written && persistence_ == Persistence::close;
  co_return written && !linger_;
}

Awaitable<bool> HttpConnection::respond_fault(int status, std::string detail) {
  persistence_ = Persistence::close;
  return respond(api::carrier_problem(status, std::move(detail)));
}

Awaitable<bool> HttpConnection::write(std::string_view head, std::string_view body) {
  std::array<asio::const_buffer, 2> rest{asio::buffer(head), asio::buffer(body)};
  error_code error;
  // Most responses fit in at once.
  const std::size_t written = socket_.write_some(rest, error);
  if (error && error != asio::error::would_block) co_return false;
  if (written == head.size() + body.size()) co_return true;
  const std::size_t of_head = std::min(written, head.size());
  rest[0] += of_head;
  rest[1] += written - of_head;
  // A client may read as slowly as it likes, but not stop.
  const auto on_progress = [this](const error_code& failed, std::size_t) -> std::size_t {
    wait_at_most(context_.settings.idle_timeout);
    return failed ? 0 : 1 << 20;
  };
  co_await asio::async_write(socket_, rest, on_progress, into(error));
  co_return !error;
}

// What the client still sends is read and forgotten for a while, so that it gets to read the response.
Awaitable<void> HttpConnection::close() {
  if (!linger_) co_return;
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  wait_at_most(kLinger);
  idle_ = true;  // for go_away()
  while (!error && !expired_) {
    co_await socket_.async_wait(Socket::wait_read, into(error));
    if (error) break;
    socket_.read_some(asio::buffer(context_.read_buffer), error);
    if (error == asio::error::would_block) error = {};
  }
}

}  // namespace

void serve_http(Context& context, Socket socket) {
  const Executor executor = socket.get_executor();
  spawn(executor, HttpConnection::serve(std::make_unique<HttpConnection>(context, std::move(socket))));
}

void turn_away(Context& context, Socket socket) {
  const Executor executor = socket.get_executor();
  spawn(executor, HttpConnection::refuse(std::make_unique<HttpConnection>(context, std::move(socket))));
}

}  // namespace lockstep::server
