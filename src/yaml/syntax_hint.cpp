#include "yaml/syntax_hint.hpp"

#include <algorithm>

#include "model/utf8.hpp"
#include "model/validation.hpp"

namespace lockstep::yaml {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::size_t line_number(std::string_view text, std::size_t at) {
  return LineIndex(text.substr(0, at)).position(at).line;
}

// The rest of a line from `at`, without a trailing comment and blanks: the value as its writer saw it.
std::string_view rest_of_line(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(at, line_end(text, at) - at);
  for (std::size_t i = 1; i < rest.size(); ++i)
    if (rest[i] == '#' && is_blank(rest[i - 1])) {
      rest = rest.substr(0, i);
      break;
    }
  while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
  return rest;
}

// Where the value of `key: value` (or of `- value`) begins in the line that holds `at`.
std::size_t value_start(std::string_view text, std::size_t at) {
  const std::size_t start = line_start(text, at);
  const std::size_t end = line_end(text, at);
  std::size_t i = skip_blanks(text, start);
  while (i + 1 < end && text[i] == '-' && is_blank(text[i + 1])) i = skip_blanks(text, i + 1);
  const std::size_t dash_value = i;
  for (; i < end; ++i)
    if (text[i] == ':' && i + 1 < end && is_blank(text[i + 1])) return skip_blanks(text, i + 1);
  return dash_value;
}

std::string in_quotes(std::string_view value) {
  const bool single = contains(value, "\"") || contains(value, "\\");
  if (single && contains(value, "'")) return "single quotes, with every ' in it doubled";
  const char quote = single ? '\'' : '"';
  const std::size_t end = characters_end(value, 200);
  return quote + std::string(value.substr(0, end)) + (end < value.size() ? "…" : "") + quote;
}

SyntaxHint quote_it(std::string_view text, std::size_t at, const std::string& why) {
  const std::string_view value = rest_of_line(text, at);
  return {at, at + value.size(), why + ": quote it: " + in_quotes(value)};
}

SyntaxHint unquoted_alias(std::string_view text, const SyntaxError& error) {
  std::size_t at = std::min(error.context_at, error.at);
  // `*5 * * * *`: the first alias is well formed, the second is not; the value begins at the first.
  if (const std::size_t value = value_start(text, at); value < at && text[value] == '*') at = value;
  return quote_it(
      text, at, quoted_for_message(rest_of_line(text, at)) + " is not quoted, and YAML takes a leading * for an alias");
}

SyntaxHint bad_start(std::string_view text, const SyntaxError& error) {
  const char c = error.at < text.size() ? text[error.at] : '\0';
  if (c == '\t') return {error.at, error.at + 1, "a tab in the indentation, which YAML does not allow: use spaces"};
  const std::string why = quoted_for_message(rest_of_line(text, error.at)) + " cannot begin with " + std::string(1, c) +
                          " unless it is quoted";
  return quote_it(text, error.at, why);
}

SyntaxHint unexpected_colon(std::string_view text, const SyntaxError& error) {
  const std::size_t start = value_start(text, error.at);
  const std::size_t line = line_start(text, error.at);
  if (start < error.at && start > skip_blanks(text, line))
    return quote_it(text, start,
                    quoted_for_message(rest_of_line(text, start)) + " contains a colon followed by a space");
  const std::size_t content = skip_blanks(text, line);
  return {content, content + rest_of_line(text, content).size(),
          "a key is not allowed here: check that its indentation is that of its neighbours, and that the value above "
          "is complete"};
}

SyntaxHint missing_colon(std::string_view text, const SyntaxError& error) {
  const std::size_t at = error.context_at;
  const std::string_view line = rest_of_line(text, at);
  return {at, at + line.size(),
          quoted_for_message(line) +
              " is neither `key: value` nor part of the value above: add the colon (and a space "
              "after it), or check the indentation"};
}

SyntaxHint unclosed(std::string_view text, const SyntaxError& error, const std::string& what,
                    std::string_view closing) {
  return {error.context_at, error.context_at + 1,
          "the " + what + " opened in line " + std::to_string(line_number(text, error.context_at)) +
              " is not closed: add the missing " + std::string(closing)};
}

SyntaxHint bad_flow(std::string_view text, const SyntaxError& error) {
  const bool sequence = contains(error.context, "sequence");
  const std::string closing = sequence ? "]" : "}";
  if (error.at >= text.size()) return unclosed(text, error, sequence ? "list" : "mapping", closing);
  return {error.at, error.at + 1,
          "a comma or " + closing + " is missing before this, in the " + (sequence ? "list" : "mapping") +
              " opened in line " + std::to_string(line_number(text, error.context_at))};
}

SyntaxHint bad_block(std::string_view text, const SyntaxError& error) {
  const std::size_t value = value_start(text, error.at);
  if (value < error.at && value < text.size() && (text[value] == '"' || text[value] == '\'') &&
      line_start(text, value) == line_start(text, error.at))
    return {
        error.at, error.at + rest_of_line(text, error.at).size(),
        "something follows the closing quote: quote the whole value (a quote inside single quotes is written twice)"};
  const std::string of = " of the block that begins in line " + std::to_string(line_number(text, error.context_at));
  const std::string_view line = rest_of_line(text, error.at);
  if (error.at < text.size() && text[error.at] == '-')
    return {error.at, error.at + line.size(),
            "a list item in the place of a key: check its indentation against that" + of};
  return {error.at, error.at + line.size(), "the indentation fits neither the line above nor that" + of};
}

// `\ud83d` alone: its digits are at the error.
SyntaxHint no_character(std::string_view text, const SyntaxError& error) {
  const bool short_form = error.at > 0 && text[error.at - 1] == 'u';
  const std::size_t start = error.at - std::min<std::size_t>(error.at, 2);
  const std::size_t end = std::min(error.at + (short_form ? 4 : 8), text.size());
  const std::string escape(text.substr(start, end - start));
  if (!short_form)
    return {start, end, escape + " is no character: those end with \\U0010FFFF, and leave out \\U0000D800 to \\U0000DFFF"};
  return {start, end,
          escape + " is one half of a character that JSON writes as two escapes, such as \\ud83d\\ude00: write both halves, "
                   "or the character itself"};
}

SyntaxHint in_libyaml_words(const SyntaxError& error) {
  std::string message = "YAML syntax: ";
  if (!error.context.empty()) message += error.context + ", ";
  return {error.at, error.at + 1, message + error.problem};
}

}  // namespace

SyntaxHint explain(std::string_view text, const SyntaxError& error) {
  const std::string_view problem = error.problem;
  const std::string_view context = error.context;
  const bool has_context = error.context_at != kWholeFile;
  if (contains(context, "scanning an alias")) return unquoted_alias(text, error);
  if (contains(context, "scanning an anchor") && has_context)
    return quote_it(text, error.context_at,
                    quoted_for_message(rest_of_line(text, error.context_at)) +
                        " is not quoted, and YAML takes a leading & for an anchor");
  if (contains(problem, "cannot start any token")) return bad_start(text, error);
  if (contains(problem, "mapping values are not allowed")) return unexpected_colon(text, error);
  if (contains(problem, "could not find expected ':'") && has_context) return missing_colon(text, error);
  if (contains(problem, "tab character") && !contains(context, "block scalar"))
    return {error.at, error.at + 1, "a tab in the indentation, which YAML does not allow: use spaces"};
  if (contains(context, "quoted scalar") && has_context) {
    const std::string quote(1, text[std::min(error.context_at, text.size() - 1)]);
    if (contains(problem, "unexpected end of stream") || contains(problem, "document indicator"))
      return unclosed(text, error, "quote", quote);
    if (contains(problem, "invalid Unicode character")) return no_character(text, error);
    if (contains(problem, "hexdecimal"))
      return {error.at, error.at + 1,
              "an escape with too few digits (\\x takes 2, \\u 4, \\U 8): write \\\\ for a backslash, or use single quotes"};
    if (contains(problem, "escape"))
      return {error.at, error.at + 1,
              "an unknown escape in a double-quoted text: write \\\\ for a backslash, or use single quotes"};
  }
  if (contains(problem, "did not find expected node content"))
    return {error.at, error.at + 1,
            error.at >= text.size() || text.find_first_not_of(" \t\r\n", error.at) == std::string_view::npos
                ? "the file ends inside a list or a mapping: a closing ] or } is missing"
                : "a value is missing before this"};
  if (contains(context, "flow sequence") || contains(context, "flow mapping")) return bad_flow(text, error);
  if ((contains(context, "block mapping") || contains(context, "block collection")) && has_context)
    return bad_block(text, error);
  if (contains(problem, "did not find expected <document start>"))
    return {error.at, error.at + 1,
            "text outside of the mapping that holds `tasks:`: check the indentation of this line"};
  return in_libyaml_words(error);
}

}  // namespace lockstep::yaml
