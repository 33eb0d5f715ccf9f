// A schedule that is JSON stays JSON, in its own layout.
#include "yaml/edit_support.hpp"

namespace lockstep::yaml_test {
namespace {

Task fresh() {
  Task task = some_task(9);
  task[Field::params_json] = JsonText{R"({"a":"y","b":[1,{"c":null}],"d":{}})"};
  return task;
}

// The result, which must be JSON.
std::string edited(const std::string& text, const std::vector<Edit>& edits) {
  const auto original = document(text);
  if (!original) return "";
  const EditResult result = original->edit(edits);
  EXPECT_EQ(result.problem, "") << text;
  EXPECT_TRUE(parse_json(result.text).ok()) << result.text;
  return std::string(result.text);
}

Edit set(const std::string& text, std::int64_t id, Field field, Value value) {
  Task task = *document(text)->find(id);
  task[field] = std::move(value);
  return update(task, {field});
}

const std::string kCompact =
    R"({"tasks":[{"id":1,"skill_name":"s","schedule_cron":"0 0 * * *","next_run_at":"2026-01-01T00:00:00Z","params_json":{"a":1}}]})";
const std::string kPretty = R"({
    "tasks": [
        {
            "id": 1,
            "skill_name": "s",
            "schedule_cron": "0 0 * * *",
            "next_run_at": "2026-01-01T00:00:00Z",
            "params_json": {
                "a": [
                    1,
                    2
                ],
                "b": 2
            }
        }
    ],
    "other": "x"
}
)";

std::string exchanged(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  return text.replace(text.find(from), from.size(), to);
}

TEST(JsonFile, ValuesAreQuoted) {
  EXPECT_EQ(edited(kCompact, {set(kCompact, 1, Field::status, "disabled")}),
            exchanged(kCompact, R"("params_json":{"a":1}})", R"("params_json":{"a":1},"status":"disabled"})"));
  EXPECT_EQ(edited(kPretty, {set(kPretty, 1, Field::status, "disabled")}),
            exchanged(kPretty, "            }\n        }", "            },\n            \"status\": \"disabled\"\n        }"));
  EXPECT_EQ(edited(kCompact, {set(kCompact, 1, Field::skill_name, "a\tb\x01\xC2\x85\"\\é😀")}),
            exchanged(kCompact, "\"s\"", "\"a\\tb\\u0001\\u0085\\\"\\\\é😀\""));
  const std::string null = exchanged(kCompact, "\"params_json\"", "\"user_id\":null,\"params_json\"");
  EXPECT_EQ(edited(null, {set(null, 1, Field::user_id, "u")}), exchanged(null, "null", "\"u\""));
  EXPECT_EQ(edited(null, {set(null, 1, Field::params_json, JsonText{R"({"a":"b"})"})}), exchanged(null, "{\"a\":1}", "{\"a\":\"b\"}"));
}

TEST(JsonFile, MembersStandAsTheirNeighboursDo) {
  EXPECT_EQ(edited(kCompact, {set(kCompact, 1, Field::params_json, JsonText{R"({"a":1,"b":{"c":"d","e":[1,2]}})"})}),
            exchanged(kCompact, "{\"a\":1}", R"({"a":1,"b":{"c":"d","e":[1,2]}})"));
  EXPECT_EQ(edited(kPretty, {set(kPretty, 1, Field::params_json, JsonText{R"({"a":[1],"c":{"d":[]}})"})}),
            exchanged(exchanged(kPretty, "1,\n                    2", "1"), "\"b\": 2",
                      "\"c\": {\n                    \"d\": []\n                }"));
  EXPECT_EQ(edited(kPretty, {set(kPretty, 1, Field::params_json, JsonText{R"({"a":[1,2]})"})}),
            exchanged(kPretty, "],\n                \"b\": 2\n", "]\n"));
  EXPECT_EQ(edited(kPretty, {set(kPretty, 1, Field::params_json, JsonText{"{}"})}),
            exchanged(kPretty, kPretty.substr(kPretty.find("{\n                \"a\""), kPretty.find("        }\n    ]") -
                                                                                             kPretty.find("{\n                \"a\"") - 1),
                      "{}"));
}

TEST(JsonFile, TasksComeAndGo) {
  const std::string compact = R"({"id":9,"skill_name":"new one","schedule_cron":"@daily","next_run_at":"2027-01-15T08:00:00Z",)"
                              R"("params_json":{"a":"y","b":[1,{"c":null}],"d":{}}})";
  EXPECT_EQ(edited(kCompact, {insertion(fresh())}), exchanged(kCompact, "]}", "," + compact + "]}"));
  EXPECT_EQ(edited(kCompact, {removal(1)}), R"({"tasks":[]})");
  EXPECT_EQ(edited(R"({"tasks":[]})", {insertion(some_task(1))}),
            R"({"tasks":[{"id":1,"skill_name":"new one","schedule_cron":"@daily","next_run_at":"2027-01-15T08:00:00Z"}]})");
  const std::string pretty = R"(        {
            "id": 9,
            "skill_name": "new one",
            "schedule_cron": "@daily",
            "next_run_at": "2027-01-15T08:00:00Z",
            "params_json": {
                "a": "y",
                "b": [
                    1,
                    {
                        "c": null
                    }
                ],
                "d": {}
            }
        })";
  EXPECT_EQ(edited(kPretty, {insertion(fresh())}), exchanged(kPretty, "        }\n    ]", "        },\n" + pretty + "\n    ]"));
  const std::string empty = edited(kPretty, {removal(1)});
  EXPECT_EQ(empty, "{\n    \"tasks\": [],\n    \"other\": \"x\"\n}\n");
  EXPECT_EQ(edited(empty, {insertion(fresh())}),
            "{\n    \"tasks\": [\n" + pretty + "\n    ],\n    \"other\": \"x\"\n}\n");
}

TEST(JsonFile, OneLineForEachTaskStaysSo) {
  const auto line = [](int id) {
    return "  {\"id\": " + std::to_string(id) +
           ", \"skill_name\": \"new one\", \"schedule_cron\": \"@daily\", \"next_run_at\": \"2027-01-15T08:00:00Z\"}";
  };
  const std::string text = "{\"tasks\": [\n" + line(1) + ",\n" + line(2) + "\n]}\n";
  EXPECT_EQ(edited(text, {insertion(some_task(3))}), "{\"tasks\": [\n" + line(1) + ",\n" + line(2) + ",\n" + line(3) + "\n]}\n");
  EXPECT_EQ(edited(text, {removal(2)}), "{\"tasks\": [\n" + line(1) + "\n]}\n");
  EXPECT_EQ(edited(text, {removal(1)}), "{\"tasks\": [\n" + line(2) + "\n]}\n");
  EXPECT_EQ(edited(text, {removal(2), insertion(some_task(3))}), "{\"tasks\": [\n" + line(1) + ",\n" + line(3) + "\n]}\n");
  EXPECT_EQ(edited(text, {removal(1), removal(2), insertion(some_task(3))}), "{\"tasks\": [\n" + line(3) + "\n]}\n");
}

TEST(JsonFile, ATaskPutBackStandsWhereItWas) {
  const auto original = document(kPretty);
  const std::string two = edited(kPretty, {insertion(fresh())});
  const std::string without = edited(two, {removal(1)});
  const Edit back = insertion(*original->find(1), std::string(original->task_text(1)));
  EXPECT_EQ(edited(without, {back}), two);
}

TEST(JsonFile, MetadataIsWrittenAsJson) {
  const std::string text = R"({"metadata": {"last_sync": null, "sync_source": null}, "tasks": []})";
  const EditResult result = document(text)->edit({}, MetadataEdit{*parse_timestamp("2027-01-01T00:00:00Z"), "database"});
  EXPECT_EQ(result.text, R"({"metadata": {"last_sync": "2027-01-01T00:00:00Z", "sync_source": "database"}, "tasks": []})");
}

}  // namespace
}  // namespace lockstep::yaml_test
