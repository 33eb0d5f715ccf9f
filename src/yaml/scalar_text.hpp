// Writes scalars so that every reader, of YAML 1.1 or 1.2, reads back the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/timestamp.hpp"
#include "yaml/event_stream.hpp"

namespace lockstep::yaml {

// Text in the style wished for (plain, single_quoted, double_quoted, json) where it allows that, else quoted.
// `flow`: inside brackets, where commas and brackets need quotes too.
std::string write_text(std::string_view text, ScalarStyle wish, bool flow);
bool can_be_plain(std::string_view text, bool flow);
std::string double_quoted(std::string_view text);
// With the escapes of JSON, which a reader of YAML understands as well.
std::string json_quoted(std::string_view text);

// A block scalar from its header on: `|-`, then lines indented by `indent`, a line break after
// each. Folded only for a single line. Nullopt where the text needs quotes.
std::optional<std::string> write_block_scalar(std::string_view text, ScalarStyle wish, std::size_t indent,
                                              std::string_view header_comment);

// A JSON number as a number to both versions: `1e3` as `1.0e+3`.
std::string write_number(std::string_view json);

// The instant in the written form of `sample`: separator, offset, fraction; the form
// of RFC 3339 where the sample has none that can hold it.
std::string write_timestamp(Timestamp instant, std::string_view sample);

}  // namespace lockstep::yaml
