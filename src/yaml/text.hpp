// Bytes, characters and lines of a YAML text.
#pragma once

#include <cstddef>
#include <string_view>

namespace lockstep::yaml {

class FaultList;

inline constexpr std::string_view kBom = "\xEF\xBB\xBF";
inline std::size_t bom_length(std::string_view text) { return text.starts_with(kBom) ? kBom.size() : 0; }

// Code points; every byte that is not a continuation byte begins one.
std::size_t count_characters(std::string_view);

struct TextFacts {
  bool ascii = true;
  bool odd_breaks = false;  // U+0085, U+2028 or U+2029 occurs: line breaks to YAML 1.1 only
};
// Adds a fault for all that is not valid UTF-8 or that YAML forbids: NUL, control characters, other encodings.
TextFacts check_text(std::string_view text, FaultList& faults);

// Turns libyaml's character indexes, which do not count the BOM, into byte
// offsets. Asked in roughly rising order it costs one pass over the text.
class CharacterOffsets {
 public:
  CharacterOffsets(std::string_view text, bool ascii) : text_(text), ascii_(ascii) {}
  std::size_t byte_of(std::size_t character);

 private:
  std::string_view text_;
  bool ascii_;
  std::size_t character_ = 0;
  std::size_t byte_ = 0;
};

// Lines as libyaml breaks them (`\n`, `\r\n`, `\r`, U+0085, U+2028, U+2029).
std::size_t break_length(std::string_view text, std::size_t at);  // of the line break at `at`; 0 if there is none
std::size_t line_start(std::string_view text, std::size_t at);    // of the line that holds `at`
std::size_t line_end(std::string_view text, std::size_t at);      // its line break, or the end of the text
std::size_t next_line(std::string_view text, std::size_t at);     // after its line break
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
std::size_t skip_blanks(std::string_view text, std::size_t at);  // spaces and tabs
// Past spaces, tabs, line breaks and comments. A `#` begins a comment where no text stands directly before it.
std::size_t skip_to_content(std::string_view text, std::size_t at);

}  // namespace lockstep::yaml
