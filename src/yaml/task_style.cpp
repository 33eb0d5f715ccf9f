#include "yaml/task_style.hpp"

#include <algorithm>

#include "model/json.hpp"
#include "yaml/scalar.hpp"
#include "yaml/scalar_text.hpp"
#include "yaml/surgery.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kTasksToLookAt = 12;

std::size_t schema_rank(std::string_view key) {
  if (key == kIdName) return 0;
  const std::optional<Field> field = field_by_name(key);
  return field ? 1 + static_cast<std::size_t>(*field) : kFieldCount + 1;
}

bool is_quotable(const Node& node) {
  return node.is(Node::Kind::scalar) && node.tag.empty() && node.style != ScalarStyle::literal &&
         node.style != ScalarStyle::folded;
}

void look_at_fields(std::string_view text, const Node& task, TaskStyle& style) {
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2) {
    const Node& key = task.items[i];
    const Node* value = &task.items[i + 1];
    const std::optional<Field> known = key.is(Node::Kind::scalar) ? field_by_name(key.value) : std::nullopt;
    if (!known) continue;
    const FieldSpec& field = spec(*known);
    TaskStyle::OfField& of = style.fields[static_cast<std::size_t>(field.field)];
    if (field.type == FieldType::json_object) {
      if (style.params_seen || !value->is(Node::Kind::mapping) || value->items.empty()) continue;
      style.params_seen = true;
      style.params_flow = value->flow;
      JsonStyle around = style.braces;
      look_at_brackets(text, task, around);
      style.params = style_of(text, key, *value, around);
    } else if (!of.seen && is_quotable(*value) &&
               !(value->style == ScalarStyle::plain && resolve_v1_2(value->value) == ScalarKind::null)) {
      of = {true, value->style, value->value};
    }
  }
}

void look_at_layout(std::string_view text, const Node& task, TaskStyle& style) {
  style.seen = true;
  style.flow = task.flow;
  look_at_brackets(text, task, style.braces);
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2)
    if (task.items[i].is(Node::Kind::scalar) && schema_rank(task.items[i].value) <= kFieldCount)
      style.keys.push_back(task.items[i].value);
  if (task.items.empty()) return;
  const Node& first = task.items.front();
  if (first.style == ScalarStyle::single_quoted || first.style == ScalarStyle::double_quoted)
    style.key_quoting = first.style;
  if (!task.flow) {
    const std::size_t dash = column_of(text, dash_of(text, task.start));
    const std::size_t keys = column_of(text, task.content);
    if (keys >= dash + 2) style.key_offset = keys - dash;
  }
}

// The keys to write for a new task, in their order: those that it needs, and those that its neighbour
// has where it has something to say in them.
std::vector<std::string> keys_for(const Task& task, const TaskStyle& style) {
  const Task defaults = task_with_defaults(task.id);
  const auto has = [&](std::string_view key) {
    return std::find(style.keys.begin(), style.keys.end(), key) != style.keys.end();
  };
  std::vector<std::string> wanted{std::string(kIdName)};
  for (const FieldSpec& field : kSchema) {
    const bool is_default = is_null(task[field.field]) || equal(task[field.field], defaults[field.field]);
    const bool written =
        field.required || (field.synced ? !is_default || (has(field.name) && !is_null(task[field.field]))
                                        : has(field.name) && !is_null(task[field.field]));
    if (written) wanted.emplace_back(field.name);
  }
  std::vector<std::string> keys;
  for (const std::string& key : style.keys)
    if (std::find(wanted.begin(), wanted.end(), key) != wanted.end()) keys.push_back(key);
  for (const std::string& key : wanted) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::size_t behind = place_for(key, keys);
    keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(behind == static_cast<std::size_t>(-1) ? 0 : behind + 1),
                key);
  }
  return keys;
}

std::string write_key(std::string_view key, const TaskStyle& style) {
  return write_text(key, style.key_quoting, false);
}

// What no task tells, the mapping does that holds the list.
void look_at_root(std::string_view text, const Reading& reading, TaskStyle& style) {
  const Span& root = reading.root.span;
  if (const std::optional<Node> node = parse_node(text, root.start, root.end, reading.ascii))
    look_at_brackets(text, *node, style.braces);
}

void make_json(TaskStyle& style) {
  style.key_quoting = ScalarStyle::json;
  for (TaskStyle::OfField& field : style.fields) field.seen = true, field.quoting = ScalarStyle::json;
}

}  // namespace

TaskStyle style_of_tasks(std::string_view text, const Reading& reading, bool json) {
  TaskStyle style;
  if (json) style.braces = json_style();
  for (std::size_t i = 0; i < std::min(kTasksToLookAt, reading.order.size()); ++i) {
    const TaskPlace& place = reading.places[reading.order[reading.order.size() - 1 - i]];
    if (place.alias) continue;
    const std::optional<Node> task = parse_node(text, place.start, place.end, reading.ascii);
    if (!task || !task->is(Node::Kind::mapping)) continue;
    if (!style.seen) look_at_layout(text, *task, style);
    look_at_fields(text, *task, style);
  }
  if (!style.seen && reading.root.flow) look_at_root(text, reading, style);
  if (!style.params_seen) {
    style.params = style.braces;
    style.params.list_lines = style.braces.lines;
  }
  if (json) make_json(style);
  return style;
}

std::size_t place_for(std::string_view key, const std::vector<std::string>& keys) {
  std::size_t best = static_cast<std::size_t>(-1);
  std::size_t best_rank = 0;
  const std::size_t rank = schema_rank(key);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t other = schema_rank(keys[i]);
    if (other > rank || (best != static_cast<std::size_t>(-1) && other < best_rank)) continue;
    best = i;
    best_rank = other;
  }
  return best;
}

std::string write_field(Field field, const Value& value, const TaskStyle& style, bool flow, std::size_t column) {
  const FieldSpec& schema = spec(field);
  const TaskStyle::OfField& of = style.fields[static_cast<std::size_t>(field)];
  const std::string key = write_key(schema.name, style) + (flow ? style.braces.colon : ": ");
  if (is_null(value)) return key + "null";
  if (const auto* instant = std::get_if<Timestamp>(&value)) {
    const std::string written = write_timestamp(*instant, of.sample);
    if (of.seen && of.quoting == ScalarStyle::plain) return key + written;
    const char quote = of.quoting == ScalarStyle::single_quoted ? '\'' : '"';
    return key + quote + written + quote;
  }
  if (const auto* json = std::get_if<JsonText>(&value)) {
    const Json params = parse_json(json->text).value;
    if (flow || (style.params_seen && style.params_flow) || params.members.empty())
      return key + write_flow(params, style.params, std::string(column, ' '));
    const std::size_t inner = column + style.params.step;
    return key.substr(0, key.size() - 1) + "\n" + std::string(inner, ' ') + write_block(params, inner, style.params);
  }
  const ScalarStyle wish = of.seen                          ? of.quoting
                           : schema.type == FieldType::cron ? ScalarStyle::double_quoted
                                                            : ScalarStyle::plain;
  return key + write_text(std::get<std::string>(value), wish, flow);
}

WrittenTask write_block_task(const Task& task, const TaskStyle& style, std::size_t column) {
  WrittenTask result;
  const std::size_t keys = column + style.key_offset;
  for (const std::string& key : keys_for(task, style)) {
    if (result.text.empty()) result.text.append("-").append(style.key_offset - 1, ' ');
    else result.text.append("\n").append(keys, ' ');
    const std::optional<Field> field = field_by_name(key);
    if (field) result.written.insert(*field);
    result.text += field ? write_field(*field, task[*field], style, false, keys)
                         : write_key(key, style) + ": " + std::to_string(task.id);
  }
  return result;
}

WrittenTask write_flow_task(const Task& task, const TaskStyle& style, std::size_t column) {
  WrittenTask result;
  const JsonStyle& braces = style.braces;
  const std::size_t keys = column + (braces.lines ? braces.flow_step : 0);
  for (const std::string& key : keys_for(task, style)) {
    result.text += result.text.empty() ? "{" : braces.lines ? "," : braces.comma;
    if (braces.lines) result.text.append("\n").append(keys, ' ');
    const std::optional<Field> field = field_by_name(key);
    if (field) result.written.insert(*field);
    result.text += field ? write_field(*field, task[*field], style, true, keys)
                         : write_key(key, style) + braces.colon + std::to_string(task.id);
  }
  if (braces.lines) result.text.append("\n").append(column, ' ');
  result.text += "}";
  return result;
}

}  // namespace lockstep::yaml
