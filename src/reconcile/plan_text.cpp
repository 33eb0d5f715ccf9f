#include <charconv>
#include <string>

#include "model/json.hpp"
#include "reconcile/plan.hpp"

namespace lockstep {
namespace {

std::string_view name_of(Side side) { return side == Side::yaml ? "YAML" : "database"; }

void append_names(std::string& out, FieldSet fields) {
  bool first = true;
  for (const FieldSpec& field : kSchema) {
    if (!fields.contains(field.field)) continue;
    if (!first) out += ',';
    out += field.name;
    first = false;
  }
}

void append_write(std::string& out, Side side, const std::optional<Write>& write) {
  if (!write) return;
  out.append("; ").append(name_of(side)).append(" ").append(to_string(write->action));
  if (write->former_id) out.append(" from ").append(std::to_string(*write->former_id));
  if (write->action != Action::update) {
    out.append(" ").append(to_json_text(write->task));
    return;
  }
  for (const FieldSpec& field : kSchema) {
    if (!write->fields.contains(field.field)) continue;
    out.append(" ").append(field.name).append("=").append(write_json(to_json(write->task[field.field])));
  }
}

void append_conflict(std::string& out, const TaskPlan& task) {
  if (!task.conflict) return;
  out.append("; ").append(to_string(task.conflict->reason));
  out.append(" (").append(to_string(task.conflict->kind)).append(": ");
  append_names(out, task.conflict->fields);
  out += ')';
  if (task.winner) out.append(", ").append(name_of(*task.winner)).append(" wins");
}

void append_base(std::string& out, const BaseMove& base) {
  if (base.kind == BaseMove::Kind::set) out.append("; base ").append(to_json_text(base.task));
  if (base.kind == BaseMove::Kind::forget) out += "; base forgotten";
}

void append_counts(std::string& out, Side side, const SideCounts& counts) {
  out.append(name_of(side));
  out.append(" +").append(std::to_string(counts.inserted));
  out.append(" ~").append(std::to_string(counts.updated));
  out.append(" -").append(std::to_string(counts.deleted));
}

void append_guard(std::string& out, const GuardStop& guard) {
  out.append("stopped: would delete ").append(std::to_string(guard.would_delete));
  out.append(" of ").append(std::to_string(guard.of)).append(" tasks of the ").append(name_of(guard.side));
  std::array<char, 32> percent{};  // the shortest decimal of a double has at most 24 characters
  const auto end = std::to_chars(percent.begin(), percent.end(), guard.max_delete_percent).ptr;
  out.append(", more than ").append(percent.begin(), end).append("%\n");
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string out;
  for (const TaskPlan& task : plan.tasks) {
    out.append(std::to_string(task.id)).append(" ").append(to_string(task.outcome));
    append_conflict(out, task);
    append_write(out, Side::yaml, task.yaml);
    append_write(out, Side::database, task.database);
    append_base(out, task.base);
    out += '\n';
  }
  append_counts(out, Side::yaml, plan.yaml);
  out += "; ";
  append_counts(out, Side::database, plan.database);
  out.append("; merged ").append(std::to_string(plan.merged));
  out.append("; conflicts ").append(std::to_string(plan.conflicts)).append("\n");
  if (plan.guard) append_guard(out, *plan.guard);
  return out;
}

}  // namespace lockstep
