#include "yaml/event_stream.hpp"

#include <algorithm>
#include <new>

#include "yaml/syntax_hint.hpp"

namespace lockstep::yaml {
namespace {

// Aliases may blow the text up by this factor (and by this much in any case)
// before they are taken for a bomb. An event costs its text and a little more.
constexpr std::size_t kExpansionFactor = 16;
constexpr std::size_t kExpansionFloor = std::size_t{16} << 20;
constexpr std::size_t kEventCost = 16;

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

ScalarStyle style_of(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      return ScalarStyle::single_quoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return ScalarStyle::double_quoted;
    case YAML_LITERAL_SCALAR_STYLE:
      return ScalarStyle::literal;
    case YAML_FOLDED_SCALAR_STYLE:
      return ScalarStyle::folded;
    default:
      return ScalarStyle::plain;
  }
}

bool opens(EventKind kind) { return kind == EventKind::mapping_start || kind == EventKind::sequence_start; }
bool closes(EventKind kind) { return kind == EventKind::mapping_end || kind == EventKind::sequence_end; }

}  // namespace

EventStream::EventStream(std::string_view text, bool ascii, std::size_t max_depth, Aliases aliases, FaultList* faults,
                         const ParsedRange& range)
    : text_(text),
      max_depth_(max_depth),
      stated_depth_(max_depth),
      aliases_(aliases),
      faults_(faults),
      start_(range.start == 0 ? bom_length(text) : range.start),
      context_(range.start == 0 ? "" : std::string(range.root_column, ' ') + "tasks:\n"),
      pairs_(find_escaped_pairs(text, ascii, max_depth, range)),
      joined_(with_joined_pairs(text.substr(start_, std::max(range.end, start_) - start_), start_, pairs_)),
      body_(pairs_.empty() ? text.substr(start_, std::max(range.end, start_) - start_) : std::string_view(joined_)),
      offsets_(body_, ascii),
      budget_(kExpansionFloor + kExpansionFactor * text.size()) {
  if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
  yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  yaml_parser_set_input(&parser_, supply, this);
}

// libyaml's read handler.
int EventStream::supply(void* stream, unsigned char* buffer, std::size_t size, std::size_t* supplied) {
  EventStream& self = *static_cast<EventStream*>(stream);
  const bool in_context = self.supplied_ < self.context_.size();
  const std::string_view rest = in_context ? std::string_view(self.context_).substr(self.supplied_)
                                           : self.body_.substr(self.supplied_ - self.context_.size());
  *supplied = rest.copy(reinterpret_cast<char*>(buffer), size);
  self.supplied_ += *supplied;
  return 1;
}

// libyaml's marks count characters from the beginning of what it was given.
std::size_t EventStream::byte_of(std::size_t character) {
  if (character < context_.size()) return start_;
  const std::size_t at = offsets_.byte_of(character - context_.size());
  return start_ + (pairs_.empty() ? at : before_joining(at, start_, pairs_));
}

EventStream::~EventStream() {
  if (raw_held_) yaml_event_delete(&raw_);
  yaml_parser_delete(&parser_);
}

const Event& EventStream::next() {
  if (failed_) return event_;
  if (!replay()) read_live();
  return event_;
}

void EventStream::skip_rest() {
  if (!opens(event_.kind)) return;
  const std::size_t outside = depth_ - 1;
  while (depth_ > outside && next().kind != EventKind::end) {
  }
}

void EventStream::read_live() {
  do {
    if (raw_held_) yaml_event_delete(&raw_);
    raw_held_ = yaml_parser_parse(&parser_, &raw_) != 0;
    if (!raw_held_) return fail_syntax();
  } while (!translate());
  if (!enter_or_leave()) return;
  if (event_.kind == EventKind::alias && aliases_ == Aliases::resolve) return resolve_alias();
  if (!recordings_.empty() || !event_.name.empty()) record();
}

// False for an event that nobody needs to see.
bool EventStream::translate() {
  event_ = Event{};
  event_.start = byte_of(raw_.start_mark.index);
  event_.end =
      raw_.end_mark.index == raw_.start_mark.index ? event_.start : byte_of(raw_.end_mark.index);
  switch (raw_.type) {
    case YAML_SCALAR_EVENT: {
      const auto& scalar = raw_.data.scalar;
      event_.kind = EventKind::scalar;
      event_.style = style_of(scalar.style);
      event_.value = {reinterpret_cast<const char*>(scalar.value), scalar.length};
      event_.tag = view(scalar.tag);
      event_.name = view(scalar.anchor);
      break;
    }
    case YAML_ALIAS_EVENT:
      event_.kind = EventKind::alias;
      event_.name = view(raw_.data.alias.anchor);
      break;
    case YAML_MAPPING_START_EVENT:
      event_.kind = EventKind::mapping_start;
      event_.flow = raw_.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
      event_.tag = view(raw_.data.mapping_start.tag);
      event_.name = view(raw_.data.mapping_start.anchor);
      break;
    case YAML_SEQUENCE_START_EVENT:
      event_.kind = EventKind::sequence_start;
      event_.flow = raw_.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
      event_.tag = view(raw_.data.sequence_start.tag);
      event_.name = view(raw_.data.sequence_start.anchor);
      break;
    case YAML_MAPPING_END_EVENT:
      event_.kind = EventKind::mapping_end;
      break;
    case YAML_SEQUENCE_END_EVENT:
      event_.kind = EventKind::sequence_end;
      break;
    case YAML_DOCUMENT_START_EVENT:
      event_.kind = EventKind::document_start;
      event_.explicit_start = raw_.data.document_start.implicit == 0;
      return true;
    case YAML_DOCUMENT_END_EVENT:
      event_.kind = EventKind::document_end;
      return true;
    case YAML_STREAM_END_EVENT:
      event_.kind = EventKind::end;
      return true;
    default:
      return false;
  }
  if (event_.tag == "!") event_.tag = {};
  // libyaml forgets a non-specific tag of a scalar; the text has it, before or after the anchor.
  if (event_.kind == EventKind::scalar && event_.tag.empty() && event_.start < event_.end &&
      (text_[event_.start] == '!' || text_[event_.start] == '&')) {
    std::size_t at = event_.start;
    if (text_[at] == '&') at = skip_to_content(text_, at + 1 + event_.name.size());
    event_.non_specific_tag = at < event_.end && text_[at] == '!';
  }
  if (event_.style == ScalarStyle::literal || event_.style == ScalarStyle::folded) trim_block_scalar();
  // The end of a block collection is only seen at the next token, comments and blank lines later.
  if (closes(event_.kind) && event_.start == event_.end) {
    event_.start = event_.end = content_end_;
  } else if (!opens(event_.kind)) {
    content_end_ = event_.end;
  }
  return true;
}

// Blank lines behind a block scalar belong to it only where its header says `+`.
void EventStream::trim_block_scalar() {
  std::size_t header = event_.start;
  while (header < event_.end && text_[header] != '|' && text_[header] != '>') ++header;
  const std::size_t header_end = line_end(text_, header);
  if (text_.substr(header, std::min<std::size_t>(3, header_end - header)).find('+') != std::string_view::npos) return;
  std::size_t last = event_.end;
  while (last > header && std::string_view(" \t\r\n").find(text_[last - 1]) != std::string_view::npos) --last;
  event_.end = std::min(event_.end, next_line(text_, last));
}

// Keeps count of the depth; false if it is too much.
bool EventStream::enter_or_leave() {
  if (opens(event_.kind) && ++depth_ > max_depth_) {
    fail(event_.start, event_.start + 1,
         "nested deeper than " + std::to_string(stated_depth_) + " levels: make it flatter");
    return false;
  }
  if (closes(event_.kind)) --depth_;
  return true;
}

void EventStream::record() {
  if (aliases_ == Aliases::keep) return;
  if (!event_.name.empty() && event_.kind != EventKind::alias) {
    const std::size_t anchor = anchors_.size();
    anchors_.push_back({event_.start, event_.end, std::string(event_.name)});
    bindings_.push_back({tape_.size(), 0, false});
    bound_[anchors_.back().name] = anchor;
    recordings_.push_back({anchor, depth_ - (opens(event_.kind) ? 1 : 0)});
  }
  Recorded& recorded = tape_.emplace_back();
  recorded.event = event_;
  recorded.value_at = tape_text_.size();
  recorded.value_length = event_.value.size();
  tape_text_ += event_.value;
  recorded.tag_at = tape_text_.size();
  recorded.tag_length = event_.tag.size();
  tape_text_ += event_.tag;
  recorded.event.value = recorded.event.tag = recorded.event.name = {};
  close_recordings();
}

void EventStream::close_recordings() {
  while (!recordings_.empty() && !opens(event_.kind) && recordings_.back().depth == depth_) {
    Binding& binding = bindings_[recordings_.back().anchor];
    binding.tape_end = tape_.size();
    binding.complete = true;
    anchors_[recordings_.back().anchor].end = event_.end;
    recordings_.pop_back();
  }
}

void EventStream::resolve_alias() {
  alias_start_ = event_.start;
  alias_end_ = event_.end;
  const std::string name(event_.name);
  const auto found = bound_.find(name);
  if (found == bound_.end())
    return break_alias("*" + name + " refers to an anchor that is not defined before it: define it with &" + name +
                       ", or quote the value if it is text: " + "\"*" + name + "\"");
  if (!bindings_[found->second].complete)
    return break_alias("*" + name + " stands inside the very value that it refers to: write that value out");
  alias_places_.push_back({event_.start, event_.end, found->second});
  if (!recordings_.empty()) {
    Recorded& recorded = tape_.emplace_back();
    recorded.event.kind = EventKind::alias;
    recorded.event.start = event_.start;
    recorded.event.end = event_.end;
    recorded.target = found->second;
    close_recordings();
  }
  start_replay(found->second);
  replay();
}

void EventStream::break_alias(std::string message) {
  if (faults_ != nullptr) faults_->add(event_.start, event_.end, std::string(field_), std::move(message));
  const Event alias = event_;
  event_ = Event{};
  event_.kind = EventKind::scalar;
  event_.broken = true;
  event_.start = alias.start;
  event_.end = alias.end;
  if (!recordings_.empty()) record();
}

void EventStream::start_replay(std::size_t anchor) {
  replays_.push_back({bindings_[anchor].tape_start, bindings_[anchor].tape_end});
}

// The next event of what is being replayed; false if nothing is.
bool EventStream::replay() {
  while (!replays_.empty()) {
    Replay& top = replays_.back();
    if (top.at == top.end) {
      replays_.pop_back();
      continue;
    }
    const Recorded& recorded = tape_[top.at++];
    const std::size_t cost = kEventCost + recorded.value_length;
    if (cost > budget_) {
      fail(alias_start_, alias_end_, "aliases blow this file up beyond measure: write some of the values out");
      return true;
    }
    budget_ -= cost;
    if (recorded.target != kNoAnchor) {
      start_replay(recorded.target);
      continue;
    }
    event_ = recorded.event;
    event_.replayed = true;
    event_.alias_start = alias_start_;
    event_.alias_end = alias_end_;
    event_.value = std::string_view(tape_text_).substr(recorded.value_at, recorded.value_length);
    event_.tag = std::string_view(tape_text_).substr(recorded.tag_at, recorded.tag_length);
    enter_or_leave();
    return true;
  }
  return false;
}

void EventStream::fail(std::size_t start, std::size_t end, std::string message) {
  failed_ = true;
  event_ = Event{};
  event_.start = event_.end = start;
  replays_.clear();
  // `*5 * * * *` is an undefined alias first and a syntax error then: one fault.
  if (faults_ != nullptr) faults_->add_instead({start, end, std::nullopt, std::string(field_), std::move(message)});
}

void EventStream::fail_syntax() {
  SyntaxError error;
  if (parser_.problem != nullptr) error.problem = parser_.problem;
  if (parser_.context != nullptr) {
    error.context = parser_.context;
    error.context_at = byte_of(parser_.context_mark.index);
  }
  // The reader of bytes gives an offset only, in bytes already.
  error.at = parser_.error == YAML_READER_ERROR ? std::min(start_ + parser_.problem_offset, text_.size())
                                                : byte_of(parser_.problem_mark.index);
  if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
  const SyntaxHint hint = explain(text_, error);
  fail(hint.start, hint.end, hint.message);
}

}  // namespace lockstep::yaml
