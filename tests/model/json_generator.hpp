// Random JSON values for property tests, and other spellings of the same value.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <string>

#include "model/json.hpp"
#include "model/utf8.hpp"

namespace lockstep {

// Everything random comes from `random`, so that a failing seed is enough to see the case again.
class JsonGenerator {
 public:
  explicit JsonGenerator(std::uint64_t seed) : random_(seed) {}

  Json value(int depth = 4) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return Json::null();
      case 1:
        return Json::of(below(2) == 0);
      case 2:
      case 3:
        return Json::number(number());
      case 4:
        return Json::string(characters());
      case 5:
        return array(depth);
      default:
        return object(depth);
    }
  }

  Json object(int depth = 4) {
    Json json = Json::object();
    for (std::size_t count = below(5); count > 0; --count) json.set(characters(), value(depth - 1));
    return json;
  }

  // The same value in other words: members in another order, numbers and strings spelt differently, white space.
  std::string respell(const Json& json) {
    std::string out = blanks();
    switch (json.kind) {
      case Json::Kind::null:
        out += "null";
        break;
      case Json::Kind::boolean:
        out += json.boolean ? "true" : "false";
        break;
      case Json::Kind::number:
        out += respell_number(json.text);
        break;
      case Json::Kind::string:
        out += respell_string(json.text);
        break;
      case Json::Kind::array: {
        const char* separator = "[";
        for (const Json& item : json.items) out += std::exchange(separator, ",") + respell(item);
        out += json.items.empty() ? "[" + blanks() + "]" : "]";
        break;
      }
      case Json::Kind::object: {
        std::vector<Json::Member> members = json.members;
        std::ranges::shuffle(members, random_);
        const char* separator = "{";
        for (const auto& [key, member] : members) {
          out += std::exchange(separator, ",") + blanks() + respell_string(key) + blanks() + ':' + respell(member);
        }
        out += json.members.empty() ? "{" + blanks() + "}" : "}";
        break;
      }
    }
    return out + blanks();
  }

  // The value with one thing in it changed.
  Json changed(const Json& json) {
    Json result = json;
    if (!result.items.empty() && below(3) > 0) {
      Json& item = result.items[below(result.items.size())];
      item = changed(item);
    } else if (!result.members.empty() && below(3) > 0) {
      Json& member = result.members[below(result.members.size())].second;
      member = changed(member);
    } else {
      switch (result.kind) {
        case Json::Kind::null:
          return Json::of(false);
        case Json::Kind::boolean:
          return Json::of(!result.boolean);
        case Json::Kind::number:
          return below(2) == 0 ? Json::string(result.text) : Json::number("1" + digits(20));
        case Json::Kind::string:
          return Json::string(result.text + "x");
        case Json::Kind::array:
          result.items.push_back(Json::null());
          return result;
        case Json::Kind::object:
          result.set("a key of its own", Json::null());
          return result;
      }
    }
    return result;
  }

  std::string characters() {
    static constexpr char32_t kSamples[] = {U'a',    U'Z',    U'"', U'\\', U'/', U'\n',     U'\r', U'\b', U'\f', U'\t',
                                            U'\x01', U'\x7F', U'ä', U'€',  U'😀', U'\u2028', U' ',  U'0',  U'{'};
    std::string out;
    for (std::size_t count = below(6); count > 0; --count) append_utf8(out, kSamples[below(std::size(kSamples))]);
    return out;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  Json array(int depth) {
    Json json = Json::array();
    for (std::size_t count = below(5); count > 0; --count) json.items.push_back(value(depth - 1));
    return json;
  }
  std::string digits(std::size_t count) {
    std::string out;
    for (; count > 0; --count) out += static_cast<char>('0' + below(10));
    return out;
  }
  std::string number() {
    std::string out = below(3) == 0 ? "-" : "";
    out += below(3) == 0 ? "0" : std::to_string(1 + below(9)) + digits(below(25));
    if (below(3) == 0) out += "." + digits(1 + below(6));
    if (below(4) == 0)
      out += std::string(below(2) == 0 ? "e" : "E") + (below(2) == 0 ? "-" : "+") + digits(1 + below(3));
    return out;
  }
  std::string blanks() {
    static constexpr std::string_view kBlanks[] = {"", "", " ", "\n", "\t", "\r\n  "};
    return std::string(kBlanks[below(std::size(kBlanks))]);
  }
  // One zero more behind the point, or the point moved and the exponent with it.
  std::string respell_number(const std::string& text) {
    const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
    std::string mantissa = text.substr(0, exponent_at);
    const std::string exponent = text.substr(exponent_at);
    if (below(2) == 0) return mantissa + (mantissa.find('.') == std::string::npos ? ".0" : "0") + exponent;
    if (mantissa.find('.') != std::string::npos || mantissa.ends_with('0')) return text;
    const int power = exponent.empty() ? 0 : std::stoi(exponent.substr(1));
    return mantissa + "0E" + std::to_string(power - 1);
  }
  std::string respell_string(const std::string& text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Step step = utf8_step(text, at);
      const bool must_escape = step.code_point < 0x20 || step.code_point == '"' || step.code_point == '\\';
      if (step.code_point > 0xFFFF && below(2) == 0) {
        const char32_t offset = step.code_point - 0x10000;
        append_escape(out, 0xD800 + (offset >> 10U));
        append_escape(out, 0xDC00 + (offset & 0x3FFU));
      } else if (step.code_point <= 0xFFFF && (must_escape || below(3) == 0)) {
        append_escape(out, step.code_point);
      } else {
        out.append(text, at, step.size);
      }
      at += step.size;
    }
    return out + '"';
  }
  void append_escape(std::string& out, char32_t unit) {
    char escape[8];
    std::snprintf(escape, sizeof escape, below(2) == 0 ? "\\u%04x" : "\\u%04X", static_cast<unsigned>(unit));
    out += escape;
  }

  std::mt19937_64 random_;
};

}  // namespace lockstep
