#include "server/daemon_request.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "server/asio.hpp"
#include "server/daemon_connection.hpp"

namespace lockstep::server {
namespace {

namespace http = boost::beast::http;

Awaitable<DaemonAnswer> ask(Socket& socket, const DaemonAddress& address, const std::string& target) {
  co_await connect(socket, address);
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, host_header(address));
  request.set(http::field::user_agent, "lockstep doctor");
  request.set(http::field::connection, "close");
  error_code error;
  co_await http::async_write(socket, request, into(error));
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!error) co_await http::async_read(socket, buffer, response, into(error));
  if (error) throw unreachable(address, error.message());
  co_return DaemonAnswer{response.result_int(), std::move(response.body())};
}

}  // namespace

DaemonAnswer ask_daemon(const DaemonAddress& address, const std::string& target, std::chrono::milliseconds at_most) {
  asio::io_context loop{1};
  Socket socket(loop.get_executor());
  return finish(loop, address, ask(socket, address, target), at_most);
}

}  // namespace lockstep::server
