#include "yaml/json_text.hpp"

#include <algorithm>

#include "yaml/scalar.hpp"
#include "yaml/scalar_text.hpp"
#include "yaml/surgery.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

// libyaml and PyYAML look for the colon of a key for 1024 characters only; longer keys need a `? `.
constexpr std::size_t kLongKey = 1000;

bool is_collection(const Json& json) { return json.kind == Json::Kind::array || json.kind == Json::Kind::object; }
bool is_empty(const Json& json) { return json.items.empty() && json.members.empty(); }

std::string write_scalar(const Json& json, const JsonStyle& style, bool flow) {
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return json.boolean ? "true" : "false";
    case Json::Kind::number:
      return write_number(json.text);
    default:
      return write_text(json.text, style.strings, flow);
  }
}

bool in_one_line(const Json& value, const JsonStyle& style) {
  if (!is_collection(value) || is_empty(value)) return true;
  return value.kind == Json::Kind::array && style.flow_sequences &&
         std::none_of(value.items.begin(), value.items.end(), is_collection);
}

// Looks for the first string, the first nested block and the first lists in a node.
void look_at(std::string_view text, const Node& node, const Node* key, JsonStyle& style, bool& strings, bool& nested,
             bool& lists) {
  if (node.is(Node::Kind::scalar) && !strings && node.style != ScalarStyle::plain &&
      node.style != ScalarStyle::literal && node.style != ScalarStyle::folded) {
    style.strings = node.style;
    strings = true;
  }
  if (node.is(Node::Kind::scalar) && node.style == ScalarStyle::plain && resolve_v1_2(node.value) == ScalarKind::text)
    strings = true;
  if (key != nullptr && !node.flow && !node.items.empty()) {
    const std::size_t outer = column_of(text, key->start);
    std::size_t inner = column_of(text, node.content);
    if (node.is(Node::Kind::sequence)) {
      style.indent_sequences = inner > outer;
    } else if (!nested && inner > outer) {
      style.step = inner - outer;
      nested = true;
    }
  }
  if (node.is(Node::Kind::sequence) && !node.items.empty() && !lists) {
    style.flow_sequences = node.flow;
    style.list_lines = node.flow && begins_line(text, node.items.front().start);
    lists = true;
  }
  const bool mapping = node.is(Node::Kind::mapping);
  for (std::size_t i = mapping ? 1 : 0; i < node.items.size(); i += mapping ? 2 : 1)
    look_at(text, node.items[i], mapping ? &node.items[i - 1] : nullptr, style, strings, nested, lists);
}

}  // namespace

void look_at_brackets(std::string_view text, const Node& mapping, JsonStyle& style) {
  if (!mapping.flow || mapping.items.size() < 2 || text[mapping.content] != '{') return;
  const Node& key = mapping.items[0];
  const Node& value = mapping.items[1];
  style.lines = begins_line(text, key.start);
  const std::size_t outer = indentation_of(text, mapping.content).size();
  if (style.lines && column_of(text, key.start) > outer) style.flow_step = column_of(text, key.start) - outer;
  const bool quoted = key.style == ScalarStyle::double_quoted || key.style == ScalarStyle::single_quoted;
  const std::string_view colon = text.substr(key.end, std::max(value.start, key.end) - key.end);
  if (colon == ":" ? quoted : colon.find_first_not_of(" :") == std::string_view::npos && colon.ends_with(": "))
    style.colon = colon;
  if (style.colon == ":") style.comma.assign(1, ',');
  for (std::size_t i = 2; i < mapping.items.size() && !style.lines; i += 2) {
    const std::size_t end = mapping.items[i - 1].end;
    const std::string_view comma = text.substr(end, mapping.items[i].start - std::min(end, mapping.items[i].start));
    if (comma.starts_with(',') && comma.find_first_not_of(' ', 1) == std::string_view::npos && (quoted || comma.size() > 1))
      style.comma = comma;
    break;
  }
}

JsonStyle style_of(std::string_view text, const Node& key, const Node& params, const JsonStyle& around) {
  JsonStyle style = around;
  const bool json = around.strings == ScalarStyle::json;
  bool strings = json;
  bool nested = false;
  bool lists = false;
  look_at(text, params, &key, style, strings, nested, lists);
  bool all_quoted = params.is(Node::Kind::mapping) && !params.items.empty();
  for (std::size_t i = 0; i < params.items.size() && all_quoted; i += 2)
    all_quoted =
        params.items[i].style == ScalarStyle::single_quoted || params.items[i].style == ScalarStyle::double_quoted;
  if (all_quoted && !json) style.keys = params.items.front().style;
  if (!lists) style.list_lines = params.flow && !params.items.empty() && begins_line(text, params.items.front().start);
  look_at_brackets(text, params, style);
  return style;
}

JsonStyle json_style() {
  JsonStyle style;
  style.strings = style.keys = ScalarStyle::json;
  return style;
}

std::string write_flow_entry(std::string_view key, const Json& value, const JsonStyle& style, std::string_view indent) {
  const bool long_key = key.size() > kLongKey && style.keys != ScalarStyle::json;
  std::string entry = long_key ? "? " : "";
  entry += write_text(key, style.keys, true);
  return entry.append(long_key ? " : " : style.colon).append(write_flow(value, style, indent));
}

std::string write_flow(const Json& json, const JsonStyle& style, std::string_view indent) {
  if (!is_collection(json)) return write_scalar(json, style, true);
  const bool object = json.kind == Json::Kind::object;
  const bool lines = style.lines && !is_empty(json) &&
                     (object || style.list_lines || std::any_of(json.items.begin(), json.items.end(), is_collection));
  const std::string inner = std::string(indent) + std::string(lines ? style.flow_step : 0, ' ');
  std::string out(1, object ? '{' : '[');
  const auto begin_entry = [&] {
    if (out.size() > 1) out += lines ? std::string_view(",") : std::string_view(style.comma);
    if (lines) out.append("\n").append(inner);
  };
  for (const Json& item : json.items) {
    begin_entry();
    out += write_flow(item, style, inner);
  }
  for (const auto& [key, value] : json.members) {
    begin_entry();
    out += write_flow_entry(key, value, style, inner);
  }
  if (lines) out.append("\n").append(indent);
  return out += object ? '}' : ']';
}

std::string write_block_entry(std::string_view key, const Json& value, std::size_t column, const JsonStyle& style) {
  const std::string name = write_text(key, style.keys, false);
  if (key.size() > kLongKey) return "? " + name + "\n" + std::string(column, ' ') + ": " + write_flow(value, style, {});
  std::string entry = name + ":";
  if (!is_collection(value)) return entry.append(" ").append(write_scalar(value, style, false));
  if (in_one_line(value, style)) return entry.append(" ").append(write_flow(value, style, {}));
  const bool deeper = value.kind == Json::Kind::object || style.indent_sequences;
  const std::size_t inner = column + (deeper ? style.step : 0);
  return entry.append("\n").append(inner, ' ').append(write_block(value, inner, style));
}

std::string write_block(const Json& json, std::size_t column, const JsonStyle& style) {
  std::string out;
  for (const Json& item : json.items) {
    if (!out.empty()) out.append("\n").append(column, ' ');
    out += "- ";
    out += in_one_line(item, style) ? (is_collection(item) ? write_flow(item, style, {}) : write_scalar(item, style, false))
                                    : write_block(item, column + 2, style);
  }
  for (const auto& [key, value] : json.members) {
    if (!out.empty()) out.append("\n").append(column, ' ');
    out += write_block_entry(key, value, column, style);
  }
  return out;
}

}  // namespace lockstep::yaml
