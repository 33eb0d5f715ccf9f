// Single edits, byte for byte: the expected text is the old one with the named pieces exchanged.
#include <algorithm>

#include "yaml/edit_support.hpp"

namespace lockstep::yaml_test {
namespace {

using Exchanges = std::vector<std::pair<std::string, std::string>>;

std::string exchanged(std::string text, const Exchanges& exchanges) {
  for (const auto& [from, to] : exchanges) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << "not unique: " << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
  }
  return text;
}

void expect_edit(const std::string& text, const std::vector<Edit>& edits, const Exchanges& exchanges) {
  const auto original = document(text);
  ASSERT_NE(original, nullptr);
  const EditResult result = original->edit(edits);
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.text, exchanged(text, exchanges));
}

Edit set(const std::string& text, std::int64_t id, Field field, Value value) {
  Task task = *document(text)->find(id);
  task[field] = std::move(value);
  return update(task, {field});
}
Value json(const char* text) { return JsonText{text}; }
Value at(const char* text) { return *parse_timestamp(text); }

std::string corpus_text(const std::string& name) {
  return read_file(std::filesystem::path(LOCKSTEP_YAML_CORPUS) / name);
}

class PlainFile : public testing::Test {
 protected:
  void expect(const std::vector<Edit>& edits, const Exchanges& exchanges) { expect_edit(text_, edits, exchanges); }
  Edit set(std::int64_t id, Field field, Value value) { return yaml_test::set(text_, id, field, std::move(value)); }
  std::string text_ = corpus_text("plain.yml");
};

TEST_F(PlainFile, AScalarKeepsItsQuotingAndComment) {
  expect({set(1, Field::schedule_cron, "0 7 * * *")}, {{"0 6,18 * * *   # fixed", "0 7 * * *   # fixed"}});
  expect({set(1, Field::schedule_cron, "*/5 * * * *")}, {{"0 6,18 * * *   # fixed", "\"*/5 * * * *\"   # fixed"}});
  expect({set(2, Field::skill_name, "it's")}, {{"'report'", "'it''s'"}});
  expect({set(2, Field::schedule_cron, "0 1 * * *")}, {{"\"@daily\"", "\"0 1 * * *\""}});
  expect({set(3, Field::user_id, "me")}, {{"user_id: null   #", "user_id: me   #"}});
}

TEST_F(PlainFile, ATimestampKeepsItsShape) {
  expect({set(1, Field::next_run_at, at("2027-01-01"))}, {{"\"2026-11-22T06:00:00Z\"", "\"2027-01-01T00:00:00Z\""}});
  expect({set(2, Field::next_run_at, at("2027-01-01T01:02:03.5Z"))},
         {{"2026-11-22 06:00:00\n", "2027-01-01 01:02:03.5\n"}});
  expect({set(2, Field::created_at, at("2027-01-01T00:00:00Z"))},
         {{"2026-01-01T00:00:00+02:00", "2027-01-01T02:00:00+02:00"}});
  expect({set(2, Field::updated_at, at("2027-01-01"))},
         {{"'2026-01-02 03:04:05.678901'", "'2027-01-01 00:00:00.000000'"}});
  expect({set(3, Field::next_run_at, at("2027-01-01"))}, {{"2026-11-23\n", "2027-01-01\n"}});
  expect({set(3, Field::next_run_at, at("2027-01-01T12:00:00Z"))}, {{"2026-11-23\n", "2027-01-01T12:00:00Z\n"}});
}

TEST_F(PlainFile, UpdatedAtIsNeverAdded) { expect({set(1, Field::updated_at, at("2027-01-01"))}, {}); }

TEST_F(PlainFile, AKeyWithoutAValueGoesUnlessAPersonWroteBesideIt) {
  expect({set(2, Field::user_id, {})}, {{"    user_id: ops\n", ""}});
  const std::string commented = exchanged(text_, {{"user_id: ops\n", "user_id: ops  # us\n"}});
  expect_edit(commented, {yaml_test::set(commented, 2, Field::user_id, {})},
              {{"user_id: ops  # us", "user_id: null  # us"}});
}

TEST_F(PlainFile, ANewKeyStandsWhereTheSchemaHasIt) {
  expect({set(1, Field::user_id, "no")}, {{"    status: pending\n", "    status: pending\n    user_id: \"no\"\n"}});
}

TEST_F(PlainFile, ParamsChangeOnlyWhereTheyDiffer) {
  expect({set(1, Field::params_json,
              json(R"({"cluster":"main","dashboards":["a","c"],"labels":{"preset":true,"weight":1.5}})"))},
         {{"[a, b]", "[a, c]"}});
  expect(
      {set(1, Field::params_json,
           json(R"({"cluster":"main","dashboards":["a","b"],"labels":{"preset":true,"weight":1.5,"on":[1]},"z":{}})"))},
      {{"weight: 1.50\n", "weight: 1.50\n        \"on\": [1]\n      z: {}\n"}});
  expect({set(1, Field::params_json, json(R"({"dashboards":["a","b"],"labels":{"weight":1.5}})"))},
         {{"      cluster: main   # moved last spring\n", ""}, {"        preset: true\n", ""}});
  expect({set(2, Field::params_json,
              json(R"({"recipients":["a@example.org",{"name":"Bob","cc":false},[1,2,[3]],"x"],"format":"pdf"})"))},
         {{"cc: true", "cc: false"}, {"- [1, 2, [3]]\n", "- [1, 2, [3]]\n        - x\n"}});
  expect({set(2, Field::params_json, json(R"({"recipients":[{"name":"Bob","cc":true},[1,2,[3]]],"format":"pdf"})"))},
         {{"        - a@example.org\n", ""}});
  expect({set(3, Field::params_json,
              json(R"({"url":"http://x/?a=b","codes":[200,201,204],"deep":{"a":{"b":null,"c":"d"}}})"))},
         {{"[200, 204]", "[200, 201, 204]"}, {"\"b\": null", "\"b\": null, \"c\": \"d\""}});
  expect({set(1, Field::params_json, json("{}"))},
         {{"params_json:\n      cluster: main   # moved last spring\n      # the order matters\n      dashboards: [a, "
           "b]\n      labels:\n        preset: true\n        weight: 1.50\n",
           "params_json: {}\n"}});
}

TEST_F(PlainFile, ARemovedTaskTakesItsCommentAlong) {
  const std::string second(document(text_)->task_text(2));
  expect({removal(2)}, {{second + "\n", ""}});
  const std::string third(document(text_)->task_text(3));
  EXPECT_EQ(third.substr(0, 27), "  # About number three:\n  #");
  expect({removal(3)}, {{third + "\n", ""}});
  const std::string first(document(text_)->task_text(1));
  EXPECT_EQ(first.substr(0, 24), "  # ---- nightly ----\n  ");
  expect({removal(1)}, {{first + "\n", ""}});
  expect({removal(2), removal(3)}, {{second + "\n" + third + "\n", ""}});
  expect({removal(1), removal(2), removal(3)},
         {{"tasks:\n\n" + first + "\n" + second + "\n" + third + "\n", "tasks: []\n\n"}});
}

TEST(TaskText, IsTheSameInWhateverOrderTheIdsStand) {
  const auto lines = [](int id) {
    return "  # about " + std::to_string(id) + "\n  - id: " + std::to_string(id) +
           "\n    skill_name: x\n    schedule_cron: '@daily'\n    next_run_at: 2027-01-15T08:00:00Z\n";
  };
  std::vector<int> ids{1, 2, 3, 4, 5};
  do {
    std::string text = "tasks:\n";
    for (const int id : ids) text += lines(id) + "\n";
    const auto read = document(text);
    ASSERT_NE(read, nullptr);
    for (const int id : ids) ASSERT_EQ(read->task_text(id), lines(id)) << text;
  } while (std::next_permutation(ids.begin(), ids.end()));
}

TEST_F(PlainFile, AFormerTextComesBackWhereItWas) {
  for (const std::int64_t id : {1, 2, 3}) {
    const auto original = document(text_);
    const EditResult without = original->edit(std::vector<Edit>{removal(id)});
    ASSERT_EQ(without.problem, "");
    const Edit back = insertion(*original->find(id), std::string(original->task_text(id)));
    const EditResult again = document(without.text)->edit(std::vector<Edit>{back});
    EXPECT_EQ(again.problem, "");
    EXPECT_EQ(again.text, text_) << id;
  }
}

TEST_F(PlainFile, ANewTaskLooksLikeItsNeighbours) {
  Task task = some_task(4);
  task[Field::params_json] = JsonText{R"({"a":"yes"})"};
  expect({insertion(task)},
         {{"user_id: null   # nobody\n",
           "user_id: null   # nobody\n\n  - id: 4\n    skill_name: new one\n    schedule_cron: '@daily'\n"
           "    next_run_at: 2027-01-15T08:00:00Z\n    params_json: {\"a\": \"yes\"}\n    status: pending\n"}});
}

TEST_F(PlainFile, MetadataIsBroughtUpToDateWhereItIsThere) {
  const auto original = document(text_);
  const MetadataEdit metadata{*parse_timestamp("2027-01-01T00:00:00Z"), "database"};
  const EditResult result = original->edit({}, metadata);
  EXPECT_EQ(result.text, exchanged(text_, {{"last_sync: null", "last_sync: \"2027-01-01T00:00:00Z\""},
                                           {"sync_source: null", "sync_source: database"}}));
  const std::string without = "tasks: []\nmetadata: {other: 1}\n";
  EXPECT_EQ(document(without)->edit({}, metadata).text, without);
}

TEST(FlowFile, ElementsComeAndGo) {
  const std::string text = corpus_text("flow_list.yml");
  expect_edit(text, {removal(1)},
              {{"  {id: 1, skill_name: a, schedule_cron: \"0 0 * * *\", next_run_at: 2026-01-01},  # one\n", ""}});
  expect_edit(text, {insertion(some_task(4))},
              {{"# trailing comma\n",
                "# trailing comma\n  {id: 4, skill_name: new one, schedule_cron: \"@daily\", next_run_at: "
                "2027-01-15T08:00:00Z},\n"}});
  const std::string items = corpus_text("flow_items.yml");
  expect_edit(items, {set(items, 1, Field::user_id, "a, b")},
              {{"status: running,", "status: running, user_id: \"a, b\","}});
  expect_edit(items, {set(items, 3, Field::user_id, "u")}, {{"user_id: }", "user_id: u}"}});
  expect_edit(items, {insertion(some_task(4))},
              {{"user_id: }\n",
                "user_id: }\n\n  - {id: 4, skill_name: 'new one', schedule_cron: \"@daily\", next_run_at: "
                "2027-01-15T08:00:00Z}\n"}});
}

TEST(Anchors, KeepTheirValueForOtherTasks) {
  const std::string text = corpus_text("anchors.yml");
  expect_edit(text, {set(text, 4, Field::schedule_cron, "@hourly")},
              {{"skill_name: four\n    schedule_cron: *nightly", "skill_name: four\n    schedule_cron: \"@hourly\""}});
  const std::string shared =
      "tasks:\n  - id: 1\n    skill_name: a\n    schedule_cron: &c \"0 2 * * *\"  # all\n    next_run_at: 2026-01-01\n"
      "  - id: 2\n    skill_name: a\n    schedule_cron: *c\n    next_run_at: 2026-01-01\n"
      "  - id: 3\n    skill_name: b\n    schedule_cron: *c  # too\n    next_run_at: 2026-01-01\n";
  expect_edit(shared, {set(shared, 1, Field::schedule_cron, "@hourly")},
              {{"&c \"0 2 * * *\"  # all", "\"@hourly\"  # all"},
               {"skill_name: a\n    schedule_cron: *c\n", "skill_name: a\n    schedule_cron: &c \"0 2 * * *\"\n"}});
  expect_edit(shared,
              {set(shared, 1, Field::schedule_cron, "@hourly"), set(shared, 2, Field::schedule_cron, "@weekly")},
              {{"&c \"0 2 * * *\"  # all", "\"@hourly\"  # all"},
               {"skill_name: a\n    schedule_cron: *c\n", "skill_name: a\n    schedule_cron: \"@weekly\"\n"},
               {"*c  # too", "&c \"0 2 * * *\"  # too"}});
  const std::string first(document(shared)->task_text(1));
  expect_edit(shared, {removal(1)},
              {{first, ""},
               {"skill_name: a\n    schedule_cron: *c\n", "skill_name: a\n    schedule_cron: &c \"0 2 * * *\"\n"}});
}

TEST(Anchors, WithoutOtherUsersStay) {
  const std::string text =
      "tasks:\n  - id: 1\n    skill_name: &n a\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n";
  expect_edit(text, {set(text, 1, Field::skill_name, "b")}, {{"&n a", "&n b"}});
}

TEST(Merges, AreOverriddenInTheTask) {
  const std::string text =
      "base: &b {status: disabled, user_id: u, params_json: {a: 1}}\n"
      "tasks:\n  - id: 1\n    <<: *b\n    skill_name: a\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n";
  expect_edit(text, {set(text, 1, Field::status, "running")},
              {{"next_run_at: 2026-01-01\n", "next_run_at: 2026-01-01\n    status: running\n"}});
  expect_edit(text, {set(text, 1, Field::user_id, {})},
              {{"next_run_at: 2026-01-01\n", "next_run_at: 2026-01-01\n    user_id: null\n"}});
}

TEST(NewId, ReplacesTheOld) {
  const std::string text = corpus_text("single.yml");
  Edit edit = update(*document(text)->find(1), {});
  edit.new_id = 77;
  expect_edit(text, {edit}, {{"id: 1", "id: 77"}});
}

TEST(EmptyFiles, AreCompleted) {
  const std::string task =
      "id: 1\n    skill_name: new one\n    schedule_cron: \"@daily\"\n    next_run_at: \"2027-01-15T08:00:00Z\"";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "tasks:\n  - " + task + "\n"},
      {"# c\n", "# c\ntasks:\n  - " + task + "\n"},
      {"tasks: []  # c\nb: 1\n", "tasks:  # c\n  - " + task + "\nb: 1\n"},
      {"tasks: []\r\n",
       "tasks:\r\n  - id: 1\r\n    skill_name: new one\r\n    schedule_cron: \"@daily\"\r\n    next_run_at: "
       "\"2027-01-15T08:00:00Z\"\r\n"},
      {"--- # x\n...\n", "--- # x\ntasks:\n  - " + task + "\n...\n"},
      {"{tasks: []}",
       "{tasks: [{id: 1, skill_name: new one, schedule_cron: \"@daily\", next_run_at: \"2027-01-15T08:00:00Z\"}]}"},
      {"tasks: &x []\n", "tasks: &x\n  - " + task + "\n"},
  };
  for (const auto& [before, after] : cases) {
    const ReadResult read = Document::read_or_empty(before, {});
    ASSERT_NE(read.document, nullptr) << before;
    const EditResult result = read.document->edit(std::vector<Edit>{insertion(some_task(1))});
    EXPECT_EQ(result.problem, "") << before;
    EXPECT_EQ(result.text, after);
  }
}

TEST(EditProblems, AreSaid) {
  const auto original = document(corpus_text("single.yml"));
  EXPECT_NE(original->edit(std::vector<Edit>{removal(5)}).problem.find("not in the file"), std::string::npos);
  EXPECT_NE(original->edit(std::vector<Edit>{insertion(some_task(1))}).problem.find("in the file already"),
            std::string::npos);
  EXPECT_NE(original->edit(std::vector<Edit>{removal(1), removal(1)}).problem.find("twice"), std::string::npos);
  Task bad = *original->find(1);
  bad[Field::status] = std::string("sleeping");
  const EditResult refused = original->edit(std::vector<Edit>{update(bad, {Field::status})});
  EXPECT_NE(refused.problem.find("sleeping"), std::string::npos);
  EXPECT_EQ(refused.text, "");
}

TEST(PublicSchedule, OneChangeIsOneLine) {
  const std::string text = read_file(LOCKSTEP_EXAMPLES "/ci_periodics.yml");
  const auto original = document(text);
  for (const Task& task : original->tasks()) {
    if (task.id % 43 != 1) continue;
    const EditResult result =
        original->edit(std::vector<Edit>{set(text, task.id, Field::schedule_cron, "17 3 * * *")});
    const ChangedLines lines = changed_lines(text, std::string(result.text));
    EXPECT_EQ(lines.old_end - lines.start, 1U) << task.id;
    EXPECT_EQ(lines.new_end - lines.start, 1U) << task.id;
  }
}

TEST(ManyEdits, GoInOnePass) {
  const std::string text = read_file(LOCKSTEP_EXAMPLES "/ci_periodics.yml");
  const auto original = document(text);
  std::vector<Edit> edits;
  for (const Task& task : original->tasks()) {
    Task changed = task;
    changed[Field::status] = std::string("failed");
    edits.push_back(update(changed, {Field::status}));
  }
  const EditResult result = original->edit(edits);
  ASSERT_EQ(result.problem, "");
  for (const Task& task : result.document->tasks()) EXPECT_EQ(task.text(Field::status), "failed");
  EXPECT_EQ(lines_of(result.text).size(), lines_of(text).size());
}

TEST(Edit, AnEntryAddedBesideExplicitKeysStandsInTheirColumn) {
  const std::string text = corpus_text("explicit_keys.yml");
  expect_edit(text, {set(text, 1, Field::status, "failed")},
              {{"      e: 4\n", "      e: 4\n    status: failed\n"}});
  expect_edit(text, {set(text, 1, Field::params_json, json(R"({"b":{"c":2,"d":3},"e":4,"f":5})"))},
              {{"      ? a\n      : 1\n", ""}, {"      e: 4\n", "      e: 4\n      f: 5\n"}});
}

}  // namespace
}  // namespace lockstep::yaml_test
