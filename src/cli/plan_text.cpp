#include "cli/plan_text.hpp"

#include <algorithm>

#include "api/json.hpp"
#include "api/problem.hpp"
#include "cli/report.hpp"

namespace lockstep::cli {
namespace {

constexpr std::size_t kNameColumn = 14;

class PlanWriter {
 public:
  explicit PlanWriter(const Terminal& terminal)
      : terminal_(terminal), value_width_(std::max<std::size_t>(20, (terminal.width() - kNameColumn - 14) / 2)) {}

  std::string write(const PlanReport& plan) {
    for (const PlannedTask& planned : plan.tasks) add_task(planned);
    add_summary(plan);
    return std::move(text_);
  }

 private:
  void add_task(const PlannedTask& planned) {
    const bool open = planned.plan.outcome == Outcome::conflict && planned.plan.conflict;
    if (open) add_conflict(planned);
    else if (planned.plan.outcome == Outcome::waits)
      line(Colour::yellow, "? task " + std::to_string(planned.plan.id) + " waits: the YAML cannot be written");
    const char* const why = planned.plan.outcome == Outcome::merged    ? " (merged from both sides)"
                            : planned.plan.outcome == Outcome::decided ? " (conflict, decided by force)"
                                                                       : "";
    if (planned.plan.database) add_write(*planned.plan.database, planned.database, "database", why);
    if (planned.plan.yaml) add_write(*planned.plan.yaml, planned.yaml, "YAML", why);
  }

  void add_write(const Write& write, const std::optional<Task>& before, const char* side, const char* why) {
    const std::string title = " task " + std::to_string(write.task->id) + " ";
    const std::string name = is_null(write.task[Field::skill_name])
                                 ? std::string()
                                 : "  " + terminal_.paint(Colour::dim, shown(write.task[Field::skill_name]));
    switch (write.action) {
      case Action::insert:
        line(Colour::green, "+" + title + "insert into the " + side + why, name);
        for (const FieldSpec& field : kSchema)
          if (field.synced && !is_null(write.task[field.field]))
            row(field, terminal_.paint(Colour::green, value(write.task[field.field])));
        break;
      case Action::remove:
        line(Colour::red, "-" + title + "delete from the " + side + why, name);
        break;
      case Action::update:
        line(Colour::yellow, "~" + title + "update in the " + side + why, name);
        for (const FieldSpec& field : kSchema)
          if (write.fields.contains(field.field))
            row(field, terminal_.paint(Colour::red, value(before ? (*before)[field.field] : Value{})) + " → " +
                           terminal_.paint(Colour::green, value(write.task[field.field])));
        break;
    }
  }

  void add_conflict(const PlannedTask& planned) {
    line(Colour::red, "! task " + std::to_string(planned.plan.id) + " conflict: " +
                          std::string(to_string(planned.plan.conflict->reason)));
    const auto side = [&](const std::optional<Task>& task, Field field) {
      return task ? value((*task)[field]) : std::string("(absent)");
    };
    for (const FieldSpec& field : kSchema) {
      if (!planned.plan.conflict->fields.contains(field.field)) continue;
      row(field, terminal_.paint(Colour::dim, "base     ") + side(planned.base, field.field));
      continuation("YAML     ", side(planned.yaml, field.field));
      continuation("database ", side(planned.database, field.field));
    }
  }

  void add_summary(const PlanReport& plan) {
    const SyncResult& result = plan.result;
    const std::string yaml = describe_counts(result.yaml);
    const std::string database = describe_counts(result.database);
    if (!text_.empty()) text_ += "\n";
    if (!result.waiting.empty()) {
      line(Colour::yellow, "? " + describe_waiting(result.waiting.size()) + ", for they cannot be carried over for now:");
      text_ += waiting_text(result.waiting, result.waiting.size()) + "\n";
    }
    if (yaml.empty() && database.empty() && result.conflicts.empty()) {
      text_ += "Nothing to do: " + counted(result.unchanged, "task", "tasks") + " in step.\n";
      return;
    }
    text_ += terminal_.paint(Colour::bold, "Plan (" + std::string(to_string(result.direction)) + "): ");
    text_ += "database " + (database.empty() ? "unchanged" : database);
    text_ += "; YAML " + (yaml.empty() ? "unchanged" : yaml);
    if (result.merged > 0) text_ += "; " + std::to_string(result.merged) + " merged";
    if (!result.conflicts.empty()) text_ += "; " + counted(result.conflicts.size(), "conflict", "conflicts");
    text_ += "; " + std::to_string(result.unchanged) + " unchanged.\n";
    if (plan.guard)
      text_ += terminal_.paint(Colour::red, "A sync would stop. ") + api::describe(*plan.guard) +
               ". To allow it: --max-delete 100\n";
  }

  std::string value(const Value& v) const { return shortened(shown(v), value_width_); }

  void line(Colour colour, const std::string& head, const std::string& tail = "") {
    text_ += terminal_.paint(colour, head) + tail + "\n";
  }
  void row(const FieldSpec& field, const std::string& values) {
    text_ += "    " + padded(field.name, kNameColumn) + values + "\n";
  }
  void continuation(const char* label, const std::string& shown_value) {
    text_ += "    " + std::string(kNameColumn, ' ') + terminal_.paint(Colour::dim, label) + shown_value + "\n";
  }

  const Terminal& terminal_;
  std::size_t value_width_;
  std::string text_;
};

}  // namespace

std::string plan_text(const PlanReport& plan, const Terminal& terminal) { return PlanWriter(terminal).write(plan); }

}  // namespace lockstep::cli
