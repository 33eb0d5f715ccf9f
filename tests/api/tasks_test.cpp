// Lists of tasks, tasks as programs send them, run times: pure.
#include <gtest/gtest.h>

#include "api/task_input.hpp"
#include "api/task_query.hpp"
#include "api/task_runs.hpp"
#include "engine/world.hpp"

namespace lockstep::api {
namespace {

using lockstep::testing::task;

std::string ids(const TaskSelection& selection) {
  std::string text;
  for (const Task* one : selection.tasks) text += std::to_string(one->id) + " ";
  return text + "of " + std::to_string(selection.total);
}

std::vector<Task> three() {
  std::vector<Task> tasks{task(1, "b"), task(2, "A"), task(3, "b")};
  tasks[1][Field::user_id] = std::string("Ärger");
  tasks[2][Field::user_id] = std::string("zoe");
  tasks[2][Field::next_run_at] = *parse_timestamp("2020-01-01");
  return tasks;
}

TEST(TaskQuery, SortsByAnyFieldNullsLast) {
  const std::vector<Task> tasks = three();
  const auto sorted = [&](std::string_view order) {
    TaskQuery query;
    query.order = *task_order(order);
    return ids(select_tasks(tasks, query));
  };
  EXPECT_EQ(sorted("id"), "1 2 3 of 3");
  EXPECT_EQ(sorted("-id"), "3 2 1 of 3");
  EXPECT_EQ(sorted("skill_name"), "2 1 3 of 3");
  EXPECT_EQ(sorted("-skill_name"), "1 3 2 of 3") << "equal ones by id";
  EXPECT_EQ(sorted("next_run_at"), "3 1 2 of 3");
  EXPECT_EQ(sorted("user_id"), "3 2 1 of 3");
  EXPECT_EQ(sorted("-user_id"), "2 3 1 of 3");
  for (const std::string_view name : task_order_names()) EXPECT_TRUE(task_order(name)) << name;
  for (const char* bad : {"", "-", "--id", "nonsense"}) EXPECT_FALSE(task_order(bad)) << bad;
}

TEST(TaskQuery, FindsTextWhateverItsCase) {
  std::vector<Task> tasks = three();
  tasks[0][Field::params_json] = JsonText{R"({"Path":"/VAR/log"})"};
  const auto found = [&](const std::string& text) {
    TaskQuery query;
    query.text = text;
    return ids(select_tasks(tasks, query));
  };
  EXPECT_EQ(found(""), "1 2 3 of 3");
  EXPECT_EQ(found("/var/LOG"), "1 of 1");
  EXPECT_EQ(found("äRGER"), "2 of 1");
  EXPECT_EQ(found("a"), "1 2 of 2");
  EXPECT_EQ(found("0 2 *"), "1 2 3 of 3");
  EXPECT_EQ(found("nowhere"), "of 0");
  EXPECT_EQ(found("3"), "3 of 1") << "by id";
}

TEST(TaskQuery, PagesOfWhatIsLeft) {
  const std::vector<Task> tasks = three();
  TaskQuery query;
  query.skill_name = "b";
  query.limit = 1;
  EXPECT_EQ(ids(select_tasks(tasks, query)), "1 of 2");
  query.offset = 1;
  EXPECT_EQ(ids(select_tasks(tasks, query)), "3 of 2");
  query.offset = 2;
  EXPECT_EQ(ids(select_tasks(tasks, query)), "of 2");
  query.offset = SIZE_MAX;
  query.limit = SIZE_MAX;
  EXPECT_EQ(ids(select_tasks(tasks, query)), "of 2");
}

// RFC 7396, appendix A.
TEST(MergePatch, IsThatOfTheRfc) {
  const std::vector<std::array<std::string, 3>> cases{
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", "{}"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", "null", "null"},
      {R"({"a":"foo"})", "\"bar\"", "\"bar\""},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& [target, patch, result] : cases)
    EXPECT_EQ(write_json(merge_patch(parse_json(target).value, parse_json(patch).value)), result) << target << patch;
}

TEST(TaskInput, ComputesTheNextRunInTheConfiguredZone) {
  const Json document = parse_json(R"({"skill_name":"a","schedule_cron":"0 8 * * *"})").value;
  const Timestamp now = *parse_timestamp("2026-11-22T03:00:00Z");
  const TaskInput input = read_new_task(document, *TimeZone::find("Europe/Berlin"), now);
  ASSERT_FALSE(input.fault);
  EXPECT_EQ(input.task.instant(Field::next_run_at), parse_timestamp("2026-11-22T07:00:00Z"));
  EXPECT_FALSE(input.id);
  const TaskInput given = read_new_task(
      parse_json(R"({"skill_name":"a","schedule_cron":"0 8 * * *","next_run_at":"2030-01-01"})").value, {}, now);
  EXPECT_EQ(given.task.instant(Field::next_run_at), parse_timestamp("2030-01-01"));
}

TEST(TaskInput, OneThatNeverFiresInItsZoneNeedsATime) {
  const Json document = parse_json(R"({"skill_name":"a","schedule_cron":"*/5 2 * 3 0L"})").value;
  const TaskInput input = read_new_task(document, *TimeZone::find("Europe/Berlin"), *parse_timestamp("2026-11-22"));
  ASSERT_TRUE(input.fault);
  EXPECT_EQ(std::get<TaskProblems>(*input.fault).problems.at(0).field, "next_run_at");
}

TEST(TaskInput, DeepParamsAreAProblemOfTheTask) {
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const Json document =
      parse_json(R"({"skill_name":"a","schedule_cron":"@daily","params_json":{"a":)" + deep + "}}", 200).value;
  const TaskInput input = read_new_task(document, {}, system_now());
  ASSERT_TRUE(input.fault);
  EXPECT_EQ(std::get<TaskProblems>(*input.fault).problems.at(0).field, "params_json");
}

TEST(TaskRuns, AreCutWhereThereAreTooMany) {
  const std::vector<Task> tasks{task(1, "a"), task(2, "b"), task(3, "c")};
  const Timestamp from = *parse_timestamp("2026-11-22T00:00:00Z");
  const Timestamp to = *parse_timestamp("2026-11-24T00:00:00Z");
  const Json all = task_runs_json(tasks, from, to, {}, 6);
  EXPECT_FALSE(all.find("truncated")->boolean);
  EXPECT_EQ(all.find("tasks")->items.size(), 3U);
  const Json cut = task_runs_json(tasks, from, to, {}, 3);
  EXPECT_TRUE(cut.find("truncated")->boolean);
  ASSERT_EQ(cut.find("tasks")->items.size(), 2U);
  EXPECT_EQ(cut.find("tasks")->items[1].find("runs")->items.size(), 1U);
}

}  // namespace
}  // namespace lockstep::api
