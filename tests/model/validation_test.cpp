#include "model/validation.hpp"

#include <gtest/gtest.h>

#include "model/utf8.hpp"

namespace lockstep {
namespace {

using namespace std::string_literals;

Task valid_task() {
  Task task = task_with_defaults(42);
  task[Field::skill_name] = "backup"s;
  task[Field::schedule_cron] = "0 3 * * *"s;
  task[Field::next_run_at] = *parse_timestamp("2026-11-22T03:00:00Z");
  return task;
}

std::string message(Field field, const Value& value) { return Validator().check(field, value).value_or("valid"); }

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

TEST(Validation, AcceptsAValidTask) { EXPECT_TRUE(Validator().check(valid_task()).empty()); }

TEST(Validation, ListsEveryRuleThatIsBroken) {
  Task task = task_with_defaults(0);
  task[Field::schedule_cron] = "nonsense"s;
  task[Field::status] = "runing"s;
  std::vector<std::string> fields;
  for (const FieldProblem& problem : Validator().check(task)) fields.push_back(problem.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"id", "skill_name", "schedule_cron", "next_run_at", "status"}));
}

TEST(Validation, RequiredFieldsMustBeThere) {
  EXPECT_EQ(message(Field::skill_name, {}), "skill_name is required");
  EXPECT_EQ(message(Field::schedule_cron, {}), "schedule_cron is required");
  EXPECT_EQ(message(Field::next_run_at, {}), "next_run_at is required");
  EXPECT_EQ(message(Field::skill_name, ""s), "skill_name must not be empty");
  EXPECT_EQ(message(Field::schedule_cron, ""s), "schedule_cron must not be empty");
}

TEST(Validation, NullIsAValueOnlyWhereThereIsNoDefault) {
  for (const Field field : {Field::user_id, Field::created_at, Field::updated_at})
    EXPECT_EQ(message(field, {}), "valid");
  EXPECT_EQ(message(Field::status, {}), "status must not be null; leave it out to have pending");
  EXPECT_EQ(message(Field::params_json, {}), "params_json must not be null; leave it out to have {}");
}

TEST(Validation, LengthsAreInCharacters) {
  EXPECT_EQ(message(Field::skill_name, repeated("€", 255)), "valid");
  EXPECT_EQ(message(Field::skill_name, repeated("€", 256)),
            "skill_name \"" + repeated("€", 59) + "…\" is 256 characters long; shorten it to at most 255");
  EXPECT_EQ(message(Field::user_id, repeated("😀", 255)), "valid");
  EXPECT_NE(message(Field::user_id, repeated("😀", 256)), "valid");
  EXPECT_EQ(message(Field::user_id, ""s), "valid");
  const std::string minutes =
      "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30 * * * *";
  EXPECT_EQ(message(Field::schedule_cron, minutes), "valid");
  EXPECT_EQ(message(Field::schedule_cron, repeated(" ", 101 - minutes.size()) + minutes),
            "schedule_cron " + quoted_for_message(repeated(" ", 101 - minutes.size()) + minutes) +
                " is 101 characters long; shorten it to at most 100");
}

TEST(Validation, TextMustBeStorable) {
  EXPECT_EQ(message(Field::skill_name, "a\0b"s),
            "skill_name \"a\\x00b\" contains a NUL character, which no database can store; take it out");
  EXPECT_EQ(message(Field::user_id, "a\xff"s),
            "user_id \"a\\xff\" contains bytes that are not UTF-8; write it in UTF-8");
  EXPECT_EQ(message(Field::skill_name, "tabs\tand\nlines are fine"s), "valid");
}

TEST(Validation, CronExpressionsAreQuotedWithTheReason) {
  const std::string text = message(Field::schedule_cron, "61 * * * *"s);
  EXPECT_TRUE(text.starts_with("schedule_cron \"61 * * * *\" is not a valid cron expression: ")) << text;
  EXPECT_NE(text.find("61", 30), std::string::npos) << text;
}

TEST(Validation, RemembersOnlyValidCronExpressions) {
  Validator validator;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(validator.check(Field::schedule_cron, "*/5 * * * *"s), std::nullopt);
    EXPECT_NE(validator.check(Field::schedule_cron, "*/5 * * *"s), std::nullopt);
  }
  Validator moved = std::move(validator);
  EXPECT_EQ(moved.check(Field::schedule_cron, "*/5 * * * *"s), std::nullopt);
}

TEST(Validation, MoreCronExpressionsThanAreRememberedAreStillChecked) {
  Validator validator;
  for (int i = 0; i < 24 * 60 * 15; ++i) {
    const std::string cron =
        std::to_string(i % 60) + ' ' + std::to_string(i / 60 % 24) + ' ' + std::to_string(i / 1440 + 1) + " * *";
    ASSERT_EQ(validator.check(Field::schedule_cron, cron), std::nullopt) << cron;
  }
  EXPECT_NE(validator.check(Field::schedule_cron, "x"s), std::nullopt);
}

TEST(Validation, StatusNamesTheChoices) {
  for (const std::string_view status : kStatuses) EXPECT_EQ(message(Field::status, std::string(status)), "valid");
  EXPECT_EQ(message(Field::status, "runing"s),
            "status \"runing\" is not one of pending, running, completed, failed, disabled; did you mean \"running\"?");
  EXPECT_EQ(
      message(Field::status, "Pending"s),
      "status \"Pending\" is not one of pending, running, completed, failed, disabled; did you mean \"pending\"?");
  EXPECT_EQ(message(Field::status, ""s), "status \"\" is not one of pending, running, completed, failed, disabled");
}

TEST(Validation, ParametersMustBeAnObject) {
  EXPECT_EQ(message(Field::params_json, JsonText{R"({"a":{"b":[1,2.50,null]}})"}), "valid");
  EXPECT_EQ(message(Field::params_json, JsonText{"[1,2]"}),
            "params_json must be a JSON object such as {\"key\": \"value\"}, not [1,2]");
  EXPECT_EQ(message(Field::params_json, JsonText{"null"}),
            "params_json must be a JSON object such as {\"key\": \"value\"}, not null");
  EXPECT_EQ(message(Field::params_json, JsonText{"{\"a\":}"}),
            "params_json {\"a\":} is not valid JSON: unexpected '}' (character 6)");
  EXPECT_EQ(message(Field::params_json, JsonText{"{\"a\":1,\"a\":2}"}),
            "params_json {\"a\":1,\"a\":2} is not valid JSON: duplicate key \"a\" (character 9)");
  EXPECT_NE(message(Field::params_json, JsonText{"{\"a\":\"\\u0000\"}"}).find("NUL"), std::string::npos);
  EXPECT_NE(message(Field::params_json, JsonText{""}), "valid");
  EXPECT_NE(message(Field::params_json, JsonText{repeated("{\"a\":", 64) + "{}" + repeated("}", 64)}).find("64 levels"),
            std::string::npos);
}

TEST(Validation, InstantsMustHaveAWrittenForm) {
  EXPECT_EQ(message(Field::next_run_at, kEarliestTimestamp), "valid");
  EXPECT_EQ(message(Field::next_run_at, kLatestTimestamp), "valid");
  EXPECT_NE(message(Field::next_run_at, Timestamp{kLatestTimestamp.micros + 1}), "valid");
  EXPECT_NE(message(Field::updated_at, Timestamp{INT64_MIN}), "valid");
}

TEST(Validation, WrongTypesAreNamed) {
  EXPECT_EQ(message(Field::skill_name, Timestamp{0}), "skill_name must be text, not a timestamp");
  EXPECT_EQ(message(Field::next_run_at, "tomorrow"s),
            "next_run_at must be a timestamp such as \"2026-11-22T08:00:00Z\", not the text \"tomorrow\"");
  EXPECT_EQ(message(Field::schedule_cron, Timestamp{0}),
            "schedule_cron must be text with a cron expression such as \"0 6 * * *\", not a timestamp");
  EXPECT_EQ(message(Field::status, JsonText{"[]"}),
            "status must be one of pending, running, completed, failed, disabled, not the JSON []");
  EXPECT_EQ(message(Field::params_json, "{}"s),
            "params_json must be a JSON object such as {\"key\": \"value\"}, not the text \"{}\"");
}

TEST(Validation, IdsArePositive) {
  EXPECT_EQ(Validator::check_id(1), std::nullopt);
  EXPECT_EQ(Validator::check_id(INT64_MAX), std::nullopt);
  EXPECT_EQ(Validator::check_id(0), "id 0 is out of range; it must be from 1 to 9223372036854775807");
  EXPECT_NE(Validator::check_id(-7), std::nullopt);
}

std::string quoted(std::string text) {
  text.insert(text.begin(), '"');
  return text + '"';
}

TEST(QuotedForMessage, EscapesAndCuts) {
  EXPECT_EQ(quoted_for_message(""), "\"\"");
  EXPECT_EQ(quoted_for_message("a \"b\" \\ \n\x1b ä"), "\"a \\\"b\\\" \\\\ \\n\\x1b ä\"");
  EXPECT_EQ(quoted_for_message(repeated("€", 60)), quoted(repeated("€", 60)));
  EXPECT_EQ(quoted_for_message(repeated("€", 61)), quoted(repeated("€", 59) + "…"));
  EXPECT_EQ(find_invalid_utf8(quoted_for_message(repeated("\xE2\x82", 99))), std::nullopt);
}

}  // namespace
}  // namespace lockstep
