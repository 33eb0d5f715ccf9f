#include "config/config_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "model/validation.hpp"

namespace lockstep::config {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool reads_as_null(const Setting& s) { return s.plain && one_of(s.text, {"", "~", "null", "Null", "NULL"}); }
bool reads_as_boolean(const Setting& s) {
  return s.plain && one_of(s.text, {"true", "True", "TRUE", "false", "False", "FALSE"});
}
bool reads_as_number(const Setting& s) {
  if (!s.plain) return false;
  double value = 0;
  const auto [end, fault] = std::from_chars(s.text.data(), s.text.data() + s.text.size(), value);
  return fault == std::errc{} && end == s.text.data() + s.text.size();
}

std::string found(const Setting& s) {
  if (s.kind == Setting::Kind::list) return "found a list";
  if (s.kind == Setting::Kind::mapping) return "found a mapping";
  if (reads_as_null(s)) return "found no value";
  return "found " + quoted_for_message(s.text);
}

Fault expected(std::string_view what, const Setting& s) { return {"expected " + std::string(what) + ", " + found(s)}; }

bool is_absolute(std::string_view path) { return path.starts_with('/'); }

std::string in_folder(const std::string& folder, std::string_view path) {
  if (folder.empty() || is_absolute(path)) return std::string(path);
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

// A whole number and the unit behind it (blanks between them are fine); false if it does not start with a digit.
struct Quantity {
  std::uint64_t number = 0;
  std::string_view unit;
};
std::variant<Quantity, Fault> parse_quantity(const Setting& s, std::string_view what) {
  if (s.kind != Setting::Kind::scalar) return expected(what, s);
  Quantity quantity;
  const char* const last = s.text.data() + s.text.size();
  const auto [end, fault] = std::from_chars(s.text.data(), last, quantity.number);
  if (fault != std::errc{}) return expected(what, s);
  quantity.unit = std::string_view(end, static_cast<std::size_t>(last - end));
  while (quantity.unit.starts_with(' ')) quantity.unit.remove_prefix(1);
  return quantity;
}

// HOST:PORT, [ADDRESS]:PORT or unix:PATH.
bool is_listen_address(std::string_view address) {
  if (address.starts_with("unix:")) return address.size() > 5;
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find_first_of(":[] /") != std::string_view::npos) return false;
  unsigned number = 0;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
  return fault == std::errc{} && end == port.data() + port.size() && number <= 65535;
}

}  // namespace

Parsed<std::string> parse_text(const Setting& s) {
  if (s.kind != Setting::Kind::scalar || reads_as_null(s)) return expected("text", s);
  if (reads_as_boolean(s) || reads_as_number(s)) {
    Fault fault = expected("text", s);
    fault.message += "; quote it if it is meant as text";
    return fault;
  }
  if (s.text.empty()) return Fault{"expected text, found an empty one; leave the key out for the default"};
  if (s.text.find('\0') != std::string::npos) return Fault{"text must not contain NUL"};
  return s.text;
}

Parsed<std::string> parse_path(const Setting& s) {
  Parsed<std::string> text = parse_text(s);
  if (std::string* path = std::get_if<std::string>(&text)) *path = in_folder(s.folder, *path);
  return text;
}

Parsed<std::string> parse_database(const Setting& s) {
  Parsed<std::string> text = parse_text(s);
  const std::string* const url = std::get_if<std::string>(&text);
  if (url == nullptr || s.folder.empty() || !url->starts_with("sqlite")) return text;
  // `sqlite:PATH`, or SQLAlchemy's forms with an empty host and perhaps a driver: `sqlite+aiosqlite:///PATH`.
  const std::size_t colon = url->find(':');
  if (colon == std::string::npos) return text;
  const bool empty_host = url->compare(colon + 1, 3, "///") == 0;
  const std::size_t path = colon + 1 + (empty_host ? 3 : 0);
  if (url->compare(path, 1, ":") == 0) return text;  // :memory:, which the store refuses
  return url->substr(0, path) + in_folder(s.folder, std::string_view(*url).substr(path));
}

Parsed<std::vector<std::string>> parse_list(const Setting& s) {
  if (s.kind == Setting::Kind::mapping) return expected("a list", s);
  std::vector<std::string> values;
  const std::vector<Setting> single{s};
  for (const Setting& item : s.kind == Setting::Kind::list ? s.items : single) {
    Parsed<std::string> value = parse_text(item);
    if (Fault* fault = std::get_if<Fault>(&value)) return *fault;
    values.push_back(std::get<std::string>(std::move(value)));
  }
  return values;
}

Parsed<std::vector<std::string>> parse_listen(const Setting& s) {
  Parsed<std::vector<std::string>> addresses = parse_list(s);
  auto* const list = std::get_if<std::vector<std::string>>(&addresses);
  if (list == nullptr) return addresses;
  if (list->empty()) return Fault{"expected at least one address to listen on"};
  for (std::string& address : *list) {
    if (!is_listen_address(address))
      return Fault{"cannot listen on " + quoted_for_message(address) + "; write HOST:PORT, [::1]:PORT or unix:PATH"};
    constexpr std::string_view kUnix = "unix:";
    if (address.starts_with(kUnix))
      address = std::string(kUnix) + in_folder(s.folder, std::string_view(address).substr(kUnix.size()));
  }
  return addresses;
}

Parsed<bool> parse_boolean(const Setting& s) {
  if (s.kind == Setting::Kind::scalar) {
    if (one_of(s.text, {"true", "True", "TRUE"}) && s.plain) return true;
    if (one_of(s.text, {"false", "False", "FALSE"}) && s.plain) return false;
  }
  return expected("true or false", s);
}

Parsed<std::int64_t> parse_integer(const Setting& s, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const char* const last = s.text.data() + s.text.size();
  const auto [end, fault] = std::from_chars(s.text.data(), last, value);
  if (s.kind != Setting::Kind::scalar || !s.plain || fault != std::errc{} || end != last)
    return expected("a whole number", s);
  if (value < least || value > most)
    return Fault{"must be from " + std::to_string(least) + " to " + std::to_string(most) + ", found " + s.text};
  return value;
}

Parsed<std::chrono::milliseconds> parse_duration(const Setting& s, std::chrono::milliseconds bare_unit) {
  constexpr std::string_view kForms = "a duration such as 500ms, 10s, 5m, 1h or 30d";
  auto parsed = parse_quantity(s, kForms);
  if (Fault* fault = std::get_if<Fault>(&parsed)) return *fault;
  const Quantity quantity = std::get<Quantity>(parsed);
  std::int64_t unit = 0;
  if (quantity.unit == "ms") unit = 1;
  else if (quantity.unit == "s") unit = 1000;
  else if (quantity.unit == "m") unit = 60'000;
  else if (quantity.unit == "h") unit = 3'600'000;
  else if (quantity.unit == "d") unit = 86'400'000;
  else if (quantity.unit.empty() && (quantity.number == 0 || bare_unit.count() > 0)) unit = bare_unit.count();
  else if (quantity.unit.empty()) return Fault{"the duration " + s.text + " has no unit; write " + s.text + "s for seconds"};
  else return expected(kForms, s);
  constexpr std::int64_t kLongest = 36'500LL * 86'400'000;  // a hundred years
  if (unit > 0 && quantity.number > static_cast<std::uint64_t>(kLongest / unit))
    return Fault{"the duration " + s.text + " is longer than 36500d"};
  return std::chrono::milliseconds(static_cast<std::int64_t>(quantity.number) * unit);
}

Parsed<std::uint64_t> parse_size(const Setting& s) {
  constexpr std::string_view kForms = "a size such as 4096, 16KiB, 8MiB or 1GiB";
  auto parsed = parse_quantity(s, kForms);
  if (Fault* fault = std::get_if<Fault>(&parsed)) return *fault;
  const Quantity quantity = std::get<Quantity>(parsed);
  std::uint64_t unit = 0;
  if (quantity.unit.empty() || quantity.unit == "B") unit = 1;
  else if (quantity.unit == "KiB") unit = 1ULL << 10;
  else if (quantity.unit == "MiB") unit = 1ULL << 20;
  else if (quantity.unit == "GiB") unit = 1ULL << 30;
  else if (quantity.unit == "TiB") unit = 1ULL << 40;
  else if (quantity.unit == "kB" || quantity.unit == "KB") unit = 1000;
  else if (quantity.unit == "MB") unit = 1'000'000;
  else if (quantity.unit == "GB") unit = 1'000'000'000;
  else return expected(kForms, s);
  if (quantity.number > (std::numeric_limits<std::uint64_t>::max() >> 1) / unit)
    return Fault{"the size " + s.text + " is too large"};
  return quantity.number * unit;
}

Parsed<double> parse_percent(const Setting& s) {
  constexpr std::string_view kForms = "a percentage from 0 to 100, such as 50%";
  if (s.kind != Setting::Kind::scalar) return expected(kForms, s);
  std::string_view digits = s.text;
  if (digits.ends_with('%')) digits.remove_suffix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  double value = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  // The comparison is written so that a NaN fails it.
  if (fault != std::errc{} || end != digits.data() + digits.size() || !(value >= 0 && value <= 100))
    return expected(kForms, s);
  return value;
}

Fault choice_fault(const Setting& s, const std::vector<std::string_view>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string(names[i]);
  return expected(list, s);
}

}  // namespace lockstep::config
