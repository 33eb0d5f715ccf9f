// What reading a schedule yields: the tasks, and where in the text they stand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/known_text.hpp"
#include "model/task.hpp"
#include "yaml/document.hpp"
#include "yaml/event_stream.hpp"

namespace lockstep::yaml {

// Compact, there is one per task. Offsets are bytes.
struct TaskPlace {
  std::uint32_t start = 0;  // of the task's mapping (or of the alias that stands for it), tag and anchor included
  std::uint32_t end = 0;    // of its last content; comments behind it are not part of it
  std::uint32_t position = 0;  // in Reading::order
  bool alias = false;         // the task is written elsewhere, an alias stands in the list
  bool unknown_keys = false;  // it has some
};

struct Span {
  std::size_t start = 0, end = 0;
};

struct ListPlace {
  enum class Form : std::uint8_t { missing, null, block, flow } form = Form::missing;
  Span key;    // `tasks`
  Span value;  // the list, tag and anchor included
};

struct RootPlace {
  bool present = false;
  bool flow = false;
  Span span;
};

struct MetadataPlace {
  std::optional<Span> last_sync, sync_source;  // their scalars
  bool flow = false;
};

// A task of a block list by its text: from the line of its dash to that of the next one's.
struct Item {
  std::uint32_t start = 0;
  std::int64_t id = 0;
  Fingerprint text;     // zero of the last one, whose end nothing marks
  bool warned = false;  // reading it gives a warning
};

struct Reading {
  bool whole = true;                 // else only some tasks have been read, all others of `items` are known by their text
  std::vector<Task> tasks;           // sorted by id
  std::vector<TaskPlace> places;     // of the same task
  std::vector<std::uint32_t> order;  // indexes of tasks in the order of the text
  std::vector<Item> items;           // of all tasks, in the order of the text; none where they cannot be told apart by lines
  RootPlace root;
  ListPlace list;
  MetadataPlace metadata;
  std::vector<AnchorPlace> anchors;
  std::vector<AliasPlace> aliases;  // in order of the text
  bool ascii = true;
  std::vector<Warning> warnings;
  bool no_tasks = false;  // nothing but comments

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t index_of(std::int64_t id) const {
    const auto found = std::lower_bound(tasks.begin(), tasks.end(), id,
                                        [](const Task& task, std::int64_t wanted) { return task.id < wanted; });
    return found != tasks.end() && found->id == id ? static_cast<std::size_t>(found - tasks.begin()) : npos;
  }
};

// Reads the text; what is wrong goes to `faults`. A missing list is a fault unless `may_be_empty`.
Reading read_schedule(std::string_view text, const ReadOptions& options, bool may_be_empty, FaultList& faults);

// Reads tasks whose text is not among the known ones, each with the task above it, and the last few of the list; nothing
// else is looked at. Nullopt: it has to be read whole, because something is wrong with it or cannot be told by its text.
std::optional<Reading> read_changes(std::string_view text, const ReadOptions& options, std::span<const KnownText> known);

}  // namespace lockstep::yaml
