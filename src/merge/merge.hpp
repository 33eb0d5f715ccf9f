// Three-way merge of schedules: what THEIRS changed against BASE is done to OURS. The values are merged record by
// record and field by field; the text follows: a value comes with the bytes of the side that changed it, and comments,
// blank lines, other keys and the order of records are merged as lines. Pure.
//
// The result never has a value that was not meant: the merged text is read again, and what it says otherwise than the
// merged values is put right by the lossless editor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "merge/sequence_merge.hpp"
#include "model/task.hpp"
#include "yaml/document.hpp"

namespace lockstep::merge {

// A task that both changed apart; what `prefer` names stands in the result.
struct Clash {
  std::int64_t id = 0;
  FieldSet fields;                        // empty: one side deleted what the other one changed
  std::optional<Task> base, ours, theirs;
  // The whole task as it would be had the other side been preferred; nullopt: gone.
  std::optional<Task> otherwise;
};

struct MergeResult {
  std::string text;
  std::vector<Clash> clashes;  // by id
  // false: something that theirs changed besides the values of tasks is not in the text (another key that both changed
  // apart, comments where the text can be merged by its values only).
  bool complete = true;
  bool is_schedule = true;     // false: one of the three is no valid schedule; they were merged as lines
};

MergeResult merge_schedules(std::string_view base, std::string_view ours, std::string_view theirs, Prefer prefer,
                            const ReadOptions& options);

}  // namespace lockstep::merge
