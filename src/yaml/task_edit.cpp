#include "yaml/task_edit.hpp"

#include <algorithm>

#include "yaml/block_entries.hpp"
#include "yaml/comments.hpp"
#include "yaml/flow_edit.hpp"
#include "yaml/params_edit.hpp"
#include "yaml/scalar_text.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t npos = static_cast<std::size_t>(-1);

std::size_t entry_of(const Node& task, std::string_view key) {
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2)
    if (task.items[i].is(Node::Kind::scalar) && !task.items[i].is_merge() && task.items[i].value == key) return i;
  return npos;
}

bool has_merge(const Node& task) {
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2)
    if (task.items[i].is_merge()) return true;
  return false;
}

std::vector<std::string> own_keys(const Node& task) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2) keys.push_back(task.items[i].value);
  return keys;
}

}  // namespace

std::optional<Task> TaskEditor::update(std::size_t index, const Edit& edit) {
  const Task& before = reading_.tasks[index];
  const TaskPlace& place = reading_.places[index];
  Task after = before;
  for (const FieldSpec& field : kSchema)
    if (edit.fields.contains(field.field)) after[field.field] = edit.task[field.field];
  if (edit.new_id) after.id = *edit.new_id;
  if (place.alias) {
    after[Field::updated_at] = before[Field::updated_at];
    rewrite_alias(place, after);
    return after;
  }
  const std::optional<Node> task = parse_node(text_, place.start, place.end, reading_.ascii);
  if (!task || !task->is(Node::Kind::mapping)) return std::nullopt;
  for (const FieldSpec& field : kSchema)
    if (edit.fields.contains(field.field)) update_field(*task, field.field, before, after);
  if (after.id != before.id) {
    const std::size_t entry = entry_of(*task, kIdName);
    if (entry == npos) return std::nullopt;
    surgeon_.set_raw(task->items[entry], task->items[entry + 1], std::to_string(after.id));
  }
  return after;
}

void TaskEditor::update_field(const Node& task, Field field, const Task& before, Task& after) {
  if (equal(before[field], after[field])) return;
  const std::size_t entry = entry_of(task, spec(field).name);
  const bool inherits = has_merge(task);
  if (entry == npos && field == Field::updated_at) {
    after[field] = before[field];
  } else if (entry == npos) {
    if (inherits || !is_null(after[field])) add_field(task, field, after);
  } else if (is_null(after[field])) {
    set_null(task, entry, inherits);
  } else {
    set_field(task, entry, field, before, after);
  }
}

void TaskEditor::set_field(const Node& task, std::size_t entry, Field field, const Task& before, const Task& after) {
  const Node& key = task.items[entry];
  const Node& value = task.items[entry + 1];
  const bool flow = task.flow;
  if (const auto* instant = std::get_if<Timestamp>(&after[field])) {
    const bool has_sample = value.is(Node::Kind::scalar) && parse_timestamp(value.value).has_value();
    const std::string sample = has_sample ? value.value : style_().fields[static_cast<std::size_t>(field)].sample;
    return surgeon_.set_instant(key, value, *instant, sample);
  }
  if (const auto* text = std::get_if<std::string>(&after[field])) return surgeon_.set_text(key, value, *text, flow);
  const Json old_params = parse_json(std::get<JsonText>(before[field]).text).value;
  const Json new_params = parse_json(std::get<JsonText>(after[field]).text).value;
  const bool is_mapping = value.is(Node::Kind::mapping) && !value.items.empty();
  JsonStyle around = surgeon_.json() ? json_style() : JsonStyle{};
  if (is_mapping) look_at_brackets(text_, task, around);
  const JsonStyle style = is_mapping ? style_of(text_, key, value, around) : style_().params;
  if (strategy_ == Strategy::precise && is_mapping)
    ParamsEditor(surgeon_, style).change(&key, value, old_params, new_params, flow);
  else
    surgeon_.replace_value(&key, value, new_params, style, flow);
}

// The line of a key that may be absent goes, unless somebody wrote beside or above it, or an inherited value would show.
void TaskEditor::set_null(const Node& task, std::size_t entry, bool inherits) {
  const Node& key = task.items[entry];
  const Node& value = task.items[entry + 1];
  if (task.flow && !inherits && strategy_ == Strategy::precise) {
    FlowEdit edit;
    for (std::size_t i = 0; i + 1 < task.items.size(); i += 2) {
      edit.elements.push_back(entry_span(text_, task, i / 2));
      edit.removed.push_back(i == entry);
    }
    surgeon_.touch(value.start, value.end, true);
    surgeon_.touch(task.start, task.end, false);
    return edit_flow(surgeon_, task.content, edit);
  }
  const std::size_t start = entry_span(text_, task, entry / 2).start;
  const std::size_t line = line_start(text_, start);
  const bool one_line = line == line_start(text_, value.end) && begins_line(text_, start);
  const bool bare =
      break_length(text_, skip_blanks(text_, value.end)) > 0 || skip_blanks(text_, value.end) == text_.size();
  if (task.flow || inherits || !one_line || !bare || task.items.size() <= 2 || comments_above(text_, line, 0) < line)
    return surgeon_.set_raw(key, value, "null");
  surgeon_.touch(value.start, value.end, true);
  surgeon_.touch(task.start, task.end, false);
  BlockEntries entries(surgeon_, BlockEntries::of_mapping(text_, task));
  std::vector<bool> removed(task.items.size() / 2, false);
  removed[entry / 2] = true;
  entries.remove(removed);
}

void TaskEditor::add_field(const Node& task, Field field, const Task& after) {
  const std::size_t behind = place_for(spec(field).name, own_keys(task));
  const std::size_t entry = behind == npos ? task.items.size() / 2 - 1 : behind;
  surgeon_.touch(task.start, task.end, false);
  if (!task.flow) {
    const std::size_t end = entry_span(text_, task, entry).end;
    const std::size_t column = column_of(text_, task.content);
    const std::string written = write_field(field, after[field], style_(), false, column);
    surgeon_.end_line_of(task.items[2 * entry + 1]);
    return surgeon_.insert_lines(lines_end(text_, end), std::string(column, ' ') + written);
  }
  FlowEdit edit;
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2) edit.elements.push_back(entry_span(text_, task, i / 2));
  edit.removed.resize(edit.elements.size(), false);
  FlowLayout usual;
  usual.gap = style_().braces.comma.substr(1);
  edit.layout = layout_of(text_, task.content, edit.elements, usual);
  const std::size_t column = (edit.layout.lines ? edit.layout.indent : indentation_of(text_, task.content)).size();
  edit.added.push_back({entry + 1, write_field(field, after[field], style_(), true, column)});
  edit_flow(surgeon_, task.content, edit);
}

// A task that is written elsewhere gets a text of its own in the place of its alias.
void TaskEditor::rewrite_alias(const TaskPlace& place, const Task& after) {
  TaskStyle style = style_();
  for (const FieldSpec& field : kSchema) style.keys.emplace_back(field.name);
  style.braces.lines = style.params.lines = false;
  surgeon_.touch(place.start, place.end, true);
  surgeon_.changes().replace(place.start, place.end, write_flow_task(after, style, 0).text);
}

}  // namespace lockstep::yaml
