// 128-bit hashes (XXH3) by which equal things are told from changed ones.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

// Not cryptographic: it tells accidental differences, not malicious ones.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint fingerprint_of(std::string_view bytes);
std::string to_hex(Fingerprint);  // 32 lower-case digits
std::optional<Fingerprint> fingerprint_from_hex(std::string_view);

}  // namespace lockstep
