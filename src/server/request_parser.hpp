// Bytes of an HTTP/1 connection in, requests out, one after the other. Pure: no sockets, no clock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "api/http.hpp"

namespace lockstep::server {

struct RequestLimits {
  std::uint64_t header = 16ULL << 10;  // request line and fields, in bytes
  std::uint64_t body = 8ULL << 20;     // decoded
};

// Why no request comes of these bytes, and the status to answer with. The connection cannot go on after it.
struct RequestFault {
  int status = 400;
  std::string detail;
};

class RequestParser {
 public:
  explicit RequestParser(RequestLimits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Progress : std::uint8_t {
    nothing,   // not one byte of a next request
    header,    // a part of the header
    body,      // the header is there, the body not yet whole
    complete,  // take()
  };

  // More bytes from the connection. They are looked at by advance() only.
  void append(std::string_view bytes);
  // Reads as far as the bytes go.
  std::variant<Progress, RequestFault> advance();

  // ---- once the header is there
  bool continue_expected() const;  // the client waits for `100 Continue` before it sends the body
  bool keep_alive() const;         // the connection may carry another request
  bool is_http_1_0() const;

  // The complete request. Bytes behind it stay, for the next.
  api::Request take();
  bool has_bytes() const;  // behind what was taken

 private:
  class Message;

  RequestLimits limits_;
  std::string buffer_;
  std::size_t used_ = 0;  // bytes of buffer_ that were parsed
  std::unique_ptr<Message> message_;
};

}  // namespace lockstep::server
