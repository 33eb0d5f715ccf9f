#include "yaml/scalar_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "yaml/scalar.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint32_t decode(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  std::uint32_t c = lead & (lead >= 0xF0 ? 0x07U : lead >= 0xE0 ? 0x0FU : 0x1FU);
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
    c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return c;
}

// Must be an escape: control characters, line breaks of either version, what is invisible or no character.
bool needs_escape(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || (c & 0xFFFEU) == 0xFFFEU;
}

bool has_escapes(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (needs_escape(decode(text, at))) return true;
  return false;
}

// Wider than any reader's idea of a number (ruamel.yaml takes `-_` for one).
bool resembles_number(std::string_view text) {
  const char first = text.front();
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return false;
  return text.find_first_not_of("0123456789abcdefABCDEFxo_.+-:") == std::string_view::npos &&
         std::count(text.begin(), text.end(), '.') < 2;
}

void append_hex(std::string& out, std::uint32_t c) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const int digits = c <= 0xFF ? 2 : c <= 0xFFFF ? 4 : 8;
  out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
  for (int i = digits - 1; i >= 0; --i) out += kDigits[(c >> (4 * i)) & 15U];
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out += '\'';
}

// The written form of a timestamp, taken apart.
struct Shape {
  char separator = 'T';
  bool time = false;
  bool seconds = false;
  std::size_t fraction = 0;
  std::string_view zone;  // from the blank before it on
  std::int64_t offset_minutes = 0;
};

std::optional<std::int64_t> offset_of(std::string_view zone) {
  while (!zone.empty() && zone.front() == ' ') zone.remove_prefix(1);
  if (zone.empty() || zone == "Z" || zone == "z") return 0;
  const bool negative = zone.front() == '-';
  zone.remove_prefix(1);
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::size_t digits = 0;
  for (const char c : zone) {
    if (c == ':') {
      digits = 2;
      continue;
    }
    if (!is_digit(c) || digits == 4) return std::nullopt;
    std::int64_t& part = digits < 2 ? hours : minutes;
    part = part * 10 + (c - '0');
    ++digits;
  }
  const std::int64_t total = hours * 60 + minutes;
  return negative ? -total : total;
}

std::optional<Shape> shape_of(std::string_view sample) {
  if (!parse_timestamp(sample) || sample.size() < 10) return std::nullopt;
  Shape shape;
  if (sample.size() == 10) return shape;
  shape.separator = sample[10];
  std::string_view time = sample.substr(11);
  const std::size_t end = std::min(time.find_first_not_of("0123456789:.,"), time.size());
  shape.zone = time.substr(end);
  time = time.substr(0, end);
  shape.time = true;
  shape.seconds = std::count(time.begin(), time.end(), ':') == 2;
  if (const std::size_t point = time.find_first_of(".,"); point != std::string_view::npos)
    shape.fraction = time.size() - point - 1;
  const std::optional<std::int64_t> offset = offset_of(shape.zone);
  if (!offset) return std::nullopt;
  shape.offset_minutes = *offset;
  return shape;
}

}  // namespace

bool can_be_plain(std::string_view text, bool flow) {
  if (text.empty() || versions_differ(text) || is_boolean_letter(text) || resolve_v1_1(text) != ScalarKind::text || resembles_number(text))
    return false;
  const char first = text.front();
  if (std::string_view(" ?:,[]{}#&*!|>'\"%@`").find(first) != std::string_view::npos || text.back() == ' ' ||
      text.back() == ':')
    return false;
  if (first == '-' && (text.size() < 2 || text[1] == ' ')) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (flow && text.find_first_of(",[]{}?") != std::string_view::npos) return false;
  // A no-break space at an end looks like nothing and is easily lost.
  if (text.starts_with("\xC2\xA0") || text.ends_with("\xC2\xA0")) return false;
  return !has_escapes(text);
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::uint32_t c = decode(text, at);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case 0x85:
        out += "\\N";
        break;
      case 0x2028:
        out += "\\L";
        break;
      case 0x2029:
        out += "\\P";
        break;
      default:
        if (needs_escape(c))
          append_hex(out, c);
        else
          out += text.substr(start, at - start);
    }
  }
  return out += '"';
}

std::string json_quoted(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  const auto escape = [&out](std::uint32_t unit) {
    out += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) out += kDigits[(unit >> (shift - 4)) & 15U];
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::uint32_t c = decode(text, at);
    if (c == '"' || c == '\\') out.append("\\").append(1, static_cast<char>(c));
    else if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (c == '\r') out += "\\r";
    else if (c == 0x85 || (needs_escape(c) && c <= 0xFFFF)) escape(c);
    else if (needs_escape(c)) escape(0xD800U + ((c - 0x10000U) >> 10U)), escape(0xDC00U + ((c - 0x10000U) & 0x3FFU));
    else out += text.substr(start, at - start);
  }
  return out += '"';
}

std::string write_text(std::string_view text, ScalarStyle wish, bool flow) {
  if (wish == ScalarStyle::json) return json_quoted(text);
  if (wish == ScalarStyle::plain && can_be_plain(text, flow)) return std::string(text);
  if (has_escapes(text)) return double_quoted(text);
  const bool escapes = text.find_first_of("\"\\") != std::string_view::npos;
  if (wish == ScalarStyle::single_quoted || (escapes && wish != ScalarStyle::double_quoted)) return single_quoted(text);
  return double_quoted(text);
}

std::optional<std::string> write_block_scalar(std::string_view text, ScalarStyle wish, std::size_t indent,
                                              std::string_view header_comment) {
  const bool ends_with_break = text.ends_with('\n');
  std::string_view body = ends_with_break ? text.substr(0, text.size() - 1) : text;
  if (body.empty() || body.front() == ' ' || body.front() == '\n' || body.back() == '\n' || body.back() == ' ')
    return std::nullopt;
  const bool one_line = body.find('\n') == std::string_view::npos;
  std::string out(1, wish == ScalarStyle::folded && one_line ? '>' : '|');
  if (!ends_with_break) out += '-';
  out += header_comment;
  out += '\n';
  while (true) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    if (has_escapes(line)) return std::nullopt;
    if (!line.empty()) out.append(indent, ' ').append(line);
    out += '\n';
    if (end == body.size()) return out;
    body.remove_prefix(end + 1);
  }
}

std::string write_number(std::string_view json) {
  const std::size_t e = json.find_first_of("eE");
  if (e == std::string_view::npos) return std::string(json);
  std::string out(json.substr(0, e));
  if (out.find('.') == std::string::npos) out += ".0";
  out += 'e';
  const std::string_view exponent = json.substr(e + 1);
  if (is_digit(exponent.front())) out += '+';
  return out += exponent;
}

std::string write_timestamp(Timestamp instant, std::string_view sample) {
  const std::optional<Shape> shape = shape_of(sample);
  const std::string standard = format_rfc3339(instant);
  if (!shape) return standard;
  const Timestamp local{instant.micros + shape->offset_minutes * kMicrosPerMinute};
  const std::string sql = format_sql(local);  // YYYY-MM-DD HH:MM:SS.ffffff
  std::string text = sql.substr(0, 10);
  const std::string_view time = std::string_view(sql).substr(11, 8);
  std::string_view fraction = std::string_view(sql).substr(20);
  std::size_t significant = fraction.size();
  while (significant > 0 && fraction[significant - 1] == '0') --significant;
  if (!shape->time) return time == "00:00:00" && significant == 0 ? text : standard;
  text += shape->separator;
  const std::size_t digits = significant == 0 ? std::min<std::size_t>(shape->fraction, 6)
                                              : std::max(std::min<std::size_t>(shape->fraction, 6), significant);
  const bool seconds = shape->seconds || digits > 0 || !time.ends_with(":00");
  text += time.substr(0, seconds ? 8 : 5);
  if (digits > 0) text.append(".").append(fraction.substr(0, digits));
  text += shape->zone;
  const std::optional<Timestamp> back = parse_timestamp(text);
  return back && *back == instant ? text : standard;
}

}  // namespace lockstep::yaml
