#include "simulation/ledger.hpp"

#include <algorithm>

#include "model/json.hpp"

namespace lockstep::simulation {
namespace {

const Value kThere{std::string("there")};

}  // namespace

std::string describe(const Value& value) { return write_json(to_json(value)); }

std::string describe(const Slot& slot) {
  return "task " + std::to_string(slot.task) + (slot.field ? "." + std::string(spec(*slot.field).name) : " itself");
}

Seen Ledger::standing(const Slot& slot, const Value& value) const {
  Seen result;
  const auto found = by_slot_.find(slot);
  if (found == by_slot_.end()) return result;
  for (const WriteId id : found->second)
    if (writes_[id].value && equal(*writes_[id].value, value)) result.insert(id);
  return result;
}

Knowledge Ledger::look(const View& view) const {
  Knowledge known;
  known.view = view;
  for (const auto& [id, task] : view) {
    known.seen[{id, std::nullopt}] = standing({id, std::nullopt}, kThere);
    for (const FieldSpec& field : kSchema)
      if (field.synced) known.seen[{id, field.field}] = standing({id, field.field}, task[field.field]);
  }
  for (const auto& [slot, ids] : by_slot_) {
    if (slot.field || view.contains(slot.task)) continue;
    for (const WriteId id : ids)
      if (!writes_[id].value) known.absent[slot.task].insert(id);
  }
  return known;
}

WriteId Ledger::add(Write write, const Seen& seen) {
  for (const WriteId id : seen) writes_[id].superseded_by.push_back(writes_.size());
  writes_.push_back(std::move(write));
  by_slot_[writes_.back().slot].push_back(writes_.size() - 1);
  return writes_.size() - 1;
}

Seen Ledger::of_task(const Knowledge& known, std::int64_t task) const {
  Seen all;
  for (const auto& [slot, seen] : known.seen)
    if (slot.task == task) all.insert(seen.begin(), seen.end());
  if (const auto gone = known.absent.find(task); gone != known.absent.end()) all.insert(gone->second.begin(), gone->second.end());
  return all;
}

void Ledger::set(const Knowledge& known, std::int64_t task, Field field, Value value, Place place, const std::string& who) {
  const auto view = known.view.find(task);
  Seen seen = view == known.view.end() ? Seen{} : standing({task, field}, view->second[field]);
  add({{task, field}, std::move(value), place, who, true, {}, false, {}}, seen);
}

void Ledger::create(const Knowledge& known, const Task& task, Place place, const std::string& who) {
  add({{task.id, std::nullopt}, kThere, place, who, true, {}, false, {}}, of_task(known, task.id));
  for (const FieldSpec& field : kSchema)
    if (field.synced) add({{task.id, field.field}, task[field.field], place, who, true, {}, false, {}}, {});
}

void Ledger::remove(const Knowledge& known, std::int64_t task, Place place, const std::string& who) {
  add({{task, std::nullopt}, std::nullopt, place, who, true, {}, false, {}}, of_task(known, task));
}

void Ledger::note(std::string text, int replica, const std::string& who, std::optional<std::int64_t> task) {
  Note note{std::move(text), replica, who, {}, {}};
  if (task) note.tasks.insert(*task);
  notes_.push_back(std::move(note));
}

void Ledger::each(const Slot& slot, const std::function<void(WriteId, Write&)>& act) {
  const auto found = by_slot_.find(slot);
  if (found == by_slot_.end()) return;
  for (const WriteId id : found->second) act(id, writes_[id]);
}

void Ledger::supersede(std::int64_t task, Field field, const Value& former) {
  for (const WriteId id : standing({task, field}, former)) writes_[id].decided = true;
}

void Ledger::supersede(std::int64_t task, const std::optional<Task>& former) {
  if (!former) {
    each({task, std::nullopt}, [](WriteId, Write& write) {
      if (!write.value) write.decided = true;
    });
    return;
  }
  for (const WriteId id : standing({task, std::nullopt}, kThere)) writes_[id].decided = true;
  for (const FieldSpec& field : kSchema)
    if (field.synced) supersede(task, field.field, (*former)[field.field]);
}

void Ledger::decide(std::int64_t task, const std::optional<Task>& now, FieldSet fields, const std::string& who) {
  if (!now) {
    add({{task, std::nullopt}, std::nullopt, kDatabase, who, true, {}, false, {}}, {});
    return;
  }
  for (const FieldSpec& field : kSchema)
    if (fields.contains(field.field)) add({{task, field.field}, (*now)[field.field], kDatabase, who, true, {}, false, {}}, {});
}

void Ledger::overwritten(const View& before, const View& after, const std::string& who) {
  const auto excuse = [&](const Seen& ids) {
    for (const WriteId id : ids)
      if (writes_[id].excuse.empty()) writes_[id].excuse = "overwritten in the file by " + who;
  };
  for (const auto& [id, task] : before) {
    const auto now = after.find(id);
    if (now == after.end()) excuse(standing({id, std::nullopt}, kThere));
    for (const FieldSpec& field : kSchema) {
      if (!field.synced) continue;
      if (now != after.end() && equal(now->second[field.field], task[field.field])) continue;
      excuse(standing({id, field.field}, task[field.field]));
    }
  }
  for (const auto& [id, task] : after) {
    if (before.contains(id)) continue;
    each({id, std::nullopt}, [&](WriteId, Write& write) {
      if (!write.value && write.excuse.empty()) write.excuse = "brought back in the file by " + who;
    });
  }
}

bool Ledger::is_no_news(const Write& write) const {
  const auto slot = by_slot_.find(write.slot);
  if (slot == by_slot_.end()) return false;
  for (const WriteId id : slot->second) {
    const Write& former = writes_[id];
    const bool same = write.value && former.value ? equal(*write.value, *former.value) : !write.value && !former.value;
    if (!same || &former == &write) continue;
    if (!former.excuse.empty()) return true;
    for (const WriteId by : former.superseded_by)
      if (writes_[by].place != write.place) return true;
  }
  return false;
}

bool Ledger::is_made_elsewhere(const Write& removal) const {
  if (removal.value) return false;
  for (const WriteId made : standing({removal.slot.task, std::nullopt}, kThere)) {
    if (writes_[made].place == removal.place) continue;
    // What tells it from one of the same id made here are its values, which create() enters next.
    bool known = false;
    for (WriteId field = made + 1; field < writes_.size() && writes_[field].slot.task == removal.slot.task && writes_[field].slot.field; ++field) {
      if (writes_[field].slot.field == Field::status || writes_[field].slot.field == Field::user_id) continue;
      for (const WriteId by : writes_[field].superseded_by) known = known || writes_[by].place == removal.place;
    }
    if (!known) return true;
  }
  return false;
}

}  // namespace lockstep::simulation
