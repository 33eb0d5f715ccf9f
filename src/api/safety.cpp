#include "api/safety.hpp"

#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "model/validation.hpp"

namespace lockstep::api {
namespace {

constexpr std::string_view kCookieName = "lockstep_session";
constexpr std::string_view kSubprotocol = "lockstep";
constexpr std::string_view kBearerSubprotocol = "bearer.";
constexpr std::size_t kShownOfOrigin = 300;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The parts of a list that `separator` divides, in order, until `use` says that it has enough (true).
template <typename Use>
void for_each_part(std::string_view list, char separator, Use use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (use(trimmed(list.substr(0, end)))) return;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::size_t count_headers(const Request& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count(request.headers, name, &Header::name));
}

// Several services on one machine share its cookies, whatever their ports: the name tells them apart.
std::string cookie_name(const Request& request) {
  std::string name(kCookieName);
  const std::string* const host = request.header("host");
  const std::optional<Authority> authority = host ? parse_authority(*host) : std::nullopt;
  if (authority && authority->port) name += "_" + std::to_string(*authority->port);
  return name;
}

std::optional<std::string_view> session_id(const Request& request) {
  std::optional<std::string_view> id;
  if (request.header("cookie") == nullptr) return id;
  const std::string prefix = cookie_name(request) + "=";
  for (const Header& header : request.headers) {
    if (header.name != "cookie") continue;
    for_each_part(header.value, ';', [&](std::string_view cookie) {
      if (!cookie.starts_with(prefix)) return false;
      id = cookie.substr(prefix.size());
      return true;
    });
  }
  return id;
}

bool came_by_https(const Request& request) {
  if (request.secure) return true;
  const std::string* const scheme = request.header("x-forwarded-proto");
  if (scheme != nullptr && equal_ignoring_case(trimmed(*scheme), "https")) return true;
  const std::string* const forwarded = request.header("forwarded");
  return forwarded != nullptr && forwarded->find("proto=https") != std::string::npos;
}

Header session_cookie(const Request& request, std::string_view id, std::string_view path, bool ends) {
  std::string cookie =
      cookie_name(request) + "=" + std::string(id) + "; Path=" + std::string(path) + "; HttpOnly; SameSite=Strict";
  if (ends) cookie += "; Max-Age=0";
  if (came_by_https(request)) cookie += "; Secure";
  return {"Set-Cookie", std::move(cookie)};
}

// A token that came in the Authorization header, or among a WebSocket's sub-protocols.
std::optional<std::string> token_of(const Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string* const authorization = request.header("authorization");
  if (authorization != nullptr && authorization->size() > kBearer.size() &&
      equal_ignoring_case(std::string_view(*authorization).substr(0, kBearer.size()), kBearer))
    return std::string(trimmed(std::string_view(*authorization).substr(kBearer.size())));
  std::optional<std::string> token;
  for (const Header& header : request.headers) {
    if (header.name != "sec-websocket-protocol") continue;
    for_each_part(header.value, ',', [&token](std::string_view protocol) {
      if (!protocol.starts_with(kBearerSubprotocol)) return false;
      token = decode_base64url(protocol.substr(kBearerSubprotocol.size())).value_or("");
      return true;
    });
  }
  return token;
}

Refusal forbidden(std::string detail, std::string hint, bool worth_a_line) {
  return {{ProblemKind::forbidden, std::move(detail), std::move(hint), {}}, {}, worth_a_line};
}

[[noreturn]] void refuse_setting(std::string cause, std::string hint) {
  throw Error({ErrorCode::usage, "", "", std::move(cause), std::move(hint), false});
}

}  // namespace

Safety::Safety(const config::DaemonSettings& settings, SafetyOptions options, Sessions& sessions)
    : tokens_(settings),
      sessions_(sessions),
      authorise_(options.authorise),
      open_to_all_(settings.insecure_no_auth),
      on_any_address_(false) {
  for (const std::string& address : settings.listen) {
    const std::optional<std::string> host = listen_host(address);
    if (!host) continue;
    if (authorise_ && !tokens_.required() && !open_to_all_ && !is_loopback(*host))
      refuse_setting(
          "Listening on " + address + " needs a token: anybody who reaches that address could change the schedule",
          "set LOCKSTEP_TOKEN or token_file, listen on localhost, or say --insecure-no-auth if the network is trusted");
    options.own_hosts.push_back(*host);
  }
  for (const std::string& host : options.own_hosts) {
    const std::optional<Authority> parsed = parse_authority(host);
    if (is_any_address(host)) on_any_address_ = true;
    else own_hosts_.push_back(parsed ? parsed->host : host);
  }
  for (const std::string& host : settings.allowed_hosts) {
    std::optional<Authority> allowed = parse_authority(host);
    if (!allowed)
      refuse_setting("allowed_hosts: " + quoted_for_message(host) + " is not a host",
                     "write HOST or HOST:PORT, such as sync.example.org");
    allowed_hosts_.push_back(std::move(*allowed));
  }
  for (const std::string& origin : settings.cors_origins) {
    std::optional<Origin> listed = parse_origin(origin);
    if (!listed)
      refuse_setting("cors_origins: " + quoted_for_message(origin) + " is not an origin",
                     "write http://HOST:PORT or https://HOST, without a path; there is no pattern for all");
    cors_origins_.push_back(std::move(*listed));
  }
}

bool Safety::is_own_host(const Authority& host) const {
  if (is_loopback(host.host) || std::ranges::find(own_hosts_, host.host) != own_hosts_.end()) return true;
  const bool allowed = std::ranges::any_of(allowed_hosts_, [&host](const Authority& known) {
    return known.host == host.host && (!known.port || known.port == host.port);
  });
  // Rebinding needs a name: a browser that was told an address sends it there and nowhere else.
  return allowed || (on_any_address_ && is_ip_address(host.host));
}

std::optional<Refusal> Safety::refuse_host(const Request& request) const {
  const std::string* const text = request.header("host");
  const std::optional<Authority> host = text ? parse_authority(*text) : std::nullopt;
  if (!host || count_headers(request, "host") != 1)
    return Refusal{{ProblemKind::bad_request, "The request has no valid Host header, or several", "", {}}, {}, false};
  if (is_own_host(*host)) return std::nullopt;
  return forbidden("The host " + quoted_for_message(text->substr(0, kShownOfOrigin)) + " is not one of this server's",
                   "if it is, name it in the setting allowed_hosts", true);
}

const std::string* Safety::listed_origin(const Request& request) const {
  if (cors_origins_.empty() || count_headers(request, "origin") != 1) return nullptr;
  const std::string* const text = request.header("origin");
  const std::optional<Origin> origin = parse_origin(*text);
  return origin && std::ranges::find(cors_origins_, *origin) != cors_origins_.end() ? text : nullptr;
}

// A person followed a link of another site, in a chat or an alert, say: the browser shows the answer as a page of its
// own, the other site sees nothing of it, and GET changes nothing.
bool Safety::is_followed_link(const Request& request) {
  const auto is = [&request](std::string_view name, std::string_view value) {
    const std::string* const text = request.header(name);
    return text != nullptr && count_headers(request, name) == 1 && equal_ignoring_case(trimmed(*text), value);
  };
  return request.method == "GET" && is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
}

std::optional<Refusal> Safety::refuse_origin(const Request& request) const {
  const std::string* const text = request.header("origin");
  const std::string* const fetch_site = request.header("sec-fetch-site");
  if (text == nullptr && fetch_site == nullptr) return std::nullopt;
  if (listed_origin(request) != nullptr) return std::nullopt;
  if (text != nullptr) {
    const std::optional<Origin> origin = parse_origin(*text);
    const std::optional<Authority> host = parse_authority(*request.header("host"));
    if (!origin || !host || count_headers(request, "origin") != 1 || !same_site(*origin, *host))
      return forbidden(
          "Requests from the origin " + quoted_for_message(text->substr(0, kShownOfOrigin)) + " are not allowed",
          "if its pages may use this server, name it in the setting cors_origins", true);
  }
  if (fetch_site != nullptr && equal_ignoring_case(trimmed(*fetch_site), "cross-site") && !is_followed_link(request))
    return forbidden("Another site's page sent this request (Sec-Fetch-Site: cross-site, origin " +
                         quoted_for_message(text ? text->substr(0, kShownOfOrigin) : "not said") + ")",
                     "if its pages may use this server, name its origin in the setting cors_origins", true);
  return std::nullopt;
}

std::optional<Refusal> Safety::refuse_proxied(const Request& request) const {
  if (!authorise_ || tokens_.required() || open_to_all_) return std::nullopt;
  for (const Header& header : request.headers)
    if (header.name == "forwarded" || header.name == "via" || header.name.starts_with("x-forwarded-"))
      return forbidden("A proxy passed this request on (" + header.name + "), so it may come from anywhere",
                       "set a token: LOCKSTEP_TOKEN or the setting token_file", true);
  return std::nullopt;
}

std::optional<Refusal> Safety::refuse_source(const Request& request) const {
  if (std::optional<Refusal> refusal = refuse_host(request)) return refusal;
  if (std::optional<Refusal> refusal = refuse_origin(request)) return refusal;
  return refuse_proxied(request);
}

std::variant<Level, Refusal> Safety::level_of(const Request& request) const {
  if (!tokens_required()) return Level::everything;
  std::optional<std::string> token = token_of(request);
  const bool given = token.has_value();
  if (!given)
    if (const std::optional<std::string_view> id = session_id(request)) token = sessions_.token_of(*id);
  const Level level = token ? tokens_.level_of(*token) : Level::nothing;
  if (level != Level::nothing) return level;
  Refusal refusal{{ProblemKind::unauthorized,
                   given ? "The token is not valid" : "This needs a token",
                   "send it as `Authorization: Bearer TOKEN`, or sign in with POST /api/session",
                   {}},
                  {{"WWW-Authenticate",
                    given ? "Bearer realm=\"lockstep\", error=\"invalid_token\"" : "Bearer realm=\"lockstep\""}},
                  given};
  return refusal;
}

std::string Safety::author_of(const Request& request) const {
  if (!request.user.empty()) return request.user;
  if (!tokens_required()) return {};
  return token_of(request) ? "token" : "session";
}

Response Safety::preflight(const Request& request, std::string_view allowed_methods) const {
  Response response{204, "", {}, ""};
  response.headers = {
      {"Access-Control-Allow-Methods", std::string(allowed_methods)},
      {"Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID"},
      {"Access-Control-Max-Age", "600"}};
  if (request.header("access-control-request-private-network") != nullptr)
    response.headers.push_back({"Access-Control-Allow-Private-Network", "true"});
  return response;
}

void Safety::allow_origin(const Request& request, Response& response) const {
  if (cors_origins_.empty()) return;
  response.headers.push_back({"Vary", "Origin"});
  const std::string* const origin = listed_origin(request);
  if (origin == nullptr) return;
  response.headers.push_back({"Access-Control-Allow-Origin", *origin});
  response.headers.push_back({"Access-Control-Expose-Headers", "ETag, Location, X-Total-Count"});
}

std::optional<Header> Safety::open_session(const Request& request, const std::string& token,
                                           std::string_view path) const {
  if (tokens_.level_of(token) == Level::nothing) return std::nullopt;
  return session_cookie(request, sessions_.open(token), path, false);
}

Header Safety::close_session(const Request& request, std::string_view path) const {
  if (const std::optional<std::string_view> id = session_id(request)) sessions_.close(*id);
  return session_cookie(request, "", path, true);
}

std::string_view websocket_subprotocol(const Request& request) {
  bool offered = false;
  for (const Header& header : request.headers)
    if (header.name == "sec-websocket-protocol")
      for_each_part(header.value, ',',
                    [&offered](std::string_view protocol) { return offered = protocol == kSubprotocol; });
  return offered ? kSubprotocol : std::string_view();
}

}  // namespace lockstep::api
