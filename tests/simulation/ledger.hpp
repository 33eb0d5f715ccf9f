// What was written, by whom, and what its author had seen: enough to say at the end whether anything was lost.
//
// A write sets one slot: a field of a task, whether the task is there, or a note (a comment, a key that lockstep does not
// know). It is accounted for if its value stands somewhere, or if a later write whose author had seen it took its place.
// An author has seen a write if the value stood there when he looked. Excused is what somebody's own hands destroyed:
// an old buffer saved over a file that has moved on is between that file and its editor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/task.hpp"

namespace lockstep::simulation {

using View = std::map<std::int64_t, Task>;  // one side as somebody saw it
using WriteId = std::size_t;
using Seen = std::set<WriteId>;

// Where somebody wrote: the number of a replica, whose file it was, or the database.
using Place = int;
inline constexpr Place kDatabase = -1;

struct Slot {
  std::int64_t task = 0;
  std::optional<Field> field;  // none: whether the task is there
  friend auto operator<=>(const Slot&, const Slot&) = default;
};

struct Write {
  Slot slot;
  std::optional<Value> value;  // none: the task is gone
  Place place = kDatabase;
  std::string who;
  bool certain = true;         // false: nobody knows whether it took effect
  std::vector<WriteId> superseded_by;
  bool decided = false;        // somebody who knew it decided against it
  std::string excuse;
};

// A comment or an unknown key: a text that nothing else contains.
struct Note {
  std::string text;
  int replica = 0;
  std::string who;
  std::set<std::int64_t> tasks;  // in whose lines, or directly above which, it has ever stood
  std::string excuse;
};

// What somebody knows who has looked at one side.
struct Knowledge {
  View view;
  std::map<Slot, Seen> seen;
  std::map<std::int64_t, Seen> absent;  // deletions of tasks that were not there any more
};

class Ledger {
 public:
  Knowledge look(const View&) const;

  void set(const Knowledge&, std::int64_t task, Field field, Value value, Place, const std::string& who);
  void create(const Knowledge&, const Task&, Place, const std::string& who);
  void remove(const Knowledge&, std::int64_t task, Place, const std::string& who);
  void note(std::string text, int replica, const std::string& who, std::optional<std::int64_t> task);

  // A decision: whatever of these values stands in the task's slot now has been seen by who decided, and is replaced.
  void supersede(std::int64_t task, const std::optional<Task>& former);
  void supersede(std::int64_t task, Field field, const Value& former);
  // What a decision put there.
  void decide(std::int64_t task, const std::optional<Task>& now, FieldSet fields, const std::string& who);

  // A side's text went from one to the other by somebody's hands: what it had and has no more is excused.
  void overwritten(const View& before, const View& after, const std::string& who);

  // Set back to what it was before: to who wrote elsewhere, having seen the former, nothing has changed.
  bool is_no_news(const Write&) const;

  // Somebody made the task elsewhere, and who removed it here never knew: theirs is a task that was never synced.
  bool is_made_elsewhere(const Write& removal) const;

  std::vector<Write>& writes() { return writes_; }
  std::vector<Note>& notes() { return notes_; }

 private:
  WriteId add(Write, const Seen&);
  Seen standing(const Slot&, const Value&) const;
  Seen of_task(const Knowledge&, std::int64_t task) const;
  void each(const Slot&, const std::function<void(WriteId, Write&)>&);

  std::vector<Write> writes_;
  std::map<Slot, std::vector<WriteId>> by_slot_;
  std::vector<Note> notes_;
};

std::string describe(const Value&);
std::string describe(const Slot&);

}  // namespace lockstep::simulation
