// What goes to standard output and standard error, and how it looks there.
//
// With --json standard output is one JSON document and nothing else. Otherwise
// results are text on standard output, while messages (warnings, errors,
// questions, progress) go to standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/exit_status.hpp"
#include "cli/text_layout.hpp"
#include "model/json.hpp"

namespace lockstep::api {
struct Problem;
}

namespace lockstep::cli {

struct OutputOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;  // NO_COLOR counts too
};

enum class Colour : std::uint8_t { none, bold, dim, red, green, yellow, cyan };

class Terminal {
 public:
  explicit Terminal(const OutputOptions& options);

  bool json() const { return options_.json; }
  bool quiet() const { return options_.quiet; }
  bool verbose() const { return options_.verbose; }
  bool output_is_terminal() const { return output_is_terminal_; }
  // Somebody is there to answer: standard input and standard error are terminals.
  bool interactive() const { return input_is_terminal_ && error_is_terminal_; }
  // A person started this, as opposed to cron.
  bool attended() const { return input_is_terminal_ || output_is_terminal_; }
  std::size_t width() const;

  // Text for standard output: as it is, already escaped. Nothing with --json.
  void print(std::string_view text);
  // The one document of --json.
  void document(const Json& value);
  // The document's text, piece by piece, where it is too long to be built as a whole.
  void document_part(std::string_view json);
  // With --json, of a command that prints documents as they come: one, on a line of its own.
  void document_line(std::string_view json);

  // For people, on standard error.
  void note(std::string_view text);      // not with -q
  void detail(std::string_view text);    // with -v only
  void warn(std::string_view text);      // `warning: …`
  void message(std::string_view text);   // as it is
  // A failure, as text on standard error or as the document of --json; the exit status that goes with it.
  Exit fail(const api::Problem& problem);

  // Asks on standard error, reads a line from standard input without its line break; nullopt at its end.
  std::optional<std::string> ask(std::string_view question);

  std::string paint(Colour colour, std::string_view text) const;        // for standard output
  std::string paint_error(Colour colour, std::string_view text) const;  // for standard error

  // A bar on standard error (if that is a terminal), from one second after the first call on.
  void progress(double fraction, std::string_view stage);
  void clear_progress();

  // False if standard output could not take everything (a full disk, a closed pipe).
  bool flush();

 private:
  OutputOptions options_;
  bool input_is_terminal_, output_is_terminal_, error_is_terminal_;
  bool colour_output_, colour_error_;
  std::optional<std::chrono::steady_clock::time_point> progress_started_;
  int progress_shown_ = -1;  // per cent; -1 = no bar stands
};

}  // namespace lockstep::cli
