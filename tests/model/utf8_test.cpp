#include "model/utf8.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Utf8, WalksEveryCodePoint) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    std::string text;
    append_utf8(text, c);
    const Utf8Step step = utf8_step(text, 0);
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    ASSERT_EQ(step.valid, !surrogate) << static_cast<std::uint32_t>(c);
    ASSERT_EQ(find_invalid_utf8(text).has_value(), surrogate);
    if (surrogate) continue;
    ASSERT_EQ(step.code_point, c);
    ASSERT_EQ(step.size, text.size());
    ASSERT_EQ(count_characters(text), 1U);
  }
}

TEST(Utf8, FindsTheFirstByteThatBelongsToNothing) {
  const std::pair<std::string, std::size_t> texts[] = {{"\x80", 0},
                                                       {"abc\xff", 3},
                                                       {"\xC0\x80", 0},
                                                       {"\xE0\x80\x80", 0},
                                                       {"\xF0\x80\x80\x80", 0},
                                                       {"\xF4\x90\x80\x80", 0},
                                                       {"\xED\xA0\x80", 0},
                                                       {"ä\xE2\x82", 2},
                                                       {"01234567ä\xC3", 10},
                                                       {"\xF8\x88\x80\x80\x80", 0},
                                                       {"\xC3(", 0},
                                                       {"0123456789abcdef\xFE", 16}};
  for (const auto& [text, offset] : texts) EXPECT_EQ(find_invalid_utf8(text), offset) << visible(text);
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("01234567ä01234567€😀"), std::nullopt);
}

TEST(Utf8, CountsCharacters) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("01234567ä01234567€😀"), 19U);
  EXPECT_EQ(count_characters("\xff\xff"), 2U);
  EXPECT_EQ(characters_end("a€b", 2), 4U);
  EXPECT_EQ(characters_end("a€b", 9), 5U);
}

TEST(Utf8, MakesTextSafeForATerminal) {
  EXPECT_EQ(visible("plain ä€😀"), "plain ä€😀");
  EXPECT_EQ(visible(std::string_view("\0\n\r\t\x1b\x7f\xff", 7)), "\\x00\\n\\r\\t\\x1b\\x7f\\xff");
  EXPECT_EQ(visible("\u0085\u200e\u2028\u202e\u2066\ufeff"), "\\u0085\\u200e\\u2028\\u202e\\u2066\\ufeff");
}

TEST(Utf8, KnowsWidths) {
  EXPECT_EQ(terminal_width(U'a'), 1);
  EXPECT_EQ(terminal_width(U'ä'), 1);
  EXPECT_EQ(terminal_width(U'漢'), 2);
  EXPECT_EQ(terminal_width(U'😀'), 2);
  EXPECT_EQ(terminal_width(U'\u0301'), 0);
}

}  // namespace
}  // namespace lockstep
