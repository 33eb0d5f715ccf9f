// Whatever the bytes are: reading them neither crashes nor hangs, and an edit of
// what could be read is either refused or reads back as what was meant. The first
// byte chooses the edit; the rest is the text. Built with clang's libFuzzer:
//   clang++ -fsanitize=fuzzer,address,undefined … fuzz/yaml_fuzz.cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "yaml/document.hpp"

namespace {

using namespace lockstep;

Task changed(Task task, unsigned choice) {
  static const char* const kTexts[] = {"yes", "a: b", "line\nbreak", " x ", "plain", "*/5 * * * *"};
  static const char* const kParams[] = {"{}", R"({"a":1})", R"({"a":{"b":["x",{}]},"no":null})",
                                        R"({"list":[1,2,3],"n":1e3})"};
  task[Field::skill_name] = std::string(kTexts[choice % 6]);
  if (choice & 8U) task[Field::user_id] = Value{};
  if (choice & 16U) task[Field::params_json] = JsonText{kParams[choice % 4]};
  if (choice & 32U) task[Field::next_run_at] = Timestamp{1'700'000'000'123'456};
  if (choice & 64U) task[Field::schedule_cron] = std::string("@daily");
  return task;
}

std::vector<Edit> edits_for(const Document& document, unsigned choice) {
  std::vector<Edit> edits;
  for (const Task& task : document.tasks()) {
    Edit edit;
    edit.kind = (choice + static_cast<unsigned>(task.id)) % 3 == 0 ? Edit::Kind::remove : Edit::Kind::update;
    edit.task = changed(task, choice);
    edit.fields = FieldSet::synced();
    edits.push_back(std::move(edit));
  }
  if (choice & 128U) {
    Task fresh = task_with_defaults(987654321);
    if (document.find(fresh.id) != nullptr) return edits;
    fresh[Field::schedule_cron] = std::string("0 0 * * *");
    fresh[Field::next_run_at] = Timestamp{};
    Edit edit;
    edit.kind = Edit::Kind::insert;
    edit.task = changed(fresh, choice);
    edits.push_back(std::move(edit));
  }
  return edits;
}

void require_same(const ReadResult& whole, const ReadResult& other) {
  if ((whole.document == nullptr) != (other.document == nullptr)) std::abort();
  if (whole.diagnostics.size() != other.diagnostics.size() || whole.warnings.size() != other.warnings.size()) std::abort();
  if (!whole.document) return;
  if (whole.document->size() != other.document->size()) std::abort();
  for (const Task& task : other.document->tasks()) {
    const Task* same = whole.document->find(task.id);
    if (!same || same->values != task.values) std::abort();
    if (whole.document->task_text(task.id) != other.document->task_text(task.id)) std::abort();
  }
}

// The text without one of its lines.
std::string without_line(std::string text, unsigned line) {
  std::size_t start = 0;
  for (; line > 0 && text.find('\n', start) != std::string::npos; --line) start = text.find('\n', start) + 1;
  return text.erase(start, text.find('\n', start) - start);
}

void compare_ways_of_reading(const std::string& text, unsigned choice) {
  const ReadOptions in_parts{.piecewise_from = 0};
  const ReadOptions in_one_go{.piecewise_from = SIZE_MAX};
  const ReadResult parts = Document::read(text, in_parts);
  require_same(Document::read(text, in_one_go), parts);
  if (!parts.document) return;
  const std::string changed = without_line(text, choice);
  const ReadResult whole = Document::read(changed, in_one_go);
  const ReadResult by_changes = Document::read_changes(changed, in_parts, parts.document->texts());
  require_same(whole, by_changes);
  if (!whole.document) return;
  std::vector<std::int64_t> ids;
  for (const Task& task : whole.document->tasks()) ids.push_back(task.id);
  by_changes.document->read_also(ids);
  require_same(whole, by_changes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  compare_ways_of_reading(text, choice);
  const ReadResult read = Document::read_or_empty(text, {});
  if ((read.document == nullptr) == read.diagnostics.empty()) std::abort();
  for (const Diagnostic& diagnostic : read.diagnostics) format_diagnostic(diagnostic, true);
  if (!read.document) return 0;
  for (const Task& task : read.document->tasks()) read.document->task_text(task.id);
  const EditResult nothing = read.document->edit({});
  if (nothing.problem.empty() && nothing.text != text) std::abort();
  if (!nothing.problem.empty()) std::abort();
  const std::vector<Edit> edits = edits_for(*read.document, choice);
  const EditResult result = read.document->edit(edits);
  if (result.problem.empty() != (result.document != nullptr)) std::abort();
  if (!result.problem.empty() && std::getenv("LOCKSTEP_FUZZ_STRICT") != nullptr) std::abort();
  return 0;
}
