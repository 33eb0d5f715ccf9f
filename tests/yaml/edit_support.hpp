// What the tests of editing share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "model/json.hpp"
#include "yaml/document.hpp"

namespace lockstep::yaml_test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct CorpusFile {
  std::string name;
  std::string text;
};
inline std::vector<CorpusFile> corpus() {
  std::vector<CorpusFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(LOCKSTEP_YAML_CORPUS))
    if (entry.path().extension() == ".yml") files.push_back({entry.path().filename(), read_file(entry.path())});
  std::sort(files.begin(), files.end(), [](const CorpusFile& a, const CorpusFile& b) { return a.name < b.name; });
  return files;
}

inline std::unique_ptr<Document> document(std::string_view text) {
  ReadResult result = Document::read(std::string(text), {});
  std::string faults;
  for (const Diagnostic& d : result.diagnostics) faults += format_diagnostic(d, true) + "\n";
  EXPECT_NE(result.document, nullptr) << text << "\n" << faults;
  return std::move(result.document);
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

// The lines that are not common to both: [start, end) of each, by common beginning and end.
struct ChangedLines {
  std::size_t start = 0, old_end = 0, new_end = 0;
};
inline ChangedLines changed_lines(const std::string& before, const std::string& after) {
  const std::vector<std::string> a = lines_of(before), b = lines_of(after);
  ChangedLines c{0, a.size(), b.size()};
  while (c.start < std::min(a.size(), b.size()) && a[c.start] == b[c.start]) ++c.start;
  while (c.old_end > c.start && c.new_end > c.start && a[c.old_end - 1] == b[c.new_end - 1]) {
    --c.old_end;
    --c.new_end;
  }
  return c;
}

inline Edit update(Task task, FieldSet fields) { return {Edit::Kind::update, std::move(task), fields, {}, {}}; }
inline Edit removal(std::int64_t id) {
  Edit edit;
  edit.kind = Edit::Kind::remove;
  edit.task = task_with_defaults(id);
  return edit;
}
inline Edit insertion(Task task, std::optional<std::string> text = std::nullopt) {
  Edit edit;
  edit.kind = Edit::Kind::insert;
  edit.task = std::move(task);
  edit.text = std::move(text);
  return edit;
}

inline Task some_task(std::int64_t id) {
  Task task = task_with_defaults(id);
  task[Field::skill_name] = std::string("new one");
  task[Field::schedule_cron] = std::string("@daily");
  task[Field::next_run_at] = Timestamp{1'800'000'000'000'000};
  return task;
}

// Texts that some reader or other takes for something else.
inline const std::vector<std::string>& nasty_texts() {
  static const std::vector<std::string> kTexts{"yes",
                                               "y",
                                               "null",
                                               "~",
                                               "1e3",
                                               "010",
                                               "0o10",
                                               "1_000",
                                               "12:30:45",
                                               "2025-01-01",
                                               "2025-01-01T00:00:00Z",
                                               "@daily",
                                               "*/5 * * * *",
                                               "a: b",
                                               "a:",
                                               "#x",
                                               "a #b",
                                               " x ",
                                               "-",
                                               "- a",
                                               "?",
                                               "? a",
                                               ":",
                                               "a, b",
                                               "[x]",
                                               "{x}",
                                               "&a",
                                               "*a",
                                               "!x",
                                               "|",
                                               ">",
                                               "%x",
                                               "`x`",
                                               "'",
                                               "\"",
                                               "it's",
                                               "say \"hi\"",
                                               "both ' and \"",
                                               "back\\slash",
                                               "tab\there",
                                               "line\nbreak",
                                               "two\nlines\n",
                                               "\nleading",
                                               "trailing\n\n",
                                               " indented\ntext",
                                               "<<",
                                               "=",
                                               ".inf",
                                               ".",
                                               "...",
                                               "---",
                                               "--- a",
                                               "0x1F",
                                               "1.0",
                                               "+1",
                                               "-_",
                                               "é",
                                               "😀",
                                               "\xC2\x85",
                                               "\xE2\x80\xA8 x",
                                               "\xEF\xBB\xBF",
                                               "\x01\x7F",
                                               "\xC2\xA0",
                                               "plain words",
                                               "x#y",
                                               "http://a/b?c=d&e",
                                               "12345678901234567890123",
                                               std::string(200, 'w')};
  return kTexts;
}

}  // namespace lockstep::yaml_test
