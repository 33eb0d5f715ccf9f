#include "store/column_values.hpp"

#include <algorithm>

#include "model/json.hpp"
#include "model/utf8.hpp"

namespace lockstep {
namespace {

ColumnValue problem(std::string message) { return {.value = {}, .problem = std::move(message)}; }

ColumnValue read_null(const FieldSpec& field) {
  if (field.required) return problem(std::string(field.name) + " is NULL, but a task needs one");
  if (field.default_text.empty()) return {};
  if (field.type == FieldType::json_object) return {.value = JsonText{std::string(field.default_text)}, .problem = {}};
  return {.value = std::string(field.default_text), .problem = {}};
}

ColumnValue read_json_object(const FieldSpec& field, std::string_view text) {
  CompactJson json = compact_json(text);
  if (!json.ok()) {
    return problem(std::string(field.name) + " " + quoted_for_message(text) +
                   " is not JSON that lockstep can carry: " + json.problem_message);
  }
  if (json.text == "null") return read_null(field);
  if (json.text.front() != '{') {
    return problem(std::string(field.name) + " " + quoted_for_message(text) + " is not a JSON object");
  }
  return {.value = JsonText{std::move(json.text)}, .problem = {}};
}

}  // namespace

ColumnValue read_column(Field field, std::optional<std::string_view> text) {
  const FieldSpec& rule = spec(field);
  if (!text) return read_null(rule);
  switch (rule.type) {
    case FieldType::timestamp:
      if (const std::optional<Timestamp> instant = parse_timestamp(*text)) return {.value = *instant, .problem = {}};
      return problem(std::string(rule.name) + " " + quoted_for_message(*text) +
                     " is not a timestamp; write it as `2026-11-22 08:00:00` (UTC)");
    case FieldType::json_object:
      return read_json_object(rule, *text);
    case FieldType::text:
    case FieldType::cron:
    case FieldType::status:
      break;
  }
  return {.value = std::string(*text), .problem = {}};
}

std::optional<std::string> column_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* json = std::get_if<JsonText>(&value)) return json->text;
  if (const auto* instant = std::get_if<Timestamp>(&value)) return format_sql(*instant);
  return std::nullopt;
}

void RowCollector::reject(std::int64_t id, std::string_view field, std::string message) {
  rows_.invalid.push_back({.id = id, .field = std::string(field), .message = std::move(message)});
}

TableRows RowCollector::take() {
  std::stable_sort(rows_.invalid.begin(), rows_.invalid.end(),
                   [](const InvalidRow& a, const InvalidRow& b) { return a.id < b.id; });
  return std::move(rows_);
}

void RowCollector::check(const FieldSpec& field, ColumnValue& read) {
  if (field.type == FieldType::json_object) return;  // read_column has looked at all of it
  if (std::optional<std::string> broken = validator_.check(field.field, read.value)) read.problem = std::move(*broken);
}

void append_image_member(std::string& image, Field field, std::optional<std::string_view> text) {
  if (image.back() != '{') image += ',';
  append_json_string(image, spec(field).name);
  image += ':';
  const ColumnValue read = read_column(field, text);
  if (read.problem.empty()) {
    image += write_json(to_json(read.value));
  } else if (text) {
    append_image_text(image, *text);
  } else {
    image += "null";
  }
}

void append_image_text(std::string& image, std::string_view text) {
  if (!find_invalid_utf8(text) && text.find('\0') == std::string_view::npos) {
    append_json_string(image, text);
  } else {
    append_image_bytes(image, "text_hex", text);
  }
}

void append_image_bytes(std::string& image, std::string_view member, std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  image += "{\"";
  image += member;
  image += "\":\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    image += kDigits[byte >> 4];
    image += kDigits[byte & 15];
  }
  image += "\"}";
}

std::optional<std::string> bytes_from_image(const Json& value, std::string_view member) {
  const Json* hex = value.find(member);
  if (hex == nullptr || hex->kind != Json::Kind::string || hex->text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < hex->text.size(); i += 2) {
    bytes += static_cast<char>(digit(hex->text[i]) * 16 + digit(hex->text[i + 1]));
  }
  return bytes;
}

}  // namespace lockstep
