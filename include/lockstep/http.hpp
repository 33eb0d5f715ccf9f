// A request and its response without what carries them: any HTTP server can fill in one and send the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct Header {
  std::string name;  // in a Request in lower case; in a Response as it is sent
  std::string value;
};

struct Request {
  std::string method = "GET";   // in capitals
  std::string target = "/";     // path and query as sent, percent-encoded; always starts with `/`
  std::vector<Header> headers;  // in the order sent
  std::string body;
  bool secure = false;          // came by https, as far as the carrier knows
  std::string user;             // who sent it, where the carrier knows (a unix socket's peer): the history names them

  // The first of that (lower-case) name; null if there is none.
  const std::string* header(std::string_view name) const {
    for (const Header& h : headers)
      if (h.name == name) return &h.value;
    return nullptr;
  }
};

struct Response {
  int status = 200;
  std::string content_type;     // empty: no body
  std::vector<Header> headers;  // besides Content-Type and Content-Length
  std::string body;             // to HEAD that of GET: the carrier tells its length and leaves it out
};

// Called exactly once, on any thread.
using Reply = std::function<void(Response)>;

enum class StreamKind : std::uint8_t { websocket, server_sent_events };

}  // namespace lockstep
