#include "cli/resolution_words.hpp"

#include <gtest/gtest.h>

namespace lockstep::cli {
namespace {

ResolutionRead read(const std::vector<std::string>& words) { return read_resolution(words); }

TEST(ResolutionWords, PlainChoices) {
  for (const char* name : {"keep_yaml", "keep_db", "merge", "keep_both"}) {
    const ResolutionRead result = read({name});
    EXPECT_EQ(result.problem, "");
    EXPECT_EQ(to_string(result.resolution.choice), name);
  }
}

TEST(ResolutionWords, CustomTakesSidesAndValues) {
  const ResolutionRead result = read(
      {"custom", "schedule_cron=yaml", "status=db", "user_id:=\"ops=1\"", "params_json:={\"a\":[1]}", "skill_name=database"});
  ASSERT_EQ(result.problem, "");
  const auto& fields = result.resolution.fields;
  EXPECT_EQ(std::get<Side>(fields.at(Field::schedule_cron)), Side::yaml);
  EXPECT_EQ(std::get<Side>(fields.at(Field::status)), Side::database);
  EXPECT_EQ(std::get<Side>(fields.at(Field::skill_name)), Side::database);
  EXPECT_EQ(std::get<std::string>(std::get<Value>(fields.at(Field::user_id))), "ops=1");
  EXPECT_EQ(std::get<JsonText>(std::get<Value>(fields.at(Field::params_json))).text, "{\"a\":[1]}");
}

TEST(ResolutionWords, NullIsAValue) {
  const ResolutionRead result = read({"custom", "user_id:=null"});
  ASSERT_EQ(result.problem, "");
  EXPECT_TRUE(is_null(std::get<Value>(result.resolution.fields.at(Field::user_id))));
}

TEST(ResolutionWords, ProblemsSayWhatToWrite) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "expected keep_yaml"},
      {{"keepyaml"}, "expected keep_yaml"},
      {{"merge", "status=db"}, "only custom takes fields"},
      {{"custom"}, "custom needs"},
      {{"custom", "status"}, "FIELD=yaml"},
      {{"custom", "=yaml"}, "FIELD=yaml"},
      {{"custom", "statsu=yaml"}, "did you mean \"status\"?"},
      {{"custom", "status=left"}, "expected yaml or db"},
      {{"custom", "status=db", "status=yaml"}, "named twice"},
      {{"custom", "status:=oops"}, "not JSON"},
      {{"custom", "status:=\"asleep\""}, "asleep"},
      {{"custom", "schedule_cron:=\"61 * * * *\""}, "61"},
      {{"custom", "params_json:=[1]"}, "params_json"},
      {{"custom", "skill_name:=null"}, "skill_name"},
  };
  for (const auto& [words, says] : cases) {
    const std::string problem = read(words).problem;
    EXPECT_NE(problem.find(says), std::string::npos) << problem;
  }
}

TEST(ResolutionWords, AnOwnValueMayBeWrittenWithoutQuotes) {
  EXPECT_EQ(std::get<std::string>(read_own_value(Field::skill_name, "backup").value), "backup");
  EXPECT_EQ(std::get<std::string>(read_own_value(Field::skill_name, "\"backup\"").value), "backup");
  EXPECT_EQ(std::get<std::string>(read_own_value(Field::schedule_cron, "*/5 * * * *").value), "*/5 * * * *");
  EXPECT_TRUE(is_null(read_own_value(Field::user_id, "null").value));
  EXPECT_TRUE(std::holds_alternative<Timestamp>(read_own_value(Field::next_run_at, "2026-11-22T08:00:00Z").value));
  EXPECT_NE(read_own_value(Field::next_run_at, "soon").problem, "");
  EXPECT_NE(read_own_value(Field::params_json, "text").problem, "");
}

}  // namespace
}  // namespace lockstep::cli
