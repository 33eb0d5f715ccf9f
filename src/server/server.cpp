#include "server/server.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <optional>
#include <system_error>

#include "model/error.hpp"
#include "server/context.hpp"
#include "server/http_connection.hpp"
#include "server/http_text.hpp"
#include "server/listening_socket.hpp"

namespace lockstep::server {
namespace {

using namespace std::chrono_literals;
using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// Descriptors that connections must leave to the engine: files, databases, watchers.
constexpr std::uint64_t kReservedFiles = 256;
// Connections above the limit that are told so; those above it are just closed.
constexpr std::size_t kTurnedAway = 128;
constexpr auto kAcceptPause = 100ms;  // after an accept that failed, for want of descriptors or memory

// How often deadlines are looked at: often enough for the shortest of them.
Clock::duration tick_of(const config::DaemonSettings& settings, const StreamTimes& times) {
  const Clock::duration shortest = std::min({settings.header_timeout, settings.idle_timeout, times.heartbeat, times.farewell});
  return std::clamp<Clock::duration>(shortest / 8, 10ms, 1s);
}

}  // namespace

std::uint64_t raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
  }
  return limit.rlim_cur;
}

struct Server::Impl {
  Impl(Application& application, const config::DaemonSettings& settings, LogSink log, StreamTimes times)
      : feed(*loop, application), context{application, feed, std::move(log), settings, times} {
    for (const std::string& address : settings.listen)
      for (ListeningSocket& socket : ListeningSocket::bind(address)) listening.push_back(std::move(socket));
    fit_to_open_files();
  }

  ~Impl();

  void fit_to_open_files();
  void open();
  void stop();
  Awaitable<void> accept_all(Acceptor& acceptor);
  Awaitable<void> keep_time();

  Executor executor() { return loop->get_executor(); }

  std::optional<asio::io_context> loop{1};
  EventFeed feed;
  Context context;
  std::vector<ListeningSocket> listening;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::optional<Timer> timer{executor()};
};

// What still waits on the loop, if run() threw, goes with it, and needs the rest then.
Server::Impl::~Impl() {
  feed.close();
  acceptors.clear();
  timer.reset();
  loop.reset();
}

// Too many connections must not take the descriptors that the engine needs.
void Server::Impl::fit_to_open_files() {
  const std::uint64_t files = raise_open_files_limit();
  const std::uint64_t possible = files > 2 * kReservedFiles ? files - kReservedFiles : files / 2;
  if (static_cast<std::uint64_t>(context.settings.max_connections) <= possible) return;
  context.settings.max_connections = static_cast<std::int64_t>(possible);
  context.log({LogLevel::debug,
               "The limit of open files allows " + std::to_string(possible) + " connections (ulimit -n, LimitNOFILE)",
               {{"open_files", Json::number(static_cast<std::int64_t>(files))}}});
}

void Server::Impl::open() {
  for (ListeningSocket& socket : listening) socket.listen();
  for (const ListeningSocket& socket : listening) {
    // A copy, since the path of a unix socket goes with the original.
    const int copy = ::fcntl(socket.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
      throw Error({ErrorCode::io, "listen on", socket.url(), std::generic_category().message(errno), "", false});
    acceptors.push_back(std::make_unique<Acceptor>(executor(), asio::generic::stream_protocol(socket.family(), 0), copy));
    spawn(executor(), accept_all(*acceptors.back()));
  }
  context.date = http_date(std::chrono::system_clock::now());
  spawn(executor(), keep_time());
}

Awaitable<void> Server::Impl::accept_all(Acceptor& acceptor) {
  Timer pause(executor());
  bool failing = false;
  while (!context.stopping) {
    error_code error;
    Socket socket = co_await acceptor.async_accept(into(error));
    if (context.stopping) break;
    if (error && error != asio::error::connection_aborted) {
      if (!std::exchange(failing, true))
        context.log({LogLevel::warn, "Connections cannot be accepted: " + error.message(), {}});
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(into(error));
    }
    if (error) continue;
    failing = false;
    error_code ignored;  // a unix socket has no such option
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto limit = static_cast<std::size_t>(context.settings.max_connections);
    if (context.connections.size() < limit) serve_http(context, std::move(socket));
    else if (context.connections.size() < limit + kTurnedAway) turn_away(context, std::move(socket));
  }
}

Awaitable<void> Server::Impl::keep_time() {
  while (!context.stopping || context.connections.size() > 0) {
    timer->expires_after(context.stopping ? 10ms : tick_of(context.settings, context.times));
    error_code woken;
    co_await timer->async_wait(into(woken));
    context.date = http_date(std::chrono::system_clock::now());
    context.connections.check_deadlines(Clock::now());
  }
  loop->stop();
}

void Server::Impl::stop() {
  if (std::exchange(context.stopping, true)) return;
  for (const auto& acceptor : acceptors) {
    error_code ignored;
    acceptor->close(ignored);
  }
  listening.clear();
  context.connections.go_away();
  timer->cancel();
}

Server::Server(Application& application, const config::DaemonSettings& settings, LogSink log, StreamTimes times)
    : impl_(std::make_unique<Impl>(application, settings, log ? std::move(log) : [](const LogRecord&) {}, times)) {}

Server::~Server() = default;

std::vector<std::string> Server::urls() const {
  std::vector<std::string> urls;
  for (const ListeningSocket& socket : impl_->listening)
    if (urls.empty() || urls.back() != socket.url()) urls.push_back(socket.url());
  return urls;
}

void Server::open() { impl_->open(); }

void Server::run() {
  const auto work = asio::make_work_guard(*impl_->loop);
  impl_->loop->run();
}

void Server::stop() {
  post([impl = impl_.get()] { impl->stop(); });
}

void Server::change_settings(const config::DaemonSettings& settings) {
  post([impl = impl_.get(), settings] {
    impl->context.settings = settings;
    impl->fit_to_open_files();
  });
}

void Server::post(std::function<void()> work) { asio::post(*impl_->loop, std::move(work)); }

}  // namespace lockstep::server
