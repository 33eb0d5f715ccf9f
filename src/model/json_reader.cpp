#include "model/json_reader.hpp"

#include "model/error.hpp"
#include "model/utf8.hpp"

namespace lockstep {

void JsonReader::fail() const {
  throw Error({.code = ErrorCode::internal,
               .operation = "read stored JSON",
               .cause = "the text is not valid at offset " + std::to_string(at_)});
}

void JsonReader::expect_literal(std::string_view literal) {
  peek();
  if (!text_.substr(at_).starts_with(literal)) fail();
  at_ += literal.size();
}

void JsonReader::expect_end() {
  if (text_.find_first_not_of(" \t\n\r", at_) != std::string_view::npos) fail();
  at_ = text_.size();
}

// From the first backslash, with what stands before it, to behind the closing quote.
std::string_view JsonReader::unescaped(std::size_t begin, std::string& out) {
  out.assign(text_, begin, at_ - begin);
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') return out;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (at_ == text_.size()) break;
    const char escaped = text_[at_++];
    switch (escaped) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        char32_t code_point = hex4();
        if (code_point >= 0xD800 && code_point < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
          at_ += 2;
          code_point = 0x10000 + ((code_point - 0xD800) << 10U) + ((hex4() - 0xDC00) & 0x3FFU);
        }
        append_utf8(out, code_point);
        break;
      }
      default:
        out += escaped;
        break;
    }
  }
  fail();
}

char32_t JsonReader::hex4() {
  if (text_.size() - at_ < 4) fail();
  char32_t value = 0;
  for (const char c : text_.substr(at_, 4)) {
    const bool digit = c >= '0' && c <= '9';
    value = value * 16 + static_cast<char32_t>(digit ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  at_ += 4;
  return value & 0xFFFFU;
}

std::string_view JsonReader::number() {
  peek();
  const std::size_t begin = at_;
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  };
  while (at_ < text_.size() && is_part(text_[at_])) ++at_;
  if (at_ == begin) fail();
  return text_.substr(begin, at_ - begin);
}

void JsonReader::skip_string() {
  expect('"');
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return;
    }
  }
  fail();
}

void JsonReader::skip_value() {
  std::size_t depth = 0;
  do {
    switch (peek()) {
      case '"':
        skip_string();
        break;
      case '{':
      case '[':
        ++depth;
        ++at_;
        break;
      case '}':
      case ']':
        if (depth == 0) fail();
        --depth;
        ++at_;
        break;
      case ',':
      case ':':
        if (depth == 0) fail();
        ++at_;
        break;
      case 't':
      case 'n':
        at_ += 4;
        break;
      case 'f':
        at_ += 5;
        break;
      default:
        number();
        break;
    }
  } while (depth > 0);
  if (at_ > text_.size()) fail();
}

}  // namespace lockstep
