#include <array>
#include <cstdint>

#include "server/dashboard_files.hpp"

namespace lockstep {
namespace {

constexpr char kPage[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>lockstep</title>"
    "<p>lockstep is running. This program was built without its dashboard (LOCKSTEP_DASHBOARD, which needs Node). "
    "<code>lockstep status</code>, <code>conflicts</code> and <code>history</code> say the same, and "
    "<code>GET /openapi.json</code> what this server answers.</p></html>";
constexpr std::size_t kPageSize = sizeof kPage - 1;

constexpr std::uint32_t crc32() {
  std::uint32_t crc = 0xFFFF'FFFF;
  for (std::size_t i = 0; i < kPageSize; ++i) {
    crc ^= static_cast<unsigned char>(kPage[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB8'8320U : 0U);
  }
  return ~crc;
}

// The page as gzip (RFC 1952) in one stored block of deflate (RFC 1951, 3.2.4): files are kept compressed, and there is
// nothing here that could compress.
constexpr auto gzip() {
  constexpr std::size_t kHeader = 10, kBlock = 5, kTrailer = 8;
  static_assert(kPageSize <= 0xFFFF);
  std::array<char, kHeader + kBlock + kPageSize + kTrailer> out{};
  std::size_t at = 0;
  const auto put = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out[at++] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  };
  put(0x0008'8B1F, 4);  // magic, deflate, no flags
  put(0, 4);            // no time
  put(0xFF00, 2);       // no flags, system unknown
  put(1, 1);            // the last block, stored
  put(kPageSize, 2);
  put(~static_cast<std::uint32_t>(kPageSize), 2);
  for (std::size_t i = 0; i < kPageSize; ++i) out[at++] = kPage[i];
  put(crc32(), 4);
  put(kPageSize, 4);
  return out;
}

constexpr auto kGzip = gzip();
constexpr std::array<api::StaticFile, 1> kFiles{{
    {"/", "text/html; charset=utf-8", std::string_view(kGzip.data(), kGzip.size()), "\"no-dashboard\"", false},
}};

}  // namespace

std::span<const api::StaticFile> dashboard_files() { return kFiles; }

}  // namespace lockstep
