#include "server/running_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lockstep::server::testing {

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// ---- the application

void PlayedApplication::echo(api::Request request, api::Reply reply) {
  reply({200, "text/plain", {}, request.method + " " + request.target + "\n" + request.body});
}

std::optional<std::variant<api::StreamAccepted, api::Response>> PlayedApplication::open_stream(const api::Request& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path == "/refused") return api::Response{403, "text/plain", {}, "no"};
  if (path != "/ws/sync" && path != "/events") return std::nullopt;
  on_stream(request);
  api::StreamAccepted accepted;
  accepted.kind = path == "/events" ? api::StreamKind::server_sent_events : api::StreamKind::websocket;
  if (const std::size_t since = request.target.find("since="); since != std::string::npos)
    accepted.since = std::stoull(request.target.substr(since + 6));
  if (request.header("sec-websocket-protocol") != nullptr) accepted.subprotocol = "lockstep";
  return accepted;
}

void PlayedApplication::count_clients(api::StreamKind kind, std::int64_t now) {
  const std::scoped_lock lock(mutex_);
  clients_[kind] = now;
}

std::int64_t PlayedApplication::clients(api::StreamKind kind) {
  const std::scoped_lock lock(mutex_);
  return clients_[kind];
}

// ---- the server

config::DaemonSettings on_any_port() {
  config::DaemonSettings settings;
  settings.listen = {"localhost:0"};
  return settings;
}

RunningServer::RunningServer(config::DaemonSettings settings, StreamTimes times) {
  const auto log = [this](const LogRecord& record) {
    const std::scoped_lock lock(mutex_);
    log_.push_back(record);
  };
  server_ = std::make_unique<Server>(application, settings, log, times);
  const std::string url = server_->urls().front();
  if (!url.starts_with("unix:")) port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  server_->open();
  thread_ = std::thread([this] {
    server_->run();
    stopped_ = true;
  });
}

RunningServer::~RunningServer() {
  server_->stop();
  thread_.join();
}

std::vector<LogRecord> RunningServer::logged() {
  const std::scoped_lock lock(mutex_);
  return log_;
}

// ---- clients

namespace {

Descriptor connected(int family, const sockaddr* address, socklen_t size, int receive_buffer) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::connect(socket.get(), address, size) != 0) throw std::system_error(errno, std::generic_category(), "connect");
  return socket;
}

}  // namespace

Client::Client(std::uint16_t port, const std::string& address, int receive_buffer) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1)
    socket_ = connected(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, receive_buffer);
  else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1)
    socket_ = connected(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, receive_buffer);
}

Client::Client(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.data(), std::min(unix_path.size(), sizeof address.sun_path - 1));
  socket_ = connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, 0);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;  // the server is gone: what it answered is what the test looks at
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// false at the end. A wait that is too long, or a reset, fails the test.
bool Client::fill() {
  char bytes[65536];
  ssize_t size;
  do size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
  while (size < 0 && errno == EINTR);
  if (size < 0) ADD_FAILURE() << "nothing received: " << std::strerror(errno);
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string Client::receive(std::size_t bytes) {
  while (buffer_.size() < bytes && fill()) {
  }
  std::string received = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return received;
}

std::string Client::receive_until(std::string_view text) {
  std::size_t end;
  while ((end = buffer_.find(text)) == std::string::npos)
    if (!fill()) return std::exchange(buffer_, {});
  return receive(end + text.size());
}

std::string Client::receive_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

Answer Client::answer(bool to_head) {
  Answer answer;
  const std::string head = receive_until("\r\n\r\n");
  if (head.size() > 12) answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t start = head.find("\r\n") + 2; start + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", start);
    const std::size_t colon = head.find(':', start);
    std::string name = head.substr(start, colon - start);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = head.substr(colon + 2, end - colon - 2);
    start = end + 2;
  }
  if (!to_head && answer.headers.contains("content-length")) answer.body = receive(std::stoull(answer.headers["content-length"]));
  return answer;
}

bool Client::at_end() { return buffer_.empty() && !fill(); }
void Client::close_sending() { ::shutdown(socket_.get(), SHUT_WR); }

int Frame::close_code() const {
  if (opcode != kClose || payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

WebSocket::WebSocket(std::uint16_t port, const std::string& query, const std::string& more_headers, int receive_buffer)
    : client(port, "127.0.0.1", receive_buffer) {
  client.send("GET /ws/sync" + query + " HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more_headers + "\r\n");
  upgrade = client.answer();
}

void WebSocket::send_frame(int opcode, std::string_view payload, bool masked, bool final) {
  std::string frame(1, static_cast<char>(opcode | (final ? 0x80 : 0)));
  const int mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size() | static_cast<std::size_t>(mask_bit));
  } else {
    frame += static_cast<char>(126 | mask_bit);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  constexpr std::string_view kMask("\x12\x34\x56\x78");
  if (masked) frame += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += masked ? static_cast<char>(payload[i] ^ kMask[i % 4]) : payload[i];
  client.send(frame);
}

Frame WebSocket::frame() {
  const std::string head = client.receive(2);
  if (head.size() < 2) return {-1, ""};
  std::size_t size = static_cast<unsigned char>(head[1]) & 0x7f;
  const std::size_t more = size == 127 ? 8 : size == 126 ? 2 : 0;
  if (more > 0) size = 0;
  for (const char c : client.receive(more)) size = size << 8 | static_cast<unsigned char>(c);
  return {head[0] & 0x0f, client.receive(size)};
}

std::string WebSocket::message() {
  const Frame received = frame();
  EXPECT_EQ(received.opcode, kText);
  return received.payload;
}

std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"; }

}  // namespace lockstep::server::testing
