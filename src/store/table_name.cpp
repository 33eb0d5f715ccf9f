#include "store/table_name.hpp"

#include <vector>

#include "model/error.hpp"
#include "model/validation.hpp"

namespace lockstep {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string cause) {
  throw Error({.code = ErrorCode::usage,
               .operation = "read the table name",
               .subject = quoted_for_message(text),
               .cause = std::move(cause),
               .hint = "write NAME or SCHEMA.NAME; a name that contains a dot goes in double quotes"});
}

// Takes one part off the front of `rest`, without its quotes.
std::string take_part(std::string_view& rest, std::string_view whole) {
  std::string part;
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    part = rest.substr(0, end);
    rest.remove_prefix(end);
    return part;
  }
  std::size_t at = 1;
  for (;; ++at) {
    if (at >= rest.size()) refuse(whole, "a double quote is not closed");
    if (rest[at] != '"') {
      part += rest[at];
    } else if (at + 1 < rest.size() && rest[at + 1] == '"') {
      part += rest[at++];
    } else {
      break;
    }
  }
  rest.remove_prefix(at + 1);
  return part;
}

}  // namespace

TableName parse_table_name(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) refuse(text, "it contains a NUL character");
  std::vector<std::string> parts;
  std::string_view rest = text;
  for (;;) {
    parts.push_back(take_part(rest, text));
    if (parts.back().empty()) refuse(text, "a part of it is empty");
    if (rest.empty()) break;
    if (rest.front() != '.') refuse(text, "a double quote closes in the middle");
    rest.remove_prefix(1);
  }
  if (parts.size() > 2) refuse(text, "it has more than two parts");
  if (parts.size() == 1) return {.schema = {}, .name = std::move(parts[0])};
  return {.schema = std::move(parts[0]), .name = std::move(parts[1])};
}

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

std::string quote_identifier(const TableName& table) {
  return table.schema.empty() ? quote_identifier(table.name)
                              : quote_identifier(table.schema) + "." + quote_identifier(table.name);
}

}  // namespace lockstep
