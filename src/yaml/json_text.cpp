#include "yaml/json_text.hpp"

#include <algorithm>

#include "yaml/scalar.hpp"
#include "yaml/scalar_text.hpp"
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

std::size_t column_of(std::string_view text, std::size_t at) { return at - line_start(text, at); }

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
    lists = true;
  }
  const bool mapping = node.is(Node::Kind::mapping);
  for (std::size_t i = mapping ? 1 : 0; i < node.items.size(); i += mapping ? 2 : 1)
    look_at(text, node.items[i], mapping ? &node.items[i - 1] : nullptr, style, strings, nested, lists);
}

}  // namespace

JsonStyle style_of(std::string_view text, const Node& key, const Node& params) {
  JsonStyle style;
  bool strings = false;
  bool nested = false;
  bool lists = false;
  look_at(text, params, &key, style, strings, nested, lists);
  bool all_quoted = params.is(Node::Kind::mapping) && !params.items.empty();
  for (std::size_t i = 0; i < params.items.size() && all_quoted; i += 2)
    all_quoted =
        params.items[i].style == ScalarStyle::single_quoted || params.items[i].style == ScalarStyle::double_quoted;
  if (all_quoted) style.keys = params.items.front().style;
  return style;
}

std::string write_flow_entry(std::string_view key, const Json& value, const JsonStyle& style) {
  std::string entry = key.size() > kLongKey ? "? " : "";
  entry += write_text(key, style.keys, true);
  return entry.append(key.size() > kLongKey ? " : " : ": ").append(write_flow(value, style));
}

std::string write_flow(const Json& json, const JsonStyle& style) {
  if (!is_collection(json)) return write_scalar(json, style, true);
  const bool object = json.kind == Json::Kind::object;
  std::string out(1, object ? '{' : '[');
  for (const Json& item : json.items) {
    if (out.size() > 1) out += ", ";
    out += write_flow(item, style);
  }
  for (const auto& [key, value] : json.members) {
    if (out.size() > 1) out += ", ";
    out += write_flow_entry(key, value, style);
  }
  return out += object ? '}' : ']';
}

std::string write_block_entry(std::string_view key, const Json& value, std::size_t column, const JsonStyle& style) {
  const std::string name = write_text(key, style.keys, false);
  if (key.size() > kLongKey) return "? " + name + "\n" + std::string(column, ' ') + ": " + write_flow(value, style);
  std::string entry = name + ":";
  if (!is_collection(value)) return entry.append(" ").append(write_scalar(value, style, false));
  if (in_one_line(value, style)) return entry.append(" ").append(write_flow(value, style));
  const bool deeper = value.kind == Json::Kind::object || style.indent_sequences;
  const std::size_t inner = column + (deeper ? style.step : 0);
  return entry.append("\n").append(inner, ' ').append(write_block(value, inner, style));
}

std::string write_block(const Json& json, std::size_t column, const JsonStyle& style) {
  std::string out;
  for (const Json& item : json.items) {
    if (!out.empty()) out.append("\n").append(column, ' ');
    out += "- ";
    out += in_one_line(item, style) ? (is_collection(item) ? write_flow(item, style) : write_scalar(item, style, false))
                                    : write_block(item, column + 2, style);
  }
  for (const auto& [key, value] : json.members) {
    if (!out.empty()) out.append("\n").append(column, ' ');
    out += write_block_entry(key, value, column, style);
  }
  return out;
}

}  // namespace lockstep::yaml
