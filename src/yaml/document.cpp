#include "yaml/document.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "model/error.hpp"
#include "yaml/editor.hpp"
#include "yaml/fault.hpp"
#include "yaml/former_text.hpp"
#include "yaml/list_place.hpp"
#include "yaml/reading.hpp"
#include "yaml/surgery.hpp"

namespace lockstep {

struct Document::Impl {
  std::string text;
  ReadOptions options;
  yaml::Reading reading;
  std::vector<std::int64_t> ids;  // of all tasks, sorted; none if the reading is whole
  // The document that an edit made this one of: it has the tasks that the edit left as they were.
  std::shared_ptr<const Impl> former;
  mutable std::optional<yaml::LineIndex> lines;

  void set(yaml::Reading read) {
    reading = std::move(read);
    ids.clear();
    if (reading.whole) return;
    ids.reserve(reading.items.size());
    for (const yaml::Item& item : reading.items) ids.push_back(item.id);
    std::sort(ids.begin(), ids.end());
  }

  bool has_read(std::int64_t id) const { return reading.index_of(id) != yaml::Reading::npos; }
  // The one that has read the task; null if none has.
  const Impl* reader_of(std::int64_t id) const {
    if (has_read(id)) return this;
    return former && std::binary_search(ids.begin(), ids.end(), id) ? former->reader_of(id) : nullptr;
  }
  const Task* read_task(std::int64_t id) const {
    const Impl* reader = reader_of(id);
    return reader ? &reader->reading.tasks[reader->reading.index_of(id)] : nullptr;
  }
  const Task* find(std::int64_t id) const {
    if (const Task* task = read_task(id)) return task;
    // Absent and not read are two things: taking one for the other would delete tasks.
    if (std::binary_search(ids.begin(), ids.end(), id))
      throw Error({.code = ErrorCode::internal, .operation = "read", .subject = "task " + std::to_string(id),
                   .cause = "it has not been read"});
    return nullptr;
  }
  const yaml::TaskPlace& place_of(std::int64_t id) const { return reading.places[reading.index_of(id)]; }

  // All tasks by id, whether they can be known by their text or not.
  std::vector<KnownText> tasks() const {
    std::vector<KnownText> result;
    result.reserve(std::max(reading.items.size(), reading.tasks.size()));
    for (const yaml::Item& item : reading.items) result.push_back({item.id, item.text, item.warned});
    if (reading.items.empty())
      for (const Task& task : reading.tasks) result.push_back({task.id, {}, false});
    std::sort(result.begin(), result.end(), [](const KnownText& a, const KnownText& b) { return a.id < b.id; });
    return result;
  }
};

// The first thing in which a text, read back, is not what was meant; empty = it is.
std::string Document::first_difference(const Impl& before, const Impl& after, const std::map<std::int64_t, std::optional<Task>>& meant) {
  const auto name = [](std::int64_t id) { return "task " + std::to_string(id); };
  for (const auto& [id, task] : meant) {
    const Task* found = after.find(id);
    if (!task) {
      if (found) return name(id) + " would still be there";
      continue;
    }
    if (!found) return name(id) + " would be missing";
    const FieldSet fields = differing(*found, *task, FieldSet::all());
    for (const FieldSpec& field : kSchema)
      if (fields.contains(field.field)) return std::string(field.name) + " of " + name(id) + " would not read as meant";
  }
  const std::vector<KnownText> old = before.tasks();
  const std::vector<KnownText> now = after.tasks();
  auto is = now.begin();
  for (const KnownText& was : old) {
    while (is != now.end() && is->id < was.id) {
      if (!meant.contains(is->id)) return "there would be tasks that nobody asked for";
      ++is;
    }
    const bool there = is != now.end() && is->id == was.id;
    const KnownText* found = there ? &*is++ : nullptr;
    if (meant.contains(was.id)) continue;
    if (!found) return name(was.id) + " would get lost";
    if (was.text == found->text && was.text != Fingerprint{}) continue;
    const Task* task = before.read_task(was.id);
    const Task* read = after.read_task(was.id);
    if (!task || !read || (read->values != task->values && !differing(*read, *task, FieldSet::all()).empty()))
      return name(was.id) + " would change too";
  }
  for (; is != now.end(); ++is)
    if (!meant.contains(is->id)) return "there would be tasks that nobody asked for";
  return "";
}

Document::Document() : impl_(std::make_shared<Impl>()) {}
Document::~Document() = default;

ReadResult Document::read_text(std::string text, const ReadOptions& options, bool may_be_empty) {
  ReadResult result;
  std::unique_ptr<Document> document(new Document);
  document->impl_->text = std::move(text);
  document->impl_->options = options;
  yaml::FaultList faults(document->impl_->text, 10 * options.max_diagnostics + 1000);
  document->impl_->set(yaml::read_schedule(document->impl_->text, options, may_be_empty, faults));
  result.no_tasks = document->impl_->reading.no_tasks;
  result.warnings = document->impl_->reading.warnings;
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

ReadResult Document::read_changes(std::string text, const ReadOptions& options, std::span<const KnownText> known) {
  std::optional<yaml::Reading> reading = yaml::read_changes(text, options, known);
  if (!reading) return read(std::move(text), options);
  ReadResult result;
  result.warnings = reading->warnings;
  result.document.reset(new Document);
  result.document->impl_->text = std::move(text);
  result.document->impl_->options = options;
  result.document->impl_->set(std::move(*reading));
  return result;
}

void Document::read_also(std::span<const std::int64_t> ids) {
  if (whole()) return;
  std::vector<std::int64_t> wanted(ids.begin(), ids.end());
  for (const Task& task : tasks()) wanted.push_back(task.id);
  std::sort(wanted.begin(), wanted.end());
  std::vector<KnownText> known = impl_->tasks();
  const std::size_t before = known.size();
  std::erase_if(known, [&](const KnownText& task) { return std::binary_search(wanted.begin(), wanted.end(), task.id); });
  if (before - known.size() == tasks().size()) return;
  if (std::optional<yaml::Reading> reading = yaml::read_changes(impl_->text, impl_->options, known))
    return impl_->set(std::move(*reading));
  yaml::FaultList faults(impl_->text, 1);
  impl_->set(yaml::read_schedule(impl_->text, impl_->options, false, faults));
  if (!faults.empty())
    throw Error({.code = ErrorCode::internal, .operation = "read", .subject = impl_->options.file_name,
                 .cause = "a text that was read by its changes cannot be read whole"});
}

const std::string& Document::text() const { return impl_->text; }
bool Document::whole() const { return impl_->reading.whole; }
std::size_t Document::size() const { return whole() ? impl_->reading.tasks.size() : impl_->reading.items.size(); }
std::span<const Task> Document::tasks() const { return impl_->reading.tasks; }
const Task* Document::find(std::int64_t id) const { return impl_->find(id); }

std::vector<KnownText> Document::texts() const {
  return impl_->reading.items.empty() ? std::vector<KnownText>() : impl_->tasks();
}

std::size_t Document::line_of(std::int64_t id) const {
  const Impl* reader = impl_->reader_of(id);
  if (!reader) return 0;
  if (!reader->lines) reader->lines.emplace(reader->text);
  return reader->lines->position(reader->place_of(id).start).line;
}

std::string_view Document::task_text(std::int64_t id) const {
  const Impl* reader = impl_->reader_of(id);
  if (!reader) return {};
  const std::string_view text = reader->text;
  const yaml::TaskPlace& place = reader->place_of(id);
  if (reader->reading.list.form != yaml::ListPlace::Form::block || place.alias)
    return text.substr(place.start, place.end - place.start);
  const yaml::TaskLines lines = yaml::lines_of(text, reader->reading, place.position);
  return text.substr(lines.start, lines.end - lines.start);
}

EditResult Document::edit(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata) const {
  const auto changes_read_task = [this](const Edit& edit) {
    return edit.kind == Edit::Kind::update && !edit.new_id && impl_->has_read(edit.task->id);
  };
  if (whole() || std::all_of(edits.begin(), edits.end(), changes_read_task)) return edit_what_is_read(edits, metadata);
  const ReadResult all = read_text(impl_->text, impl_->options, false);
  if (all.document) return all.document->edit_what_is_read(edits, metadata);
  EditResult result;
  result.problem = "the file cannot be edited: " + format_diagnostic(all.diagnostics.front(), false);
  return result;
}

std::vector<FormerText> Document::former_texts(const Document& after) const {
  const yaml::Reading& was = impl_->reading;
  const yaml::Reading& is = after.impl_->reading;
  const bool known = (was.whole && is.whole) || (!was.items.empty() && !is.items.empty());
  if (!known) return {};
  return yaml::former_texts({impl_->text, was}, {after.impl_->text, is});
}

namespace {

// What is left to do where the task reads `found` already; nullopt: nothing.
std::optional<Edit> rest_of(const Edit& edit, const Task* found) {
  if (edit.kind == Edit::Kind::remove) return found ? std::optional(edit) : std::nullopt;
  if (!found) return edit.kind == Edit::Kind::insert ? std::optional(edit) : std::nullopt;
  const FieldSet fields = differing(*found, edit.task, FieldSet::synced());
  if (fields.empty()) return std::nullopt;
  Edit rest = edit;
  rest.kind = Edit::Kind::update;
  rest.text.reset();
  rest.fields = fields;
  if (edit.kind == Edit::Kind::update) rest.fields.insert(Field::updated_at);
  return rest;
}

}  // namespace

EditResult Document::edit_back(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata,
                               std::span<const FormerText> former) const {
  const bool plain = std::ranges::none_of(edits, [](const Edit& edit) { return edit.new_id.has_value(); });
  const ReadResult whole = plain && !former.empty() ? read_text(impl_->text, impl_->options, false) : ReadResult();
  const auto text = whole.document ? yaml::with_former_texts({whole.document->text(), whole.document->impl_->reading}, former)
                                   : std::nullopt;
  const ReadResult back = text ? read_text(*text, impl_->options, false) : ReadResult();
  if (!back.document) return edit(edits, metadata);
  std::vector<Edit> rest;
  for (const Edit& edit : edits)
    if (auto more = rest_of(edit, back.document->find(edit.task->id))) rest.push_back(*std::move(more));
  EditResult result = back.document->edit_what_is_read(rest, metadata);
  if (!result.document) return edit(edits, metadata);
  // Whoever asks for this edit knows all tasks but these.
  std::vector<std::int64_t> ids;
  for (const Edit& edit : edits) ids.push_back(edit.task->id);
  result.document->read_also(ids);
  std::map<std::int64_t, std::optional<Task>> meant;  // all others must be what they are now
  bool as_meant = true;
  for (const Edit& edit : edits) {
    const Task* found = result.document->find(edit.task->id);
    as_meant = as_meant && (edit.kind == Edit::Kind::remove
                                ? found == nullptr
                                : found && differing(*found, edit.task, FieldSet::synced()).empty());
    meant.emplace(edit.task->id, found ? std::optional(*found) : std::nullopt);
  }
  if (as_meant && first_difference(*whole.document->impl_, *result.document->impl_, meant).empty()) return result;
  return edit(edits, metadata);
}

EditResult Document::edit_what_is_read(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata) const {
  EditResult result;
  const bool json = yaml::is_json(impl_->text);
  for (const yaml::Strategy strategy : {yaml::Strategy::precise, yaml::Strategy::plain}) {
    yaml::Edited edited = yaml::apply_edits(impl_->text, impl_->reading, edits, metadata, strategy);
    if (!edited.problem.empty()) {
      result.problem = std::move(edited.problem);
      return result;
    }
    const bool still_json = !json || yaml::is_json(edited.text);
    ReadResult back = impl_->reading.items.empty()
                          ? read_text(std::move(edited.text), impl_->options, impl_->reading.no_tasks)
                          : read_changes(std::move(edited.text), impl_->options, impl_->tasks());
    if (back.document) {
      if (!back.document->whole()) back.document->impl_->former = impl_;
      result.problem = still_json ? first_difference(*impl_, *back.document->impl_, edited.meant) : "it would no longer be JSON";
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
