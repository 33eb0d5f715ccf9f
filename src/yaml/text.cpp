#include "yaml/text.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "yaml/fault.hpp"

namespace lockstep::yaml {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Printable ASCII with tabs and line breaks; written so that the compiler can vectorise it.
bool is_plain_ascii(std::string_view text) {
  constexpr std::size_t kBlock = 4096;
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    const std::string_view block = text.substr(at, kBlock);
    unsigned odd = 0;
    for (const char c : block) {
      const auto byte = static_cast<unsigned char>(c);
      odd |= static_cast<unsigned>(byte >= 0x7F) |
             static_cast<unsigned>((byte < 0x20) & (byte != '\n') & (byte != '\r') & (byte != '\t'));
    }
    if (odd != 0) return false;
  }
  return true;
}

struct Decoded {
  std::uint32_t character = 0;
  std::size_t length = 0;  // 0 = not valid UTF-8
};

Decoded decode(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return {};
  std::uint32_t character = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return {};
    character = (character << 6) | (byte_at(text, at + i) & 0x3FU);
  }
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  if (overlong || (character >= 0xD800 && character <= 0xDFFF) || character > 0x10FFFF) return {};
  return {character, length};
}

bool is_forbidden(std::uint32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F || (c > 0x7F && c < 0xA0 && c != 0x85) ||
         c == 0xFFFE || c == 0xFFFF;
}

std::string code_point_name(std::uint32_t c) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string name = "U+0000";
  for (std::size_t i = name.size(); i-- > 2; c >>= 4) name[i] = kDigits[c & 15U];
  return name;
}

bool report_other_encoding(std::string_view text, FaultList& faults) {
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  if (utf16) faults.add(0, 2, "", "the file is UTF-16 or UTF-32: save it as UTF-8");
  return utf16;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

TextFacts check_text(std::string_view text, FaultList& faults) {
  if (is_plain_ascii(text)) return {};
  TextFacts facts{.ascii = false};
  if (report_other_encoding(text, faults)) return facts;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = decode(text, at);
    if (decoded.length == 0) {
      const std::size_t start = at;
      while (++at < text.size() && decode(text, at).length == 0) {
      }
      faults.add(start, start + 1, "", "not valid UTF-8 from here: save the file as UTF-8");
      continue;
    }
    if (decoded.character == 0)
      faults.add(at, at + 1, "", "a NUL character (U+0000): take it out, YAML allows none");
    else if (is_forbidden(decoded.character))
      faults.add(at, at + 1, "",
                 "a control character (" + code_point_name(decoded.character) +
                     "): take it out, or write it as an escape inside double quotes");
    if (decoded.character == 0x85 || decoded.character == 0x2028 || decoded.character == 0x2029)
      facts.odd_breaks = true;
    at += decoded.length;
  }
  return facts;
}

std::size_t CharacterOffsets::byte_of(std::size_t character) {
  if (ascii_) return std::min(character, text_.size());
  while (character_ < character && byte_ < text_.size()) {
    while (++byte_ < text_.size() && is_continuation(text_[byte_])) {
    }
    ++character_;
  }
  while (character_ > character && byte_ > 0) {
    while (is_continuation(text_[--byte_])) {
    }
    --character_;
  }
  return byte_;
}

std::size_t break_length(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  if (text[at] == '\n') return 1;
  if (text[at] == '\r') return at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("\xC2\x85")) return 2;
  return rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9") ? 3 : 0;
}

std::size_t line_start(std::string_view text, std::size_t at) {
  for (std::size_t i = std::min(at, text.size()); i > 0; --i) {
    const char before = text[i - 1];
    if (before == '\n') return i;
    if (before == '\r' && !(i < text.size() && text[i] == '\n')) return i;
    if (before == '\x85' && i >= 2 && text[i - 2] == '\xC2') return i;
    if ((before == '\xA8' || before == '\xA9') && i >= 3 && text[i - 2] == '\x80' && text[i - 3] == '\xE2') return i;
  }
  return 0;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  while (at < text.size() && break_length(text, at) == 0) ++at;
  return at;
}

std::size_t next_line(std::string_view text, std::size_t at) {
  const std::size_t end = line_end(text, at);
  return end + break_length(text, end);
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

std::size_t skip_to_content(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_blank(text[at])) {
      ++at;
    } else if (const std::size_t length = break_length(text, at); length > 0) {
      at += length;
    } else if (text[at] == '#' && (at == 0 || is_blank(text[at - 1]) || line_start(text, at) == at)) {
      at = line_end(text, at);
    } else {
      break;
    }
  }
  return at;
}

}  // namespace lockstep::yaml
