// Text for a terminal: made harmless, measured, cut and aligned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::cli {

// Control characters, bidirectional overrides and broken UTF-8 as visible escapes; a line break too, unless kept.
std::string escaped(std::string_view text, bool keep_line_breaks = false);

// The following take text that is escaped. Widths are in columns of a terminal.
std::size_t width_of(std::string_view text);
// At most `columns` wide, ended by `…` where something was cut.
std::string shortened(std::string_view text, std::size_t columns);
// Blanks behind it up to `columns`.
std::string padded(std::string_view text, std::size_t columns);
// In pieces of at most `columns` each; one at least.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

// "1 task", "2 tasks".
std::string counted(std::size_t count, std::string_view singular, std::string_view plural);

}  // namespace lockstep::cli
