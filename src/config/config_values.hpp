// The written forms of settings: durations, sizes, percentages, choices.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lockstep::config {

// In a file, from 1; the length in characters.
struct Place {
  std::size_t line = 0, column = 0, length = 1;
};

// A setting as it was written, whatever wrote it.
struct Setting {
  enum class Kind : std::uint8_t { scalar, list, mapping } kind = Kind::scalar;
  std::string text;                // scalar
  bool plain = false;              // an unquoted YAML scalar: `5` and `true` are not text then
  std::vector<Setting> items;      // list
  std::string folder;              // what relative paths are relative to; empty = the current folder
  Place place;
};

// What is wrong with a value, as a sentence that says what to write.
struct Fault {
  std::string message;
};
template <typename T>
using Parsed = std::variant<T, Fault>;

Parsed<std::string> parse_text(const Setting&);
Parsed<std::string> parse_path(const Setting&);          // joined with the setting's folder
Parsed<std::string> parse_database(const Setting&);      // a URL; the path in `sqlite:PATH` likewise
Parsed<std::vector<std::string>> parse_list(const Setting&);  // one scalar counts as a list of one
Parsed<std::vector<std::string>> parse_listen(const Setting&);
Parsed<bool> parse_boolean(const Setting&);
Parsed<std::int64_t> parse_integer(const Setting&, std::int64_t least, std::int64_t most);
// `500ms` `10s` `5m` `1h` `30d`, and `0`. A bare number counts in `bare_unit`, where there is one (else 0).
Parsed<std::chrono::milliseconds> parse_duration(const Setting&, std::chrono::milliseconds bare_unit = {});
Parsed<std::uint64_t> parse_size(const Setting&);        // bytes: `16KiB`, `8MiB`, `1GiB`, `4096`
Parsed<double> parse_percent(const Setting&);            // `50%` or `50`, from 0 to 100

template <typename T>
using Choices = std::vector<std::pair<std::string_view, T>>;
Fault choice_fault(const Setting&, const std::vector<std::string_view>& names);

template <typename T>
Parsed<T> parse_choice(const Setting& setting, const Choices<T>& choices) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (setting.kind == Setting::Kind::scalar && setting.text == name) return value;
    names.push_back(name);
  }
  return choice_fault(setting, names);
}

}  // namespace lockstep::config
