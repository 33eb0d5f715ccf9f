#include "yaml/document.hpp"

#include <algorithm>

#include "yaml/reading.hpp"

namespace lockstep {

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
  result.diagnostics = faults.diagnostics(options.file_name, options.max_diagnostics, result.more_diagnostics);
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

}  // namespace lockstep
