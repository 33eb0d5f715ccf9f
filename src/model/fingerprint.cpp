#include "model/fingerprint.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <charconv>

namespace lockstep {
namespace {

constexpr std::size_t kHexDigits = 16;  // of each half

void put_hex(char* out, std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = kHexDigits; i-- > 0; value >>= 4U) out[i] = kDigits[value & 0xFU];
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Fingerprint fingerprint_of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string to_hex(Fingerprint fingerprint) {
  std::array<char, 2 * kHexDigits> out{};
  put_hex(out.data(), fingerprint.high);
  put_hex(out.data() + kHexDigits, fingerprint.low);
  return {out.data(), out.size()};
}

std::optional<Fingerprint> fingerprint_from_hex(std::string_view text) {
  if (text.size() != 2 * kHexDigits) return std::nullopt;
  const std::optional<std::uint64_t> high = read_hex(text.substr(0, kHexDigits));
  const std::optional<std::uint64_t> low = read_hex(text.substr(kHexDigits));
  if (!high || !low) return std::nullopt;
  return Fingerprint{*high, *low};
}

}  // namespace lockstep
