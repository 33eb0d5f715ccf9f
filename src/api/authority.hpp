// Who a request is for, and which site sent it: the Host and Origin headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::api {

// HOST or HOST:PORT, as in a Host header.
struct Authority {
  std::string host;  // lower case, no dot at the end; an IPv6 address in its shortest form, no brackets
  std::optional<std::uint16_t> port;  // nullopt: not said
  friend bool operator==(const Authority&, const Authority&) = default;
};
// nullopt: not one.
std::optional<Authority> parse_authority(std::string_view text);

// http://HOST[:PORT] or https://…
struct Origin {
  std::string scheme;  // "http", "https"
  std::string host;    // as in Authority
  std::uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};
// nullopt: `null`, another scheme, or not one.
std::optional<Origin> parse_origin(std::string_view text);

// `localhost` and the addresses that never leave the machine; they count as one host.
bool is_loopback(std::string_view host);
bool is_ip_address(std::string_view host);
bool is_any_address(std::string_view host);  // 0.0.0.0 and ::

// The same host and port; a Host without port means the default one of the origin's scheme.
bool same_site(const Origin&, const Authority&);

// The host of a listen address (HOST:PORT, [::1]:PORT); nullopt: unix:PATH, whose host is nobody's name.
std::optional<std::string> listen_host(std::string_view address);

}  // namespace lockstep::api
