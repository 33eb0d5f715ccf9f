// Every kind of fault with its exact place.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/utf8.hpp"
#include "yaml/document.hpp"

namespace lockstep {
namespace {

struct Expected {
  std::size_t line, column;
  std::string part;  // of the message
};
struct Case {
  std::string name;
  std::string text;
  std::vector<Expected> faults;
};

// A valid task but for one line, which stands in line 6 and begins in column 5.
std::string with_line(const std::string& line) {
  return "tasks:\n  - id: 7\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n    " +
         line + "\n";
}

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases{
      {"alias", "tasks:\n  - id: 1\n    schedule_cron: */5 * * * *\n", {{3, 20, "quote it: \"*/5 * * * *\""}}},
      {"alias with a comment",
       "tasks:\n  - id: 1\n    schedule_cron: */5 * * * *  # often\n",
       {{3, 20, "quote it: \"*/5 * * * *\""}}},
      {"alias that scans", "tasks:\n  - id: 1\n    schedule_cron: *5 * * * *\n", {{3, 20, "quote it: \"*5 * * * *\""}}},
      {"macro", "tasks:\n  - id: 1\n    schedule_cron: @daily\n", {{3, 20, "quote it: \"@daily\""}}},
      {"backtick", "tasks: []\nfoo: `x`\n", {{2, 6, "quote it: \"`x`\""}}},
      {"percent", "tasks: []\nfoo: %x\n", {{2, 6, "quote it: \"%x\""}}},
      {"ampersand", "tasks: []\nfoo: &&x\n", {{2, 6, "quote it: \"&&x\""}}},
      {"colon in a value", "tasks:\n  - id: 1\n    skill_name: a: b\n", {{3, 17, "quote it: \"a: b\""}}},
      {"tab", "tasks:\n  - id: 1\n\tskill_name: a\n", {{3, 1, "use spaces"}}},
      {"missing colon", "tasks:\n  - id: 1\n    skill_name a\n    user_id: 5\n", {{3, 5, "add the colon"}}},
      {"too little indentation", "tasks:\n  - id: 1\n   skill_name: a\n", {{3, 4, "indentation"}}},
      {"too much indentation",
       "tasks:\n  - id: 1\n      skill_name: a\n",
       {{2, 9, "whole number"}, {3, 7, "indentation"}}},
      {"open quote",
       "tasks:\n  - id: 1\n    skill_name: \"abc\n  - id: 2\n",
       {{3, 17, "the quote opened in line 3 is not closed"}}},
      {"open brace", "tasks:\n  - id: 1\n    params_json: {a: 1\n  - id: 2\n", {{4, 7, "mapping opened in line 3"}}},
      {"open bracket at the end", "tasks: [\n", {{2, 1, "a closing ] or } is missing"}}},
      {"text behind a quote", "tasks:\n  - id: 1\n    skill_name: \"a\" b\n", {{3, 21, "closing quote"}}},
      {"unknown escape", "tasks:\n  - id: 1\n    skill_name: \"a\\q\"\n", {{3, 19, "escape"}}},
      {"half a character",
       with_line("user_id: \"ab\\ud83d\""),
       {{6, 17, "\\ud83d is one half of a character"}}},
      {"the other half", with_line("params_json: {a: '\\ude00', b: \"\\ude00\"}"), {{6, 36, "\\ude00 is one half"}}},
      {"halves in the wrong order", with_line("user_id: \"\\ude00\\ud83d\""), {{6, 15, "\\ude00 is one half"}}},
      {"half behind an escaped backslash", with_line("user_id: \"\\\\ud83d\\ude00\""), {{6, 22, "\\ude00 is one half"}}},
      {"half behind a pair", with_line("user_id: \"\\ud83d\\ude00\\ud83d\""), {{6, 27, "\\ud83d is one half"}}},
      {"fault behind pairs",
       with_line("params_json: {\"\\uD83D\\uDE00é\": \"\\ud83d\\ude00\", b: 010}"),
       {{6, 55, "010"}}},
      {"escape of no character", with_line("user_id: \"\\U00110000\""), {{6, 15, "\\U00110000 is no character"}}},
      {"escape with too few digits", with_line("user_id: \"\\u12\""), {{6, 17, "too few digits"}}},
      {"undefined tag handle", "tasks: []\nfoo: !x!y z\n", {{2, 6, "undefined tag handle"}}},
      {"empty", "", {{0, 0, "the file is empty"}}},
      {"comments only", "# nothing\n", {{0, 0, "the file is empty"}}},
      {"no list", "foo: 1\n", {{0, 0, "not a schedule; add `tasks: []` if it is meant to be one"}}},
      {"nearly a list", "# x\ntask: []\n", {{2, 1, "did you mean `tasks:` by \"task\"?"}}},
      {"null", "null\n", {{1, 1, "must be a mapping"}}},
      {"null list", "foo: 1\ntasks:\n", {{2, 1, "`tasks:` has no value"}}},
      {"a list at the root", "- id: 1\n", {{1, 1, "put the line `tasks:` above it"}}},
      {"a text at the root", "hello\n", {{1, 1, "must be a mapping"}}},
      {"a mapping of tasks", "tasks:\n  a: 1\n", {{2, 3, "must be a list"}}},
      {"a text for tasks", "tasks: none\n", {{1, 8, "must be a list"}}},
      {"two documents", "tasks: []\n---\ntasks: []\n", {{2, 1, "second document"}}},
      {"NUL", std::string("tasks: []\nx: a\0b\n", 17), {{2, 5, "NUL"}}},
      {"NUL in an escape", with_line("user_id: \"a\\0b\""), {{6, 14, "NUL"}}},
      {"NUL in params", with_line("params_json: {a: \"\\0\"}"), {{6, 22, "NUL"}}},
      {"NUL in a key of params", with_line("params_json: {\"\\0\": 1}"), {{6, 19, "NUL"}}},
      {"control character", "tasks: []\n# \x01\n", {{2, 3, "U+0001"}}},
      {"C1 control character", "tasks: []\n# é\xC2\x80\n", {{2, 4, "U+0080"}}},
      {"bad UTF-8", "tasks: []\n# é\xFF\xFF x \xC3\n", {{2, 4, "not valid UTF-8"}, {2, 9, "not valid UTF-8"}}},
      {"UTF-16", std::string("\xFF\xFEt\0", 4), {{1, 1, "save it as UTF-8"}}},
      {"columns count characters", with_line("params_json: {ä: ö, ü: 010}"), {{6, 28, "010"}}},
      {"lines as editors count them", "# \xE2\x80\xA8\xC2\x85\ntasks: 1\n", {{2, 8, "must be a list"}}},
      {"CRLF",
       "tasks:\r\n  - id: x\r\n    skill_name: 1\r\n",
       {{2, 5, "schedule_cron is missing"},
        {2, 5, "next_run_at is missing"},
        {2, 9, "whole number"},
        {3, 17, "quote it: \"1\""}}},
      {"duplicate ids",
       "tasks:\n  - {id: 1, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\n"
       "  - {id: 1, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\n",
       {{3, 5, "duplicate id 1 in lines 2 and 3"}}},
      {"duplicate key", with_line("skill_name: t"), {{6, 5, "duplicate key \"skill_name\", first in line 3"}}},
      {"duplicate key in params",
       with_line("params_json: {a: 1, b: {c: 1, c: 2}}"),
       {{6, 35, "duplicate key \"c\", first in line 6"}}},
      {"duplicate key elsewhere", "tasks: []\nx: [{a: 1, \"a\": 2}]\n", {{2, 12, "duplicate key \"a\""}}},
      {"duplicate top-level key", "tasks: []\ntasks: []\n", {{2, 1, "duplicate key \"tasks\", first in line 1"}}},
      {"duplicate merge key", "a: &a {}\ntasks: []\nx: {<<: *a, <<: *a}\n", {{3, 13, "duplicate key \"<<\""}}},
      {"undefined alias", with_line("user_id: *nobody"), {{6, 14, "\"*nobody\""}}},
      {"recursive alias", "x: &a [*a]\ntasks: []\n", {{1, 8, "inside the very value"}}},
      {"too deep", "tasks: []\nx: " + nested(64) + "\n", {{2, 67, "deeper than 64"}}},
      {"too deep in params", with_line("params_json: {a: " + nested(64) + "}"), {{6, 85, "deeper than 64"}}},
      {"unterminated depth", "tasks: []\nx: " + std::string(100000, '['), {{2, 67, "deeper than 64"}}},
      {"empty item", "tasks:\n  -\n", {{2, 4, "this is empty"}}},
      {"text item", "tasks:\n  - hello\n", {{2, 5, "the text \"hello\""}}},
      {"list item", "tasks:\n  - - 1\n", {{2, 5, "this is a list"}}},
      {"missing fields",
       "tasks:\n  - id: 5\n",
       {{2, 5, "next_run_at is missing"}, {2, 5, "schedule_cron is missing"}, {2, 5, "skill_name is missing"}}},
      {"missing id",
       "tasks:\n  - skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n",
       {{2, 5, "id is missing"}}},
      {"quoted id",
       "tasks:\n  - {id: \"5\", skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\n",
       {{2, 10, "take the quotes"}}},
      {"zero id",
       "tasks:\n  - {id: 0, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\n",
       {{2, 10, "0"}}},
      {"huge id",
       "tasks:\n  - {id: 9223372036854775808, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\n",
       {{2, 10, "9223372036854775807"}}},
      {"number for text", with_line("user_id: 42"), {{6, 14, "quote it: \"42\""}}},
      {"boolean for text", with_line("user_id: true"), {{6, 14, "quote it: \"true\""}}},
      {"list for text", with_line("user_id: [a]"), {{6, 14, "not a list"}}},
      {"mapping for a timestamp", with_line("updated_at: {a: 1}"), {{6, 17, "not a mapping"}}},
      {"number for a timestamp", with_line("updated_at: 20260101"), {{6, 17, "20260101"}}},
      {"bad timestamp", with_line("updated_at: 2026-02-30"), {{6, 17, "2026-02-30"}}},
      {"too fine a timestamp", with_line("updated_at: 2026-02-20T00:00:00.1234567Z"), {{6, 17, "six digits"}}},
      {"bad status", with_line("status: sleeping"), {{6, 13, "sleeping"}}},
      {"list for params", with_line("params_json: [1]"), {{6, 18, "not a list"}}},
      {"JSON text for params", with_line("params_json: '{\"a\": 1}'"), {{6, 18, "without quotes"}}},
      {"versions differ: yes",
       with_line("user_id: yes"),
       {{6, 14, "\"yes\" is a boolean in YAML 1.1 but text in YAML 1.2"}}},
      {"versions differ: octal",
       with_line("params_json: {a: 010}"),
       {{6, 22, "the number 8 in YAML 1.1 but the number 10"}}},
      {"versions differ: sexagesimal", with_line("params_json: {a: 12:30:45}"), {{6, 22, "the number 45045"}}},
      {"versions differ: date in params",
       with_line("params_json: {a: 2026-01-01}"),
       {{6, 22, "a timestamp in YAML 1.1"}}},
      {"versions differ: key", with_line("params_json: {on: 1}"), {{6, 19, "\"on\""}}},
      {"versions differ: line breaks",
       with_line("user_id: \"a\xE2\x80\xA8"
                 "b\""),
       {{6, 14, "U+2028"}}},
      {"not a number", with_line("params_json: {a: .nan}"), {{6, 22, ".nan"}}},
      {"infinity", with_line("params_json: {a: [-.inf]}"), {{6, 23, "-.inf"}}},
      {"number for a key", with_line("params_json: {1: a}"), {{6, 19, "keys must be text"}}},
      {"null for a key", with_line("params_json: {~: a}"), {{6, 19, "keys must be text"}}},
      {"list for a key", with_line("params_json: {[a]: b}"), {{6, 19, "keys must be text"}}},
      {"unknown tag", with_line("user_id: !secret x"), {{6, 14, "!secret"}}},
      {"unknown tag in params", with_line("params_json: {a: !!binary aGk=}"), {{6, 22, "!!binary"}}},
      {"non-specific tag", with_line("user_id: ! 42"), {{6, 14, "quote it instead: \"42\""}}},
      {"tag that does not fit", with_line("params_json: {a: !!int x}"), {{6, 22, "does not fit its tag !!int"}}},
      {"merge of a text", with_line("<<: x"), {{6, 9, "<< must be followed by a mapping"}}},
      {"merge of texts", with_line("<<: [x]"), {{6, 10, "mappings only"}}},
      {"long text", with_line("user_id: " + std::string(256, 'x')), {{6, 14, "255"}}},
  };
  return kCases;
}

class Diagnostics : public testing::TestWithParam<Case> {};

TEST_P(Diagnostics, StandsWhereTheFaultIs) {
  const ReadResult result = Document::read(GetParam().text, {.file_name = "f.yml"});
  std::string all;
  for (const Diagnostic& d : result.diagnostics) all += format_diagnostic(d, false) + "\n";
  EXPECT_EQ(result.document, nullptr);
  ASSERT_EQ(result.diagnostics.size(), GetParam().faults.size()) << all;
  std::vector<bool> used(result.diagnostics.size());
  for (const Expected& expected : GetParam().faults) {
    bool found = false;
    for (std::size_t i = 0; i < used.size() && !found; ++i) {
      const Diagnostic& d = result.diagnostics[i];
      found = !used[i] && d.line == expected.line && d.column == expected.column &&
              d.message.find(expected.part) != std::string::npos;
      if (found) used[i] = true;
    }
    EXPECT_TRUE(found) << expected.line << ":" << expected.column << " " << expected.part << " is not among\n" << all;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Diagnostics, testing::ValuesIn(cases()), [](const auto& test) {
  std::string name;
  for (const char c : test.param.name) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(DiagnosticsOfATask, NameTaskAndField) {
  const ReadResult result =
      Document::read("tasks:\n  - skill_name: yes\n    id: 12\n    schedule_cron: 0 0 * * *\n    next_run_at: x\n", {});
  ASSERT_EQ(result.diagnostics.size(), 2U);
  EXPECT_EQ(result.diagnostics[0].task_id, 12);
  EXPECT_EQ(result.diagnostics[0].field, "skill_name");
  EXPECT_EQ(result.diagnostics[0].length, 3U);
  EXPECT_EQ(result.diagnostics[0].source_line, "  - skill_name: yes");
  EXPECT_EQ(result.diagnostics[1].task_id, 12);
  EXPECT_EQ(result.diagnostics[1].field, "next_run_at");
}

TEST(DiagnosticsOfAnAnchor, AreReportedOnce) {
  std::string text = "base: &b {user_id: 1}\ntasks:\n";
  for (int i = 1; i < 4; ++i)
    text += "  - {id: " + std::to_string(i) +
            ", skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01, <<: *b}\n";
  const ReadResult result = Document::read(text, {});
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].line, 1U);
}

TEST(DiagnosticsLimit, CountsTheRest) {
  std::string text = "tasks:\n";
  for (int i = 0; i < 50; ++i) text += "  - x\n";
  const ReadResult result = Document::read(text, {.max_diagnostics = 20});
  EXPECT_EQ(result.diagnostics.size(), 20U);
  EXPECT_EQ(result.more_diagnostics, 30U);
  EXPECT_EQ(result.diagnostics[19].line, 21U);
}

TEST(DiagnosticsOfALongLine, ShowWhatIsNearAndAreFew) {
  const std::size_t count = 20'000;
  std::string line = "params_json: {";
  for (std::size_t i = 0; i < count; ++i) line += "é" + std::to_string(i) + ": !x 1, ";
  const ReadResult result = Document::read(with_line(line + "}"), {});
  ASSERT_EQ(result.diagnostics.size(), 100U);
  EXPECT_EQ(result.more_diagnostics, count - 100);
  for (const Diagnostic& d : result.diagnostics) {
    EXPECT_LT(d.source_line.size(), 4000U);
    EXPECT_EQ(find_invalid_utf8(d.source_line), std::nullopt);
    const std::string shown = source_with_caret(d);
    const std::string below = shown.substr(shown.find('\n') + 1);
    const std::string source = shown.substr(0, shown.find('\n'));
    EXPECT_EQ(source.substr(characters_end(source, below.find('^')), 4), "!x 1") << shown;
  }
}

TEST(DiagnosticsOfALongLine, NulBytesByTheMillionAreAFewLines) {
  const ReadResult result = Document::read("tasks: []\nx: " + std::string(1'000'000, '\0'), {});
  ASSERT_EQ(result.diagnostics.size(), 100U);
  EXPECT_EQ(result.more_diagnostics, 999'900U);
  EXPECT_EQ(result.diagnostics[99].column, 103U);
  EXPECT_LT(format_diagnostic(result.diagnostics[99], true).size(), 600U);
}

TEST(AliasBomb, IsAFaultAndNotAnOutOfMemory) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string name = std::to_string(i);
    const std::string before = std::to_string(i - 1);
    text.append("a").append(name).append(": &a").append(name).append(" [*a").append(before);
    for (int j = 0; j < 8; ++j) text.append(", *a").append(before);
    text += "]\n";
  }
  text +=
      "tasks:\n  - {id: 1, skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01, params_json: {a: *a11}}\n";
  const ReadResult result = Document::read(text, {});
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_NE(result.diagnostics[0].message.find("beyond measure"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
