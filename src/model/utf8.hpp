// Walking over UTF-8, and making text safe and legible on a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

// One step through a text: a code point, or one byte that is not part of any.
struct Utf8Step {
  char32_t code_point = 0;  // of a stray byte: its value
  std::size_t size = 1;     // bytes
  bool valid = true;
};

// Precondition: at < text.size(). Overlong forms, surrogates and values beyond U+10FFFF are not valid.
Utf8Step utf8_step(std::string_view text, std::size_t at);

// The offset of the first byte that is not part of a code point; nullopt: all is valid.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// The number of steps through the text; in valid text, of code points.
std::size_t count_characters(std::string_view text);

// Precondition: at most U+10FFFF.
void append_utf8(std::string& out, char32_t code_point);

// The end of the `count`-th step, at most text.size().
std::size_t characters_end(std::string_view text, std::size_t count);

// True for what a terminal would obey instead of show: control characters, line and paragraph separators,
// and the marks that turn the direction of writing.
bool is_control(char32_t code_point);

// Appends one step's bytes as they are or, for a control character or a stray byte, as `\n`, `\x1b`, `\u202e`.
void append_visible(std::string& out, std::string_view text, std::size_t at, Utf8Step step);
std::string visible(std::string_view text);

// Columns that a terminal uses for it: 0 for combining marks, 2 for wide East Asian characters and emoji, else 1.
int terminal_width(char32_t code_point);

}  // namespace lockstep
