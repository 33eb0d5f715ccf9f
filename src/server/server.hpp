// The daemon's sockets: HTTP/1.1, WebSocket and Server-Sent Events over TCP and unix sockets, on one thread that
// never blocks. docs/HTTP.md is the contract.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/log.hpp"
#include "server/application.hpp"

namespace lockstep::server {

// Of streams. Tests are more impatient.
struct StreamTimes {
  std::chrono::milliseconds silence{40'000};  // a WebSocket client is pinged after half of it, and dead after all of it
  std::chrono::milliseconds heartbeat{20'000};  // between comments to a client of Server-Sent Events
  std::chrono::milliseconds farewell{5'000};  // for a client to take what is on its way and the close frame
};

class Server {
 public:
  // Takes the addresses (settings.listen); nobody is let in before open(). Throws Error(usage, io, permission): an address
  // is in use, or not one of this machine. `application` must outlive the server.
  Server(Application& application, const config::DaemonSettings& settings, LogSink log, StreamTimes times = {});
  // Not while run() is under way, nor while the application may still reply: stop both first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // One for each address: `http://localhost:8000`, `http://[::1]:8000`, `unix:/run/lockstep.sock`; port 0 is resolved.
  std::vector<std::string> urls() const;

  // Lets clients in. Throws Error(io) if somebody else listens there by now.
  void open();
  // Serves, on the calling thread, until stop(). Once, after open().
  void run();

  // ---- from any thread
  // Nobody new is accepted, streams are closed (1001), requests that are under way are answered; then run() returns.
  void stop();
  // Other limits and timeouts, for connections to come. Other addresses need a new server.
  void change_settings(const config::DaemonSettings& settings);
  // On the loop's thread, soon.
  void post(std::function<void()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Raises this process's limit of open files as far as it may; the limit now.
std::uint64_t raise_open_files_limit();

}  // namespace lockstep::server
