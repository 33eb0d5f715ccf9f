#include "api/json.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "config/read_file.hpp"
#include "yaml/document.hpp"

namespace lockstep::cli {
namespace {

constexpr std::string_view kStandardInput = "-";

struct CheckedFile {
  std::string name;
  std::size_t tasks = 0;
  InvalidYaml faults;
  std::vector<Warning> warnings;
  bool valid() const { return faults.diagnostics.empty(); }
};

CheckedFile check_file(const std::string& path, const Settings& settings, bool strict) {
  CheckedFile checked;
  checked.name = path == kStandardInput ? "standard input" : path;
  std::optional<std::string> text = path == kStandardInput ? read_standard_input() : read_file(path);
  if (!text) {
    Diagnostic missing;
    missing.file = checked.name;
    missing.message = "there is no such file";
    checked.faults.diagnostics.push_back(std::move(missing));
    return checked;
  }
  ReadOptions options;
  options.file_name = checked.name;
  options.version = settings.yaml_version;
  options.unknown_keys_are_faults = strict;
  ReadResult read = Document::read(std::move(*text), options);
  if (read.document) checked.tasks = read.document->tasks().size();
  checked.faults = {std::move(read.diagnostics), read.more_diagnostics};
  checked.warnings = std::move(read.warnings);
  return checked;
}

// Workflow commands of GitHub Actions: values and messages are escaped differently.
std::string github_escaped(std::string_view text, bool property) {
  std::string result;
  for (const char c : text) {
    if (c == '%') result += "%25";
    else if (c == '\r') result += "%0D";
    else if (c == '\n') result += "%0A";
    else if (c == ':' && property) result += "%3A";
    else if (c == ',' && property) result += "%2C";
    else result += c;
  }
  return result;
}

std::string github_command(std::string_view level, std::string_view file, std::size_t line, std::size_t column,
                           std::size_t length, std::string_view message) {
  std::string text = "::" + std::string(level) + " file=" + github_escaped(file, true);
  if (line > 0) text += ",line=" + std::to_string(line);
  if (line > 0 && column > 0)
    text += ",col=" + std::to_string(column) + ",endColumn=" + std::to_string(column + std::max<std::size_t>(length, 1));
  return text + "::" + github_escaped(escaped(message, true), false) + "\n";
}

void print_github(Terminal& terminal, const std::vector<CheckedFile>& files) {
  std::string text;
  for (const CheckedFile& file : files) {
    for (const Diagnostic& d : file.faults.diagnostics)
      text += github_command("error", d.file, d.line, d.column, d.length, d.message);
    for (const Warning& w : file.warnings) text += github_command("warning", file.name, w.line.value_or(0), 0, 0, w.message);
  }
  terminal.print(text);
}

Json file_json(const CheckedFile& file) {
  Json object = Json::object();
  object.set("file", Json::string(file.name));
  object.set("valid", Json::of(file.valid()));
  object.set("tasks", Json::number(static_cast<std::int64_t>(file.tasks)));
  Json warnings = Json::array();
  for (const Warning& warning : file.warnings) warnings.items.push_back(api::warning_json(warning));
  object.set("warnings", std::move(warnings));
  return object;
}

// The problem object if a file is invalid; `valid` and `files` in either case.
Json validation_json(const std::vector<CheckedFile>& files, const InvalidYaml& all) {
  const bool valid = all.diagnostics.empty();
  Json document = valid ? Json::object() : to_json(api::problem_of(all));
  document.set("valid", Json::of(valid));
  if (valid) document.set("errors", Json::array());
  Json list = Json::array();
  for (const CheckedFile& file : files) list.items.push_back(file_json(file));
  document.set("files", std::move(list));
  return document;
}

void print_text(Terminal& terminal, const std::vector<CheckedFile>& files, const InvalidYaml& all) {
  if (!all.diagnostics.empty()) fail(terminal, all);
  for (const CheckedFile& file : files) {
    report_warnings(terminal, file.name, file.warnings);
    if (file.valid() && !terminal.quiet())
      terminal.print(escaped(file.name) + ": " + terminal.paint(Colour::green, "valid") + ", " +
                     counted(file.tasks, "task", "tasks") + "\n");
  }
}

}  // namespace

Exit run_validate(Session& session, const ValidateOptions& options) {
  using Format = ValidateOptions::Format;
  Terminal& terminal = session.terminal();
  std::vector<std::string> paths = options.files;
  if (paths.empty()) paths.push_back(session.config().engine.yaml);

  std::vector<CheckedFile> files;
  InvalidYaml all;
  for (const std::string& path : paths) {
    files.push_back(check_file(path, session.config().engine, options.strict));
    const InvalidYaml& found = files.back().faults;
    all.diagnostics.insert(all.diagnostics.end(), found.diagnostics.begin(), found.diagnostics.end());
    all.more += found.more;
  }
  const Format format = terminal.json() ? Format::json : options.format;
  switch (format) {
    case Format::json: terminal.document(validation_json(files, all)); break;
    case Format::github: print_github(terminal, files); break;
    case Format::text: print_text(terminal, files, all); break;
  }
  return all.diagnostics.empty() ? Exit::done : Exit::invalid_yaml;
}

}  // namespace lockstep::cli
