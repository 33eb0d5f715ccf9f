#include "yaml/scalar_reading.hpp"

#include "model/utf8.hpp"
#include "model/validation.hpp"

namespace lockstep::yaml {
namespace {

bool is_number(ScalarKind kind) { return kind == ScalarKind::integer || kind == ScalarKind::real; }

std::string differing_problem(std::string_view value) {
  const ScalarKind old_kind = resolve_v1_1(value);
  const ScalarKind new_kind = resolve_v1_2(value);
  std::string message = quoted_for_message(value) + " is " + describe(value, old_kind, true) + " in YAML 1.1 but " +
                        describe(value, new_kind, false) +
                        " in YAML 1.2: quote it if it is text: " + quoting_hint(value);
  if (is_number(old_kind) || is_number(new_kind))
    message += "; or write the number in plain decimal digits";
  else if (old_kind == ScalarKind::boolean)
    message += "; or write true or false";
  return message;
}

bool has_odd_break(std::string_view source) {
  return source.find("\xC2\x85") != std::string_view::npos || source.find("\xE2\x80\xA8") != std::string_view::npos ||
         source.find("\xE2\x80\xA9") != std::string_view::npos;
}

}  // namespace

std::string short_tag(std::string_view tag) {
  if (tag.starts_with(kTagPrefix)) return "!!" + std::string(tag.substr(kTagPrefix.size()));
  return tag.starts_with('!') ? std::string(tag) : "!<" + std::string(tag) + ">";
}

std::string quoting_hint(std::string_view value) {
  const bool backslash = value.find_first_of("\"\\") != std::string_view::npos;
  const char quote = backslash && value.find('\'') == std::string_view::npos ? '\'' : '"';
  if (backslash && quote == '"') return "between double quotes, with \\ before every \" and \\ in it";
  const std::size_t end = characters_end(value, 60);
  return quote + std::string(value.substr(0, end)) + (end < value.size() ? "…" : "") + quote;
}

ScalarReading ScalarReader::read(const Event& scalar, bool dates_are_fine) const {
  if (odd_breaks_ && version_ == YamlVersion::strict &&
      has_odd_break(text_.substr(scalar.start, scalar.end - scalar.start)))
    return {ScalarKind::text,
            "the value holds U+0085, U+2028 or U+2029, a line break in YAML 1.1 but not in YAML 1.2: write it as \\N, "
            "\\L or \\P inside double quotes"};
  if (!scalar.tag.empty()) return read_tagged(scalar);
  if (scalar.style != ScalarStyle::plain) return {};
  if (!scalar.non_specific_tag || version_ == YamlVersion::v1_1) return read_plain(scalar.value, dates_are_fine);
  // `! 42` is text to both specifications, but a number to PyYAML.
  if (version_ == YamlVersion::strict && resolve_v1_1(scalar.value) != ScalarKind::text)
    return {ScalarKind::text, "! " + quoted_for_message(scalar.value) +
                                  " is text in YAML 1.2, but not to every reader of YAML 1.1: quote it instead: " +
                                  quoting_hint(scalar.value)};
  return {};
}

ScalarReading ScalarReader::read_plain(std::string_view value, bool dates_are_fine) const {
  if (version_ == YamlVersion::v1_1) return {resolve_v1_1(value), {}};
  if (version_ == YamlVersion::v1_2) return {resolve_v1_2(value), {}};
  if (dates_are_fine && resolve_v1_1(value) == ScalarKind::timestamp) return {ScalarKind::timestamp, {}};
  if (!versions_differ(value)) return {resolve_v1_2(value), {}};
  return {ScalarKind::text, differing_problem(value)};
}

ScalarReading ScalarReader::read_tagged(const Event& scalar) const {
  const std::string_view name = scalar.tag.starts_with(kTagPrefix) ? scalar.tag.substr(kTagPrefix.size()) : "";
  if (name == "str") return {};
  ScalarKind wanted = ScalarKind::text;
  if (name == "int") wanted = ScalarKind::integer;
  if (name == "float") wanted = ScalarKind::real;
  if (name == "bool") wanted = ScalarKind::boolean;
  if (name == "null") wanted = ScalarKind::null;
  if (name == "timestamp") wanted = ScalarKind::timestamp;
  if (wanted == ScalarKind::text)
    return {ScalarKind::text, "the tag " + quoted_for_message(short_tag(scalar.tag)) + " is not known here: remove it"};
  ScalarReading plain = read_plain(scalar.value, true);
  if (!plain.problem.empty() || plain.kind == wanted) return plain;
  if (wanted == ScalarKind::real && plain.kind == ScalarKind::integer) return {wanted, {}};
  if (wanted == ScalarKind::timestamp && version_ == YamlVersion::v1_2 &&
      resolve_v1_1(scalar.value) == ScalarKind::timestamp)
    return {wanted, {}};
  return {ScalarKind::text, quoted_for_message(scalar.value) + " does not fit its tag " + short_tag(scalar.tag) +
                                ": remove the tag or mend the value"};
}

}  // namespace lockstep::yaml
