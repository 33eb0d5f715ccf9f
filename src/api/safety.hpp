// Who may do what: the rules of docs/HTTP.md, "Safety", as far as they are about a
// request and not about sockets. Immutable, but for the sessions that it is given.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/authority.hpp"
#include "api/credentials.hpp"
#include "api/http.hpp"
#include "api/problem.hpp"
#include "config/config.hpp"

namespace lockstep::api {

struct Refusal {
  Problem problem;
  std::vector<Header> headers;
  bool worth_a_line = false;  // somebody tried what a configuration could allow: to be logged
};

struct SafetyOptions {
  bool authorise = true;               // false: tokens and proxies are not looked at
  std::vector<std::string> own_hosts;  // besides those that the configuration names
};

class Safety {
 public:
  // As Tokens, and Error(usage) for a listen address beyond loopback that would need a token, and for entries of
  // allowed_hosts and cors_origins that are none.
  Safety(const config::DaemonSettings&, SafetyOptions, Sessions& sessions);

  // Host, Origin, Sec-Fetch-Site and proxies; nullopt: nothing is wrong with where it comes from.
  std::optional<Refusal> refuse_source(const Request&) const;
  // What the sender may do: by Authorization, session cookie, or a WebSocket's sub-protocol.
  std::variant<Level, Refusal> level_of(const Request&) const;
  // Who sent it, as the history names them: the carrier's user, else by what it is allowed ("token", "session");
  // empty = not known. Precondition: it is allowed.
  std::string author_of(const Request&) const;

  // The Origin, if it is listed in cors_origins: then the answer may be read by its pages.
  const std::string* listed_origin(const Request&) const;
  bool has_listed_origins() const { return !cors_origins_.empty(); }
  // An answer for a preflight of a listed origin.
  Response preflight(const Request&, std::string_view allowed_methods) const;
  // Headers that say to a listed origin's page what it may read.
  void allow_origin(const Request&, Response&) const;

  bool tokens_required() const { return authorise_ && tokens_.required(); }
  bool tokens_are_short() const { return tokens_.is_short(); }
  // POST /api/session: Set-Cookie for the token; nullopt: it is none.
  std::optional<Header> open_session(const Request&, const std::string& token, std::string_view path) const;
  // DELETE /api/session: the session ends, the cookie goes.
  Header close_session(const Request&, std::string_view path) const;

 private:
  bool is_own_host(const Authority&) const;
  std::optional<Refusal> refuse_host(const Request&) const;
  static bool is_followed_link(const Request&);
  std::optional<Refusal> refuse_origin(const Request&) const;
  std::optional<Refusal> refuse_proxied(const Request&) const;

  Tokens tokens_;
  Sessions& sessions_;
  bool authorise_;
  bool open_to_all_;     // insecure_no_auth
  bool on_any_address_;  // listens on 0.0.0.0 or ::
  std::vector<std::string> own_hosts_;
  std::vector<Authority> allowed_hosts_;
  std::vector<Origin> cors_origins_;
};

// The WebSocket sub-protocol to answer with; empty = none was offered that we speak.
std::string_view websocket_subprotocol(const Request&);

}  // namespace lockstep::api
