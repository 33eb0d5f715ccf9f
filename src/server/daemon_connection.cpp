#include "server/daemon_connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "model/validation.hpp"

namespace lockstep::server {

std::string shown(const DaemonAddress& address) {
  if (!address.unix_path.empty()) return "unix:" + address.unix_path;
  return "http://" + host_header(address);
}

std::string host_header(const DaemonAddress& address) {
  if (!address.unix_path.empty()) return "localhost";
  return (address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]") + ":" + address.port;
}

Error unreachable(const DaemonAddress& address, std::string cause, std::string hint) {
  return Error({ErrorCode::unreachable, "watch", shown(address), std::move(cause), std::move(hint), true});
}

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
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || address.port.empty() || address.port.find_first_not_of("0123456789") != std::string::npos)
    throw refuse("write http://HOST:PORT or unix:PATH");
  // What listens everywhere is met at home.
  if (address.host == "0.0.0.0" || address.host == "::") address.host = "localhost";
  return address;
}

Awaitable<void> connect(Socket& socket, const DaemonAddress& address) {
  error_code error;
  if (!address.unix_path.empty()) {
    if (address.unix_path.size() >= 108) throw unreachable(address, "the path of a unix socket is shorter");
    co_await socket.async_connect(asio::local::stream_protocol::endpoint(address.unix_path), into(error));
  } else {
    asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(socket.get_executor());
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

}  // namespace lockstep::server
