#include "yaml/escaped_pairs.hpp"

#include <algorithm>
#include <cstdint>

#include "yaml/event_stream.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kEscape = 6;        // `\ud83d`
constexpr std::size_t kPair = 2 * kEscape;
constexpr std::size_t kJoined = 10;       // `\U0001f600`
constexpr std::size_t kShrinks = kPair - kJoined;

// Of `\uXXXX` at that place; 0 if there is none.
std::uint32_t escape_at(std::string_view text, std::size_t at) {
  if (at + kEscape > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
  std::uint32_t unit = 0;
  for (std::size_t i = at + 2; i < at + kEscape; ++i) {
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f') unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a') + 10;
    else return 0;
  }
  return unit;
}

bool is_pair(std::string_view text, std::size_t at) {
  return (escape_at(text, at) & 0xFC00U) == 0xD800U && (escape_at(text, at + kEscape) & 0xFC00U) == 0xDC00U;
}

// Whatever looks like half of one, between quotes or not.
std::vector<std::size_t> halves(std::string_view text, std::size_t start, std::size_t end) {
  std::vector<std::size_t> found;
  for (std::size_t at = text.find("\\u", start); at < end; at = text.find("\\u", at + 2))
    if ((escape_at(text, at) & 0xF800U) == 0xD800U) found.push_back(at);
  return found;
}

// Of a double-quoted scalar: behind tag and anchor.
std::size_t opening_quote(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && text[at] != '"') {
    while (at < end && !is_blank(text[at]) && break_length(text, at) == 0) ++at;
    at = skip_to_content(text, at);
  }
  return at;
}

}  // namespace

std::vector<std::size_t> find_escaped_pairs(std::string_view text, bool ascii, std::size_t max_depth,
                                            const ParsedRange& range) {
  std::vector<std::size_t> pairs;
  const std::vector<std::size_t> seen = halves(text, range.start, std::min(range.end, text.size()));
  if (std::none_of(seen.begin(), seen.end(), [&](std::size_t at) { return is_pair(text, at); })) return pairs;
  // With a letter in the place of each the text parses, and each value stands where it does.
  std::string harmless(text);
  for (const std::size_t at : seen) harmless.replace(at, kEscape, "\\u0061");
  // A value of its own may nest as deep again as the text.
  EventStream stream(harmless, ascii, 2 * max_depth + 1, EventStream::Aliases::keep, nullptr, range);
  auto next = seen.begin();
  while (next != seen.end() && stream.next().kind != EventKind::end) {
    const Event& event = stream.current();
    if (event.kind != EventKind::scalar || event.style != ScalarStyle::double_quoted) continue;
    while (next != seen.end() && *next < event.start) ++next;
    if (next == seen.end() || *next >= event.end) continue;
    // From the quote on, for a backslash may itself be escaped.
    for (std::size_t at = opening_quote(text, event.start, event.end) + 1; at < event.end;) {
      const bool pair = text[at] == '\\' && is_pair(text, at);
      if (pair) pairs.push_back(at);
      at += pair ? kPair : text[at] == '\\' ? 2 : 1;
    }
  }
  return pairs;
}

std::string with_joined_pairs(std::string_view piece, std::size_t start, const std::vector<std::size_t>& pairs) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string joined;
  if (pairs.empty()) return joined;
  joined.reserve(piece.size());
  std::size_t copied = 0;
  for (const std::size_t pair : pairs) {
    const std::size_t at = pair - start;
    joined += piece.substr(copied, at - copied);
    const std::uint32_t high = escape_at(piece, at) & 0x3FFU;
    const std::uint32_t low = escape_at(piece, at + kEscape) & 0x3FFU;
    const std::uint32_t character = 0x10000U + (high << 10U) + low;
    joined += "\\U";
    for (unsigned shift = 32; shift > 0; shift -= 4) joined += kDigits[(character >> (shift - 4)) & 15U];
    copied = at + kPair;
  }
  return joined += piece.substr(copied);
}

std::size_t before_joining(std::size_t at, std::size_t start, const std::vector<std::size_t>& pairs) {
  std::size_t low = 0;
  std::size_t high = pairs.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const bool behind = pairs[middle] - start - middle * kShrinks + kJoined <= at;
    (behind ? low : high) = behind ? middle + 1 : middle;
  }
  return at + low * kShrinks;
}

}  // namespace lockstep::yaml
