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
  char peek();
  // True, and takes it, if that character is `c`.
  bool skip(char c);
  // Takes it or throws.
  void expect(char c);
  void expect_literal(std::string_view literal);
  void expect_end();

  // The characters of the string that starts here. The view lies in the text, or in `buffer` if there are escapes.
  std::string_view string(std::string& buffer);
  std::string_view number();
  // Takes a whole value.
  void skip_value();

  // Throws Error(internal): the precondition does not hold.
  [[noreturn]] void fail() const;

 private:
  void unescape_into(std::string& out);
  char32_t hex4();
  void skip_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace lockstep
