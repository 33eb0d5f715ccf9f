// Writes JSON values as YAML.
#pragma once

#include <string>
#include <string_view>

#include "model/json.hpp"
#include "yaml/node.hpp"

namespace lockstep::yaml {

// How the neighbours are written.
struct JsonStyle {
  ScalarStyle strings = ScalarStyle::plain;  // plain where that is safe
  ScalarStyle keys = ScalarStyle::plain;
  std::size_t step = 2;          // by which nested blocks are indented
  bool indent_sequences = true;  // `- ` deeper than the key above it
  bool flow_sequences = true;    // lists of scalars in brackets
  // Within brackets.
  bool lines = false;            // entries of mappings in lines of their own
  bool list_lines = false;       // items of lists of scalars too
  std::size_t flow_step = 2;     // by which those are indented more
  std::string colon = ": ";
  std::string comma = ", ";
};

// As `params`, the value of `key`, is written; what it does not tell, as the mapping around it.
JsonStyle style_of(std::string_view text, const Node& key, const Node& params, const JsonStyle& around);

// Of a text that is JSON, where nothing else is known.
JsonStyle json_style();

// What the entries of a mapping in brackets tell of the style within brackets.
void look_at_brackets(std::string_view text, const Node& mapping, JsonStyle& style);

// Scalars, `{…}`, `[…]`: in one line, or in several, those behind the first indented by `indent` and more.
std::string write_flow(const Json&, const JsonStyle&, std::string_view indent);

// A mapping or list that is not empty, in lines joined by `\n`, each but the first indented by `column`.
std::string write_block(const Json&, std::size_t column, const JsonStyle&);

// `key: value` as one entry of a block mapping at `column`, in one line or several.
std::string write_block_entry(std::string_view key, const Json& value, std::size_t column, const JsonStyle&);
std::string write_flow_entry(std::string_view key, const Json& value, const JsonStyle&, std::string_view indent);

}  // namespace lockstep::yaml
