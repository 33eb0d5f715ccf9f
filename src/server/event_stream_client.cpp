#include "server/event_stream_client.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

#include "model/error.hpp"
#include "model/json.hpp"
#include "server/asio.hpp"
#include "server/daemon_connection.hpp"

namespace lockstep::server {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;

constexpr auto kConnect = 10s;
constexpr auto kSilence = 60s;  // the daemon is pinged when half of it has passed

}  // namespace

struct EventStreamClient::Impl {
  explicit Impl(DaemonAddress at) : address(std::move(at)) {}

  template <typename T>
  T finish(Awaitable<T> coroutine, std::chrono::steady_clock::duration at_most) {
    return server::finish(loop, address, std::move(coroutine), at_most);
  }

  Awaitable<void> upgrade(std::optional<std::uint64_t> since, std::string token);
  Awaitable<std::string> read();
  [[noreturn]] void refuse(const websocket::response_type& response) const;

  DaemonAddress address;
  asio::io_context loop{1};
  websocket::stream<Socket, false> stream{loop.get_executor()};
  boost::beast::flat_buffer buffer;
};

Awaitable<void> EventStreamClient::Impl::upgrade(std::optional<std::uint64_t> since, std::string token) {
  stream.set_option(websocket::stream_base::timeout{kConnect, kSilence, true});
  stream.set_option(websocket::stream_base::decorator([&token](websocket::request_type& request) {
    request.set(http::field::user_agent, "lockstep watch");
    if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
  }));
  std::string target = address.path;
  if (since) target += (target.find('?') == std::string::npos ? "?since=" : "&since=") + std::to_string(*since);
  websocket::response_type response;
  error_code error;
  co_await stream.async_handshake(response, host_header(address), target, into(error));
  if (error == websocket::error::upgrade_declined) refuse(response);
  if (error) throw unreachable(address, error.message());
}

// What the problem object says, if the response is one.
void EventStreamClient::Impl::refuse(const websocket::response_type& response) const {
  const int status = static_cast<int>(response.result_int());
  std::string cause = "it answered " + std::to_string(status) + " " + std::string(response.reason());
  const JsonResult problem = parse_json(response.body());
  if (const Json* detail = problem.ok() ? problem.value.find("detail") : nullptr) cause = detail->text;
  if (status == 401 || status == 403)
    throw Error({ErrorCode::permission, "watch", shown(address), cause, "set LOCKSTEP_TOKEN to the daemon's token", false});
  if (status >= 500) throw unreachable(address, cause);
  throw Error({ErrorCode::usage, "watch", shown(address), cause, "is this a lockstep daemon, and its address right?", false});
}

Awaitable<std::string> EventStreamClient::Impl::read() {
  error_code error;
  co_await stream.async_read(buffer, into(error));
  if (error == websocket::error::closed) throw unreachable(address, "the daemon closed the connection");
  if (error) throw unreachable(address, error.message());
  std::string text = boost::beast::buffers_to_string(buffer.data());
  buffer.clear();
  co_return text;
}

EventStreamClient::EventStreamClient(const DaemonAddress& address, std::optional<std::uint64_t> since, const std::string& token)
    : impl_(std::make_unique<Impl>(address)) {
  impl_->finish(connect(impl_->stream.next_layer(), impl_->address), kConnect);
  impl_->finish(impl_->upgrade(since, token), kConnect);
}

EventStreamClient::~EventStreamClient() = default;

std::string EventStreamClient::next() { return impl_->finish(impl_->read(), std::chrono::hours(24 * 365)); }

}  // namespace lockstep::server
