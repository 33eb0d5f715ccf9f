#include "model/diagnostic.hpp"

#include <gtest/gtest.h>

#include "model/utf8.hpp"

namespace lockstep {
namespace {

Diagnostic at(std::size_t column, std::size_t length, std::string source_line) {
  Diagnostic diagnostic;
  diagnostic.file = "schedule.yml";
  diagnostic.line = 12;
  diagnostic.column = column;
  diagnostic.length = length;
  diagnostic.message = "wrong";
  diagnostic.source_line = std::move(source_line);
  return diagnostic;
}

std::string shown(std::size_t column, std::size_t length, std::string source_line) {
  return format_diagnostic(at(column, length, std::move(source_line)), true);
}

TEST(Diagnostic, NamesFileLineAndColumn) {
  EXPECT_EQ(format_diagnostic(at(3, 1, "a: b"), false), "schedule.yml:12:3: wrong");
}

TEST(Diagnostic, LeavesOutWhatIsNotKnown) {
  Diagnostic diagnostic = at(0, 1, "a: b");
  EXPECT_EQ(format_diagnostic(diagnostic, true), "schedule.yml:12: wrong");
  diagnostic.line = 0;
  EXPECT_EQ(format_diagnostic(diagnostic, true), "schedule.yml: wrong");
  diagnostic.file.clear();
  EXPECT_EQ(format_diagnostic(diagnostic, true), "wrong");
  EXPECT_EQ(shown(3, 1, ""), "schedule.yml:12:3: wrong");
}

TEST(Diagnostic, MarksTheValue) {
  EXPECT_EQ(shown(9, 7, "status: runing  # x"),
            "schedule.yml:12:9: wrong\n"
            "status: runing  # x\n"
            "        ^~~~~~~");
  EXPECT_EQ(shown(1, 1, "x"), "schedule.yml:12:1: wrong\nx\n^");
  EXPECT_EQ(shown(1, 0, "x"), "schedule.yml:12:1: wrong\nx\n^");
}

TEST(Diagnostic, StaysWithinTheLine) {
  EXPECT_EQ(shown(3, 99, "abc"), "schedule.yml:12:3: wrong\nabc\n  ^");
  EXPECT_EQ(shown(2, 99, "abc"), "schedule.yml:12:2: wrong\nabc\n ^~");
  EXPECT_EQ(shown(4, 1, "abc"), "schedule.yml:12:4: wrong\nabc\n   ^");
  EXPECT_EQ(shown(99, 1, "abc"), "schedule.yml:12:99: wrong\nabc\n   ^");
}

TEST(Diagnostic, KeepsTheCaretBelowTheValueBehindTabs) {
  EXPECT_EQ(shown(4, 2, "\ta\tbc"), "schedule.yml:12:4: wrong\n\ta\tbc\n\t \t^~");
}

TEST(Diagnostic, CountsCharactersNotBytes) {
  EXPECT_EQ(shown(4, 2, "ä€:xy"), "schedule.yml:12:4: wrong\nä€:xy\n   ^~");
  EXPECT_EQ(shown(3, 1, "漢😀x"), "schedule.yml:12:3: wrong\n漢😀x\n    ^");
  EXPECT_EQ(shown(1, 2, "漢字"), "schedule.yml:12:1: wrong\n漢字\n^~~~");
  EXPECT_EQ(shown(3, 1, "e\u0301x"), "schedule.yml:12:3: wrong\ne\u0301x\n ^");
}

TEST(Diagnostic, MakesControlCharactersVisible) {
  EXPECT_EQ(shown(3, 1, "\x1b[x"), "schedule.yml:12:3: wrong\n\\x1b[x\n     ^");
  EXPECT_EQ(shown(2, 1, "\xffx"), "schedule.yml:12:2: wrong\n\\xffx\n    ^");
  Diagnostic diagnostic = at(1, 1, "");
  diagnostic.file = "a\nb";
  diagnostic.message = "bad \x1b[31m\u202e";
  EXPECT_EQ(format_diagnostic(diagnostic, false), "a\\nb:12:1: bad \\x1b[31m\\u202e");
}

TEST(Diagnostic, CutsWideLinesAroundTheCaret) {
  const std::string line = std::string(500, 'a') + "BAD" + std::string(500, 'z');
  const std::string text = shown(501, 3, line);
  const std::string source = text.substr(text.find('\n') + 1, text.rfind('\n') - text.find('\n') - 1);
  const std::string below = text.substr(text.rfind('\n') + 1);
  EXPECT_EQ(source.size(), 120U);
  EXPECT_TRUE(source.starts_with("...a"));
  EXPECT_TRUE(source.ends_with("z..."));
  EXPECT_EQ(source.find("BAD"), below.find("^~~"));
  EXPECT_EQ(below.size(), below.find("^~~") + 3);
}

TEST(Diagnostic, CutsAtOneEndOnlyWhereTheCaretIsNearTheOther) {
  const std::string line(500, 'a');
  const std::string start = shown(1, 1, line);
  EXPECT_EQ(start, "schedule.yml:12:1: wrong\n" + std::string(114, 'a') + "...\n^");
  const std::string end = shown(500, 1, line);
  EXPECT_EQ(end, "schedule.yml:12:500: wrong\n..." + std::string(114, 'a') + "\n" + std::string(116, ' ') + "^");
}

TEST(Diagnostic, NeverSplitsACharacterOfAWideLine) {
  std::string line;
  for (int i = 0; i < 300; ++i) line += "€";
  for (std::size_t column = 1; column <= 301; column += 7) {
    EXPECT_EQ(find_invalid_utf8(shown(column, 5, line)), std::nullopt) << column;
  }
}

}  // namespace
}  // namespace lockstep
