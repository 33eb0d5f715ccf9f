// How the tasks of a schedule are written, so that new ones look like their neighbours.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "model/task.hpp"
#include "yaml/json_text.hpp"
#include "yaml/reading.hpp"

namespace lockstep::yaml {

struct TaskStyle {
  struct OfField {
    bool seen = false;
    ScalarStyle quoting = ScalarStyle::plain;
    std::string sample;  // a value as it stands in the text, for timestamps
  };
  std::array<OfField, kFieldCount> fields;
  bool seen = false;              // there is a task to look at
  bool flow = false;              // the last task is written as `{…}`
  std::vector<std::string> keys;  // the schema's keys of the last task, in its order
  ScalarStyle key_quoting = ScalarStyle::plain;
  std::size_t key_offset = 2;  // from the dash to the keys
  JsonStyle braces;               // of a task in braces
  JsonStyle params;
  bool params_seen = false;
  bool params_flow = false;
};

// Of the last few tasks of the text; of a text that is JSON, as JSON.
TaskStyle style_of_tasks(std::string_view text, const Reading& reading, bool json);

// `key: value` in that style; within a block mapping whose keys stand at `column`, or in brackets, in a line that is
// indented by that much.
std::string write_field(Field field, const Value& value, const TaskStyle& style, bool flow, std::size_t column);

// A whole task, in schema keys: as lines joined by `\n`, the first beginning with the dash
// (unindented, the others indented for a dash at `column`), or as `{…}` in a line that is indented by `column`.
// `written` tells which fields it has.
struct WrittenTask {
  std::string text;
  FieldSet written;
};
WrittenTask write_block_task(const Task& task, const TaskStyle& style, std::size_t column);
WrittenTask write_flow_task(const Task& task, const TaskStyle& style, std::size_t column);

// Where a key belongs among others that are there, by the schema's order: behind which index; npos = before all.
std::size_t place_for(std::string_view key, const std::vector<std::string>& keys);

}  // namespace lockstep::yaml
