#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "api/problem.hpp"

namespace lockstep::cli {
namespace {

constexpr std::string_view kReset = "\033[0m";

std::string_view code(Colour colour) {
  switch (colour) {
    case Colour::none: return "";
    case Colour::bold: return "\033[1m";
    case Colour::dim: return "\033[2m";
    case Colour::red: return "\033[31m";
    case Colour::green: return "\033[32m";
    case Colour::yellow: return "\033[33m";
    case Colour::cyan: return "\033[36m";
  }
  return "";
}

std::string painted(bool enabled, Colour colour, std::string_view text) {
  if (!enabled || colour == Colour::none) return std::string(text);
  return std::string(code(colour)) + std::string(text) + std::string(kReset);
}

// https://no-color.org: any value that is not empty.
bool no_color_wanted() {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return true;
  const char* const terminal = std::getenv("TERM");
  return terminal != nullptr && std::string_view(terminal) == "dumb";
}

void write(std::FILE* stream, std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); }

Exit exit_of(api::ProblemKind kind) {
  switch (kind) {
    case api::ProblemKind::bad_request: return Exit::usage;
    case api::ProblemKind::conflicts: return Exit::conflicts;
    case api::ProblemKind::deletion_guard: return Exit::deletion_guard;
    case api::ProblemKind::invalid_yaml: return Exit::invalid_yaml;
    case api::ProblemKind::file_locked: return Exit::file_locked;
    default: return Exit::failed;
  }
}

}  // namespace

Terminal::Terminal(const OutputOptions& options)
    : options_(options),
      input_is_terminal_(::isatty(STDIN_FILENO) == 1),
      output_is_terminal_(::isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(::isatty(STDERR_FILENO) == 1) {
  const bool colour = !options.no_color && !no_color_wanted();
  colour_output_ = colour && output_is_terminal_ && !options.json;
  colour_error_ = colour && error_is_terminal_;
}

std::size_t Terminal::width() const {
  constexpr std::size_t kDefault = 100;
  winsize size{};
  if (output_is_terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const columns = std::getenv("COLUMNS");
  const long wanted = columns != nullptr ? std::strtol(columns, nullptr, 10) : 0;
  return wanted > 0 && wanted < 10'000 ? static_cast<std::size_t>(wanted) : kDefault;
}

void Terminal::print(std::string_view text) {
  if (!options_.json) write(stdout, text);
}

void Terminal::document(const Json& value) {
  write(stdout, output_is_terminal_ ? write_json_pretty(value) : write_json(value));
  write(stdout, "\n");
}

void Terminal::document_part(std::string_view json) { write(stdout, json); }

void Terminal::document_line(std::string_view json) {
  write(stdout, json);
  write(stdout, "\n");
}

void Terminal::note(std::string_view text) {
  if (!options_.quiet) message(text);
}

void Terminal::detail(std::string_view text) {
  if (options_.verbose) message(text);
}

void Terminal::warn(std::string_view text) {
  message(paint_error(Colour::yellow, "warning: ") + std::string(text) + "\n");
}

void Terminal::message(std::string_view text) {
  clear_progress();
  // Results that were printed before stand before, whatever the two streams are connected to.
  std::fflush(stdout);
  write(stderr, text);
}

Exit Terminal::fail(const api::Problem& problem) {
  if (options_.json) {
    clear_progress();
    document(to_json(problem));
    return exit_of(problem.kind);
  }
  const std::string detail = escaped(problem.detail, true);
  // The contract wants this sentence alone in the first line.
  const bool bare = problem.kind == api::ProblemKind::invalid_yaml;
  message((bare ? "" : paint_error(Colour::red, "error: ")) + detail + "\n");
  if (!problem.hint.empty()) message(paint_error(Colour::cyan, "hint: ") + escaped(problem.hint) + "\n");
  return exit_of(problem.kind);
}

std::optional<std::string> Terminal::ask(std::string_view question) {
  message(question);
  std::fflush(stderr);
  std::string line;
  for (int c = std::getc(stdin); c != '\n'; c = std::getc(stdin)) {
    if (c == EOF) return line.empty() ? std::nullopt : std::optional(line);
    line += static_cast<char>(c);
  }
  return line;
}

std::string Terminal::paint(Colour colour, std::string_view text) const { return painted(colour_output_, colour, text); }
std::string Terminal::paint_error(Colour colour, std::string_view text) const {
  return painted(colour_error_, colour, text);
}

void Terminal::progress(double fraction, std::string_view stage) {
  if (!error_is_terminal_ || options_.quiet) return;
  const auto now = std::chrono::steady_clock::now();
  if (!progress_started_) progress_started_ = now;
  if (now - *progress_started_ < std::chrono::seconds(1)) return;
  const int percent = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * 100));
  if (percent == progress_shown_) return;
  progress_shown_ = percent;
  constexpr int kCells = 30;
  const int full = percent * kCells / 100;
  std::string bar = "\r\033[K[";
  for (int cell = 0; cell < kCells; ++cell) bar += cell < full ? '#' : '.';
  write(stderr, bar + "] " + std::to_string(percent) + " % " + escaped(stage));
  std::fflush(stderr);
}

void Terminal::clear_progress() {
  if (progress_shown_ < 0) return;
  write(stderr, "\r\033[K");
  progress_shown_ = -1;
}

bool Terminal::flush() {
  clear_progress();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace lockstep::cli
