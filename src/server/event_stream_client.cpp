#include "server/event_stream_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

#include "model/error.hpp"
#include "model/json.hpp"
#include "model/validation.hpp"
#include "server/asio.hpp"

namespace lockstep::server {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;

constexpr auto kConnect = 10s;
constexpr auto kSilence = 60s;  // the daemon is pinged when half of it has passed

std::string shown(const DaemonAddress& address) {
  if (!address.unix_path.empty()) return "unix:" + address.unix_path;
  return "http://" + (address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]") + ":" + address.port;
}

Error unreachable(const DaemonAddress& address, std::string cause, std::string hint = "") {
  return Error({ErrorCode::unreachable, "watch", shown(address), std::move(cause), std::move(hint), true});
}

}  // namespace

DaemonAddress parse_daemon_address(const std::string& text) {
  const auto refuse = [&text](const std::string& hint) {
    return Error({ErrorCode::usage, "watch", quoted_for_message(text), "this is not a daemon's address", hint, false});
  };
  DaemonAddress address;
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    address.unix_path = text.substr(kUnix.size());
    return address;
  }
  std::string rest = text;
  if (const std::size_t scheme_end = text.find("://"); scheme_end != std::string::npos) {
    const std::string scheme = text.substr(0, scheme_end);
    if (scheme == "https" || scheme == "wss")
      throw refuse("TLS is the proxy's work: watch the daemon behind it, at http://HOST:PORT");
    if (scheme != "http" && scheme != "ws") throw refuse("write http://HOST:PORT or unix:PATH");
    rest = text.substr(scheme_end + 3);
  }
  const std::size_t host_end = std::min(rest.find('/'), rest.size());
  if (host_end + 1 < rest.size()) address.path = rest.substr(host_end);
  rest.resize(host_end);
  const std::size_t bracket = rest.rfind(']');
  const std::size_t colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  address.host = rest.substr(0, colon);
  address.port = colon == std::string::npos ? "80" : rest.substr(colon + 1);
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || address.port.empty() || address.port.find_first_not_of("0123456789") != std::string::npos)
    throw refuse("write http://HOST:PORT or unix:PATH");
  // What listens everywhere is met at home.
  if (address.host == "0.0.0.0" || address.host == "::") address.host = "localhost";
  return address;
}

struct EventStreamClient::Impl {
  explicit Impl(DaemonAddress at) : address(std::move(at)) {}

  // Runs the loop until what was started on it is done, but no longer than that; throws what it threw.
  template <typename T>
  T finish(Awaitable<T> coroutine, std::chrono::steady_clock::duration at_most);

  Awaitable<void> connect();
  Awaitable<void> upgrade(std::optional<std::uint64_t> since, std::string token);
  Awaitable<std::string> read();
  [[noreturn]] void refuse(const websocket::response_type& response) const;

  DaemonAddress address;
  asio::io_context loop{1};
  websocket::stream<Socket, false> stream{loop.get_executor()};
  boost::beast::flat_buffer buffer;
};

template <typename T>
T EventStreamClient::Impl::finish(Awaitable<T> coroutine, std::chrono::steady_clock::duration at_most) {
  std::exception_ptr failure;
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
  if constexpr (std::is_void_v<T>)
    asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr e) { failure = e, result = true; });
  else
    asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr e, T value) { failure = e, result = std::move(value); });
  loop.restart();
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!result && loop.run_one_until(deadline) > 0) {
  }
  if (!result) throw unreachable(address, "no answer in time");
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

Awaitable<void> EventStreamClient::Impl::connect() {
  Socket& socket = stream.next_layer();
  error_code error;
  if (!address.unix_path.empty()) {
    if (address.unix_path.size() >= 108) throw unreachable(address, "the path of a unix socket is shorter");
    co_await socket.async_connect(asio::local::stream_protocol::endpoint(address.unix_path), into(error));
  } else {
    asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(loop.get_executor());
    const auto found = co_await resolver.async_resolve(address.host, address.port, into(error));
    if (error) throw unreachable(address, error.message());
    error = asio::error::host_not_found;
    for (const auto& entry : found) {
      if (socket.is_open()) socket.close();
      co_await socket.async_connect(entry.endpoint(), into(error));
      if (!error) break;
    }
  }
  if (error) throw unreachable(address, error.message(), "is the daemon running? `lockstep serve` starts it");
}

Awaitable<void> EventStreamClient::Impl::upgrade(std::optional<std::uint64_t> since, std::string token) {
  stream.set_option(websocket::stream_base::timeout{kConnect, kSilence, true});
  stream.set_option(websocket::stream_base::decorator([&token](websocket::request_type& request) {
    request.set(http::field::user_agent, "lockstep watch");
    if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
  }));
  std::string host = "localhost";
  if (address.unix_path.empty()) host = shown(address).substr(std::string_view("http://").size());
  std::string target = address.path;
  if (since) target += (target.find('?') == std::string::npos ? "?since=" : "&since=") + std::to_string(*since);
  websocket::response_type response;
  error_code error;
  co_await stream.async_handshake(response, host, target, into(error));
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
  impl_->finish(impl_->connect(), kConnect);
  impl_->finish(impl_->upgrade(since, token), kConnect);
}

EventStreamClient::~EventStreamClient() = default;

std::string EventStreamClient::next() { return impl_->finish(impl_->read(), std::chrono::hours(24 * 365)); }

}  // namespace lockstep::server
