#include "yaml/params_edit.hpp"

#include <algorithm>

#include "yaml/block_entries.hpp"
#include "yaml/list_alignment.hpp"
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
  if (!mapping.flow) return kept > 0 && change_block_members(mapping, removed, added);
  FlowEdit edit;
  for (std::size_t i = 0; i < count; ++i) edit.elements.push_back(entry_span(text_, mapping, i));
  edit.removed = std::move(removed);
  edit.layout = layout_of(text_, mapping.content, edit.elements, usual_layout(style_.lines));
  const std::string indent = edit.layout.lines ? edit.layout.indent : indentation_of(text_, mapping.content);
  for (const Json::Member* member : added)
    edit.added.push_back({count, write_flow_entry(member->first, member->second, style_, indent)});
  edit_flow(surgeon_, mapping.content, edit);
  return true;
}

bool ParamsEditor::change_block_members(const Node& mapping, const std::vector<bool>& removed,
                                        const std::vector<const Json::Member*>& added) {
  BlockEntries entries(surgeon_, BlockEntries::of_mapping(text_, mapping));
  entries.remove(removed);
  std::string lines;
  for (const Json::Member* member : added) {
    if (!lines.empty()) lines.append("\n").append(entries.column(), ' ');
    lines += write_block_entry(member->first, member->second, entries.column(), style_);
  }
  if (!lines.empty()) entries.insert(removed.size(), lines, removed);
  return true;
}

bool ParamsEditor::change_items(const Node& sequence, const Json& before, const Json& after, bool flow) {
  const std::size_t count = sequence.items.size();
  if (count != before.items.size()) return false;
  const std::vector<std::size_t> partners = align_items(before.items, after.items);
  std::vector<bool> removed(count, false);
  std::vector<bool> is_new(after.items.size(), true);
  for (std::size_t i = 0; i < count; ++i) {
    removed[i] = partners[i] == kNoPartner;
    if (removed[i]) {
      surgeon_.touch(sequence.items[i].start, sequence.items[i].end, true);
      continue;
    }
    is_new[partners[i]] = false;
    change(nullptr, sequence.items[i], before.items[i], after.items[partners[i]], flow);
  }
  // Runs of new items, each before the item that comes next in both.
  std::vector<Added> added;
  for (std::size_t i = 0, next = 0; i <= count; ++i) {
    if (i < count && removed[i]) continue;
    const std::size_t end = i < count ? partners[i] : after.items.size();
    if (next < end) added.push_back({i, next, end});
    next = end + 1;
  }
  const bool all_stay = std::find(removed.begin(), removed.end(), true) == removed.end();
  if (all_stay && added.empty()) return true;
  surgeon_.touch(sequence.start, sequence.end, false);
  if (sequence.flow) {
    change_flow_items(sequence, after, removed, added);
    return true;
  }
  const bool none_stays = std::find(removed.begin(), removed.end(), false) == removed.end();
  return !none_stays && change_block_items(sequence, after, removed, added);
}

void ParamsEditor::change_flow_items(const Node& sequence, const Json& after, const std::vector<bool>& removed,
                                     const std::vector<Added>& added) {
  FlowEdit edit;
  edit.removed = removed;
  for (const Node& item : sequence.items) edit.elements.push_back({item.start, item.end});
  edit.layout = layout_of(text_, sequence.content, edit.elements, usual_layout(style_.list_lines));
  const std::string indent = edit.layout.lines ? edit.layout.indent : indentation_of(text_, sequence.content);
  for (const Added& run : added)
    for (std::size_t i = run.first; i < run.end; ++i)
      edit.added.push_back({run.before, write_flow(after.items[i], style_, indent)});
  edit_flow(surgeon_, sequence.content, edit);
}

bool ParamsEditor::change_block_items(const Node& sequence, const Json& after, const std::vector<bool>& removed,
                                      const std::vector<Added>& added) {
  BlockEntries entries(surgeon_, BlockEntries::of_list(text_, sequence));
  entries.remove(removed);
  for (const Added& run : added) {
    Json fresh = Json::array();
    fresh.items.assign(after.items.begin() + static_cast<std::ptrdiff_t>(run.first),
                       after.items.begin() + static_cast<std::ptrdiff_t>(run.end));
    entries.insert(run.before, write_block(fresh, entries.column(), style_), removed);
  }
  return true;
}

FlowLayout ParamsEditor::usual_layout(bool lines) const {
  FlowLayout layout;
  layout.lines = lines;
  layout.indent = std::string(style_.flow_step, ' ');
  layout.gap = style_.comma.substr(1);
  return layout;
}

}  // namespace lockstep::yaml
