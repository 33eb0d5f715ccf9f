// JSON writes a character beyond U+FFFF as two escapes, `\ud83d\ude00`; libyaml refuses both. They are joined into the one
// escape that it takes, before it sees the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::yaml {

struct ParsedRange;

// Where in the text such pairs begin that stand between double quotes, within the range, in rising order. The text is
// parsed for it only if something in it looks like a pair.
std::vector<std::size_t> find_escaped_pairs(std::string_view text, bool ascii, std::size_t max_depth,
                                            const ParsedRange& range);

// A piece of the text, beginning at `start` of it, with those pairs joined: `\U0001f600`, two bytes shorter each.
std::string with_joined_pairs(std::string_view piece, std::size_t start, const std::vector<std::size_t>& pairs);

// From an offset in such a piece to that in the piece as it was.
std::size_t before_joining(std::size_t at, std::size_t start, const std::vector<std::size_t>& pairs);

}  // namespace lockstep::yaml
