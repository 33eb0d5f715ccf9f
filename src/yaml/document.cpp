#include "yaml/document.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "yaml/editor.hpp"
#include "yaml/list_place.hpp"
#include "yaml/reading.hpp"

namespace lockstep {
namespace {

// The first thing in which a text, read back, is not what was meant; empty = it is.
std::string first_difference(const yaml::Reading& before, const yaml::Reading& after,
                             const std::map<std::int64_t, std::optional<Task>>& meant) {
  std::size_t expected = 0;
  for (const auto& [id, task] : meant) {
    const std::size_t index = after.index_of(id);
    if (!task) {
      if (index != yaml::Reading::npos) return "task " + std::to_string(id) + " would still be there";
      continue;
    }
    ++expected;
    if (index == yaml::Reading::npos) return "task " + std::to_string(id) + " would be missing";
    const FieldSet fields = differing(after.tasks[index], *task, FieldSet::all());
    for (const FieldSpec& field : kSchema)
      if (fields.contains(field.field))
        return std::string(field.name) + " of task " + std::to_string(id) + " would not read as meant";
  }
  for (const Task& task : before.tasks) {
    if (meant.contains(task.id)) continue;
    ++expected;
    const std::size_t index = after.index_of(task.id);
    if (index == yaml::Reading::npos) return "task " + std::to_string(task.id) + " would get lost";
    if (after.tasks[index].values != task.values && !differing(after.tasks[index], task, FieldSet::all()).empty())
      return "task " + std::to_string(task.id) + " would change too";
  }
  return expected == after.tasks.size() ? "" : "there would be tasks that nobody asked for";
}

}  // namespace

struct Document::Impl {
  std::string text;
  ReadOptions options;
  yaml::Reading reading;
};

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::~Document() = default;

ReadResult Document::read_text(std::string text, const ReadOptions& options, bool may_be_empty) {
  ReadResult result;
  std::unique_ptr<Document> document(new Document);
  document->impl_->text = std::move(text);
  document->impl_->options = options;
  yaml::FaultList faults(document->impl_->text, 10 * options.max_diagnostics + 1000);
  yaml::Reading& reading = document->impl_->reading;
  reading = yaml::read_schedule(document->impl_->text, options, may_be_empty, faults);
  result.no_tasks = reading.no_tasks;
  result.warnings = reading.warnings;
  result.diagnostics =
      faults.diagnostics(options.file_name, std::max<std::size_t>(1, options.max_diagnostics), result.more_diagnostics);
  if (faults.empty()) result.document = std::move(document);
  return result;
}

ReadResult Document::read(std::string text, const ReadOptions& options) {
  return read_text(std::move(text), options, false);
}

ReadResult Document::read_or_empty(std::string text, const ReadOptions& options) {
  return read_text(std::move(text), options, true);
}

const std::string& Document::text() const { return impl_->text; }
std::span<const Task> Document::tasks() const { return impl_->reading.tasks; }

const Task* Document::find(std::int64_t id) const {
  const std::size_t index = impl_->reading.index_of(id);
  return index == yaml::Reading::npos ? nullptr : &impl_->reading.tasks[index];
}

std::size_t Document::line_of(std::int64_t id) const {
  const std::size_t index = impl_->reading.index_of(id);
  return index == yaml::Reading::npos ? 0 : impl_->reading.places[index].line;
}

std::string_view Document::task_text(std::int64_t id) const {
  const yaml::Reading& reading = impl_->reading;
  const std::size_t index = reading.index_of(id);
  if (index == yaml::Reading::npos) return {};
  const std::string_view text = impl_->text;
  const yaml::TaskPlace& place = reading.places[index];
  if (reading.list.form != yaml::ListPlace::Form::block || place.alias)
    return text.substr(place.start, place.end - place.start);
  const yaml::TaskLines lines = yaml::lines_of(text, reading, place.position);
  return text.substr(lines.start, lines.end - lines.start);
}

EditResult Document::edit(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata) const {
  EditResult result;
  for (const yaml::Strategy strategy : {yaml::Strategy::precise, yaml::Strategy::plain}) {
    yaml::Edited edited = yaml::apply_edits(impl_->text, impl_->reading, edits, metadata, strategy);
    if (!edited.problem.empty()) {
      result.problem = std::move(edited.problem);
      return result;
    }
    ReadResult back = read_text(std::move(edited.text), impl_->options, impl_->reading.no_tasks);
    if (back.document) {
      result.problem = first_difference(impl_->reading, back.document->impl_->reading, edited.meant);
      if (result.problem.empty()) {
        result.document = std::move(back.document);
        result.text = result.document->text();
        return result;
      }
    } else {
      result.problem = format_diagnostic(back.diagnostics.front(), false);
    }
    result.problem = "the file cannot be edited without harm to it: " + result.problem;
  }
  return result;
}

}  // namespace lockstep
