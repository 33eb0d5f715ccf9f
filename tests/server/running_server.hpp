// A server on its own thread with an application that the test plays, and clients of raw sockets. Every wait has a deadline.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "file/descriptor.hpp"
#include "server/server.hpp"

namespace lockstep::server::testing {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

// Looks again and again until it is so; false after kPatience.
bool eventually(const std::function<bool()>& condition);

class PlayedApplication final : public Application {
 public:
  using Handler = std::function<void(api::Request, api::Reply)>;

  // Answers every request; echoes method, target and body unless the test says otherwise. On the server's thread.
  Handler handler = echo;
  std::function<void(const api::Request&)> on_stream = [](const api::Request&) {};

  void handle(api::Request request, api::Reply reply) override { handler(std::move(request), std::move(reply)); }
  // /ws/sync and /events, with `?since=N` and a sub-protocol if one is offered.
  std::optional<std::variant<api::StreamAccepted, api::Response>> open_stream(const api::Request& request) override;
  api::EventHub& events() override { return hub; }
  void count_clients(api::StreamKind kind, std::int64_t now) override;
  std::int64_t clients(api::StreamKind kind);

  static void echo(api::Request request, api::Reply reply);

  api::EventHub hub;

 private:
  std::mutex mutex_;
  std::map<api::StreamKind, std::int64_t> clients_;
};

config::DaemonSettings on_any_port();

class RunningServer {
 public:
  explicit RunningServer(config::DaemonSettings settings = on_any_port(), StreamTimes times = {});
  ~RunningServer();

  void stop() { server_->stop(); }
  bool stopped() const { return stopped_; }
  std::uint16_t port() const { return port_; }
  Server& server() { return *server_; }
  std::vector<LogRecord> logged();

  PlayedApplication application;

 private:
  std::mutex mutex_;
  std::vector<LogRecord> log_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class Client {
 public:
  explicit Client(std::uint16_t port, const std::string& address = "127.0.0.1", int receive_buffer = 0);
  explicit Client(const std::string& unix_path);

  void send(std::string_view bytes);
  // At least so many bytes from now on, or what came before the end.
  std::string receive(std::size_t bytes);
  // Up to and with that text.
  std::string receive_until(std::string_view text);
  std::string receive_to_end();
  // The next response; of one to HEAD the body is not waited for.
  Answer answer(bool to_head = false);
  bool at_end();  // the server closed, in order
  void close() { socket_ = Descriptor(); }
  void close_sending();

 private:
  bool fill();

  Descriptor socket_;
  std::string buffer_;
};

struct Frame {
  int opcode = 0;
  std::string payload;
  int close_code() const;
};
constexpr int kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

class WebSocket {
 public:
  explicit WebSocket(std::uint16_t port, const std::string& query = "", const std::string& more_headers = "", int receive_buffer = 0);

  void send_frame(int opcode, std::string_view payload, bool masked = true, bool final = true);
  void send_text(std::string_view text) { send_frame(kText, text); }
  // The next frame; opcode -1 at the end of the connection.
  Frame frame();
  // The next text message; fails the test if it is something else.
  std::string message();

  Answer upgrade;  // what the server answered
  Client client;
};

std::string get(std::string_view target = "/");

}  // namespace lockstep::server::testing
