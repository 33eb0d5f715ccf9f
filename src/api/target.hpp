// A request's target taken apart: its path and the parameters of its query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::api {

struct Target {
  std::string path;   // escapes of characters that need none undone (RFC 3986, 6.2.2.2), so that paths compare as bytes
  std::string query;  // as sent, without the `?`
};
// nullopt: not a path, or a malformed escape in it.
std::optional<Target> split_target(std::string_view target);

// nullopt: a malformed escape, NUL, or bytes that are not UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

struct QueryItem {
  std::string name;
  std::string value;  // empty also for `?name`
};
// application/x-www-form-urlencoded, `+` is a space; empty parts are skipped. nullopt as for percent_decode.
std::optional<std::vector<QueryItem>> parse_query(std::string_view query);

}  // namespace lockstep::api
