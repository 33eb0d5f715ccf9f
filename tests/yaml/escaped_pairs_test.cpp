// `"\ud83d\ude00"`, as json.dumps writes it, is one character, whatever way the text is read.
#include <gtest/gtest.h>

#include <string>

#include "yaml/document.hpp"

namespace lockstep {
namespace {

const std::string kPair = "\\ud83d\\ude00";
const std::string kFace = "\xF0\x9F\x98\x80";

std::string task(int id, const std::string& more) {
  return "  - id: " + std::to_string(id) +
         "\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n" + more;
}

std::unique_ptr<Document> read(const std::string& text, std::size_t piecewise_from = 64 * 1024) {
  ReadResult result = Document::read(text, {.piecewise_from = piecewise_from});
  for (const Diagnostic& d : result.diagnostics) ADD_FAILURE() << format_diagnostic(d, true) << "\n" << text;
  return std::move(result.document);
}

std::string params(const Document& document, std::int64_t id) {
  return std::get<JsonText>((*document.find(id))[Field::params_json]).text;
}
std::string user(const Document& document, std::int64_t id) {
  return std::get<std::string>((*document.find(id))[Field::user_id]);
}

TEST(EscapedPairs, AreOneCharacter) {
  const auto document = read("tasks:\n" + task(1, "    user_id: \"é" + kPair + "x\\uD83D\\uDE00\"   # " + kPair + "\n" +
                                                      "    params_json: {\"" + kPair + "\": [\"\\\\" + kPair + "\"]}\n"));
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(user(*document, 1), "é" + kFace + "x" + kFace);
  EXPECT_EQ(params(*document, 1), "{\"" + kFace + "\":[\"\\\\" + kFace + "\"]}");
}

TEST(EscapedPairs, BehindTagsAnchorsAndOverLines) {
  const auto document =
      read("tasks:\n" + task(1, "    user_id: !!str &a # \"" + kPair + "\"\n      \"" + kPair + "\n      b\\\n      " + kPair +
                                    "\"\n    ? \"" + kPair + "\"\n    : 1\n") + task(2, "    user_id: *a\n"));
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(user(*document, 1), kFace + " b" + kFace);
  EXPECT_EQ(user(*document, 2), kFace + " b" + kFace);
}

TEST(EscapedPairs, ElsewhereTheyAreWhatTheyLookLike) {
  const auto document =
      read("# " + kPair + " it's \"\ntasks:\n" +
           task(1, "    params_json:\n      a: '" + kPair + "'\n      b: " + kPair + "\n      c: |\n        \"" + kPair +
                       "\"\n      d: >-\n        " + kPair + "\n      e: \"" + kPair + "\"\n      f: \"\\\\ud83d\\\\ude00\"\n"));
  ASSERT_NE(document, nullptr);
  const std::string text = "\\\\ud83d\\\\ude00";
  EXPECT_EQ(params(*document, 1), "{\"a\":\"" + text + "\",\"b\":\"" + text + "\",\"c\":\"\\\"" + text + "\\\"\\n\",\"d\":\"" +
                                      text + "\",\"e\":\"" + kFace + "\",\"f\":\"" + text + "\"}");
}

TEST(EscapedPairs, AreReadInPartsToo) {
  std::string text = "tasks:\n";
  for (int id = 1; id < 400; ++id)
    text += task(id, "    user_id: \"" + kPair + std::to_string(id) + "\"\n    params_json: {a: \"" + kPair + "\", b: 1}\n");
  const auto parts = read(text, 0);
  const auto whole = read(text, SIZE_MAX);
  ASSERT_EQ(parts->size(), 399U);
  for (const Task& task : whole->tasks()) {
    EXPECT_EQ(parts->find(task.id)->values, task.values);
    EXPECT_EQ(parts->task_text(task.id), whole->task_text(task.id));
    EXPECT_EQ(user(*parts, task.id), kFace + std::to_string(task.id));
  }
  text.replace(text.find("b: 1", text.find("id: 30\n")), 4, "b: 2");
  const ReadResult changed = Document::read_changes(text, {.piecewise_from = 0}, parts->texts());
  ASSERT_NE(changed.document, nullptr);
  EXPECT_FALSE(changed.document->whole());
  EXPECT_EQ(params(*changed.document, 30), "{\"a\":\"" + kFace + "\",\"b\":2}");
}

TEST(EscapedPairs, StayWhereAnEditLeavesThem) {
  const std::string text = "tasks:\n" + task(1, "    user_id: \"" + kPair + "\" # c\n    params_json: {a: \"" + kPair +
                                                    "\", b: 1, c: \"" + kPair + "\"}\n");
  const auto document = read(text);
  Edit edit;
  Task changed = *document->find(1);
  changed[Field::params_json] = JsonText{"{\"a\":\"" + kFace + "\",\"b\":2,\"c\":\"" + kFace + "\"}"};
  edit.task = std::move(changed);
  edit.fields = {Field::params_json};
  const EditResult result = document->edit(std::vector<Edit>{edit});
  ASSERT_EQ(result.problem, "");
  std::string wanted = text;
  wanted.replace(wanted.find("b: 1"), 4, "b: 2");
  EXPECT_EQ(result.text, wanted);
}

}  // namespace
}  // namespace lockstep
