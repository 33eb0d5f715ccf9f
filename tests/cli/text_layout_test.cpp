#include "cli/text_layout.hpp"

#include <gtest/gtest.h>

namespace lockstep::cli {
namespace {

TEST(TextLayout, NothingThatATerminalObeysGetsThrough) {
  EXPECT_EQ(escaped("a\033[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(escaped("a\nb"), "a\\nb");
  EXPECT_EQ(escaped("a\nb\r", true), "a\nb\\r");
  EXPECT_EQ(escaped("\u202Eevil").find("\u202E"), std::string::npos);
  EXPECT_EQ(escaped("häß"), "häß");
  EXPECT_EQ(escaped("", true), "");
  EXPECT_EQ(escaped("a\n", true), "a\n");
}

TEST(TextLayout, WidthsAreColumns) {
  EXPECT_EQ(width_of("abc"), 3U);
  EXPECT_EQ(width_of("äöü"), 3U);
  EXPECT_EQ(width_of("日本"), 4U);
}

TEST(TextLayout, CutsAtCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("äöüäöü", 4), "äöü…");
  EXPECT_EQ(shortened("日本語", 4), "日…");
  EXPECT_EQ(shortened("ab", 1), "…");
}

TEST(TextLayout, PadsToColumns) {
  EXPECT_EQ(padded("ä", 3), "ä  ");
  EXPECT_EQ(padded("abcd", 3), "abcd");
}

TEST(TextLayout, WrapsAndNeverLoops) {
  EXPECT_EQ(wrapped("abcdef", 4), (std::vector<std::string>{"abcd", "ef"}));
  EXPECT_EQ(wrapped("", 4), std::vector<std::string>{""});
  EXPECT_EQ(wrapped("日本", 1), (std::vector<std::string>{"日", "本"}));
}

}  // namespace
}  // namespace lockstep::cli
