// What a run leaves for whoever takes it back, besides the changes themselves. It is kept with the run in the
// history (Run::undo_notes), as JSON; runs of a lockstep that did not write it have none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/effects.hpp"
#include "model/former_text.hpp"
#include "model/task.hpp"
#include "store/store.hpp"

namespace lockstep {

struct UndoNotes {
  // Tasks on which a person's decision made the sides alike, or its undo parted them again: taking that back gives
  // each side what it had, and the base that they had then.
  struct Apart {
    std::int64_t task_id = 0;
    std::optional<Task> base;
  };
  std::vector<Apart> apart;
  // Conflicts that the decision closed, and with what. Their sides are in the changes, their bases above: here they
  // have neither.
  struct Decided {
    Conflict conflict;
    std::string resolution;
  };
  std::vector<Decided> decided;
  std::vector<ClosedConflict> reopened;  // that an undo made pending again; `resolution`: what they had been closed with

  std::vector<FormerText> texts;  // of the YAML, where the run wrote it

  bool empty() const { return apart.empty() && decided.empty() && reopened.empty() && texts.empty(); }
  const Apart* apart_of(std::int64_t task_id) const;  // null: not among them
};

std::string write_undo_notes(const UndoNotes&);          // empty for none
UndoNotes read_undo_notes(std::string_view);             // of what write_undo_notes gave; anything else is left out

}  // namespace lockstep
