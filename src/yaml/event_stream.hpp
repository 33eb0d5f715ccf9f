// libyaml's events with byte offsets, aliases resolved and everything capped
// that libyaml does not cap.
#pragma once

#include <yaml.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "yaml/escaped_pairs.hpp"
#include "yaml/fault.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {

enum class EventKind : std::uint8_t {
  end,  // of the text, or after a fault that nothing can be read behind; repeated for ever
  document_start,
  document_end,
  scalar,
  alias,  // only where aliases are not resolved
  mapping_start,
  mapping_end,
  sequence_start,
  sequence_end,
};
// json: never read, only wished for in writing: quoted as JSON does.
enum class ScalarStyle : std::uint8_t { plain, single_quoted, double_quoted, literal, folded, json };

inline constexpr std::size_t kNoAnchor = static_cast<std::size_t>(-1);

// Views are valid until the next call of EventStream::next().
struct Event {
  EventKind kind = EventKind::end;
  ScalarStyle style = ScalarStyle::plain;
  bool flow = false;              // collections: `{}` or `[]`
  bool broken = false;            // stands for an alias that could not be resolved: reported already
  bool replayed = false;          // comes from an anchored value, by way of the alias at alias_start
  bool non_specific_tag = false;  // `!`
  bool explicit_start = false;    // documents: `---`
  // Of the node, tag and anchor included. A block collection ends where its last
  // content ends; an empty value has a place but no length.
  std::size_t start = 0, end = 0;
  std::size_t alias_start = 0, alias_end = 0;
  std::string_view value;
  std::string_view tag;   // resolved: "tag:yaml.org,2002:str"; empty = none
  std::string_view name;  // of the anchor that the node carries, or of the alias
};

// What the text says about anchors, in order of the text.
struct AnchorPlace {
  std::size_t start = 0, end = 0;  // of the node that carries it
  std::string name;
};
struct AliasPlace {
  std::size_t start = 0, end = 0;
  std::size_t anchor = 0;  // index of its anchor
};

struct SyntaxError {
  std::string problem, context;  // libyaml's words
  std::size_t at = 0;            // bytes
  std::size_t context_at = kWholeFile;
};

// What of a text is parsed: all of it, or items of its list `tasks:` as if they were the first ones.
struct ParsedRange {
  std::size_t start = 0;        // 0, or where the line of an item's dash begins
  std::size_t end = kWholeFile; // the parser sees nothing from here on
  std::size_t root_column = 0;  // of `tasks:`; start > 0
};

class EventStream {
 public:
  enum class Aliases : std::uint8_t { resolve, keep };

  // The text must outlive the stream; check_text() must have found nothing in it.
  // Faults go to `faults`, which may be null if nobody wants to know: then failed() tells.
  // Of a range that does not begin with the text, the first events (down to that of the list) have no place of their
  // own: they are at its start.
  EventStream(std::string_view text, bool ascii, std::size_t max_depth, Aliases aliases, FaultList* faults,
              const ParsedRange& range = {});
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  const Event& next();
  const Event& current() const { return event_; }
  bool failed() const { return failed_; }

  // Collections that are open now.
  std::size_t depth() const { return depth_; }
  // Moves the limit for a part of the text; what is said of it stays the same.
  void set_max_depth(std::size_t depth) { max_depth_ = depth; }

  // The key in whose value a syntax error is, for its diagnostic.
  void set_field(std::string_view field) { field_ = field; }

  // Reads past the rest of the node that `current` began.
  void skip_rest();

  const std::vector<AnchorPlace>& anchors() const { return anchors_; }
  const std::vector<AliasPlace>& aliases() const { return alias_places_; }

 private:
  // Anchored nodes are recorded as they pass, into one tape, and replayed from it.
  struct Recorded {
    Event event;  // without its views
    std::size_t value_at = 0, value_length = 0;
    std::size_t tag_at = 0, tag_length = 0;
    std::size_t target = kNoAnchor;
  };
  struct Recording {
    std::size_t anchor = 0;
    std::size_t depth = 0;  // at which the node began
  };
  struct Replay {
    std::size_t at = 0, end = 0;
  };
  struct Binding {
    std::size_t tape_start = 0, tape_end = 0;
    bool complete = false;
  };

  static int supply(void* stream, unsigned char* buffer, std::size_t size, std::size_t* supplied);
  std::size_t byte_of(std::size_t character);
  void read_live();
  bool translate();
  void trim_block_scalar();
  void resolve_alias();
  void record();
  void close_recordings();
  bool replay();
  void start_replay(std::size_t anchor);
  bool enter_or_leave();
  void fail(std::size_t start, std::size_t end, std::string message);
  void fail_syntax();
  void break_alias(std::string message);

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t stated_depth_;
  Aliases aliases_;
  FaultList* faults_;
  std::size_t start_;     // of what is parsed
  std::string context_;   // what the parser is told to stand before it
  std::vector<std::size_t> pairs_;  // of escapes that are joined in what is parsed
  std::string joined_;              // which is this then
  std::string_view body_;
  std::size_t supplied_ = 0;  // of context and body
  CharacterOffsets offsets_;
  yaml_parser_t parser_{};
  yaml_event_t raw_{};
  bool raw_held_ = false;
  bool failed_ = false;
  std::size_t depth_ = 0;
  std::size_t content_end_ = 0;
  std::size_t budget_;  // what replaying may still cost
  Event event_;
  std::string_view field_;

  std::vector<AnchorPlace> anchors_;
  std::vector<Binding> bindings_;  // by index of anchors_
  std::vector<AliasPlace> alias_places_;
  std::unordered_map<std::string, std::size_t> bound_;  // name → its latest anchor
  std::vector<Recorded> tape_;
  std::string tape_text_;
  std::vector<Recording> recordings_;
  std::vector<Replay> replays_;
  std::size_t alias_start_ = 0, alias_end_ = 0;
};

}  // namespace lockstep::yaml
