#include "yaml/fault.hpp"

#include <algorithm>
#include <tuple>

#include "yaml/text.hpp"

namespace lockstep::yaml {

LineIndex::LineIndex(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    if (text[i] == '\n' || text[i] == '\r') starts_.push_back(i + 1);
  }
}

std::size_t LineIndex::line(std::size_t byte) const {
  return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), byte) - starts_.begin());
}

LineIndex::Position LineIndex::position(std::size_t byte) const {
  byte = std::min(byte, text_.size());
  const std::size_t line = this->line(byte);
  const std::size_t start = line == 1 ? std::min(bom_length(text_), byte) : starts_[line - 1];
  return {line, 1 + count_characters(text_.substr(start, byte - start))};
}

std::string_view LineIndex::line_text(std::size_t line) const {
  const std::size_t start = line == 1 ? bom_length(text_) : starts_[line - 1];
  std::string_view rest = text_.substr(start);
  return rest.substr(0, std::min(rest.find_first_of("\r\n"), rest.size()));
}

void FaultList::add(std::size_t start, std::size_t end, std::string field, std::string message) {
  add(Fault{start, end, std::nullopt, std::move(field), std::move(message)});
}

void FaultList::add(Fault fault) {
  ++count_;
  if (faults_.size() < keep_) faults_.push_back(std::move(fault));
}

void FaultList::add_instead(Fault fault) {
  if (!faults_.empty() && faults_.back().start == fault.start) {
    faults_.pop_back();
    --count_;
  }
  add(std::move(fault));
}

void FaultList::assign_task(std::size_t mark, std::int64_t id) {
  for (std::size_t i = mark; i < faults_.size(); ++i)
    if (!faults_[i].task_id) faults_[i].task_id = id;
}

const LineIndex& FaultList::lines() {
  if (!lines_) lines_.emplace(text_);
  return *lines_;
}

std::size_t FaultList::line_of(std::size_t byte) { return lines().line(std::min(byte, text_.size())); }

// The line and what of it is marked; of a long line only what is near.
void FaultList::show_source(const Fault& fault, Diagnostic& diagnostic) {
  constexpr std::size_t kNear = 1600;  // bytes on either side
  const std::size_t at = std::min(fault.start, text_.size());
  const std::string_view line = lines().line_text(diagnostic.line);
  const auto line_start = static_cast<std::size_t>(line.data() - text_.data());
  const std::size_t place = std::min(std::max(at, line_start) - line_start, line.size());
  const auto is_inside = [&](std::size_t i) { return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0U) == 0x80U; };
  std::size_t begin = place > kNear ? place - kNear : 0;
  while (begin > 0 && begin < place && is_inside(begin)) ++begin;
  std::size_t end = std::min(place + kNear, line.size());
  while (end > place && is_inside(end)) --end;
  diagnostic.source_line = line.substr(begin, end - begin);
  if (begin > 0) diagnostic.source_start = diagnostic.column - 1 - count_characters(line.substr(begin, place - begin));
  const std::size_t bytes = fault.end > fault.start && fault.end != kWholeFile ? std::min(fault.end - fault.start, kNear) : 0;
  std::string_view marked = text_.substr(at, bytes);
  marked = marked.substr(0, std::min(marked.find_first_of("\r\n"), marked.size()));
  diagnostic.length = std::max<std::size_t>(1, count_characters(marked));
}

std::vector<Diagnostic> FaultList::diagnostics(const std::string& file, std::size_t limit, std::size_t& more) {
  // Faults of the file as a whole come first: their start wraps around to 0.
  const auto key = [](const Fault& f) { return std::tuple(f.start + 1, std::string_view(f.message)); };
  std::stable_sort(faults_.begin(), faults_.end(), [&](const Fault& a, const Fault& b) { return key(a) < key(b); });
  // An anchored value is read once for each of its aliases, and so is its fault.
  const auto repeated =
      std::unique(faults_.begin(), faults_.end(), [&](const Fault& a, const Fault& b) { return key(a) == key(b); });
  count_ -= static_cast<std::size_t>(faults_.end() - repeated);
  faults_.erase(repeated, faults_.end());

  std::vector<Diagnostic> result;
  result.reserve(std::min(limit, faults_.size()));
  LineIndex::Position before{0, 0};
  std::size_t counted = 0;
  for (const Fault& fault : faults_) {
    if (result.size() == limit) break;
    Diagnostic diagnostic;
    diagnostic.file = file;
    diagnostic.task_id = fault.task_id;
    diagnostic.field = fault.field;
    diagnostic.message = fault.message;
    if (fault.start != kWholeFile) {
      const std::size_t start = std::min(fault.start, text_.size());
      const std::size_t line = lines().line(start);
      // Many faults may stand in one long line: its characters are counted once.
      const bool same_line = line == before.line;
      before = same_line ? LineIndex::Position{line, before.column + count_characters(text_.substr(counted, start - counted))}
                         : lines().position(start);
      counted = start;
      diagnostic.line = before.line;
      diagnostic.column = before.column;
      show_source(fault, diagnostic);
    }
    result.push_back(std::move(diagnostic));
  }
  more = count_ - result.size();
  return result;
}

}  // namespace lockstep::yaml
