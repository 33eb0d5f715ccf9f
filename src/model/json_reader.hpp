// Reads JSON text that is known to be valid (ours, or checked before), in place and without a tree.
// Not for text from outside: it does not look for what a parser refuses, it only never reads past the end.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

class JsonReader {
 public:
  // The text must outlive the reader.
  explicit JsonReader(std::string_view text) : text_(text) {}

  std::size_t position() const { return at_; }
  std::string_view text_from(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

  // The next character that is not white space, without taking it; throws at the end.
  char peek() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
      ++at_;
    }
    fail();
  }
  // True, and takes it, if that character is `c`.
  bool skip(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  // Takes it or throws.
  void expect(char c) {
    if (!skip(c)) fail();
  }
  void expect_literal(std::string_view literal);
  void expect_end();

  // The characters of the string that starts here. The view lies in the text, or in `buffer` if there are escapes.
  std::string_view string(std::string& buffer) {
    expect('"');
    const std::size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return text_.substr(begin, at_++ - begin);
      if (c == '\\') return unescaped(begin, buffer);
    }
    fail();
  }
  std::string_view number();
  // Takes a whole value.
  void skip_value();

  // Throws Error(internal): the precondition does not hold.
  [[noreturn]] void fail() const;

 private:
  std::string_view unescaped(std::size_t begin, std::string& buffer);
  char32_t hex4();
  void skip_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace lockstep
