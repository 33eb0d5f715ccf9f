#include "api/authority.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace lockstep::api {
namespace {

constexpr std::size_t kLongestHost = 255;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<in6_addr> ipv6(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

// In network byte order.
std::optional<std::array<std::uint8_t, 4>> ipv4(const std::string& text) {
  std::array<std::uint8_t, 4> bytes{};
  if (text.empty() || text[0] < '0' || text[0] > '9' || inet_pton(AF_INET, text.c_str(), bytes.data()) != 1)
    return std::nullopt;
  return bytes;
}

std::optional<std::string> canonical_ipv6(std::string_view text) {
  const std::optional<in6_addr> address = ipv6(std::string(text));
  if (!address) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (inet_ntop(AF_INET6, &*address, canonical.data(), canonical.size()) == nullptr) return std::nullopt;
  return std::string(canonical.data());
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('['))
    return text.ends_with(']') ? canonical_ipv6(text.substr(1, text.size() - 2)) : std::nullopt;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kLongestHost) return std::nullopt;
  std::string host = lower_case(text);
  if (!std::ranges::all_of(host, host_character)) return std::nullopt;
  return host;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::optional<std::string> host = parse_host(text.substr(0, colon));
  if (!host) return std::nullopt;
  Authority authority{std::move(*host), std::nullopt};
  if (colon == std::string_view::npos) return authority;
  authority.port = parse_port(text.substr(colon + 1));
  return authority.port ? std::optional(std::move(authority)) : std::nullopt;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return std::nullopt;
  Origin origin;
  origin.scheme = lower_case(text.substr(0, slashes));
  if (origin.scheme != "http" && origin.scheme != "https") return std::nullopt;
  std::optional<Authority> authority = parse_authority(text.substr(slashes + 3));
  if (!authority) return std::nullopt;
  origin.host = std::move(authority->host);
  origin.port = authority->port.value_or(origin.scheme == "https" ? 443 : 80);
  return origin;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  if (const auto address = ipv4(text)) return (*address)[0] == 127;
  if (text.find(':') == std::string::npos) return false;
  const std::optional<in6_addr> address = ipv6(text);
  if (!address) return false;
  return IN6_IS_ADDR_LOOPBACK(&*address) || (IN6_IS_ADDR_V4MAPPED(&*address) && address->s6_addr[12] == 127);
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  return ipv4(text).has_value() || (text.find(':') != std::string::npos && ipv6(text).has_value());
}

bool is_any_address(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

bool same_site(const Origin& origin, const Authority& host) {
  if (origin.port != host.port.value_or(origin.scheme == "https" ? 443 : 80)) return false;
  return origin.host == host.host || (is_loopback(origin.host) && is_loopback(host.host));
}

std::optional<std::string> listen_host(std::string_view address) {
  if (address.starts_with("unix:")) return std::nullopt;
  const std::size_t colon = address.rfind(':');
  // Port 0 (any free one) is no port of a Host header, but of a listen address.
  return parse_host(address.substr(0, colon));
}

}  // namespace lockstep::api
