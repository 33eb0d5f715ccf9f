#include <algorithm>

#include "api/routes.hpp"

namespace lockstep::api {
namespace {

// The variable's part of `path`, empty where the pattern has none; nullopt: the path is not of that pattern.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after))
    return std::nullopt;
  const std::string_view variable = path.substr(before.size(), path.size() - before.size() - after.size());
  return variable.find('/') == std::string_view::npos ? std::optional(variable) : std::nullopt;
}

}  // namespace

std::optional<RouteMatch> find_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch found;
  for (const Route& route : routes()) {
    const std::optional<std::string_view> variable = match(route.pattern, path);
    if (!variable) continue;
    if (route.method == wanted) return RouteMatch{&route, *variable, {}};
    if (std::ranges::find(found.methods, route.method) != found.methods.end()) continue;
    found.methods.push_back(route.method);
    if (route.method == "GET") found.methods.push_back("HEAD");
  }
  if (found.methods.empty()) return std::nullopt;
  found.methods.push_back("OPTIONS");
  return found;
}

std::string join_methods(const std::vector<std::string_view>& methods) {
  std::string text;
  for (const std::string_view method : methods) text += (text.empty() ? "" : ", ") + std::string(method);
  return text;
}

}  // namespace lockstep::api
