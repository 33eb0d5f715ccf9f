#include <gtest/gtest.h>

#include "model/error.hpp"
#include "model/json_generator.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

using namespace std::string_literals;

TaskFromJson read(std::string_view text, bool partial = false) {
  Validator validator;
  return task_from_json(parse_json(text).value, validator, partial);
}

std::vector<std::string> messages(std::string_view text, bool partial = false) {
  std::vector<std::string> result;
  for (const FieldProblem& problem : read(text, partial).problems)
    result.push_back(problem.field + "|" + problem.message);
  return result;
}

using Messages = std::vector<std::string>;

TEST(TaskFromJson, ReadsAWholeTask) {
  const TaskFromJson read_task = read(
      R"({"id":7,"skill_name":"backup","schedule_cron":"0 3 * * *","next_run_at":"2026-11-22 04:00+01:00",
          "params_json":{ "a" : 1.50 },"status":"failed","user_id":"ops","updated_at":"2026-01-01"})");
  ASSERT_TRUE(read_task.problems.empty());
  EXPECT_TRUE(read_task.has_id);
  EXPECT_EQ(read_task.present, FieldSet::all() - FieldSet{Field::created_at});
  EXPECT_EQ(
      to_json_text(read_task.task),
      R"({"id":7,"skill_name":"backup","schedule_cron":"0 3 * * *","next_run_at":"2026-11-22T03:00:00Z",)"
      R"("params_json":{"a":1.50},"status":"failed","user_id":"ops","created_at":null,"updated_at":"2026-01-01T00:00:00Z"})");
}

TEST(TaskFromJson, AbsentMembersTakeTheirDefaults) {
  const TaskFromJson read_task = read(
      R"({"skill_name":"backup","schedule_cron":"0 3 * * *","next_run_at":"2026-11-22","status":null,"params_json":null})");
  ASSERT_TRUE(read_task.problems.empty());
  EXPECT_FALSE(read_task.has_id);
  EXPECT_EQ(read_task.task[Field::status], Value("pending"s));
  EXPECT_EQ(read_task.task[Field::params_json], Value(JsonText{"{}"}));
  EXPECT_TRUE(is_null(read_task.task[Field::user_id]));
}

TEST(TaskFromJson, RequiresWhatTheSchemaRequires) {
  EXPECT_EQ(messages("{}"), (Messages{"skill_name|skill_name is required", "schedule_cron|schedule_cron is required",
                                      "next_run_at|next_run_at is required"}));
  EXPECT_EQ(messages(R"({"skill_name":null,"schedule_cron":"@daily","next_run_at":"2026-11-22"})"),
            Messages{"skill_name|skill_name is required"});
}

TEST(TaskFromJson, PartialReadsWhatIsThere) {
  const TaskFromJson read_task = read(R"({"status":"disabled","user_id":null})", true);
  EXPECT_TRUE(read_task.problems.empty());
  EXPECT_EQ(read_task.present, (FieldSet{Field::status, Field::user_id}));
  EXPECT_EQ(read_task.task[Field::status], Value("disabled"s));
  EXPECT_TRUE(read("{}", true).problems.empty());
  EXPECT_EQ(messages(R"({"next_run_at":null})", true), Messages{"next_run_at|next_run_at is required"});
}

TEST(TaskFromJson, NamesUnknownMembers) {
  EXPECT_EQ(messages(R"({"statsu":"failed","x\n":1})", true),
            (Messages{"statsu|unknown field \"statsu\"; did you mean \"status\"?", "x\n|unknown field \"x\\n\""}));
  EXPECT_EQ(messages(R"({"ID":1})", true), Messages{"ID|unknown field \"ID\"; did you mean \"id\"?"});
}

TEST(TaskFromJson, NamesWrongTypes) {
  EXPECT_EQ(
      messages(R"({"skill_name":5,"user_id":true,"status":["x"],"params_json":"{}","next_run_at":1764000000})", true),
      (Messages{
          "skill_name|skill_name must be text, not the number 5", "user_id|user_id must be text, not true",
          "status|status must be one of pending, running, completed, failed, disabled, not an array",
          "params_json|params_json must be a JSON object such as {\"key\": \"value\"}, not the text \"{}\"",
          "next_run_at|next_run_at must be a timestamp such as \"2026-11-22T08:00:00Z\", not the number 1764000000"}));
  EXPECT_EQ(
      messages(R"({"next_run_at":"tomorrow"})", true),
      Messages{"next_run_at|next_run_at \"tomorrow\" is not a timestamp; write it like \"2026-11-22T08:00:00Z\", with "
               "at most six digits of fraction"});
  EXPECT_EQ(messages(R"({"user_id":{}})", true), Messages{"user_id|user_id must be text, not an object"});
  for (const char* const text : {"[]", "null", "5", "\"x\""}) {
    EXPECT_EQ(messages(text), Messages{"|a task must be a JSON object"}) << text;
  }
}

TEST(TaskFromJson, NamesBrokenRules) {
  EXPECT_EQ(messages(R"({"status":"runing","user_id":"a\tb","skill_name":""})", true),
            (Messages{"status|status \"runing\" is not one of pending, running, completed, failed, disabled; did you "
                      "mean \"running\"?",
                      "skill_name|skill_name must not be empty"}));
}

TEST(TaskFromJson, IdsAreIntegersFromOne) {
  EXPECT_EQ(read(R"({"id":9223372036854775807})", true).task.id, INT64_MAX);
  EXPECT_EQ(messages(R"({"id":0})", true),
            Messages{"id|id 0 is out of range; it must be from 1 to 9223372036854775807"});
  for (const char* const id : {"9223372036854775808", "1.5", "1e3", "\"1\"", "null", "true", "[]"}) {
    const TaskFromJson read_task = read("{\"id\":"s + id + "}", true);
    ASSERT_EQ(read_task.problems.size(), 1U) << id;
    EXPECT_EQ(read_task.problems[0].field, "id");
    EXPECT_NE(read_task.problems[0].message.find("is not an integer"), std::string::npos) << id;
  }
}

TEST(TrustedTask, ReadsBackWhatWasWritten) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    JsonGenerator generator(seed);
    Task task = task_with_defaults(static_cast<std::int64_t>(seed >> 1U));
    for (const Field field : {Field::skill_name, Field::schedule_cron, Field::status, Field::user_id}) {
      if (generator.below(4) > 0) task[field] = generator.characters();
    }
    for (const Field field : {Field::next_run_at, Field::created_at, Field::updated_at}) {
      if (generator.below(3) > 0) task[field] = Timestamp{static_cast<std::int64_t>(generator.below(1U << 30U))};
    }
    task[Field::params_json] = generator.below(9) == 0 ? Value() : Value(JsonText{write_json(generator.object())});

    const std::string text = to_json_text(task);
    RC_ASSERT(text == write_json(to_json(task)));
    const Task back = task_from_trusted_json(text);
    RC_ASSERT(back.id == task.id);
    RC_ASSERT(back.values == task.values);
    RC_ASSERT(fingerprint(back, FieldSet::all()) == fingerprint(task, FieldSet::all()));
  }));
}

TEST(TrustedTask, AnyTaskOfOursIsReadStrictlyToo) {
  Task task = task_with_defaults(3);
  task[Field::skill_name] = "back\"up"s;
  task[Field::schedule_cron] = "0 3 * * *"s;
  task[Field::next_run_at] = Timestamp{1};
  const TaskFromJson strict = read(to_json_text(task));
  EXPECT_TRUE(strict.problems.empty());
  EXPECT_EQ(strict.task.values, task_from_trusted_json(to_json_text(task)).values);
}

TEST(TrustedTask, RefusesWhatWeDidNotWrite) {
  const std::string good = to_json_text(task_with_defaults(3));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(task_from_trusted_json(good.substr(0, size)), Error) << good.substr(0, size);
  }
  for (const std::string& text : {good + "x", R"({"id":"3"})"s, R"({"skill_name":"x"})"s, R"({"id":3})"s,
                                  R"({"id":3,"status":"x"})"s, std::string(good).replace(good.find("null"), 4, "true"),
                                  std::string(good).replace(good.find("id\":3"), 5, "id\":x")}) {
    EXPECT_THROW(task_from_trusted_json(text), Error) << text;
  }
}

}  // namespace
}  // namespace lockstep
