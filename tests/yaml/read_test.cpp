// What valid texts read as.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "model/json.hpp"
#include "yaml/document.hpp"

namespace lockstep {
namespace {

std::string task_with(const std::string& lines) {
  return "tasks:\n  - id: 1\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n" + lines;
}

std::string listing(const ReadResult& result) {
  std::string all;
  for (const Diagnostic& d : result.diagnostics) all += format_diagnostic(d, false) + "\n";
  return all;
}

Task read_task(const std::string& text, YamlVersion version = YamlVersion::strict) {
  const ReadResult result = Document::read(text, {.version = version});
  EXPECT_NE(result.document, nullptr) << listing(result);
  return result.document && result.document->tasks().size() == 1 ? result.document->tasks()[0] : Task{};
}

std::string params(const std::string& yaml, YamlVersion version = YamlVersion::strict) {
  const Task task = read_task(task_with("    params_json: " + yaml + "\n"), version);
  const JsonText* json = std::get_if<JsonText>(&task[Field::params_json]);
  return json ? json->text : "";
}

TEST(Reading, TakesDefaultsForWhatIsAbsentOrNull) {
  for (const char* lines : {"", "    params_json:\n    status: ~\n    user_id: null\n    created_at:\n"}) {
    const Task task = read_task(task_with(lines));
    EXPECT_EQ(task.text(Field::status), "pending");
    EXPECT_EQ(std::get<JsonText>(task[Field::params_json]).text, "{}");
    EXPECT_TRUE(is_null(task[Field::user_id]));
    EXPECT_TRUE(is_null(task[Field::created_at]));
  }
}

TEST(Reading, TimestampsInEveryStyle) {
  for (const char* text : {"2026-11-22", "\"2026-11-22T00:00:00Z\"", "2026-11-22 00:00:00",
                           "'2026-11-22T01:00:00+01:00'", "!!timestamp 2026-11-22", "!!str 2026-11-22"}) {
    const Task task = read_task(task_with("    updated_at: " + std::string(text) + "\n"));
    EXPECT_EQ(format_rfc3339(*task.instant(Field::updated_at)), "2026-11-22T00:00:00Z") << text;
  }
}

TEST(Reading, ParamsKeepExactNumbers) {
  EXPECT_EQ(params("{a: 12345678901234567890123, b: 1.50, c: -0, d: 0x1F, e: .5, f: +1, g: 5., h: 1.5e+3}"),
            R"({"a":12345678901234567890123,"b":1.50,"c":-0,"d":31,"e":0.5,"f":1,"g":5,"h":1.5e+3})");
  EXPECT_EQ(params("{a: 0xFFFFFFFFFFFFFFFFFFFF}"), R"({"a":1208925819614629174706175})");
}

TEST(Reading, ParamsOfEveryType) {
  EXPECT_EQ(params("{a: ~, b: null, c: true, d: False, e: text, f: \"yes\", g: [], h: {}, i: [1, [2]], j: }"),
            R"({"a":null,"b":null,"c":true,"d":false,"e":"text","f":"yes","g":[],"h":{},"i":[1,[2]],"j":null})");
  EXPECT_EQ(params("{a: !!str 42, b: ! x, c: !!int \"42\", d: !!float 1, e: !!null '', ? f : g}"),
            R"({"a":"42","b":"x","c":42,"d":1,"e":null,"f":"g"})");
  EXPECT_EQ(params("\n      a: |\n        x\n        y\n      b: >-\n        x\n        y\n"),
            R"({"a":"x\ny\n","b":"x y"})");
}

TEST(Reading, TheVersionDecidesWhereItIsGiven) {
  EXPECT_EQ(params("{a: yes, b: 010, c: 1_000, d: 12:30:45, e: 0b11, f: 2026-01-01, g: 0o10, h: y, i: 1:30.5}",
                   YamlVersion::v1_1),
            R"({"a":true,"b":8,"c":1000,"d":45045,"e":3,"f":"2026-01-01","g":"0o10","h":"y","i":90.5})");
  EXPECT_EQ(
      params("{a: yes, b: 010, c: 1_000, d: 12:30:45, e: 0b11, f: 2026-01-01, g: 0o10, h: 1e3}", YamlVersion::v1_2),
      R"({"a":"yes","b":10,"c":"1_000","d":"12:30:45","e":"0b11","f":"2026-01-01","g":8,"h":1e3})");
}

TEST(Reading, ResolvesAliasesAndMerges) {
  const Task task = read_task(
      "base: &base {status: disabled, user_id: nobody, params_json: &p {a: 1, b: {c: 2}}}\n"
      "more: &more {user_id: other, created_at: 2026-01-01}\n"
      "tasks:\n"
      "  - id: 1\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n"
      "    status: running\n    <<: [*base, *more]\n");
  EXPECT_EQ(task.text(Field::status), "running");
  EXPECT_EQ(task.text(Field::user_id), "nobody");
  EXPECT_EQ(std::get<JsonText>(task[Field::params_json]).text, R"({"a":1,"b":{"c":2}})");
  EXPECT_TRUE(task.instant(Field::created_at).has_value());
  EXPECT_EQ(params("{x: &x {a: 1, b: 2}, v: &v {b: 3, c: 3}, z: {b: 9, <<: [*x, *v]}, w: {<<: *x}}"),
            R"({"x":{"a":1,"b":2},"v":{"b":3,"c":3},"z":{"b":9,"a":1,"c":3},"w":{"a":1,"b":2}})");
}

TEST(Reading, AnOverriddenValueNeedNotBeValid) {
  const Task task = read_task("base: &base {user_id: 5, status: nonsense}\n" +
                              task_with("    <<: *base\n    user_id: a\n    status: failed\n"));
  EXPECT_EQ(task.text(Field::user_id), "a");
}

TEST(Reading, SortsByIdAndKnowsTheLines) {
  const ReadResult result = Document::read(
      "\xEF\xBB\xBF# ü\r\ntasks:\r\n"
      "- {id: 3, skill_name: ä, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\r\n\r\n"
      "- {id: 1, skill_name: b, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}\r\n",
      {});
  ASSERT_NE(result.document, nullptr) << listing(result);
  ASSERT_EQ(result.document->tasks().size(), 2U);
  EXPECT_EQ(result.document->tasks()[0].id, 1);
  EXPECT_EQ(result.document->line_of(3), 3U);
  EXPECT_EQ(result.document->line_of(1), 5U);
  EXPECT_EQ(result.document->line_of(2), 0U);
  EXPECT_EQ(result.document->find(3)->text(Field::skill_name), "ä");
  EXPECT_EQ(result.document->find(4), nullptr);
}

TEST(Reading, NamesUnknownKeysOnce) {
  const ReadResult result = Document::read(
      "owner: x\ntasks:\n"
      "- {id: 1, skill_name: b, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01, note: 1, tags: [a]}\n"
      "- {id: 2, skill_name: b, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01, note: 2}\n",
      {});
  ASSERT_NE(result.document, nullptr) << listing(result);
  ASSERT_EQ(result.warnings.size(), 2U);
  EXPECT_EQ(result.warnings[0].message, "unknown key \"note\" in 2 tasks, first in line 3: left as it is");
  EXPECT_EQ(result.warnings[0].line, 3U);
  EXPECT_EQ(result.warnings[1].message, "unknown key \"tags\" in 1 task, first in line 3: left as it is");
}

TEST(Reading, AnEmptyListIsValidAndNoListIsNot) {
  const ReadResult empty = Document::read("tasks: []\n", {});
  ASSERT_NE(empty.document, nullptr);
  EXPECT_TRUE(empty.document->tasks().empty());
  EXPECT_FALSE(empty.no_tasks);
  for (const char* text : {"", "\xEF\xBB\xBF", "# c\n", "---\n", "--- # c\n...\n", " \r\n\n"}) {
    const ReadResult refused = Document::read(text, {});
    EXPECT_EQ(refused.document, nullptr) << text;
    EXPECT_EQ(refused.diagnostics.size(), 1U) << text;
    EXPECT_TRUE(refused.no_tasks) << text;
    const ReadResult allowed = Document::read_or_empty(text, {});
    ASSERT_NE(allowed.document, nullptr) << text << listing(allowed);
    EXPECT_TRUE(allowed.no_tasks) << text;
    EXPECT_TRUE(allowed.diagnostics.empty()) << text;
    EXPECT_EQ(allowed.document->text(), text);
  }
  // Somebody else's file is never taken for an empty schedule.
  for (const char* text : {"- 1\n", "tasks: 5\n", "other: [\n", "x: {a: 1, a: 2}\n", "tasks:\n", "tasks: null\n", "null\n",
                           "services:\n  web: {image: x}\n", "{}\n", "metadata: {last_sync: null}\n"}) {
    EXPECT_FALSE(Document::read(text, {}).no_tasks) << text;
    EXPECT_EQ(Document::read_or_empty(text, {}).document, nullptr) << text;
  }
}

TEST(Reading, ParamsMayNestAsDeepAsADatabaseRow) {
  const std::string deep = std::string(63, '[') + std::string(63, ']');
  EXPECT_EQ(params("{a: " + deep + "}"), "{\"a\":" + deep + "}");
}

TEST(Reading, AScheduleOfThePublic) {
  std::ifstream file(LOCKSTEP_EXAMPLES "/ci_periodics.yml");
  std::stringstream text;
  text << file.rdbuf();
  const ReadResult result = Document::read(text.str(), {});
  ASSERT_NE(result.document, nullptr) << listing(result);
  EXPECT_EQ(result.document->tasks().size(), 688U);
  EXPECT_EQ(result.warnings.size(), 1U);
}

}  // namespace
}  // namespace lockstep
