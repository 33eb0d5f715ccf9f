#include "yaml/params_edit.hpp"

#include <algorithm>

#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

bool is_bracketed(std::string_view text, const Node& node) {
  return node.flow && node.content < text.size() && (text[node.content] == '{' || text[node.content] == '[');
}

}  // namespace

void ParamsEditor::change(const Node* key, const Node& value, const Json& before, const Json& after, bool flow) {
  if (equivalent(before, after)) return;
  const Surgeon::Mark mark = surgeon_.mark();
  const bool inner_flow = flow || value.flow;
  if (value.is(Node::Kind::mapping) && before.kind == Json::Kind::object && after.kind == Json::Kind::object &&
      change_members(value, before, after, inner_flow))
    return;
  if (value.is(Node::Kind::sequence) && before.kind == Json::Kind::array && after.kind == Json::Kind::array &&
      change_items(value, before, after, inner_flow))
    return;
  surgeon_.back_to(mark);
  surgeon_.replace_value(key, value, after, style_, flow);
}

// False where only writing the whole mapping anew will do.
bool ParamsEditor::change_members(const Node& mapping, const Json& before, const Json& after, bool flow) {
  if (mapping.flow && !is_bracketed(text_, mapping)) return false;  // `[a: 1]`
  const std::size_t count = mapping.items.size() / 2;
  std::vector<bool> removed(count, false);
  std::vector<std::string_view> own;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Node& key = mapping.items[2 * i];
    if (!key.is(Node::Kind::scalar)) return false;
    if (key.is_merge()) {
      ++kept;
      continue;
    }
    own.push_back(key.value);
    const Json* old_value = before.find(key.value);
    const Json* new_value = after.find(key.value);
    if (old_value == nullptr) return false;
    removed[i] = new_value == nullptr;
    if (new_value == nullptr) {
      surgeon_.touch(mapping.items[2 * i + 1].start, mapping.items[2 * i + 1].end, true);
      continue;
    }
    ++kept;
    change(&key, mapping.items[2 * i + 1], *old_value, *new_value, flow);
  }
  const auto is_own = [&](std::string_view key) { return std::find(own.begin(), own.end(), key) != own.end(); };
  for (const Json::Member& member : before.members)
    if (!is_own(member.first) && after.find(member.first) == nullptr) return false;  // inherited: cannot be taken out
  std::vector<const Json::Member*> added;
  for (const Json::Member& member : after.members) {
    if (is_own(member.first)) continue;
    const Json* inherited = before.find(member.first);
    if (inherited == nullptr || !equivalent(*inherited, member.second)) added.push_back(&member);
  }
  if (kept < count || !added.empty()) surgeon_.touch(mapping.start, mapping.end, false);
  if (!mapping.flow) {
    if (kept == 0 || (count > 0 && removed[0] && !remove_first_on_dash(mapping, removed))) return false;
    change_block_members(mapping, removed, added);
    return true;
  }
  FlowEdit edit;
  edit.removed = std::move(removed);
  for (std::size_t i = 0; i < count; ++i) edit.elements.push_back(entry_span(text_, mapping, i));
  for (const Json::Member* member : added)
    edit.added.push_back({count, write_flow_entry(member->first, member->second, style_)});
  surgeon_.edit_flow(mapping.content, edit);
  return true;
}

// `- a: 1` shares its line with the dash: the next entry moves up into its place.
bool ParamsEditor::remove_first_on_dash(const Node& mapping, const std::vector<bool>& removed) {
  const Span first = entry_span(text_, mapping, 0);
  if (begins_line(text_, first.start)) return true;
  if (removed.size() < 2 || removed[1]) return false;
  const Span second = entry_span(text_, mapping, 1);
  if (text_.substr(first.end, second.start - first.end).find('#') != std::string_view::npos) return false;
  surgeon_.changes().remove(first.start, second.start);
  return true;
}

void ParamsEditor::change_block_members(const Node& mapping, const std::vector<bool>& removed,
                                        const std::vector<const Json::Member*>& added) {
  for (std::size_t i = 0; i < removed.size(); ++i) {
    const Span span = entry_span(text_, mapping, i);
    if (removed[i] && begins_line(text_, span.start))
      surgeon_.changes().remove(line_start(text_, span.start), lines_end(text_, span.end));
    else if (removed[i] && i > 0)
      surgeon_.changes().remove(span.start, lines_end(text_, span.end));
  }
  const std::size_t column = column_of(text_, mapping.content);
  const std::size_t at = lines_end(text_, entry_span(text_, mapping, removed.size() - 1).end);
  std::string lines;
  for (const Json::Member* member : added) {
    if (!lines.empty()) lines += '\n';
    lines.append(column, ' ').append(write_block_entry(member->first, member->second, column, style_));
  }
  if (!lines.empty()) surgeon_.insert_lines(at, lines);
}

// Items are matched from both ends; what is left between is changed in pairs.
bool ParamsEditor::change_items(const Node& sequence, const Json& before, const Json& after, bool flow) {
  const std::size_t count = sequence.items.size();
  if (count != before.items.size()) return false;
  const std::size_t shorter = std::min(count, after.items.size());
  std::size_t prefix = 0;
  while (prefix < shorter && equivalent(before.items[prefix], after.items[prefix])) ++prefix;
  std::size_t suffix = 0;
  while (suffix < shorter - prefix &&
         equivalent(before.items[count - 1 - suffix], after.items[after.items.size() - 1 - suffix]))
    ++suffix;
  const std::size_t paired = shorter - prefix - suffix;
  for (std::size_t i = prefix; i < prefix + paired; ++i)
    change(nullptr, sequence.items[i], before.items[i], after.items[i], flow);
  const std::size_t first_extra = prefix + paired;
  const std::size_t extra_end = count - suffix;
  const std::size_t added_end = after.items.size() - suffix;
  if (first_extra < extra_end || first_extra < added_end) surgeon_.touch(sequence.start, sequence.end, false);
  for (std::size_t i = first_extra; i < extra_end; ++i)
    surgeon_.touch(sequence.items[i].start, sequence.items[i].end, true);
  if (sequence.flow) {
    FlowEdit edit;
    edit.removed.assign(count, false);
    for (const Node& item : sequence.items) edit.elements.push_back({item.start, item.end});
    for (std::size_t i = first_extra; i < extra_end; ++i) edit.removed[i] = true;
    for (std::size_t i = first_extra; i < added_end; ++i)
      edit.added.push_back({extra_end, write_flow(after.items[i], style_)});
    surgeon_.edit_flow(sequence.content, edit);
    return true;
  }
  if (after.items.empty()) return false;
  std::size_t dash = 0;
  for (std::size_t i = first_extra; i < extra_end; ++i) {
    dash = dash_of(text_, sequence.items[i].start);
    if (!begins_line(text_, dash)) return false;  // `- - a`
    surgeon_.changes().remove(line_start(text_, dash), lines_end(text_, sequence.items[i].end));
  }
  if (first_extra >= added_end) return true;
  const std::size_t column = column_of(text_, dash_of(text_, sequence.items.front().start));
  Json fresh = Json::array();
  fresh.items.assign(after.items.begin() + static_cast<std::ptrdiff_t>(first_extra),
                     after.items.begin() + static_cast<std::ptrdiff_t>(added_end));
  std::size_t at = 0;
  if (extra_end < count) {
    dash = dash_of(text_, sequence.items[extra_end].start);
    if (!begins_line(text_, dash)) return false;
    at = line_start(text_, dash);
  } else {
    at = lines_end(text_, sequence.items[count - 1].end);
  }
  surgeon_.insert_lines(at, std::string(column, ' ') + write_block(fresh, column, style_));
  return true;
}

}  // namespace lockstep::yaml
