#include "api/dispatch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "api/metrics.hpp"
#include "api/refusal_log.hpp"
#include "api/target.hpp"

namespace lockstep::api {
namespace {

constexpr std::array<std::string_view, 3> kFileMethods{"GET", "HEAD", "OPTIONS"};
constexpr std::string_view kFilesLabel = "/ (dashboard)";
constexpr std::string_view kNoRouteLabel = "(none)";

Response bad_request(std::string detail) {
  return problem_response({ProblemKind::bad_request, std::move(detail), "", {}});
}

Response not_found(std::string_view path) {
  return problem_response({ProblemKind::not_found,
                           "There is nothing at " + quoted_for_message(path),
                           "GET /openapi.json lists what there is",
                           {}});
}

// The page refers to its files relative to itself: below `/schedule/`, not `/schedule`.
Response with_slash(std::string_view root) { return {308, "", {{"Location", std::string(root) + "/"}}, ""}; }

// A literal, so that metrics have a bound; methods that no route has are one.
std::string_view known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  const auto found = std::ranges::find(kMethods, method);
  return found == kMethods.end() ? std::string_view("other") : *found;
}

bool only_reads(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && request.header("access-control-request-method") != nullptr;
}

Response upgrade_required() {
  Response response = problem_response({ProblemKind::upgrade_required,
                                        "This path speaks WebSocket only",
                                        "open it with a WebSocket client, or read GET /api/sync/events",
                                        {}});
  response.headers.push_back({"Upgrade", "websocket"});
  response.headers.push_back({"Connection", "Upgrade"});
  return response;
}

// A number that this server cannot have given is answered like one that it no longer keeps.
std::uint64_t event_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc{} && end == text.data() + text.size() ? number : UINT64_MAX;
}

// The status is known without asking.
bool needs_database(const Route& route) { return route.tag != "Operations" && route.operation != "getStatus"; }

// Whoever asked it would wait for as long as the server says nothing.
Response not_answering_response() {
  return problem_response({ProblemKind::database, "The database does not answer", "try again once it does", {}});
}

}  // namespace

Dispatch::Dispatch(const Services& services, std::span<const StaticFile> files, std::string_view files_policy)
    : services_(services), files_(files), files_policy_(files_policy) {}

std::optional<std::string_view> Dispatch::below_root(std::string_view path) const {
  if (!path.starts_with(services_.root)) return std::nullopt;
  path.remove_prefix(services_.root.size());
  if (path.empty()) return "/";
  return path.starts_with('/') ? std::optional(path) : std::nullopt;
}

std::optional<Response> Dispatch::refusal_response(const Request& request,
                                                   const std::optional<Refusal>& refusal) const {
  if (!refusal) return std::nullopt;
  if (refusal->worth_a_line) services_.refusals.add(*refusal, request);
  Response response = problem_response(refusal->problem);
  response.headers = refusal->headers;
  return response;
}

std::optional<Response> Dispatch::authorise(const Request& request, const Route* route) const {
  if (route != nullptr && route->access == RouteAccess::open) return std::nullopt;
  const auto level = services_.safety.level_of(request);
  if (const Refusal* refusal = std::get_if<Refusal>(&level)) return refusal_response(request, *refusal);
  if (std::get<Level>(level) == Level::everything || only_reads(request.method)) return std::nullopt;
  return refusal_response(
      request, Refusal{{ProblemKind::forbidden, "This token may only read", "use the other token", {}}, {}, true});
}

Response Dispatch::other_method(const Request& request, const std::vector<std::string_view>& methods) const {
  Response response{204, "", {}, ""};
  const std::string allowed = join_methods(methods);
  if (request.method != "OPTIONS")
    response = problem_response({ProblemKind::method_not_allowed,
                                 quoted_for_message(request.method) + " is not possible here; " + allowed + " are",
                                 "",
                                 {}});
  response.headers.push_back({"Allow", allowed});
  return response;
}

std::variant<Dispatch::Admitted, Response> Dispatch::admit(const Request& request, std::string_view& label) const {
  if (std::optional<Response> refused = refusal_response(request, services_.safety.refuse_source(request)))
    return std::move(*refused);
  std::optional<Target> target = split_target(request.target);
  if (!target) return bad_request("The path " + quoted_for_message(request.target) + " is malformed");
  const std::optional<std::string_view> path = below_root(target->path);

  const bool is_file = path && std::ranges::find(files_, *path, &StaticFile::path) != files_.end();
  std::optional<RouteMatch> match;
  if (is_file) match = RouteMatch{nullptr, {}, {kFileMethods.begin(), kFileMethods.end()}};
  else if (path) match = find_route(request.method, *path);

  if (is_preflight(request) && match && services_.safety.listed_origin(request) != nullptr)
    return services_.safety.preflight(request, join_methods(match->methods));
  if (is_file && only_reads(request.method) && request.method != "OPTIONS") {
    label = kFilesLabel;
    if (target->path == services_.root) return with_slash(services_.root);
    return *serve_static(files_, files_policy_, *path, request);
  }
  if (std::optional<Response> refused = authorise(request, match ? match->route : nullptr)) return std::move(*refused);
  if (!match) return not_found(target->path);
  if (match->route == nullptr) return other_method(request, match->methods);
  label = match->route->pattern;
  std::optional<std::string> variable = percent_decode(match->variable);
  if (!variable) return bad_request("The path " + quoted_for_message(request.target) + " is malformed");
  return Admitted{match->route, std::move(*variable), std::move(target->query)};
}

std::variant<CallPtr, Response> Dispatch::read_inputs(Admitted admitted, Request request) const {
  const Route& route = *admitted.route;
  auto call = std::make_shared<Call>();
  if (route.variable != nullptr) {
    const QueryItem item{std::string(route.variable->name), std::move(admitted.variable)};
    InputsRead read = read_query({&item, 1}, {route.variable, 1});
    if (const auto* fault = std::get_if<InputFault>(&read)) return bad_request(fault->message);
    call->path = std::get<Inputs>(std::move(read));
  }
  if (!admitted.query.empty()) {
    const std::optional<std::vector<QueryItem>> items = parse_query(admitted.query);
    if (!items)
      return bad_request(
          "The query is malformed: an escape is not two hexadecimal digits, or what it gives is not UTF-8");
    InputsRead read = read_query(*items, route.query);
    if (const auto* fault = std::get_if<InputFault>(&read)) return bad_request(fault->message);
    call->query = std::get<Inputs>(std::move(read));
  }
  if (!route.body.schema.empty()) {
    const config::DaemonSettings& limits = services_.config.daemon;
    if (request.body.size() > limits.max_body)
      return problem_response(
          {ProblemKind::body_too_large,
           "The body is larger than " + std::to_string(limits.max_body) + " bytes (setting max_body)",
           "",
           {}});
    const bool empty = request.body.find_first_not_of(" \t\r\n") == std::string::npos;
    if (empty && route.body.required) return bad_request("The body is empty; it must be a JSON object");
    BodyJson body{Json::object(), ""};
    if (!empty) body = parse_body(request.body, static_cast<std::size_t>(limits.max_json_depth));
    if (!body.problem.empty()) return bad_request(std::move(body.problem));
    if (route.body.members.empty()) {
      call->document = std::move(body.value);
    } else {
      InputsRead read = read_body(body.value, route.body.members);
      if (const auto* fault = std::get_if<InputFault>(&read)) return bad_request(fault->message);
      call->body = std::get<Inputs>(std::move(read));
    }
  }
  if (route.access == RouteAccess::guarded) call->author = services_.safety.author_of(request);
  call->request = std::move(request);
  return call;
}

Reply Dispatch::finishing(const Request& request, std::string_view method, std::string_view label, Reply reply) const {
  Response marks;  // of the headers alone
  services_.safety.allow_origin(request, marks);
  return [this, method, label, reply = std::move(reply), extra = std::move(marks.headers)](Response response) {
    services_.metrics.count_request(method, label, response.status);
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    if (label != kFilesLabel) response.headers.push_back({"Cache-Control", "no-store"});
    response.headers.insert(response.headers.end(), extra.begin(), extra.end());
    reply(std::move(response));
  };
}

void Dispatch::handle(Request request, Reply reply) const {
  std::string_view label = kNoRouteLabel;
  const std::string_view method = known_method(request.method);
  Response answer;
  CallPtr call;
  std::optional<Reply> finish;
  try {
    auto admitted = admit(request, label);
    finish = finishing(request, method, label, std::move(reply));
    if (Response* response = std::get_if<Response>(&admitted)) return (*finish)(std::move(*response));
    const Route& route = *std::get<Admitted>(admitted).route;
    if (route.access == RouteAccess::websocket) return (*finish)(upgrade_required());
    if (route.handler == nullptr)
      return (*finish)({200, "text/event-stream", {}, ""});  // HEAD: the carrier speaks the rest
    auto read = read_inputs(std::get<Admitted>(std::move(admitted)), std::move(request));
    if (Response* response = std::get_if<Response>(&read)) return (*finish)(std::move(*response));
    call = std::get<CallPtr>(std::move(read));
    call->reply = *finish;
    if (needs_database(route) && services_.daemon.health().database == Health::Database::silent)
      return (*finish)(not_answering_response());
    return route.handler(services_, call);
  } catch (...) {
    answer = exception_response(std::current_exception());
  }
  finish ? (*finish)(std::move(answer)) : reply(std::move(answer));
}

std::optional<std::variant<StreamAccepted, Response>> Dispatch::open_stream(const Request& request) const {
  const std::optional<Target> target = split_target(request.target);
  const std::optional<std::string_view> path = target ? below_root(target->path) : std::nullopt;
  const std::optional<RouteMatch> match = path && request.method == "GET" ? find_route("GET", *path) : std::nullopt;
  if (!match || match->route == nullptr) return std::nullopt;
  const RouteAccess access = match->route->access;
  if (access != RouteAccess::websocket && access != RouteAccess::events) return std::nullopt;

  std::optional<Response> answer;
  const auto take = [&answer](Response response) { answer = std::move(response); };
  std::string_view label = kNoRouteLabel;
  auto admitted = admit(request, label);
  const Reply finish = finishing(request, "GET", label, take);
  std::variant<CallPtr, Response> read = CallPtr();
  if (Response* response = std::get_if<Response>(&admitted)) read = std::move(*response);
  else read = read_inputs(std::get<Admitted>(std::move(admitted)), request);
  if (Response* response = std::get_if<Response>(&read)) {
    finish(std::move(*response));
    return std::move(*answer);
  }
  StreamAccepted accepted;
  accepted.kind = access == RouteAccess::websocket ? StreamKind::websocket : StreamKind::server_sent_events;
  if (const auto since = std::get<CallPtr>(read)->query.integer("since"))
    accepted.since = static_cast<std::uint64_t>(*since);
  if (const std::string* last = request.header("last-event-id");
      last && accepted.kind == StreamKind::server_sent_events)
    accepted.since = event_number(*last);  // where the browser is by now, whatever its address says
  accepted.subprotocol = websocket_subprotocol(request);
  Response marks;
  services_.safety.allow_origin(request, marks);
  accepted.headers = std::move(marks.headers);
  services_.metrics.count_request("GET", label, accepted.kind == StreamKind::websocket ? 101 : 200);
  return accepted;
}

}  // namespace lockstep::api
