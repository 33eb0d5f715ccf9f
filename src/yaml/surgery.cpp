#include "yaml/surgery.hpp"

#include <algorithm>

#include "yaml/scalar_reading.hpp"
#include "yaml/scalar_text.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

bool is_block_scalar(const Node& node) {
  return node.is(Node::Kind::scalar) && (node.style == ScalarStyle::literal || node.style == ScalarStyle::folded);
}

bool has_comment(std::string_view text, std::size_t start, std::size_t end) {
  return text.substr(start, end - start).find('#') != std::string_view::npos;
}

// Of a block scalar: from behind the indicators to the end of the header's line.
std::string_view header_comment(std::string_view text, const Node& node) {
  const std::size_t end = line_end(text, node.content);
  std::size_t at = node.content;
  while (at < end && !is_blank(text[at])) ++at;
  const std::string_view rest = text.substr(at, end - at);
  return rest.find('#') == std::string_view::npos ? std::string_view{} : rest;
}

}  // namespace

bool is_json(std::string_view text) {
  text.remove_prefix(bom_length(text));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && compact_json(text).ok();
}

std::string indentation_of(std::string_view text, std::size_t at) {
  const std::size_t start = std::max(line_start(text, at), bom_length(text));
  return std::string(text.substr(start, std::min(skip_blanks(text, start), at) - start));
}

std::string_view line_break_of(std::string_view text) {
  const std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos) return "\n";
  return text.substr(at, break_length(text, at));
}

std::size_t lines_end(std::string_view text, std::size_t end) {
  // A block scalar ends at the beginning of a line already.
  return end > 0 && line_start(text, end) == end ? end : next_line(text, end);
}

std::size_t dash_of(std::string_view text, std::size_t start) {
  for (std::size_t line = line_start(text, start);; line = line_start(text, line - 1)) {
    const std::size_t first = skip_blanks(text, line);
    if (line_start(text, start) == line) {
      std::size_t at = start;
      while (at > line && is_blank(text[at - 1])) --at;
      if (at > line && text[at - 1] == '-') return at - 1;
    } else if (first < text.size() && text[first] == '-') {
      return first;
    }
    if (line == 0) return start;
  }
}

bool begins_line(std::string_view text, std::size_t at) { return skip_blanks(text, line_start(text, at)) >= at; }
std::size_t column_of(std::string_view text, std::size_t at) { return at - line_start(text, at); }

Span entry_span(std::string_view text, const Node& mapping, std::size_t index) {
  const Node& key = mapping.items[2 * index];
  std::size_t start = key.start;
  std::size_t before = start;
  while (before > 0 && is_blank(text[before - 1])) --before;
  if (before > 0 && before < start && text[before - 1] == '?') start = before - 1;
  return {start, std::max(key.end, mapping.items[2 * index + 1].end)};
}

std::string Surgeon::with_line_breaks(std::string_view lines) const {
  std::string out;
  out.reserve(lines.size());
  for (const char c : lines) {
    if (c == '\n')
      out += line_break_;
    else
      out += c;
  }
  return out;
}

void Surgeon::insert_lines(std::size_t at, std::string_view lines) {
  const std::string text = with_line_breaks(lines);
  const bool after_break = at == bom_length(text_) || line_start(text_, at) == at;
  changes_.insert(at, after_break ? text + std::string(line_break_) : std::string(line_break_) + text);
}

void Surgeon::end_line_of(const Node& node) {
  if (!node.is(Node::Kind::scalar)) {
    if (!node.flow && !node.items.empty()) end_line_of(node.items.back());
    return;
  }
  if (!is_block_scalar(node) || node.end < text_.size() || line_start(text_, node.end) == node.end) return;
  const std::string_view header = text_.substr(node.content, 3);
  const std::size_t keeps = header.find('+');
  if (keeps != std::string_view::npos)
    changes_.replace(node.content + keeps, node.content + keeps + 1, "-");
  else if (header.find('-') == std::string_view::npos)
    changes_.insert(node.content + 1, "-");
}

// Puts `written` in the place of the value from `from` on; a value of no length gets its blank, or its colon.
void Surgeon::put(const Node* key, const Node& value, std::size_t from, std::string written) {
  if (value.end > from) return changes_.replace(from, value.end, std::move(written));
  const bool colon = key == nullptr || text_.substr(key->end, from - key->end).find(':') != std::string_view::npos;
  const bool blank = from > 0 && is_blank(text_[from - 1]);
  changes_.insert(from, (colon ? (blank ? "" : " ") : ": ") + written);
}

void Surgeon::replace_block_scalar(const Node& value, std::string written) {
  const std::string_view comment = header_comment(text_, value);
  const bool ended = line_start(text_, value.end) == value.end;
  changes_.replace(value.content, value.end, written + std::string(comment) + (ended ? std::string(line_break_) : ""));
}

void Surgeon::set_text(const Node& key, const Node& value, std::string_view text, bool flow) {
  touch(value.start, value.end, true);
  if (is_block_scalar(value)) {
    // The lines of the old text tell the indentation of the new.
    const std::size_t first = skip_blanks(text_, next_line(text_, value.content));
    const bool has_lines = first < value.end && break_length(text_, first) == 0;
    const std::size_t indent = has_lines ? column_of(text_, first) : 0;
    std::optional<std::string> block;
    if (indent > 0) block = write_block_scalar(text, value.style, indent, header_comment(text_, value));
    if (block) return changes_.replace(value.content, value.end, with_line_breaks(*block));
    return replace_block_scalar(value, write_text(text, ScalarStyle::double_quoted, flow));
  }
  const bool keeps_tag = value.tag.empty() || value.tag == "tag:yaml.org,2002:str";
  const ScalarStyle wish = json_                           ? ScalarStyle::json
                           : value.is(Node::Kind::scalar) ? value.style
                                                          : ScalarStyle::plain;
  std::string written = write_text(text, wish, flow);
  if (keeps_tag) return put(&key, value, value.content, std::move(written));
  if (!value.anchor.empty()) written = "&" + value.anchor + " " + written;
  put(&key, value, value.start, std::move(written));
}

void Surgeon::set_instant(const Node& key, const Node& value, Timestamp instant, std::string_view sample) {
  touch(value.start, value.end, true);
  const bool empty = !value.is(Node::Kind::scalar) || !parse_timestamp(value.value);
  const std::string written = write_timestamp(instant, empty ? sample : std::string_view(value.value));
  if (is_block_scalar(value)) return replace_block_scalar(value, "\"" + written + "\"");
  const bool plain = !empty && value.style == ScalarStyle::plain;
  const char quote = value.style == ScalarStyle::single_quoted ? '\'' : '"';
  put(&key, value, value.content, plain ? written : quote + written + quote);
}

void Surgeon::set_raw(const Node& key, const Node& value, std::string_view written) {
  touch(value.start, value.end, true);
  if (is_block_scalar(value)) return replace_block_scalar(value, std::string(written));
  if (value.tag.empty()) return put(&key, value, value.content, std::string(written));
  put(&key, value, value.start, (value.anchor.empty() ? "" : "&" + value.anchor + " ") + std::string(written));
}

void Surgeon::replace_value(const Node* key, const Node& value, const Json& json, const JsonStyle& style, bool flow) {
  touch(value.start, value.end, true);
  const bool collection = json.kind == Json::Kind::array || json.kind == Json::Kind::object;
  const bool empty = json.items.empty() && json.members.empty();
  const bool block = !value.flow && !value.items.empty();
  if (!block) {
    static const Node kItem;
    const Node& named = key == nullptr ? kItem : *key;
    const std::string indent = indentation_of(text_, value.start);
    if (json.kind == Json::Kind::string && value.is(Node::Kind::scalar) && value.start < value.end &&
        (value.style != ScalarStyle::plain || resolve_v1_2(value.value) == ScalarKind::text))
      return set_text(named, value, json.text, flow);
    const std::string written = json.kind == Json::Kind::string && !flow
                                    ? write_text(json.text, style.strings, false)
                                    : with_line_breaks(write_flow(json, style, indent));
    if (is_block_scalar(value)) return replace_block_scalar(value, written);
    const std::size_t from = value.tag.empty() ? value.content : value.start;
    return put(key, value, from, written);
  }
  const std::string tail = line_start(text_, value.end) == value.end ? std::string(line_break_) : "";
  const std::size_t column = column_of(text_, value.content);
  if (collection && !empty) {
    // A list may stand as far left as its key, a mapping may not.
    const std::size_t least =
        key == nullptr ? column : column_of(text_, key->start) + (json.kind == Json::Kind::object ? 1 : 0);
    const std::size_t shift = column < least ? style.step : 0;
    const std::string lines = std::string(shift, ' ') + write_block(json, column + shift, style);
    return changes_.replace(value.content, value.end, with_line_breaks(lines) + tail);
  }
  const std::string written =
      json.kind == Json::Kind::string ? write_text(json.text, style.strings, false) : write_flow(json, style, {});
  const std::size_t colon = key == nullptr ? std::string_view::npos : text_.find(':', key->end);
  if (colon != std::string_view::npos && colon < value.start && value.anchor.empty() &&
      !has_comment(text_, colon, value.start))
    return changes_.replace(colon + 1, value.end, " " + written + tail);
  const bool too_far_left = key != nullptr && column <= column_of(text_, key->start);
  changes_.replace(value.content, value.end, std::string(too_far_left ? style.step : 0, ' ') + written + tail);
}

}  // namespace lockstep::yaml
