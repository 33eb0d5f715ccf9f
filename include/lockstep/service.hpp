// The live sync inside an application: file and database are watched, changes are carried both ways, and
// the HTTP interface of docs/HTTP.md can be mounted in any server.
//
//   auto service = lockstep::Service::start({.yaml = "config/schedule_config.yml", .database = "postgresql:///app"});
//   service.on_event([](const lockstep::Event& event) { … });
//   lockstep::Response response = service.handle(request);
//
// A service has threads of its own: one that writes, two that answer questions, and those that watch. Every
// member may be called from any thread, but not from the callbacks that it gives (they may start work elsewhere).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lockstep/error.hpp"
#include "lockstep/http.hpp"
#include "lockstep/log.hpp"
#include "lockstep/sync.hpp"

namespace lockstep {

struct ServiceOptions {
  // Before every path: "/schedule" makes /schedule/api/sync/status. Empty, or starts with `/` and does not end so.
  std::string prefix{};
  // false: the application authorises requests itself, before handle(); true: by lockstep's tokens, and
  // requests that a proxy passed on need one. Host and Origin are looked at in either case.
  bool authorise = false;
  bool dashboard = true;  // serve it at `/` below the prefix
  // Several processes on this machine have a service on the same file: they agree (by a lock beside the file) on one that
  // leads; the others see changes a moment later, and one of them takes over within half a second if it dies.
  bool share = false;
  Log log{};
};

// docs/HTTP.md, "WebSocket".
struct Event {
  std::uint64_t seq = 0;                    // grows by one within a service
  std::string_view name;                    // "schedule_config_updated", …; static
  std::shared_ptr<const std::string> json;  // the whole object
};
// Called one at a time, in order, on the service's thread: must not block, must not call the service, must not throw.
using EventListener = std::function<void(const Event&)>;

// Ends the delivery of events when it is destroyed; after that no call is under way. Must not outlive the service.
class Subscription {
 public:
  struct Impl;
  explicit Subscription(std::unique_ptr<Impl> impl);
  ~Subscription();
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

// A WebSocket or a stream of Server-Sent Events that may be opened.
struct Stream {
  StreamKind kind = StreamKind::websocket;
  std::string subprotocol;    // a WebSocket's, to be answered; empty = none
  std::string greeting;       // a WebSocket's first message
  std::vector<Event> missed;  // to be sent before what the listener gets: since the event that the client names
  std::uint64_t seq = 0;      // of the last event so far
  Subscription subscription;
};

class Service {
 public:
  // Returns once the first sync is done, or goes on behind the scenes after a second. A file that is invalid or a
  // database that is away is no failure: the service reports it, waits and catches up. Throws Error (usage,
  // io, permission, newer_schema, unsuitable_table) for what no waiting mends.
  static Service start(const Options& options, ServiceOptions service = {});
  ~Service();  // stop()
  Service(Service&&) noexcept;
  Service& operator=(Service&&) noexcept;

  // Finishes what was asked for before, refuses what comes after. Idempotent.
  void stop();

  // From now on, until the service is gone.
  void on_event(EventListener listener);

  // Never throws; whatever goes wrong is a response. The first waits for it; the second never blocks, and
  // replies on a thread of the service's.
  Response handle(Request request);
  void handle(Request request, Reply reply);
  // For a request whose path is that of a stream: the stream (the caller carries it), or what to answer. nullopt: an
  // ordinary request, for handle(). A client that does not read is the caller's to drop (256 messages, 4 MiB).
  std::optional<std::variant<Stream, Response>> open_stream(const Request& request, EventListener listener);
  // For the metrics: how many clients the caller carries now.
  void count_clients(StreamKind kind, std::int64_t now);

  // As SyncEngine's, on the service's threads; they wait.
  Answer sync(const SyncOptions& options = {});
  Answer plan(const SyncOptions& options = {});
  Answer status();
  Answer conflicts();
  Answer resolve(const ResolveOptions& options);
  Answer history(std::size_t limit = 20);
  Answer undo(std::int64_t run_id);

  // Of the processes that share the file, this one leads. Always true without ServiceOptions::share.
  bool leads() const;
  std::size_t max_body() const;         // bytes of a request that handle() takes; more is answered with 413
  const std::string& yaml() const;      // the file's path

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What a carrier answers where there is no Request to give to handle(): 413 too large, 431, 400 malformed, 503. As
// a problem object.
Response carrier_problem(int status, std::string detail);

// The description of the interface below a prefix, OpenAPI 3.1, as JSON.
std::string openapi(std::string_view prefix);

// The paths below a prefix that ServiceOptions::dashboard serves; none in a library that was built without it.
std::vector<std::string> dashboard_paths();

std::string_view version();

}  // namespace lockstep
