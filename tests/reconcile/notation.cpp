#include "reconcile/notation.hpp"

#include <array>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lockstep::notation {
namespace {

constexpr std::array<std::pair<char, std::string_view>, 5> kStatusLetters{
    {{'a', "pending"}, {'b', "running"}, {'c', "completed"}, {'d', "failed"}, {'x', "disabled"}}};

std::string status_of(char letter) {
  for (const auto& [candidate, status] : kStatusLetters)
    if (candidate == letter) return std::string(status);
  throw std::invalid_argument("no such status letter");
}

char letter_of(std::string_view status) {
  for (const auto& [letter, candidate] : kStatusLetters)
    if (candidate == status) return letter;
  return '?';
}

std::string_view reason_name(ConflictReason reason) {
  switch (reason) {
    case ConflictReason::database_newer: return "database_newer";
    case ConflictReason::yaml_newer: return "yaml_newer";
    case ConflictReason::both_changed: return "both_changed";
    case ConflictReason::never_synced: return "never_synced";
    case ConflictReason::deleted_in_yaml: return "deleted_in_yaml";
    case ConflictReason::deleted_in_database: return "deleted_in_database";
  }
  return "?";
}

bool set_word(Policy& policy, std::string_view word) {
  if (const auto direction = direction_by_name(word)) policy.direction = *direction;
  else if (word == "force") policy.force = true;
  else if (word == "no_merge") policy.auto_merge = false;
  else if (word == "first_sync") policy.first_sync = true;
  else if (word == "read_only") policy.yaml_read_only = true;
  else if (word == "disable") policy.on_yaml_delete = OnYamlDelete::disable;
  else if (word == "ignore") policy.on_yaml_delete = OnYamlDelete::ignore;
  else if (word == "no_user") policy.synced.erase(Field::user_id);
  else if (word.starts_with("file@")) policy.yaml_file_time = at(std::stoll(std::string(word.substr(5))));
  else return false;
  return true;
}

bool set_owner(Policy& policy, std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = word.substr(0, colon), owner = word.substr(colon + 1);
  const auto field = name == "cron" ? Field::schedule_cron : name == "user" ? Field::user_id : Field::status;
  policy.owners[static_cast<std::size_t>(field)] = owner == "yaml" ? Owner::yaml : Owner::database;
  return owner == "yaml" || owner == "database";
}

void carry_out(std::optional<Task>& side, const std::optional<Write>& write, Timestamp now) {
  if (!write) return;
  if (write->action == Action::remove) {
    side.reset();
    return;
  }
  side = write->task;
  if (write->action == Action::update && !is_null((*side)[Field::updated_at])) (*side)[Field::updated_at] = now;
}

std::string fault_in_write(const Write& write, const std::optional<Task>& before, const Policy& policy) {
  if (write.former_id) return "an id changes";
  if ((write.action == Action::insert) == before.has_value()) return "inserts what is there, or touches what is not";
  if (write.action == Action::insert) return write.fields.empty() ? "" : "an insert names fields";
  if (write.action == Action::remove)
    return differing(write.task, *before, FieldSet::all()).empty() ? "" : "removes another task than the one there";
  if (write.fields.empty()) return "an update of nothing";
  if (!(write.fields - (policy.synced & FieldSet::synced())).empty()) return "writes a field that is not synced";
  if (differing(write.task, *before, FieldSet::all()) != write.fields) return "`fields` are not what changes";
  return {};
}

std::string fault_in_base(const BaseMove& move, const World& before, const Policy& policy) {
  if (move.kind == BaseMove::Kind::forget && !before.base) return "forgets no base";
  if (move.kind != BaseMove::Kind::set || !before.base) return {};
  FieldSet remembered = policy.synced;
  remembered.insert(Field::updated_at);
  return differing(move.task, *before.base, remembered).empty() ? "sets the base that is there" : "";
}

}  // namespace

std::optional<Task> task_of(std::string_view text, std::int64_t id) {
  if (text == "-") return std::nullopt;
  if (text.size() < 3) throw std::invalid_argument("a task is three letters");
  Task task = task_with_defaults(id);
  task[Field::skill_name] = std::string("backup");
  task[Field::schedule_cron] = std::string("0 * * * *").replace(0, 1, 1, static_cast<char>('1' + (text[0] - 'a')));
  task[Field::next_run_at] = at(1'000'000);
  task[Field::user_id] = std::string(1, text[1]);
  task[Field::status] = status_of(text[2]);
  if (const auto mark = text.find('@'); mark != std::string_view::npos)
    task[Field::updated_at] = at(std::stoll(std::string(text.substr(mark + 1))));
  return task;
}

std::string text_of(const std::optional<Task>& task) {
  if (!task) return "-";
  std::string text;
  text += static_cast<char>('a' + (task->text(Field::schedule_cron)[0] - '1'));
  text += is_null((*task)[Field::user_id]) ? std::string("~") : task->text(Field::user_id);
  text += letter_of(task->text(Field::status));
  if (const auto time = task->instant(Field::updated_at)) text.append("@").append(std::to_string(time->micros / 1'000'000));
  return text;
}

Policy policy_of(std::string_view words) {
  Policy policy;
  policy.now = at(kNowSeconds);
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word;)
    if (!set_word(policy, word) && !set_owner(policy, word)) throw std::invalid_argument("no such policy: " + word);
  return policy;
}

Triple World::triple(std::int64_t id) const {
  return {id, base ? &*base : nullptr, yaml ? &*yaml : nullptr, database ? &*database : nullptr};
}

World world_of(std::string_view base_yaml_database) {
  std::istringstream in{std::string(base_yaml_database)};
  std::string base, yaml, database;
  in >> base >> yaml >> database;
  return {task_of(base), task_of(yaml), task_of(database)};
}

World apply(World world, const TaskPlan& plan, Timestamp now) {
  carry_out(world.yaml, plan.yaml, now);
  carry_out(world.database, plan.database, now);
  if (plan.base.kind == BaseMove::Kind::set) world.base = plan.base.task;
  if (plan.base.kind == BaseMove::Kind::forget) world.base.reset();
  return world;
}

std::string text_of(const ConflictFinding& finding) {
  std::string text(reason_name(finding.reason));
  text.append(" ").append(to_string(finding.kind)).append(" ");
  if (finding.fields.contains(Field::schedule_cron)) text += 'c';
  if (finding.fields.contains(Field::user_id)) text += 'u';
  if (finding.fields.contains(Field::status)) text += 's';
  return text;
}

std::string result_of(const World& after, const TaskPlan& plan) {
  std::string text(to_string(plan.outcome));
  if (plan.conflict) {
    text.append("(").append(text_of(*plan.conflict));
    if (plan.winner) text += *plan.winner == Side::yaml ? ", yaml" : ", database";
    text += ")";
  }
  text.append(": ").append(text_of(after.yaml));
  text.append(" ").append(text_of(after.database));
  return text.append(" ").append(text_of(after.base));
}

std::string fault_in(const TaskPlan& plan, const World& before, const Policy& policy) {
  if (plan.yaml && policy.direction == Direction::yaml_to_db) return "writes the YAML in yaml_to_db";
  if (plan.database && policy.direction == Direction::db_to_yaml) return "writes the database in db_to_yaml";
  const bool found = plan.outcome == Outcome::conflict || plan.outcome == Outcome::decided;
  if (found != plan.conflict.has_value()) return "a finding belongs to a conflict, decided or not";
  if ((plan.outcome == Outcome::decided) != plan.winner.has_value()) return "a winner belongs to a decision";
  if (plan.outcome == Outcome::conflict && (plan.yaml || plan.database)) return "writes a task in conflict";
  if (plan.outcome == Outcome::in_sync && (plan.yaml || plan.database)) return "writes a task in sync";
  if (plan.outcome == Outcome::conflict && plan.conflict->fields.empty()) return "a conflict about nothing";
  if (plan.yaml)
    if (std::string fault = fault_in_write(*plan.yaml, before.yaml, policy); !fault.empty()) return fault + " (YAML)";
  if (plan.database)
    if (std::string fault = fault_in_write(*plan.database, before.database, policy); !fault.empty())
      return fault + " (database)";
  return fault_in_base(plan.base, before, policy);
}

}  // namespace lockstep::notation
