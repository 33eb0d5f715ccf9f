// The dashboard's files over HTTP.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/http.hpp"

namespace lockstep::api {

// A file of the dashboard, compressed when the program was built.
struct StaticFile {
  std::string_view path;          // as requested: "/", "/assets/app-5KQ2WZ7N.js"
  std::string_view content_type;  // with charset where it has one
  std::string_view gzip;          // the content, compressed
  std::string_view etag;          // strong, of the content, quotes included
  bool immutable = false;         // the path holds a hash of the content: may be kept for ever; else ask again
};

// The answer to GET for a path that is a file's; nullopt: it is none's.
std::optional<Response> serve_static(std::span<const StaticFile>, std::string_view content_security_policy,
                                     std::string_view path, const Request&);

// Whether the sender takes gzip (RFC 9110, 12.5.3): named, or `*`, with a weight above 0.
bool accepts_gzip(const Request&);
std::string gunzip(std::string_view);  // throws Error(internal) for what gzip did not write

}  // namespace lockstep::api
