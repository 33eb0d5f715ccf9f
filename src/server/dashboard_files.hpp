// The dashboard's files (web/), compressed into the program when it was built.
#pragma once

#include <span>
#include <string_view>

namespace lockstep {

struct StaticFile {
  std::string_view path;          // as requested: "/", "/assets/app-5KQ2WZ7N.js"
  std::string_view content_type;  // with charset where it has one
  std::string_view gzip;          // the content, compressed: to be sent with Content-Encoding: gzip
  std::string_view etag;          // strong, of the content, quotes included
  bool immutable = false;         // the path holds a hash of the content: may be kept for ever; else ask again
};

// In static storage; "/" is the first. Empty in a program that was built without the dashboard.
std::span<const StaticFile> dashboard_files();

// The Content-Security-Policy under which the files work, for every answer that carries one of them.
inline constexpr std::string_view kDashboardContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

}  // namespace lockstep
