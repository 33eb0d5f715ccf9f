#include "api/target.hpp"

#include <algorithm>

#include "model/utf8.hpp"

namespace lockstep::api {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Undoes the escapes that `wanted` says yes to; nullopt: one is malformed.
template <typename Wanted>
std::optional<std::string> unescaped(std::string_view text, Wanted wanted) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (wanted(c)) out += c;
    else out += text.substr(at, 3);
    at += 2;
  }
  return out;
}

}  // namespace

std::optional<Target> split_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t mark = target.find('?');
  std::optional<std::string> path = unescaped(target.substr(0, mark), unreserved);
  if (!path) return std::nullopt;
  return Target{std::move(*path), mark == std::string_view::npos ? "" : std::string(target.substr(mark + 1))};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::optional<std::string> decoded = unescaped(text, [](char) { return true; });
  if (!decoded || decoded->find('\0') != std::string::npos || find_invalid_utf8(*decoded)) return std::nullopt;
  return decoded;
}

std::optional<std::vector<QueryItem>> parse_query(std::string_view query) {
  const auto decode = [](std::string_view part) {
    std::string spaced(part);
    std::ranges::replace(spaced, '+', ' ');
    return percent_decode(spaced);
  };
  std::vector<QueryItem> items;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    std::optional<std::string> name = decode(part.substr(0, equals));
    std::optional<std::string> value = decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    items.push_back({std::move(*name), std::move(*value)});
  }
  return items;
}

}  // namespace lockstep::api
