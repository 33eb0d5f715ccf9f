// A text that is read in parts, or by what changed in it, says what it says when it is read in one go.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "model/error.hpp"
#include "yaml/edit_support.hpp"

namespace lockstep::yaml_test {
namespace {

const ReadOptions kInOneGo{.piecewise_from = SIZE_MAX};
const ReadOptions kInParts{.piecewise_from = 0};

std::string faults_of(const ReadResult& result) {
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics) text += format_diagnostic(diagnostic, true) + "\n";
  return text + std::to_string(result.more_diagnostics) + (result.no_tasks ? " no tasks" : "");
}

std::string warnings_of(const ReadResult& result) {
  std::string text;
  for (const Warning& warning : result.warnings) text += warning.message + "\n";
  return text;
}

bool has_read(const Document& document, std::int64_t id) {
  const std::span<const Task> tasks = document.tasks();
  return std::any_of(tasks.begin(), tasks.end(), [id](const Task& task) { return task.id == id; });
}

std::string description_of(const Document& document, std::int64_t id) {
  const Task* task = document.find(id);
  if (!task) return "none";
  return to_json_text(*task) + "\nline " + std::to_string(document.line_of(id)) + "\n" + std::string(document.task_text(id));
}

void expect_same(const std::string& text) {
  const ReadResult whole = Document::read(text, kInOneGo);
  const ReadResult parts = Document::read(text, kInParts);
  SCOPED_TRACE(text.substr(0, 4000));
  EXPECT_EQ(faults_of(parts), faults_of(whole));
  EXPECT_EQ(warnings_of(parts), warnings_of(whole));
  ASSERT_EQ(parts.document == nullptr, whole.document == nullptr);
  if (!whole.document) return;
  EXPECT_TRUE(parts.document->whole());
  ASSERT_EQ(parts.document->tasks().size(), whole.document->tasks().size());
  for (const Task& task : whole.document->tasks())
    EXPECT_EQ(description_of(*parts.document, task.id), description_of(*whole.document, task.id));
}

std::string item(int id, const std::string& more = "", const std::string& indent = "  ") {
  return indent + "- id: " + std::to_string(id) + "\n" + indent + "  skill_name: s\n" + indent +
         "  schedule_cron: 0 0 * * *\n" + indent + "  next_run_at: 2026-01-01\n" + more;
}

std::string many_items(int count, const std::string& indent = "  ") {
  std::string text = "tasks:\n";
  for (int i = 1; i <= count; ++i) text += item(i, "", indent);
  return text;
}

TEST(Piecewise, CorpusReadsTheSame) {
  for (const CorpusFile& file : corpus()) expect_same(file.text);
}

TEST(Piecewise, ShapesOfTextReadTheSame) {
  const std::string looks_like_items = "    user_id: \"a\n  - id: 7\n  - id: 8\n    skill_name: t\"\n";
  const std::vector<std::string> texts{
      many_items(40),
      many_items(40, ""),
      many_items(40, "      "),
      "\xEF\xBB\xBF" + many_items(40),
      "# é\n" + many_items(30) + item(31, "    user_id: \"ünï 😀\"  # é\n") + item(32),
      many_items(20) + item(21, looks_like_items) + item(22) + item(23),
      "tasks:\n" + item(1, looks_like_items) + item(2),
      many_items(20) + "  # at the end\n\nmetadata:\n  last_sync: null\n",
      "metadata:\n  sync_source: yaml\n" + many_items(20) + "other: [1, 2]\n",
      "metadata:\n  sync_source: yaml\n" + many_items(20) + "metadata:\n  last_sync: null\n",
      "other: 1\n" + many_items(20) + "other: 2\n",
      many_items(20) + "tasks: []\n",
      many_items(20) + many_items(3),
      "tasks: # why\n\n  # one\n" + many_items(20).substr(7),
      "? tasks\n:\n" + many_items(20).substr(7),
      "\"tasks\":\n" + many_items(20).substr(7),
      "nested:\n  tasks:\n    - a\n    - b\n" + many_items(20),
      "text: |\n  tasks:\n    - a\n" + many_items(20),
      "  " + many_items(1, "    ") + item(2, "", "    "),
      many_items(20) + item(20),
      many_items(20) + "  -\n" + item(22),
      many_items(20) + "  - - id: 21\n" + item(22),
      many_items(20) + "  -\n    id: 21\n    skill_name: s\n    schedule_cron: '@daily'\n    next_run_at: 2026-01-01\n" + item(22),
      many_items(20) + "  - !!map\n    id: 21\n    skill_name: s\n    schedule_cron: '@daily'\n    next_run_at: 2026-01-01\n",
      many_items(20) + "  - {id: 21, skill_name: s, schedule_cron: '@daily',\n  next_run_at: 2026-01-01}\n" + item(22),
      many_items(20) + item(21, "    params_json: {a: [1,\n  2], b: \"x\n  - id: 9\n\"}\n") + item(22),
      many_items(20) + item(21, "    params_json:\n      script: |\n        - id: 5\n        # not one\n\n      more: >-\n        x\n\n") + item(22),
      "tasks:\n" + item(1, "    params_json: &p {a: 1}\n") + item(2, "    params_json: *p\n") + many_items(20).substr(7),
      "%TAG !! tag:example.org,2000:\n---\n" + many_items(20),
      "%YAML 1.1\n---\n" + many_items(20) + "...\n",
      "---\n" + many_items(20) + "---\n" + many_items(2),
      many_items(20) + "  - id: x\n" + item(22) + "  - id: 23\n",
      many_items(20) + item(21, "    note: a\n") + item(22, "    note: b\n    tags: [c]\n"),
      many_items(20) + item(21, "    user_id: \"open\n") + item(22),
      many_items(20) + " - id: 21\n",
      many_items(20) + "   - id: 21\n",
      many_items(20) + "\t- id: 21\n",
      many_items(20) + "garbage\n",
      many_items(20) + item(21, "    user_id: a\xE2\x80\xA8 b\n") + item(22),
      "tasks:\n", "tasks: []\n", "", "tasks:\n  a: b\n", "[]", "{tasks: [{id: 1}]}\n", "tasks:\n- a\n",
  };
  for (std::string text : texts) {
    expect_same(text);
    if (!text.empty() && text.back() == '\n') expect_same(text.substr(0, text.size() - 1));
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, 1, '\r');
    expect_same(text);
  }
}

// What a hurried hand does to a file.
std::string damaged(std::string text, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (std::size_t i = 1 + below(3); i > 0; --i) {
    std::vector<std::string> lines = lines_of(text);
    if (lines.empty()) return "tasks: []\n";
    const std::size_t line = below(lines.size());
    const auto there = lines.begin() + static_cast<std::ptrdiff_t>(line);
    static const std::vector<std::string> kBits{"\"", "'", "#", " ", "  ", "- ", ": ", "[", "}", "|", "&a ", "*a", "\t", "x", "7", "\r", "%", "---\n", "é"};
    const std::string& bit = kBits[below(kBits.size())];
    switch (below(7)) {
      case 0: lines.erase(there); break;
      case 1: lines.insert(there, lines[below(lines.size())]); break;
      case 2: there->insert(below(there->size()), bit); break;
      case 3: there->insert(below(there->size()), "   # seen"); break;
      case 4: std::swap(*there, lines[below(lines.size())]); break;
      case 5: *there = there->substr(0, below(there->size())) + "\n"; break;
      default:
        if (const std::size_t digit = there->find_first_of("0123456789"); digit != std::string::npos)
          (*there)[digit] = static_cast<char>('0' + below(10));
    }
    text.clear();
    for (const std::string& each : lines) text += each;
  }
  return text;
}

std::string schedule(std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  static const std::vector<std::string> kMore{
      "", "", "    user_id: \"q\"   # c\n", "    params_json:\n      a: |\n        - x\n\n      b: [1,\n        2]\n",
      "    # below\n", "\n  # above the next\n", "    note: n\n", "    user_id: 'two\n\n      lines'\n", "    params_json: {a: \"x\n      y\"}\n",
      "    status: >-\n      pending\n"};
  const std::vector<CorpusFile> files = corpus();
  if (below(4) == 0) return files[below(files.size())].text;
  const bool metadata_above = below(2) == 0;
  std::string text = metadata_above ? "# top\nmetadata:\n  last_sync: null\ntasks:\n" : "tasks:\n";
  for (int id = 1; id <= static_cast<int>(14 + below(30)); ++id) text += item(id, kMore[below(kMore.size())]);
  return text + (below(3) > 0 ? "" : metadata_above ? "other: {a: b}\n" : "metadata: {sync_source: yaml}\n");
}

RC_GTEST_PROP(Piecewise, DamagedTextsReadTheSame, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  expect_same(damaged(schedule(random), random));
  RC_ASSERT(!::testing::Test::HasFailure());
}

RC_GTEST_PROP(Piecewise, ReadByChangesSaysTheSame, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  const std::string before = schedule(random);
  const ReadResult known = Document::read(before, kInParts);
  if (!known.document) return;
  const std::string text = damaged(before, random);
  RC_LOG() << before << "\n=>\n" << text << "\n";
  const ReadResult whole = Document::read(text, kInOneGo);
  const ReadResult changes = Document::read_changes(text, kInParts, known.document->texts());
  RC_ASSERT(faults_of(changes) == faults_of(whole));
  RC_ASSERT((changes.document == nullptr) == (whole.document == nullptr));
  if (!whole.document) return;
  Document& document = *changes.document;
  RC_ASSERT(document.size() == whole.document->tasks().size());
  for (const Task& task : document.tasks())
    RC_ASSERT(description_of(document, task.id) == description_of(*whole.document, task.id));
  std::vector<std::int64_t> ids;
  for (const Task& task : whole.document->tasks()) {
    ids.push_back(task.id);
    if (has_read(document, task.id)) continue;
    const Task* as_known = known.document->find(task.id);
    RC_ASSERT(as_known && as_known->values == task.values);
  }
  // One more, then all.
  document.read_also(std::vector<std::int64_t>{ids[random() % ids.size()], 999'999});
  document.read_also(ids);
  RC_ASSERT(document.whole());
  for (const std::int64_t id : ids) RC_ASSERT(description_of(document, id) == description_of(*whole.document, id));
}

RC_GTEST_PROP(Piecewise, EditsOfWhatIsReadAreTheSame, ()) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  const std::string text = schedule(random);
  const ReadResult whole = Document::read(text, kInOneGo);
  RC_ASSERT(bool(whole.document));
  const ReadResult parts = Document::read(text, kInParts);
  const ReadResult changes = Document::read_changes(text, kInParts, parts.document->texts());
  std::vector<Edit> edits;
  std::vector<std::int64_t> updated;
  const bool with_others = random() % 4 == 0;
  for (const Task& task : whole.document->tasks()) {
    if (random() % 5 != 0) continue;
    if (with_others && random() % 2 == 0) {
      edits.push_back(removal(task.id));
      continue;
    }
    Task changed = task;
    changed[Field::skill_name] = nasty_texts()[random() % nasty_texts().size()];
    changed[Field::user_id] = std::string("somebody");
    edits.push_back(update(changed, {Field::skill_name, Field::user_id}));
    updated.push_back(task.id);
  }
  if (with_others) edits.push_back(insertion(some_task(500)));
  const std::optional<MetadataEdit> metadata =
      random() % 2 == 0 ? std::optional(MetadataEdit{Timestamp{1'800'000'000'000'000}, "database"}) : std::nullopt;
  changes.document->read_also(updated);
  const EditResult expected = whole.document->edit(edits, metadata);
  RC_LOG() << text << "\n" << expected.problem << "\n";
  for (const Document* document : std::vector<const Document*>{parts.document.get(), changes.document.get()}) {
    const EditResult result = document->edit(edits, metadata);
    RC_ASSERT(result.problem == expected.problem);
    RC_ASSERT(result.text == expected.text);
    if (!expected.document) continue;
    RC_ASSERT(result.document->size() == expected.document->tasks().size());
    for (const std::int64_t id : updated)
      RC_ASSERT(description_of(*result.document, id) == description_of(*expected.document, id));
    // The texts that it knows are those of the new text: read by them, nothing else has to be read.
    const std::vector<KnownText> texts = result.document->texts();
    const ReadResult again = Document::read(std::string(result.text), kInParts);
    std::vector<KnownText> expected_texts = again.document->texts();
    RC_ASSERT(texts == expected_texts);
  }
}

TEST(Piecewise, OnlyWhatChangedIsRead) {
  const std::string before = many_items(200);
  const ReadResult known = Document::read(before, kInParts);
  ASSERT_NE(known.document, nullptr);
  ASSERT_EQ(known.document->texts().size(), 200);
  std::string after = before;
  after.insert(after.find("- id: 100\n") + 9, "   # hello");
  const ReadResult changes = Document::read_changes(after, kInParts, known.document->texts());
  ASSERT_NE(changes.document, nullptr);
  EXPECT_FALSE(changes.document->whole());
  EXPECT_EQ(changes.document->size(), 200);
  EXPECT_NE(changes.document->find(100), nullptr);
  EXPECT_EQ(changes.document->find(201), nullptr);
  EXPECT_THROW(changes.document->find(50), Error);
  EXPECT_LT(changes.document->tasks().size(), 20);
}

TEST(Piecewise, AQuoteLeftOpenIsNotOverlooked) {
  // The tasks below it stand there word for word as before, but inside a text.
  const std::string before = many_items(200);
  const ReadResult known = Document::read(before, kInParts);
  std::string after = before;
  const std::size_t at = after.find("skill_name: s", after.find("- id: 100\n"));
  after.replace(at, 13, "skill_name: \"s");
  after.insert(after.find("skill_name: s", after.find("- id: 150\n")) + 13, "\"");
  const ReadResult whole = Document::read(after, kInOneGo);
  const ReadResult changes = Document::read_changes(after, kInParts, known.document->texts());
  EXPECT_EQ(faults_of(changes), faults_of(whole));
  ASSERT_EQ(changes.document == nullptr, whole.document == nullptr);
  if (whole.document) {
    EXPECT_EQ(changes.document->size(), whole.document->size());
  }
}

TEST(Piecewise, AnIdThatIsThereTwiceIsFound) {
  const std::string before = many_items(200);
  const ReadResult known = Document::read(before, kInParts);
  std::string after = before;
  after.replace(after.find("- id: 100\n"), 9, "- id: 150");
  const ReadResult changes = Document::read_changes(after, kInParts, known.document->texts());
  EXPECT_EQ(changes.document, nullptr);
  EXPECT_EQ(faults_of(changes), faults_of(Document::read(after, kInOneGo)));
}

}  // namespace
}  // namespace lockstep::yaml_test
