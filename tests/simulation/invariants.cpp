// What must hold after every step, and what must hold once everything has come to rest.
#include <algorithm>

#include "simulation/text.hpp"
#include "simulation/world.hpp"

namespace lockstep::simulation {
namespace {

std::vector<Conflict> pending(World& world) { return world.process(world.replica(0))->conflicts({}); }

// The first task on which file and rows are apart without leave; empty: none.
std::string apart(World& world, const Replica& replica, const std::vector<Conflict>& conflicts) {
  const auto yaml = read_view(world.text(replica));
  if (!yaml) return "the file does not parse";
  const View rows = world.rows();
  const auto frozen = [&](std::int64_t id) {
    return std::any_of(conflicts.begin(), conflicts.end(), [&](const Conflict& conflict) {
      return conflict.task_id == id && conflict.replica == replica.settings.replica;
    });
  };
  std::set<std::int64_t> ids;
  for (const auto& [id, task] : *yaml) ids.insert(id);
  for (const auto& [id, task] : rows) ids.insert(id);
  for (const std::int64_t id : ids) {
    if (frozen(id)) continue;
    const auto y = yaml->find(id);
    const auto d = rows.find(id);
    if (y == yaml->end()) {
      if (world.ever_kept_rows) continue;
      return "task " + std::to_string(id) + " is in the database alone";
    }
    if (d == rows.end()) return "task " + std::to_string(id) + " is in the file alone";
    if (const FieldSet fields = differing(y->second, d->second); !fields.empty()) {
      for (const FieldSpec& field : kSchema)
        if (fields.contains(field.field))
          return "task " + std::to_string(id) + "." + std::string(field.name) + ": file " + describe(y->second[field.field]) +
                 ", database " + describe(d->second[field.field]);
    }
  }
  return {};
}

// Everything that is kept: sides, conflicts, texts saved aside.
struct Kept {
  std::vector<View> sides;   // the database first
  std::vector<View> saved;
  std::vector<Conflict> conflicts;
  std::vector<std::vector<std::string>> texts;  // by replica: the file, what was saved aside
};

Kept kept(World& world) {
  Kept all;
  all.sides.push_back(world.rows());
  all.conflicts = pending(world);
  for (auto& replica : world.replicas()) {
    auto& texts = all.texts.emplace_back();
    texts.push_back(world.text(*replica));
    all.sides.push_back(read_view(texts.front()).value_or(View{}));
    const std::string folder = "/" + replica->name();
    for (const std::string& name : world.disk.names(folder)) {
      if (name.find(".saved-") == std::string::npos) continue;
      texts.push_back(world.disk.text(folder + "/" + name).value_or(""));
      if (auto view = read_view(texts.back())) all.saved.push_back(std::move(*view));
    }
  }
  return all;
}

bool says(const View& view, const Write& write) {
  const auto task = view.find(write.slot.task);
  if (!write.value) return task == view.end();
  if (task == view.end()) return false;
  return !write.slot.field || equal(task->second[*write.slot.field], *write.value);
}

bool says(const std::optional<Task>& task, const Write& write) {
  if (!write.value || !task) return !write.value && !task;
  return !write.slot.field || equal((*task)[*write.slot.field], *write.value);
}

bool in_history(World& world, const Write& write) {
  auto engine = world.process(world.replica(0));
  for (const Run& run : engine->history({})) {
    const auto details = engine->run(run.id);
    for (const ChangeRecord& record : details->changes) {
      if (record.task_id != write.slot.task) continue;
      if (!write.value || !write.slot.field) return true;
      const std::string value = describe(*write.value);
      if (record.before.find(value) != std::string::npos || record.after.find(value) != std::string::npos) return true;
    }
  }
  return false;
}

bool accounted_for(World& world, const Kept& all, const Write& write) {
  if (!write.superseded_by.empty() || write.decided || !write.excuse.empty() || !write.certain) return true;
  if (write.slot.field && world.ever_owned.contains(*write.slot.field)) return true;
  if (world.ever_kept_rows && (!write.value || write.slot.field == Field::status)) return true;
  if (!write.value && world.ever_one_way) return true;
  for (const View& side : all.sides)
    if (says(side, write)) return true;
  for (const View& saved : all.saved)
    if (says(saved, write)) return true;
  for (const Conflict& conflict : all.conflicts)
    if (conflict.task_id == write.slot.task && (says(conflict.yaml, write) || says(conflict.database, write))) return true;
  if (world.ledger.is_no_news(write) || world.ledger.is_made_elsewhere(write)) return true;
  return world.ever_forced && in_history(world, write);
}

void check_notes(World& world, const Kept& all) {
  for (const Note& note : world.ledger.notes()) {
    if (!note.excuse.empty()) continue;
    const auto& texts = all.texts[static_cast<std::size_t>(note.replica)];
    if (std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return text.find(note.text) != std::string::npos; }))
      continue;
    // It went with a task that somebody removed, or with the text of one whose former text an undo brought back.
    if (std::any_of(note.tasks.begin(), note.tasks.end(),
                    [&](std::int64_t id) { return world.ever_removed.contains(id) || world.ever_undone.contains(id); }))
      continue;
    return world.fail("note lost", note.text + ", written by " + note.who + " into the file of r" + std::to_string(note.replica));
  }
}

}  // namespace

void check_version(World& world, const Replica& replica, const std::string& text) {
  if (read_view(text)) return;
  world.fail("unreadable version", replica.name() + " holds, and nobody wrote it so:\n" + text);
}

void check_status(World& world, Replica& replica, const Status& status, const std::string& whose) {
  if (!status.in_sync || world.violation) return;
  const std::vector<Conflict> conflicts = pending(world);
  const bool own = std::any_of(conflicts.begin(), conflicts.end(),
                               [&](const Conflict& conflict) { return conflict.replica == replica.settings.replica; });
  if (own) return world.fail("in_sync is false", whose + " of r" + std::to_string(replica.number) + ": a conflict is pending");
  if (const std::string what = apart(world, replica, {}); !what.empty())
    world.fail("in_sync is false", whose + " of r" + std::to_string(replica.number) + ": " + what);
}

void check_rest(World& world) {
  const Kept all = kept(world);
  for (auto& replica : world.replicas()) {
    const std::string name = replica->name();
    if (const std::string what = apart(world, *replica, all.conflicts); !what.empty())
      return world.fail("apart at rest", name + ": " + what);
    for (const std::string& file : world.disk.names("/" + name))
      if (file.find(".lockstep-") != std::string::npos) return world.fail("left behind", "/" + name + "/" + file);
    const bool conflicts = std::any_of(all.conflicts.begin(), all.conflicts.end(),
                                       [&](const Conflict& conflict) { return conflict.replica == replica->settings.replica; });
    const Status status = world.process(*replica)->status();
    check_status(world, *replica, status, "status() at rest");
    if (!conflicts && !status.in_sync) world.fail("not in_sync at rest", name);
  }
  for (const Write& write : world.ledger.writes()) {
    if (accounted_for(world, all, write)) continue;
    return world.fail("write lost", describe(write.slot) + (write.value ? " = " + describe(*write.value) : " removed") + ", by " +
                                        write.who + " in the " + (write.place != kDatabase ? "file" : "database"));
  }
  check_notes(world, all);
}

}  // namespace lockstep::simulation
