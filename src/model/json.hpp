// JSON values whose numbers are never rounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/fingerprint.hpp"

namespace lockstep {

inline constexpr std::size_t kMaxJsonDepth = 64;

// A JSON value as a tree. Numbers keep the text they were written with, so a
// 23-digit integer and `1.50` survive; objects keep the order of their keys.
// Used where a value is looked into or built (diffs, merges, YAML edits); tasks
// themselves carry compact text (JsonText in task.hpp), which is cheaper.
struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, Json>;

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;             // number: as written; string: its characters
  std::vector<Json> items;      // array
  std::vector<Member> members;  // object, keys unique

  static Json null() { return {}; }
  static Json of(bool);
  static Json string(std::string);
  static Json number(std::string text);
  static Json number(std::int64_t);
  static Json array();
  static Json object();

  const Json* find(std::string_view key) const;  // null if absent or not an object
  Json& set(std::string key, Json value);        // replaces or appends; returns the value in place
};

// Equal as JSON: key order and the spelling of strings and numbers do not
// matter, numbers are compared by exact decimal value (`1` = `1.0` = `10e-1`).
bool equivalent(const Json&, const Json&);
bool equivalent_numbers(std::string_view a, std::string_view b);

struct JsonResult {
  Json value;
  std::string problem_message;  // empty = parsed
  std::size_t problem_offset = 0;
  bool ok() const { return problem_message.empty(); }
};

// Strict RFC 8259 with valid UTF-8, unique keys, no NUL inside strings or keys, depth ≤ max_depth,
// exponents of numbers within ±2147483647. Numbers keep their text.
JsonResult parse_json(std::string_view text, std::size_t max_depth = kMaxJsonDepth);

struct CompactJson {
  std::string text;             // what write_json(parse_json(text).value) gives
  std::string problem_message;  // empty = valid
  std::size_t problem_offset = 0;
  bool ok() const { return problem_message.empty(); }
};
// Checks like parse_json and takes out the white space, without building a tree.
CompactJson compact_json(std::string_view text, std::size_t max_depth = kMaxJsonDepth);

std::string write_json(const Json&);  // compact, one line, UTF-8 unescaped
std::string write_json_pretty(const Json&, int indent = 2);
void append_json_string(std::string& out, std::string_view text);  // with quotes and escapes

// The same for texts that are equivalent() as JSON; reads the text once and
// builds no tree. The text must be valid (parse_json accepts it); text that is
// no JSON at all throws Error(internal).
Fingerprint json_fingerprint(std::string_view text);

}  // namespace lockstep
