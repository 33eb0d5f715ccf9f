#include "yaml/scalar.hpp"

#include <algorithm>
#include <array>

namespace lockstep::yaml {
namespace {

constexpr std::size_t kMaxDigits = 5000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_sign(char c) { return c == '+' || c == '-'; }

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 6> kBooleans{"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 12> kBooleans11{"yes", "Yes", "YES", "no",  "No",  "NO",
                                                       "on",  "On",  "ON",  "off", "Off", "OFF"};
constexpr std::array<std::string_view, 4> kLetters{"y", "Y", "n", "N"};
constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kNotANumber{".nan", ".NaN", ".NAN"};
constexpr std::array<std::string_view, 3> kInfinity{".inf", ".Inf", ".INF"};

bool is_infinity(std::string_view s) {
  if (!s.empty() && is_sign(s.front())) s.remove_prefix(1);
  return one_of(s, kInfinity);
}

// A cursor with the few regular-expression steps that the resolvers need.
struct Scan {
  std::string_view rest;
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  template <typename Predicate>
  std::size_t many(Predicate matches, std::size_t most = static_cast<std::size_t>(-1)) {
    std::size_t n = 0;
    while (n < rest.size() && n < most && matches(rest[n])) ++n;
    rest.remove_prefix(n);
    return n;
  }
  bool sign() { return take('+') || take('-'); }
  bool digits(std::size_t least, std::size_t most) {
    const std::size_t n = many(is_digit, most);
    return n >= least;
  }
};

bool is_digit_or_underscore(char c) { return is_digit(c) || c == '_'; }

// (:[0-5]?[0-9])+
bool sexagesimal_tail(Scan& s) {
  std::size_t groups = 0;
  while (s.take(':')) {
    const std::string_view before = s.rest;
    const std::size_t n = s.many(is_digit, 2);
    if (n == 0 || (n == 2 && before.front() > '5')) return false;
    ++groups;
  }
  return groups > 0;
}

bool is_integer_1_1(std::string_view text) {
  Scan s{text};
  s.sign();
  if (s.rest.empty() || !is_digit(s.rest.front())) return false;
  if (s.rest.front() == '0') {
    s.take('0');
    if (s.rest.empty()) return true;
    if (s.take('b')) return s.many([](char c) { return c == '0' || c == '1' || c == '_'; }) > 0 && s.rest.empty();
    if (s.take('x')) return s.many([](char c) { return is_hex(c) || c == '_'; }) > 0 && s.rest.empty();
    return s.many([](char c) { return (c >= '0' && c <= '7') || c == '_'; }) > 0 && s.rest.empty();
  }
  s.many(is_digit_or_underscore);
  return s.rest.empty() || (sexagesimal_tail(s) && s.rest.empty());
}

// ([eE][-+][0-9]+)?, to the end
bool exponent_1_1(Scan& s) {
  if (s.rest.empty()) return true;
  return (s.take('e') || s.take('E')) && s.sign() && s.digits(1, kMaxDigits) && s.rest.empty();
}

bool is_real_1_1(std::string_view text) {
  if (one_of(text, kNotANumber) || is_infinity(text)) return true;
  Scan s{text};
  if (s.take('.')) {
    if (s.rest.empty() || !is_digit(s.rest.front())) return false;
    s.many(is_digit_or_underscore);
    return exponent_1_1(s);
  }
  s.sign();
  if (s.rest.empty() || !is_digit(s.rest.front())) return false;
  s.many(is_digit_or_underscore);
  const bool sexagesimal = !s.rest.empty() && s.rest.front() == ':';
  if (sexagesimal && !sexagesimal_tail(s)) return false;
  if (!s.take('.')) return false;
  s.many(is_digit_or_underscore);
  return sexagesimal ? s.rest.empty() : exponent_1_1(s);
}

bool is_timestamp_1_1(std::string_view text) {
  Scan s{text};
  if (s.many(is_digit, 5) != 4 || !s.take('-')) return false;
  const std::size_t month = s.many(is_digit, 2);
  if (month == 0 || !s.take('-')) return false;
  const std::size_t day = s.many(is_digit, 2);
  if (day == 0) return false;
  if (s.rest.empty()) return month == 2 && day == 2;
  if (!s.take('T') && !s.take('t') && s.many([](char c) { return c == ' ' || c == '\t'; }) == 0) return false;
  if (!s.digits(1, 2) || !s.take(':') || !s.digits(2, 2) || !s.take(':') || !s.digits(2, 2)) return false;
  if (s.take('.')) s.many(is_digit);
  s.many([](char c) { return c == ' ' || c == '\t'; });
  if (s.rest.empty() || s.rest == "Z") return text.back() != ' ' && text.back() != '\t';
  if (!s.sign() || !s.digits(1, 2)) return false;
  return s.rest.empty() || (s.take(':') && s.digits(2, 2) && s.rest.empty());
}

// Leaves out what cannot be anything but text, by its first character: nearly everything.
bool may_be_special(std::string_view text) {
  if (text.empty()) return true;
  const char c = text.front();
  if (is_digit(c) || is_sign(c) || c == '.' || c == '~' || c == '=' || c == '<') return true;
  return text.size() <= 5 && std::string_view("yYnNtTfFoO").find(c) != std::string_view::npos;
}

// What most numbers are, and what both versions agree on.
bool is_ordinary_integer(std::string_view text) {
  return !text.empty() && text.front() != '0' && std::all_of(text.begin(), text.end(), is_digit);
}

// The words come first by their letter, so that numbers and dates are not compared with them.
bool may_be_word(std::string_view text) {
  return text.empty() || !(is_digit(text.front()) || is_sign(text.front()) || text.front() == '.');
}

// Multiplies a number in decimal digits, lowest first, and adds to it.
void multiply_add(std::string& digits, unsigned factor, unsigned addend) {
  unsigned carry = addend;
  for (char& d : digits) {
    const unsigned value = static_cast<unsigned>(d - '0') * factor + carry;
    d = static_cast<char>('0' + value % 10);
    carry = value / 10;
  }
  for (; carry > 0; carry /= 10) digits.push_back(static_cast<char>('0' + carry % 10));
}

std::string decimal_of(std::string_view text, unsigned base) {
  std::string digits;
  for (const char c : text) {
    if (c == '_') continue;
    const unsigned value = is_digit(c) ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a') + 10;
    multiply_add(digits, base, value);
  }
  std::reverse(digits.begin(), digits.end());
  return digits.empty() ? "0" : digits;
}

std::string decimal_of_sexagesimal(std::string_view text) {
  std::string digits;
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    unsigned group = 0;
    if (digits.empty()) {
      digits = decimal_of(text.substr(0, colon), 10);
      std::reverse(digits.begin(), digits.end());
    } else {
      for (const char c : text.substr(0, colon)) group = group * 10 + static_cast<unsigned>(c - '0');
      multiply_add(digits, 60, group);
    }
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  return first == digits.size() ? "0" : std::string(digits.substr(first));
}

std::string integer_as_json(std::string_view text, bool v1_1) {
  std::string sign;
  if (is_sign(text.front())) {
    if (text.front() == '-') sign = "-";
    text.remove_prefix(1);
  }
  if (text.find(':') != std::string_view::npos) return sign + decimal_of_sexagesimal(text);
  if (text.size() > 1 && text.front() == '0') {
    if (text[1] == 'x') return sign + decimal_of(text.substr(2), 16);
    if (text[1] == 'o') return sign + decimal_of(text.substr(2), 8);
    if (text[1] == 'b') return sign + decimal_of(text.substr(2), 2);
    if (v1_1) return sign + decimal_of(text.substr(1), 8);
  }
  std::string digits(text);
  std::erase(digits, '_');
  return sign + without_leading_zeros(digits);
}

std::string real_as_json(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  std::string_view rest = plain;
  std::string result;
  if (is_sign(rest.front())) {
    if (rest.front() == '-') result = "-";
    rest.remove_prefix(1);
  }
  const std::size_t mantissa_end = std::min(rest.find_first_of("eE"), rest.size());
  const std::string_view mantissa = rest.substr(0, mantissa_end);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::string_view whole = mantissa.substr(0, point);
  result += whole.find(':') != std::string_view::npos ? decimal_of_sexagesimal(whole) : without_leading_zeros(whole);
  if (point + 1 < mantissa.size()) result += mantissa.substr(point);
  return result.append(rest.substr(mantissa_end));
}

bool is_json_number(std::string_view text) {
  Scan s{text};
  s.take('-');
  if (!s.take('0') && !s.digits(1, static_cast<std::size_t>(-1))) return false;
  if (s.take('.') && s.many(is_digit) == 0) return false;
  if (s.take('e') || s.take('E')) {
    s.sign();
    if (s.many(is_digit) == 0) return false;
  }
  return s.rest.empty();
}

}  // namespace

ScalarKind resolve_v1_1(std::string_view plain) {
  if (!may_be_special(plain)) return ScalarKind::text;
  if (is_ordinary_integer(plain)) return ScalarKind::integer;
  if (may_be_word(plain)) {
    if (one_of(plain, kNulls)) return ScalarKind::null;
    if (one_of(plain, kBooleans) || one_of(plain, kBooleans11)) return ScalarKind::boolean;
  }
  if (is_integer_1_1(plain)) return ScalarKind::integer;
  if (is_real_1_1(plain)) return ScalarKind::real;
  if (is_timestamp_1_1(plain)) return ScalarKind::timestamp;
  if (plain == "<<") return ScalarKind::merge;
  if (plain == "=") return ScalarKind::value;
  return ScalarKind::text;
}

ScalarKind resolve_v1_2(std::string_view plain) {
  if (!may_be_special(plain)) return ScalarKind::text;
  if (is_ordinary_integer(plain)) return ScalarKind::integer;
  if (may_be_word(plain)) {
    if (one_of(plain, kNulls)) return ScalarKind::null;
    if (one_of(plain, kBooleans)) return ScalarKind::boolean;
    return plain == "<<" ? ScalarKind::merge
                         : ScalarKind::text;  // `<<` is not of the core schema, but every reader merges
  }
  if (one_of(plain, kNotANumber) || is_infinity(plain)) return ScalarKind::real;
  Scan s{plain};
  if (plain.starts_with("0o") || plain.starts_with("0x")) {
    s.rest.remove_prefix(2);
    const bool octal = plain[1] == 'o';
    const std::size_t n = s.many([octal](char c) { return octal ? c >= '0' && c <= '7' : is_hex(c); });
    return n > 0 && s.rest.empty() ? ScalarKind::integer : ScalarKind::text;
  }
  s.sign();
  const std::size_t whole = s.many(is_digit);
  if (whole > 0 && s.rest.empty()) return ScalarKind::integer;
  std::size_t fraction = 0;
  if (s.take('.')) fraction = s.many(is_digit);
  if (whole == 0 && fraction == 0) return ScalarKind::text;
  if (s.rest.empty()) return ScalarKind::real;
  if (!s.take('e') && !s.take('E')) return ScalarKind::text;
  s.sign();
  return s.many(is_digit) > 0 && s.rest.empty() ? ScalarKind::real : ScalarKind::text;
}

bool versions_differ(std::string_view plain) {
  if (!may_be_special(plain) || is_ordinary_integer(plain)) return false;
  const ScalarKind old_kind = resolve_v1_1(plain);
  const ScalarKind new_kind = resolve_v1_2(plain);
  if (old_kind != new_kind) return true;
  if (old_kind != ScalarKind::integer) return false;
  return integer_as_json(plain.substr(0, kMaxDigits), true) != integer_as_json(plain.substr(0, kMaxDigits), false);
}

bool is_boolean_letter(std::string_view plain) { return one_of(plain, kLetters); }

std::string describe(std::string_view plain, ScalarKind kind, bool v1_1) {
  switch (kind) {
    case ScalarKind::text:
      return "text";
    case ScalarKind::null:
      return "null";
    case ScalarKind::boolean:
      return "a boolean";
    case ScalarKind::timestamp:
      return "a timestamp";
    case ScalarKind::merge:
      return "a merge key";
    case ScalarKind::value:
      return "a special value";
    case ScalarKind::integer:
    case ScalarKind::real:
      break;
  }
  const std::optional<std::string> number = json_number(plain, kind, v1_1);
  return number && number->size() <= 40 ? "the number " + *number : "a number";
}

bool boolean_value(std::string_view plain) {
  const char c = plain.front();
  return c == 't' || c == 'T' || c == 'y' || c == 'Y' || plain == "on" || plain == "On" || plain == "ON";
}

std::optional<std::string> json_number(std::string_view plain, ScalarKind kind, bool v1_1) {
  if (is_json_number(plain)) return std::string(plain);
  if (plain.size() > kMaxDigits || is_infinity(plain) || one_of(plain, kNotANumber)) return std::nullopt;
  return kind == ScalarKind::integer ? integer_as_json(plain, v1_1) : real_as_json(plain);
}

}  // namespace lockstep::yaml
