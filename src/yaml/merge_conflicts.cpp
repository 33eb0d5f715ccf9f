#include "yaml/merge_conflicts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kMarkerLength = 7;
constexpr std::string_view kMarkers = "<|=>";  // in the order in which they stand
constexpr std::size_t kNoMarker = std::string_view::npos;

// Which marker the line is.
std::size_t marker_of(std::string_view line) {
  if (line.size() < kMarkerLength) return kNoMarker;
  const std::size_t marker = kMarkers.find(line.front());
  if (marker == kNoMarker) return kNoMarker;
  const std::size_t length = std::min(line.find_first_not_of(line.front()), line.size());
  return length == kMarkerLength && (line.size() == length || line[length] == ' ') ? marker : kNoMarker;
}

MergeConflict::Part part_behind(std::size_t marker) {
  constexpr MergeConflict::Part kParts[] = {MergeConflict::Part::ours, MergeConflict::Part::base,
                                            MergeConflict::Part::theirs};
  return kParts[std::min<std::size_t>(marker, 2)];
}

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::vector<MergeConflict> find() {
    for (std::size_t at = bom_length(text_); at < text_.size();) {
      const std::size_t line_break = std::min(text_.find('\n', at), text_.size());
      const bool may_matter = open_ || kMarkers.find(text_[at]) != kNoMarker;
      const std::size_t end = line_break > at && text_[line_break - 1] == '\r' ? line_break - 1 : line_break;
      if (may_matter) take_line({at, end}, marker_of(text_.substr(at, end - at)));
      at = line_break + 1;
    }
    if (open_) close();
    return std::move(found_);
  }

 private:
  void take_line(Span span, std::size_t marker) {
    if (marker == kNoMarker) {
      if (open_) current_.lines.push_back({span, part_behind(last_)});
      return;
    }
    if (open_ && marker <= last_) close();
    if (!open_) current_ = {};
    if (!open_) current_.complete = marker == 0;
    open_ = true;
    last_ = marker;
    current_.lines.push_back({span, MergeConflict::Part::marker});
    if (marker + 1 == kMarkers.size()) close();
  }

  // What stands behind the last marker of one that has no end is not part of it.
  void close() {
    current_.complete = current_.complete && last_ + 1 == kMarkers.size();
    while (current_.lines.back().part != MergeConflict::Part::marker) current_.lines.pop_back();
    found_.push_back(std::move(current_));
    open_ = false;
  }

  std::string_view text_;
  std::vector<MergeConflict> found_;
  MergeConflict current_;
  bool open_ = false;
  std::size_t last_ = 0;
};

bool is_inside(const std::vector<MergeConflict>& conflicts, std::size_t at) {
  return std::any_of(conflicts.begin(), conflicts.end(),
                     [&](const MergeConflict& c) { return c.start() <= at && at <= c.end(); });
}

std::string message_of(const MergeConflict& conflict, FaultList& faults) {
  const std::size_t first = faults.line_of(conflict.start());
  const std::size_t last = faults.line_of(conflict.end());
  const std::string lines = first == last ? "line " + std::to_string(first)
                                          : "lines " + std::to_string(first) + "–" + std::to_string(last);
  return "unresolved merge conflict (" + lines + "): keep what is meant and take the lines with the markers out";
}

}  // namespace

std::vector<MergeConflict> merge_conflicts_of(std::string_view text) { return Finder(text).find(); }

std::string with_part(std::string_view text, const std::vector<MergeConflict>& conflicts, MergeConflict::Part part) {
  std::string result(text);
  for (const MergeConflict& conflict : conflicts)
    for (const MergeConflict::Line& line : conflict.lines)
      if (line.part != part)
        std::fill(result.begin() + static_cast<std::ptrdiff_t>(line.span.start),
                  result.begin() + static_cast<std::ptrdiff_t>(line.span.end), ' ');
  return result;
}

void report_conflicts(std::string_view text, const std::vector<MergeConflict>& conflicts,
                      const std::function<void(std::string_view text, FaultList& faults)>& read, FaultList& faults) {
  for (const MergeConflict& conflict : conflicts)
    faults.add(conflict.start(), line_end(text, conflict.start()), "", message_of(conflict, faults));
  const auto faults_with = [&](MergeConflict::Part part) {
    const std::string settled = with_part(text, conflicts, part);
    FaultList found(settled, faults.limit());
    read(settled, found);
    return found.list();
  };
  std::set<std::pair<std::size_t, std::string>> with_ours;
  for (Fault& fault : faults_with(MergeConflict::Part::ours)) with_ours.emplace(fault.start, std::move(fault.message));
  for (Fault& fault : faults_with(MergeConflict::Part::theirs))
    if (with_ours.contains({fault.start, fault.message}) && !is_inside(conflicts, fault.start)) faults.add(std::move(fault));
}

}  // namespace lockstep::yaml
