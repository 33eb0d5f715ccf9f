// Responses as the bytes of HTTP/1.1.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "api/http.hpp"

namespace lockstep::server {

// `Sun, 22 Nov 2026 08:00:00 GMT`
std::string http_date(std::chrono::system_clock::time_point);

// What becomes of the connection after a response.
enum class Persistence : std::uint8_t {
  keep,      // HTTP/1.1's default, nothing is said
  keep_1_0,  // has to be said to a client that speaks HTTP/1.0
  close,
};

// Status line and fields with the empty line, for a body sent behind it (or left out, if it answers HEAD).
std::string response_head(const api::Response&, Persistence, std::string_view date);
// For a body that ends with the connection.
std::string stream_head(const api::Response&, std::string_view date);

}  // namespace lockstep::server
