// Over a corpus of ugly files: every value replaced, every task taken out, tasks put
// in, changes in pairs. What was meant is what is read, and nothing else moves. With
// LOCKSTEP_SECOND_READER_OUT set, each result is written there for other readers to see.
#include <random>

#include "yaml/edit_support.hpp"
#include "yaml/second_reader_output.hpp"

namespace lockstep::yaml_test {
namespace {

Meant meant_of(const Document& document) {
  Meant meant;
  for (const Task& task : document.tasks()) meant[task.id] = task;
  return meant;
}

std::string expect_reads_as(const Document& document, const std::vector<Edit>& edits, const Meant& meant,
                            const std::string& what) {
  const EditResult result = document.edit(edits);
  EXPECT_EQ(result.problem, "") << what;
  if (!result.problem.empty()) return {};
  const std::string text(result.text);
  const ReadResult back = Document::read(text, {});
  EXPECT_NE(back.document, nullptr) << what << "\n" << text;
  if (!back.document) return {};
  EXPECT_EQ(back.document->tasks().size(), meant.size()) << what << "\n" << text;
  for (const Task& task : back.document->tasks()) {
    const auto found = meant.find(task.id);
    EXPECT_NE(found, meant.end()) << what << "\n" << text;
    if (found == meant.end()) continue;
    EXPECT_TRUE(differing(task, found->second, FieldSet::all()).empty()) << what << "\n"
                                                                         << to_json_text(task) << "\n"
                                                                         << to_json_text(found->second) << "\n"
                                                                         << text;
  }
  write_for_second_reader(text, meant);
  return text;
}

bool has_own_key(const Document& document, std::int64_t id, Field field) {
  return document.task_text(id).find(spec(field).name) != std::string_view::npos;
}

std::vector<Value> nasty_values(Field field) {
  std::vector<Value> values;
  switch (spec(field).type) {
    case FieldType::text:
      for (const std::string& text : nasty_texts()) values.emplace_back(text);
      if (!spec(field).required) values.emplace_back();
      break;
    case FieldType::cron:
      for (const char* cron : {"*/5 * * * *", "@hourly", "0 0 * * *", "5 4 1,15 * 5#2"})
        values.emplace_back(std::string(cron));
      break;
    case FieldType::status:
      for (const std::string_view status : kStatuses) values.emplace_back(std::string(status));
      break;
    case FieldType::timestamp:
      for (const std::int64_t micros : {std::int64_t{0}, std::int64_t{1'700'000'000'123'456},
                                        std::int64_t{1'700'000'000'500'000}, std::int64_t{1'699'920'000'000'000}})
        values.emplace_back(Timestamp{micros});
      if (!spec(field).required) values.emplace_back();
      break;
    case FieldType::json_object: {
      Json all = Json::object();
      for (const std::string& text : nasty_texts()) all.set(text, Json::string(text));
      values.emplace_back(JsonText{write_json(all)});
      for (const char* json :
           {"{}", R"({"a":1})", R"({"a":{"b":[1,[2,{"c":[]}],{}],"d":{}},"e":null,"f":true})",
            R"({"n":[1e3,1E400,-0,0.10,1.5e-7,123456789012345678901234567890]})", R"({"":"","on":"off"})"})
        values.emplace_back(JsonText{json});
      Json long_key = Json::object();
      long_key.set(std::string(1500, 'k'), Json::number(std::int64_t{1}));
      values.emplace_back(JsonText{write_json(long_key)});
      break;
    }
  }
  return values;
}

bool valid(Field field, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr || field == Field::schedule_cron || field == Field::status ||
         (!text->empty() && text->find('\0') == std::string::npos);
}

class EditCorpus : public testing::TestWithParam<CorpusFile> {};

TEST_P(EditCorpus, EveryValueCanBeReplaced) {
  const auto original = document(GetParam().text);
  const bool shared = GetParam().text.find('&') != std::string::npos && GetParam().name == "anchors.yml";
  for (const Task& task : original->tasks()) {
    for (const FieldSpec& field : kSchema) {
      for (const Value& value : nasty_values(field.field)) {
        if (!valid(field.field, value)) continue;
        Meant meant = meant_of(*original);
        Task changed = task;
        changed[field.field] = value;
        const bool absent = field.field == Field::updated_at && !has_own_key(*original, task.id, field.field);
        if (!absent) meant[task.id] = changed;
        const std::string what = GetParam().name + " task " + std::to_string(task.id) + " " + std::string(field.name) +
                                 " " + write_json(to_json(value));
        const std::string text = expect_reads_as(*original, {update(changed, {field.field})}, meant, what);
        if (shared || text.empty()) continue;
        const ChangedLines lines = changed_lines(GetParam().text, text);
        const std::size_t first = original->line_of(task.id) - 1;
        const std::size_t count = lines_of(std::string(original->task_text(task.id))).size();
        if (lines.start == lines.old_end && lines.start == lines.new_end) continue;
        EXPECT_GE(lines.start, first) << what << "\n" << text;
        EXPECT_LE(lines.old_end, first + count + 1) << what << "\n" << text;
      }
    }
  }
}

TEST_P(EditCorpus, EveryTaskCanBeRemovedAndPutBack) {
  const auto original = document(GetParam().text);
  for (const Task& task : original->tasks()) {
    Meant meant = meant_of(*original);
    meant.erase(task.id);
    const std::string what = GetParam().name + " without " + std::to_string(task.id);
    const std::string text = expect_reads_as(*original, {removal(task.id)}, meant, what);
    if (text.empty()) continue;
    const auto without = document(text);
    meant[task.id] = task;
    expect_reads_as(*without, {insertion(task, std::string(original->task_text(task.id)))}, meant, what + " and back");
  }
  std::vector<Edit> all;
  for (const Task& task : original->tasks()) all.push_back(removal(task.id));
  const std::string text = expect_reads_as(*original, all, {}, GetParam().name + " without any");
  if (text.empty()) return;
  const auto empty = document(text);
  expect_reads_as(*empty, {insertion(some_task(1)), insertion(some_task(2))}, {{1, some_task(1)}, {2, some_task(2)}},
                  GetParam().name + " filled again");
}

TEST_P(EditCorpus, TasksCanBeInserted) {
  const auto original = document(GetParam().text);
  for (const Value& params : nasty_values(Field::params_json)) {
    Meant meant = meant_of(*original);
    std::vector<Edit> edits;
    for (const std::int64_t id : {900, 901}) {
      Task task = some_task(id);
      task[Field::params_json] = params;
      task[Field::user_id] = std::string("no");
      task[Field::skill_name] = std::string("a: b");
      meant[id] = task;
      edits.push_back(insertion(task));
    }
    expect_reads_as(*original, edits, meant, GetParam().name + " with two more");
  }
}

TEST_P(EditCorpus, EditsGoTogether) {
  const auto original = document(GetParam().text);
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (int round = 0; round < 300; ++round) {
    Meant meant = meant_of(*original);
    std::vector<Edit> edits;
    for (const Task& task : original->tasks()) {
      const std::size_t kind = pick(4);
      if (kind == 0) {
        edits.push_back(removal(task.id));
        meant.erase(task.id);
      } else if (kind < 3) {
        Task changed = task;
        FieldSet fields;
        for (std::size_t i = 0; i < kind; ++i) {
          const Field field = kSchema[pick(6)].field;
          const std::vector<Value> values = nasty_values(field);
          const Value& value = values[pick(values.size())];
          if (!valid(field, value)) continue;
          changed[field] = value;
          fields.insert(field);
        }
        edits.push_back(update(changed, fields));
        meant[task.id] = changed;
      }
    }
    if (pick(2) == 0) {
      edits.push_back(insertion(some_task(950)));
      meant[950] = some_task(950);
    }
    expect_reads_as(*original, edits, meant, GetParam().name + " round " + std::to_string(round));
  }
}

INSTANTIATE_TEST_SUITE_P(All, EditCorpus, testing::ValuesIn(corpus()),
                         [](const auto& test) { return test.param.name.substr(0, test.param.name.find('.')); });

}  // namespace
}  // namespace lockstep::yaml_test
