// The HTTP interface without a server: every route, who may use it, and the events. docs/HTTP.md
// is the contract. The daemon's own server, FastAPI applications and C++ applications carry it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "api/event_hub.hpp"
#include "api/http.hpp"
#include "api/static_files.hpp"
#include "api/stream.hpp"
#include "config/config.hpp"
#include "engine/daemon.hpp"
#include "model/log.hpp"

namespace lockstep::api {

struct ApiOptions {
  // Before every path of ours: "/schedule" makes /schedule/api/sync/status. Empty, or starts with `/` and does not end
  // so.
  std::string prefix;
  // false: somebody else has authorised the request (a FastAPI dependency); tokens and the refusal of proxied
  // requests are then not looked at. Host and Origin are, always.
  bool authorise = true;
  // Hosts that count as ours besides loopback and allowed_hosts: those of the listen addresses.
  std::vector<std::string> own_hosts;
  bool lead = true;  // DaemonOptions::lead
  // Served beside the API, open to everybody: "/" and what it needs. In static storage.
  std::span<const StaticFile> dashboard{};
  std::string_view dashboard_policy{};  // its Content-Security-Policy
};

class Api {
 public:
  // Throws Error(usage, io, permission) for token files that cannot be read, Error(usage) for what Config
  // cannot know to be wrong (a listen address beyond loopback without a token).
  Api(config::Config config, ApiOptions options, LogSink log);
  ~Api();  // stop()
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // As Daemon::start and Daemon::stop.
  void start();
  void stop();
  // Goes on with another configuration; the hub and its listeners stay. If it cannot (throws), the old one goes on.
  void reload(config::Config config);
  // Daemon::lead(), now and after every reload().
  void lead();

  // ---- from any thread
  // Never blocks and never throws; whatever goes wrong is a response.
  void handle(Request request, Reply reply);
  Response handle(Request request);  // the same, waits; not on a thread of the daemon's
  // For a request whose path is that of a stream: whether it may be opened, or what to answer. nullopt: an
  // ordinary request, for handle(). Does the same checks as handle() (token, Host, Origin).
  std::optional<std::variant<StreamAccepted, Response>> open_stream(const Request& request);
  EventHub& events();
  Daemon& daemon();  // until reload()
  // Told by the carrier, for the metrics: how many stream clients there are now.
  void count_clients(StreamKind kind, std::int64_t now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a carrier answers where there is no Request to give to handle(): 408, 413, 431, 400 malformed, 503 too
// many connections. As a problem object.
Response carrier_problem(int status, std::string detail);

}  // namespace lockstep::api
