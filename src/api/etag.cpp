#include "api/etag.hpp"

#include <algorithm>

#include "model/fingerprint.hpp"

namespace lockstep::api {
namespace {

// The value is a list of tags; those that are no tags match nothing. Tags may hold commas, so it is walked by quotes.
bool list_has(std::string_view list, std::string_view etag, bool weak_counts) {
  while (!list.empty()) {
    const std::size_t start = list.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    list.remove_prefix(start);
    if (list.front() == '*') return true;
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const std::size_t end = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      list.remove_prefix(std::min(list.find(','), list.size()));
      continue;
    }
    if ((weak_counts || !weak) && list.substr(0, end + 1) == etag) return true;
    list.remove_prefix(end + 1);
  }
  return false;
}

bool any_header_has(const Request& request, std::string_view name, std::string_view etag, bool weak_counts) {
  return std::ranges::any_of(request.headers, [&](const Header& header) {
    return header.name == name && list_has(header.value, etag, weak_counts);
  });
}

}  // namespace

std::string etag_of(std::string_view json_text) { return '"' + to_hex(fingerprint_of(json_text)) + '"'; }

bool may_write(const Request& request, std::string_view etag) {
  return request.header("if-match") == nullptr || any_header_has(request, "if-match", etag, false);
}

bool not_modified(const Request& request, std::string_view etag) {
  return any_header_has(request, "if-none-match", etag, true);
}

}  // namespace lockstep::api
