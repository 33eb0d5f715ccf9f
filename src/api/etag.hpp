// Entity tags of tasks, and the conditions that requests set with them (RFC 9110, 8.8.3 and 13.1).
#pragma once

#include <string>
#include <string_view>

#include "api/http.hpp"

namespace lockstep::api {

// Strong: of every byte of the task's JSON, its updated_at included. With quotes.
std::string etag_of(std::string_view json_text);

// Whether a write may go on: there is no If-Match, or `etag` is in its list, or it is `*`. Weak tags never match.
bool may_write(const Request&, std::string_view etag);
// Whether the sender has it already: `etag`, weak or not, is in If-None-Match, or that is `*`.
bool not_modified(const Request&, std::string_view etag);

}  // namespace lockstep::api
