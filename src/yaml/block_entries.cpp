#include "yaml/block_entries.hpp"

#include <algorithm>

#include "yaml/comments.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {

bool takes_blank_lines(std::string_view text, const Node& node) {
  if (node.is(Node::Kind::scalar)) {
    const bool block = node.style == ScalarStyle::literal || node.style == ScalarStyle::folded;
    return block && text.substr(node.content, std::min<std::size_t>(3, line_end(text, node.content) - node.content))
                            .find('+') != std::string_view::npos;
  }
  return !node.flow && !node.items.empty() && takes_blank_lines(text, node.items.back());
}

std::vector<BlockEntries::Entry> BlockEntries::of_mapping(std::string_view text, const Node& mapping) {
  std::vector<Entry> entries;
  for (std::size_t i = 0; 2 * i + 1 < mapping.items.size(); ++i)
    entries.push_back({entry_span(text, mapping, i), &mapping.items[2 * i + 1]});
  return entries;
}

std::vector<BlockEntries::Entry> BlockEntries::of_list(std::string_view text, const Node& list) {
  std::vector<Entry> entries;
  for (const Node& item : list.items) {
    const std::size_t dash = dash_of(text, item.start);
    entries.push_back({{dash, std::max(item.end, dash + 1)}, &item});
  }
  return entries;
}

std::size_t BlockEntries::end_of(std::size_t i) const {
  const Span& span = entries_[i].span;
  return comments_below(text_, lines_end(text_, span.end), column_of(text_, span.start));
}

std::size_t BlockEntries::start_of(std::size_t i) const {
  const std::size_t start = entries_[i].span.start;
  if (!begins_line(text_, start)) return start;
  const std::size_t line = line_start(text_, start);
  return comments_above(text_, line, i == 0 ? 0 : std::min(end_of(i - 1), line));
}

void BlockEntries::remove(const std::vector<bool>& removed) {
  const auto kept = std::find(removed.begin(), removed.end(), false);
  std::size_t i = 0;
  if (removed.front() && !begins_line(text_, entries_.front().span.start)) {
    // `- a: 1`: what follows it, a comment if there is one above the next entry, moves up to the dash.
    i = static_cast<std::size_t>(kept - removed.begin());
    surgeon_.changes().remove(entries_.front().span.start, text_.find_first_not_of(" \t\r\n", end_of(i - 1)));
  }
  std::size_t takes_from = 0;  // where a blank line would become part of the value above; 0 = nowhere
  for (; i < removed.size(); ++i) {
    const std::size_t end = end_of(i);
    if (!removed[i]) {
      const bool ends_there = end == lines_end(text_, entries_[i].span.end);
      takes_from = ends_there && takes_blank_lines(text_, *entries_[i].value) ? end : 0;
      continue;
    }
    Span lines{start_of(i), end};
    if (takes_from > 0 && lines.start == takes_from) takes_from = lines.end = blank_lines_below(text_, end);
    surgeon_.changes().remove(lines.start, lines.end);
  }
}

void BlockEntries::insert(std::size_t before, const std::string& lines, const std::vector<bool>& removed) {
  const std::string indent(column(), ' ');
  if (before == entries_.size()) {
    const std::size_t last = before - 1;
    const bool in_its_place = removed[last] && begins_line(text_, entries_[last].span.start);
    if (!removed[last]) surgeon_.end_line_of(*entries_[last].value);
    return surgeon_.insert_lines(in_its_place ? start_of(last) : end_of(last), indent + lines);
  }
  const std::size_t at = start_of(before);
  if (begins_line(text_, entries_[before].span.start)) return surgeon_.insert_lines(at, indent + lines);
  surgeon_.changes().insert(at, surgeon_.with_line_breaks(lines + "\n" + indent));
}

}  // namespace lockstep::yaml
