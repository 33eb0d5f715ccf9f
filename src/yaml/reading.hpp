// What reading a schedule yields: the tasks, and where in the text they stand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/task.hpp"
#include "yaml/document.hpp"
#include "yaml/event_stream.hpp"

namespace lockstep::yaml {

// Compact, there is one per task. Offsets are bytes.
struct TaskPlace {
  std::uint32_t start = 0;  // of the task's mapping (or of the alias that stands for it), tag and anchor included
  std::uint32_t end = 0;    // of its last content; comments behind it are not part of it
  std::uint32_t line = 0;
  std::uint32_t position = 0;  // in Reading::order
  bool alias = false;  // the task is written elsewhere, an alias stands in the list
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

struct Reading {
  std::vector<Task> tasks;           // sorted by id
  std::vector<TaskPlace> places;     // of the same task
  std::vector<std::uint32_t> order;  // indexes of tasks in the order of the text
  RootPlace root;
  ListPlace list;
  MetadataPlace metadata;
  std::vector<AnchorPlace> anchors;
  std::vector<AliasPlace> aliases;  // in order of the text
  bool ascii = true;
  std::vector<Warning> warnings;
  bool no_tasks = false;  // no task list at all, and no other fault

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t index_of(std::int64_t id) const {
    const auto found = std::lower_bound(tasks.begin(), tasks.end(), id,
                                        [](const Task& task, std::int64_t wanted) { return task.id < wanted; });
    return found != tasks.end() && found->id == id ? static_cast<std::size_t>(found - tasks.begin()) : npos;
  }
};

// Reads the text; what is wrong goes to `faults`. A missing list is a fault unless `may_be_empty`.
Reading read_schedule(std::string_view text, const ReadOptions& options, bool may_be_empty, FaultList& faults);

}  // namespace lockstep::yaml
