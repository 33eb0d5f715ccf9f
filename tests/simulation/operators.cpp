// Who runs lockstep: syncs, decisions, undos, other settings, tasks written through it.
#include <algorithm>

#include "model/json.hpp"
#include "model/validation.hpp"
#include "simulation/values.hpp"
#include "simulation/world.hpp"

namespace lockstep::simulation {
namespace {

struct Words {
  std::string operator()(const SyncResult& result) const {
    const auto counts = [](const SideCounts& c) {
      return std::to_string(c.inserted) + "/" + std::to_string(c.updated) + "/" + std::to_string(c.deleted);
    };
    return "yaml " + counts(result.yaml) + " database " + counts(result.database) + ", conflicts " +
           std::to_string(result.conflicts.size()) + ", run " + std::to_string(result.run_id.value_or(-1));
  }
  std::string operator()(const InvalidYaml& invalid) const {
    return "invalid: " + (invalid.diagnostics.empty() ? std::string() : invalid.diagnostics.front().message);
  }
  std::string operator()(const FileBusy& busy) const { return busy.busy.what; }
  std::string operator()(const GuardStopped&) const { return "stopped by the guard"; }
};

bool somebody_writes(World& world, const Replica& replica) {
  return std::any_of(world.open_files.begin(), world.open_files.end(),
                     [&](const OpenFile& file) { return file.buffer.replica == replica.number; });
}

void sync(World& world, const Step& step, Choices& choices) {
  Replica& replica = world.replica(step.replica);
  SyncRequest request;
  if (choices.one_in(5)) request.direction = choices.one_in(2) ? Direction::yaml_to_db : Direction::db_to_yaml;
  world.ever_one_way = world.ever_one_way || request.direction != Direction::bidirectional;
  request.force = choices.one_in(16);
  world.ever_forced = world.ever_forced || request.force;
  world.say(replica.name() + " syncs" + (request.direction == Direction::bidirectional ? "" : " " + std::string(to_string(request.direction))) +
            (request.force ? " by force" : ""));
  std::optional<SyncOutcome> outcome;
  std::optional<Status> observed;
  const World::Operated done = world.operate(step, [&](Engine& engine) {
    outcome = engine.sync(request);
    observed = engine.observed();
  });
  world.say(replica.name() + ": " + (outcome ? std::visit(Words{}, *outcome) : "no answer, " + done.refused));
  if (!done.alone || somebody_writes(world, replica)) return;
  if (!done.refused.empty()) return world.fail("refused undisturbed", done.refused);
  if (outcome && std::holds_alternative<FileBusy>(*outcome)) return world.fail("busy though nobody writes", "");
  if (done.ended && std::holds_alternative<SyncResult>(*outcome)) check_status(world, replica, *observed, "observed()");
}

// `account` hears of an operation that the power failed on, too: what it did stands in the ledger before all ends.
void operate(World& world, const Step& step, const std::function<void(Engine&)>& act,
             const std::function<void(const World::Operated&)>& account) {
  World::Operated done;
  try {
    done = world.operate(step, act);
  } catch (const SimulatedCrash&) {
    account({.ended = false, .alone = false, .refused = {}});
    throw;
  }
  account(done);
}

// ---- decisions --------------------------------------------------------------------------------------

struct Decision {
  Conflict conflict;
  Choice choice = Choice::keep_yaml;
};

// What the loser wrote has been seen by who decided, and the winner's values are what he wants.
void account(World& world, const Decision& decision, const std::string& who, bool definite) {
  const Conflict& conflict = decision.conflict;
  const auto lost = [&](const std::optional<Task>& loser, const std::optional<Task>& winner) {
    if (!loser || !winner) {
      world.ledger.supersede(conflict.task_id, loser);
    } else {
      for (const FieldSpec& field : kSchema)
        if (field.synced && !equal((*loser)[field.field], (*winner)[field.field]))
          world.ledger.supersede(conflict.task_id, field.field, (*loser)[field.field]);
    }
  };
  switch (decision.choice) {
    case Choice::keep_yaml: lost(conflict.database, conflict.yaml); break;
    case Choice::keep_db: lost(conflict.yaml, conflict.database); break;
    default:
      lost(conflict.database, conflict.yaml);
      lost(conflict.yaml, conflict.database);
      return;
  }
  if (definite)
    world.ledger.decide(conflict.task_id, decision.choice == Choice::keep_yaml ? conflict.yaml : conflict.database,
                        conflict.finding.fields, who);
}

bool resolve(World& world, const Step& step, Choices& choices, bool all) {
  Replica& replica = world.replica(step.replica);
  std::vector<Conflict> pending = world.process(replica)->conflicts({.replica = replica.settings.replica});
  if (pending.empty()) return false;
  if (!all) pending = {choices.of(pending)};
  std::vector<Decision> decisions;
  std::vector<ResolveRequest> requests;
  for (Conflict& conflict : pending) {
    const bool both_there = conflict.yaml && conflict.database;
    const Choice choice = both_there && choices.one_in(4) ? Choice::merge : choices.one_in(2) ? Choice::keep_yaml : Choice::keep_db;
    requests.push_back({conflict.number, {choice, {}}, conflict.version});
    decisions.push_back({std::move(conflict), choice});
  }
  const std::string who = "resolver " + world.token();
  world.say(replica.name() + ": " + who + " decides " + std::to_string(requests.size()) + " conflict(s), the first about task " +
            std::to_string(decisions.front().conflict.task_id) + " with " + std::string(to_string(decisions.front().choice)));
  std::vector<ResolveOutcome> outcomes;
  operate(world, step, [&](Engine& engine) { outcomes = engine.resolve_all(requests); }, [&](const World::Operated& done) {
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      if (done.ended && !std::holds_alternative<ResolveDone>(outcomes[i])) continue;
      account(world, decisions[i], who, done.ended && done.alone);
    }
    world.say(done.ended ? "decided, outcome " + std::to_string(outcomes.front().index()) : "no answer, " + done.refused);
    if (done.alone && !done.refused.empty()) world.fail("refused undisturbed", done.refused);
  });
  return true;
}

// ---- undo -------------------------------------------------------------------------------------------

std::optional<Task> task_of(const ChangeRecord& record, const std::string& image) {
  if (image.empty()) return std::nullopt;
  const JsonResult parsed = parse_json(image);
  const Json* from = &parsed.value;
  if (record.side == Side::yaml) from = parsed.value.find("task");
  Task task = task_with_defaults(record.task_id);
  if (from == nullptr) return task;
  for (const FieldSpec& field : kSchema) {
    const Json* value = from->find(field.name);
    if (value == nullptr || value->kind == Json::Kind::null) continue;
    ValueFromJson read = value_from_json(field.field, *value);
    if (read.problem.empty()) task[field.field] = std::move(read.value);
  }
  return task;
}

void undo(World& world, const Step& step, Choices& choices) {
  Replica& replica = world.replica(step.replica);
  const std::vector<Run> runs = world.process(replica)->history({.replica = replica.settings.replica, .limit = 4});
  if (runs.empty()) return;
  const std::int64_t id = choices.of(runs).id;
  const auto details = world.process(replica)->run(id);
  world.say(replica.name() + " undoes run " + std::to_string(id));
  std::optional<UndoOutcome> outcome;
  operate(world, step, [&](Engine& engine) { outcome = engine.undo(id); }, [&](const World::Operated& done) {
    const bool refused = done.ended && !std::holds_alternative<SyncResult>(*outcome);
    world.say(done.ended ? "undone, outcome " + std::to_string(outcome->index()) : "no answer, " + done.refused);
    if (done.alone && !done.refused.empty()) world.fail("refused undisturbed", done.refused);
    if (refused || !details) return;
    for (const ChangeRecord& record : details->changes) {
      world.ever_undone.insert(record.task_id);
      const auto before = task_of(record, record.before);
      const auto after = task_of(record, record.after);
      if (!before || !after) {
        world.ledger.supersede(record.task_id, after);
        continue;
      }
      for (const FieldSpec& field : kSchema)
        if (field.synced && !equal((*before)[field.field], (*after)[field.field]))
          world.ledger.supersede(record.task_id, field.field, (*after)[field.field]);
    }
  });
}

// ---- the rest ---------------------------------------------------------------------------------------

void configure(World& world, const Step& step, Choices& choices) {
  if (world.during_operation()) return;
  Replica& replica = world.replica(step.replica);
  Settings& settings = replica.settings;
  switch (choices.below(5)) {
    case 0: settings.auto_merge = !settings.auto_merge; break;
    case 1:
    case 2: {
      const Field field = choices.one_in(2) ? Field::status : Field::next_run_at;
      static constexpr Owner kOwners[] = {Owner::shared, Owner::database, Owner::yaml};
      // Two files that both own a field would never agree on it.
      const std::size_t owners = world.replicas().size() == 1 ? 3 : 2;
      settings.owners[static_cast<std::size_t>(field)] = kOwners[choices.below(owners)];
      world.ever_owned.insert(field);
      break;
    }
    case 3: {
      static constexpr OnYamlDelete kWays[] = {OnYamlDelete::remove, OnYamlDelete::disable, OnYamlDelete::ignore};
      settings.on_yaml_delete = kWays[choices.below(3)];
      world.ever_kept_rows = true;
      break;
    }
    default: settings.backups = static_cast<int>(choices.below(4));
  }
  replica.engine.reset();
  world.say(replica.name() + " is configured anew");
}

void write_task(World& world, const Step& step, Choices& choices) {
  Replica& replica = world.replica(step.replica);
  const std::string who = "client " + world.token();
  const std::int64_t id = some_id(choices);
  const Field field = some_field(choices);
  const Value value = some_value(world, choices, field);
  Knowledge known;
  TaskWriteRequest request;
  request.kind = TaskWriteRequest::Kind::update;
  request.id = id;
  request.make = [&](const Task* current) -> std::variant<Task, TaskStale, TaskProblems> {
    known = world.ledger.look(View{{id, *current}});
    Task task = *current;
    task[field] = value;
    return task;
  };
  world.say(replica.name() + ": " + who + " sets " + describe(Slot{id, field}) + " to " + describe(value));
  std::optional<TaskWriteOutcome> outcome;
  const auto account = [&](const World::Operated& done) {
    world.say(done.ended ? "outcome " + std::to_string(outcome->index()) : "no answer, " + done.refused);
    if (done.ended && !std::holds_alternative<TaskWritten>(*outcome)) return;
    if (known.view.empty() || equal(known.view.begin()->second[field], value)) return;
    world.ledger.set(known, id, field, value, kDatabase, who);
    world.ledger.writes().back().certain = done.ended && done.alone;
  };
  operate(world, step, [&](Engine& engine) { outcome = engine.write_task(request); }, account);
}

}  // namespace

bool resolve_all(World& world, Replica& replica, Choices& choices) {
  Step step;
  step.kind = Kind::resolve;
  step.replica = replica.number;
  step.seed = choices.seed();
  return resolve(world, step, choices, true);
}

void act_as_operator(World& world, const Step& step) {
  Choices choices(step.seed);
  switch (step.kind) {
    case Kind::sync: return sync(world, step, choices);
    case Kind::resolve: return void(resolve(world, step, choices, choices.one_in(3)));
    case Kind::undo: return undo(world, step, choices);
    case Kind::write_task: return write_task(world, step, choices);
    default: return configure(world, step, choices);
  }
}

}  // namespace lockstep::simulation
