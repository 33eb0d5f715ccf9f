// lockstep mounted at /schedule in a Beast server of the application's own, which has pages of its own too.
//
//   in_beast_server PORT SCHEDULE.yml DATABASE_URL
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <iostream>
#include <lockstep/service.hpp>
#include <memory>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostWaiting = 256;  // events for a client that does not read

lockstep::Request request_from(const HttpRequest& from) {
  lockstep::Request request;
  request.method = std::string(from.method_string());
  request.target = std::string(from.target());
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    request.headers.push_back({std::move(name), std::string(field.value())});
  }
  request.body = from.body();
  return request;
}

HttpResponse response_from(lockstep::Response from, const HttpRequest& request) {
  HttpResponse response(static_cast<http::status>(from.status), request.version());
  if (!from.content_type.empty()) response.set(http::field::content_type, from.content_type);
  for (const lockstep::Header& header : from.headers) response.insert(header.name, header.value);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(from.body);
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

// The service replies on a thread of its own; the coroutine goes on on the loop's.
asio::awaitable<lockstep::Response> ask(lockstep::Service& service, lockstep::Request request) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(lockstep::Response)>(
      [&service](auto handler, lockstep::Request asked) {
        auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        service.handle(std::move(asked), [executor, shared](lockstep::Response response) {
          asio::post(executor, [shared, response = std::move(response)]() mutable { (*shared)(std::move(response)); });
        });
      },
      asio::use_awaitable, std::move(request));
}

// What one WebSocket client is still to be sent. Used on the loop's thread.
struct Outbox {
  explicit Outbox(const asio::any_io_executor& executor) : something(executor, asio::steady_timer::time_point::max()) {}
  void put(std::shared_ptr<const std::string> text) {
    if (texts.size() >= kMostWaiting) closed = true;
    else texts.push_back(std::move(text));
    something.cancel();
  }
  std::deque<std::shared_ptr<const std::string>> texts;
  asio::steady_timer something;
  bool closed = false;
};
using Socket = websocket::stream<beast::tcp_stream>;

asio::awaitable<void> send_events(std::shared_ptr<Socket> socket, std::shared_ptr<Outbox> outbox) {
  for (;;) {
    while (!outbox->closed && outbox->texts.empty()) co_await outbox->something.async_wait(kQuietly);
    if (outbox->closed) break;
    const std::shared_ptr<const std::string> text = outbox->texts.front();
    outbox->texts.pop_front();
    const auto [error, size] = co_await socket->async_write(asio::buffer(*text), kQuietly);
    if (error) co_return;
  }
  co_await socket->async_close(websocket::close_code::try_again_later, kQuietly);
}

asio::awaitable<void> carry_websocket(lockstep::Service& service, beast::tcp_stream stream, HttpRequest request) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto outbox = std::make_shared<Outbox>(executor);
  auto opened = service.open_stream(request_from(request), [executor, outbox](const lockstep::Event& event) {
    asio::post(executor, [outbox, text = event.json] { outbox->put(text); });
  });
  if (!opened) co_return;
  if (auto* refused = std::get_if<lockstep::Response>(&*opened)) {
    HttpResponse response = response_from(std::move(*refused), request);
    response.keep_alive(false);
    co_await http::async_write(stream, response, kQuietly);
    co_return;
  }
  lockstep::Stream& events = std::get<lockstep::Stream>(*opened);
  outbox->texts.push_front(std::make_shared<const std::string>(events.greeting));
  for (std::size_t i = 0; i < events.missed.size(); ++i)
    outbox->texts.insert(outbox->texts.begin() + 1 + static_cast<std::ptrdiff_t>(i), events.missed[i].json);

  stream.expires_never();
  const auto socket = std::make_shared<Socket>(std::move(stream));
  socket->set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  socket->read_message_max(4096);
  const auto [error] = co_await socket->async_accept(request, kQuietly);
  if (error) co_return;
  asio::co_spawn(executor, send_events(socket, outbox), asio::detached);
  for (beast::flat_buffer buffer;; buffer.clear()) {
    const auto [failed, size] = co_await socket->async_read(buffer, kQuietly);
    if (failed) break;
    if (beast::buffers_to_string(buffer.data()) == "ping") outbox->put(std::make_shared<const std::string>(R"({"event":"pong"})"));
  }
  outbox->closed = true;
  outbox->something.cancel();
}

asio::awaitable<void> serve_client(lockstep::Service& service, beast::tcp_stream stream) {
  for (beast::flat_buffer buffer;;) {
    stream.expires_after(std::chrono::seconds(60));
    http::request_parser<http::string_body> parser;
    parser.body_limit(service.max_body());
    const auto [error, size] = co_await http::async_read(stream, buffer, parser, kQuietly);
    if (error) co_return;
    HttpRequest request = parser.release();
    if (websocket::is_upgrade(request)) co_return co_await carry_websocket(service, std::move(stream), std::move(request));

    lockstep::Response response;
    if (request.target().starts_with("/schedule")) response = co_await ask(service, request_from(request));
    else response = {200, "text/plain; charset=utf-8", {}, "The application's own page. The schedule is at /schedule/\n"};
    HttpResponse answer = response_from(std::move(response), request);
    const auto [failed, written] = co_await http::async_write(stream, answer, kQuietly);
    if (failed || !answer.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept_clients(lockstep::Service& service, tcp::acceptor acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kQuietly);
    if (error) co_return;
    asio::co_spawn(acceptor.get_executor(), serve_client(service, beast::tcp_stream(std::move(socket))), asio::detached);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: in_beast_server PORT SCHEDULE.yml DATABASE_URL\n";
    return 64;
  }
  try {
    // The service outlives the loop, whose coroutines hold its streams; once it is stopped, it posts nothing to the loop.
    auto service = lockstep::Service::start({.yaml = arguments[2], .database = arguments[3]}, {.prefix = "/schedule"});
    asio::io_context loop(1);
    const auto port = static_cast<std::uint16_t>(std::stoi(arguments[1]));
    asio::co_spawn(loop, accept_clients(service, tcp::acceptor(loop, {asio::ip::address_v4::loopback(), port})), asio::detached);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&loop](const boost::system::error_code&, int) { loop.stop(); });
    std::cout << "http://127.0.0.1:" << port << "/schedule/" << std::endl;
    loop.run();
    service.stop();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
