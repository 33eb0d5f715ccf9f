// Applications: they write rows of the task table, each with a look at the row just before.
#include "simulation/values.hpp"
#include "simulation/world.hpp"

namespace lockstep::simulation {
namespace {

void update(World& world, const View& rows, std::int64_t id, Field field, const Value& value, const std::string& who) {
  Task row = rows.at(id);
  if (equal(row[field], value)) return;
  row[field] = value;
  row[Field::updated_at] = world.now();
  const Knowledge known = world.ledger.look(rows);
  world.database->put(row);
  world.say(who + " sets " + describe(Slot{id, field}) + " to " + describe(value));
  world.ledger.set(known, id, field, value, kDatabase, who);
}

// Something that the slot held before and holds no more.
std::optional<Value> former_value(World& world, const Slot& slot, const Value& now, Choices& choices) {
  std::vector<Value> former;
  for (const Write& write : world.ledger.writes())
    if (write.slot == slot && write.value && !equal(*write.value, now)) former.push_back(*write.value);
  if (former.empty()) return std::nullopt;
  return choices.of(former);
}

void act(World& world, const Step& step, Choices& choices) {
  const std::string who = "application " + world.token();
  const View rows = world.rows();
  if (step.kind == Kind::insert_row) {
    const std::int64_t id = some_id(choices);
    if (rows.contains(id)) return;
    const Task task = some_task(world, choices, id);
    world.database->put(task);
    world.say(who + " inserts row " + std::to_string(id));
    return world.ledger.create(world.ledger.look(rows), task, kDatabase, who);
  }
  if (rows.empty()) return;
  const std::int64_t id = std::next(rows.begin(), static_cast<std::ptrdiff_t>(choices.below(rows.size())))->first;
  if (step.kind == Kind::delete_row) {
    if (!world.database->erase(id)) return;
    world.say(who + " deletes row " + std::to_string(id));
    return world.ledger.remove(world.ledger.look(rows), id, kDatabase, who);
  }
  const Field field = some_field(choices);
  if (step.kind == Kind::toggle_back) {
    const auto value = former_value(world, {id, field}, rows.at(id)[field], choices);
    if (value) update(world, rows, id, field, *value, who);
    return;
  }
  update(world, rows, id, field, some_value(world, choices, field), who);
}

}  // namespace

void act_as_application(World& world, const Step& step) {
  Choices choices(step.seed);
  try {
    act(world, step, choices);
  } catch (const Error& error) {  // a run holds the row: an application tries again later, or not
    world.say("an application is refused: " + error.parts().cause);
  }
}

}  // namespace lockstep::simulation
