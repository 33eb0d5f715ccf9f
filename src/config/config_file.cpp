#include "config/config_file.hpp"

#include <yaml.h>

#include <optional>
#include <set>

#include "model/validation.hpp"

namespace lockstep::config {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Parser() { yaml_parser_delete(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  const yaml_parser_t& state() const { return parser_; }
  yaml_parser_t* get() { return &parser_; }

 private:
  yaml_parser_t parser_;
};

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool read_from(Parser& parser) {
    yaml_event_delete(&event_);
    event_ = {};
    return yaml_parser_parse(parser.get(), &event_) != 0;
  }
  yaml_event_type_t type() const { return event_.type; }
  Place place() const {
    const yaml_mark_t& start = event_.start_mark;
    const yaml_mark_t& end = event_.end_mark;
    return {start.line + 1, start.column + 1,
            start.line == end.line && end.column > start.column ? end.column - start.column : 1};
  }
  std::string text() const {
    return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
  }
  bool plain() const { return event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE; }

 private:
  yaml_event_t event_{};
};

// Thrown from the depth of the walk to read_config_entries(): what follows a fault of the syntax cannot be read.
struct Unreadable {};

class Reader {
 public:
  Reader(std::string_view text, const std::string& file_name, const std::string& folder)
      : text_(text), file_name_(file_name), folder_(folder), parser_(text) {}

  ConfigEntries read() {
    try {
      read_stream();
    } catch (const Unreadable&) {
    }
    return std::move(result_);
  }

 private:
  static constexpr int kMaxDepth = 8;

  void read_stream() {
    advance();  // stream start
    advance();
    if (event_.type() == YAML_STREAM_END_EVENT) return;  // empty, or comments only: all defaults
    advance();  // past the document's start
    const bool nothing = event_.type() == YAML_SCALAR_EVENT && event_.plain() && event_.text().empty();
    if (event_.type() == YAML_MAPPING_START_EVENT) read_mapping("", std::nullopt, 1);
    else if (!nothing) fail("expected `key: value` lines");
    advance();  // document end
    advance();
    if (event_.type() != YAML_STREAM_END_EVENT) fail("only one document is possible in a configuration");
  }

  // At the mapping's start event; leaves at its end event.
  void read_mapping(const std::string& prefix, const std::optional<Place>& parent, int depth) {
    if (depth > kMaxDepth) fail("nested too deep");
    std::set<std::string> seen;
    for (advance(); event_.type() != YAML_MAPPING_END_EVENT; advance()) {
      if (event_.type() != YAML_SCALAR_EVENT) fail("expected a key");
      ConfigEntry entry;
      const std::string key = event_.text();
      entry.name = prefix + key;
      entry.key = event_.place();
      entry.parent = parent.value_or(entry.key);
      if (!seen.insert(key).second) report("the key " + quoted_for_message(key) + " stands twice");
      advance();
      // Only `fields` nests; elsewhere a mapping is a value of the wrong type.
      const bool nests = entry.name == "fields" || prefix == "fields.";
      if (nests && event_.type() == YAML_MAPPING_START_EVENT) {
        read_mapping(entry.name + ".", entry.key, depth + 1);
        continue;
      }
      entry.value = read_value(depth + 1);
      result_.entries.push_back(std::move(entry));
    }
  }

  // At a node's first event; leaves at its last.
  Setting read_value(int depth) {
    if (depth > kMaxDepth) fail("nested too deep");
    Setting value;
    value.folder = folder_;
    value.place = event_.place();
    switch (event_.type()) {
      case YAML_SCALAR_EVENT:
        value.text = event_.text();
        value.plain = event_.plain();
        break;
      case YAML_SEQUENCE_START_EVENT:
        value.kind = Setting::Kind::list;
        for (advance(); event_.type() != YAML_SEQUENCE_END_EVENT; advance())
          value.items.push_back(read_value(depth + 1));
        break;
      case YAML_MAPPING_START_EVENT:
        value.kind = Setting::Kind::mapping;
        for (advance(); event_.type() != YAML_MAPPING_END_EVENT; advance()) read_value(depth + 1);
        break;
      default:
        fail("aliases are not possible in a configuration; quote the value if it is meant as text");
    }
    return value;
  }

  void advance() {
    if (event_.read_from(parser_)) return;
    const yaml_parser_t& state = parser_.state();
    Diagnostic fault = diagnostic({state.problem_mark.line + 1, state.problem_mark.column + 1, 1},
                                  state.problem != nullptr ? state.problem : "not readable as YAML");
    result_.faults.push_back(std::move(fault));
    throw Unreadable{};
  }

  [[noreturn]] void fail(std::string message) {
    report(std::move(message));
    throw Unreadable{};
  }

  void report(std::string message) {
    result_.faults.push_back(diagnostic(event_.place(), std::move(message)));
  }

  Diagnostic diagnostic(Place place, std::string message) const {
    Diagnostic fault;
    fault.file = file_name_;
    fault.line = place.line;
    fault.column = place.column;
    fault.length = place.length;
    fault.message = std::move(message);
    fault.source_line = source_line(text_, place.line);
    return fault;
  }

  std::string_view text_;
  const std::string& file_name_;
  const std::string& folder_;
  Parser parser_;
  Event event_;
  ConfigEntries result_;
};

}  // namespace

ConfigEntries read_config_entries(std::string_view text, const std::string& file_name, const std::string& folder) {
  return Reader(text, file_name, folder).read();
}

std::string source_line(std::string_view text, std::size_t line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace lockstep::config
