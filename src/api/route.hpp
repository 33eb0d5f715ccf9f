// A route: how it is asked for, what it is told, what it answers, and who carries it out. The table of
// them (routes.hpp) serves requests and writes the OpenAPI document.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/event_hub.hpp"
#include "api/http.hpp"
#include "api/inputs.hpp"
#include "api/json.hpp"
#include "api/problem.hpp"
#include "config/config.hpp"
#include "engine/daemon.hpp"
#include "model/log.hpp"
#include "model/time_zone.hpp"

namespace lockstep::api {

class Metrics;
class RefusalLog;
class Safety;

// What handlers work with. All of it outlives every job that they give to the daemon.
struct Services {
  Daemon& daemon;
  const config::Config& config;
  const Safety& safety;
  Metrics& metrics;
  RefusalLog& refusals;
  TimeZone zone;
  Clock now = system_now;
  std::string root;  // the path under which everything stands, for cookies and Location: "" or "/schedule"
  std::function<HostFacts()> host;
  LogSink log{};
};

// A request on its way through a handler.
struct Call {
  Request request;
  Inputs path, query, body;
  Json document;  // the body of a route without named members: a task or a patch of one
  Reply reply;
  std::string author;  // who asks, as the history names them; empty = not known
};
using CallPtr = std::shared_ptr<Call>;

// Replies once, now or later; may throw only before it did.
using Handler = void (*)(const Services&, CallPtr);

enum class RouteAccess : std::uint8_t {
  open,       // to everybody
  guarded,    // a token, where there is one; GET: the read-only one will do
  websocket,  // a stream that the carrier speaks (Api::open_stream)
  events,     // the same, as Server-Sent Events
};

struct Answer {
  int status = 200;
  std::string_view schema;  // a component of the OpenAPI document; empty: no body
  std::string_view meaning;
  std::span<const std::string_view> headers{};
  std::string_view content_type{};  // empty: JSON, or from 400 on a problem object
};

struct RouteBody {
  std::string_view schema;               // empty: there is none
  std::span<const InputSpec> members{};  // empty: Call::document
  bool required = false;                 // else an empty body is one without members
};

struct Route {
  std::string_view method;
  std::string_view pattern;    // at most one {variable}
  std::string_view operation;  // the operation's id
  std::string_view tag;
  std::string_view summary;
  const InputSpec* variable = nullptr;
  std::span<const InputSpec> query{};
  RouteBody body{};
  std::span<const Answer> answers{};
  RouteAccess access = RouteAccess::guarded;
  Handler handler = nullptr;  // null: streams
};

Response json_response(int status, const Json&);
Response json_text_response(int status, std::string text);
Response problem_response(const Problem&);
// For what must not leave a handler: Error as problem_of says, anything else as an internal failure.
Response exception_response(std::exception_ptr);
Response shutting_down_response();

// Queues `make` with the daemon and replies with what it returns or throws.
using MakeResponse = std::function<Response(Engine&)>;
enum class Queue : std::uint8_t { write, read, read_slowly };
void reply_from(const Services&, CallPtr, Queue, MakeResponse);

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};
// Counts and logs what a job did to the schedule, since the daemon reports its own syncs only.
void note_run(const Services&, const Report&);
void note_done(const Services&, Trigger, const Stopwatch&, std::string sentence);

}  // namespace lockstep::api
