// The one table of routes, and finding the one that a request is for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.hpp"

namespace lockstep::api {

std::span<const Route> routes();

struct RouteMatch {
  const Route* route = nullptr;           // null: the path has routes, but none for this method
  std::string_view variable;              // of `path`, percent-encoded
  std::vector<std::string_view> methods;  // that the path has; HEAD where GET is, and OPTIONS
};
// `path` as in Target, without the prefix. HEAD finds the route of GET. nullopt: no route has such a path.
std::optional<RouteMatch> find_route(std::string_view method, std::string_view path);

std::string join_methods(const std::vector<std::string_view>&);  // "GET, HEAD, OPTIONS"

}  // namespace lockstep::api
