// A fault in a file, with its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockstep {

struct Diagnostic {
  std::string file;                    // as the user named it
  std::size_t line = 0;                // from 1; 0 = the file as a whole
  std::size_t column = 0;              // from 1, in characters
  std::size_t length = 1;              // characters under the caret
  std::optional<std::int64_t> task_id; // where it is known
  std::string field;                   // empty = the task or the file as a whole
  std::string message;                 // names the bad value, says how to mend it
  std::string source_line;             // the line's text, for the caret; may be empty; of a long line what is near it
  std::size_t source_start = 0;        // characters of the line before that
};

// The source line and, below it, the caret, as format_diagnostic shows them; empty where the place or the line is
// not known.
std::string source_with_caret(const Diagnostic&);

// `FILE:LINE:COLUMN: message`, followed by the source line and the caret where
// the line is known. Control characters are made visible. No newline at the end.
std::string format_diagnostic(const Diagnostic&, bool with_source);

struct Warning {
  std::string message;
  std::optional<std::int64_t> task_id;
  std::optional<std::size_t> line;
};

}  // namespace lockstep
