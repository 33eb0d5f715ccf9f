// Every triple over a handful of tasks, under every policy, against the tables
// of the semantics written out once more: as patterns over letters, with none of
// the planner's types. It ends in the same notation as the planner's result.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "reconcile/notation.hpp"

namespace lockstep {
namespace {

using namespace notation;

struct Letters {
  std::string fields;  // "aab": cron, user, status
  int time = 0;        // updated_at; 0 = none
};
using Snapshot = std::optional<Letters>;

std::string written(const Letters& task) {
  std::string text = task.fields;
  if (task.time) text.append("@").append(std::to_string(task.time));
  return text;
}

struct Setting {
  std::string mode;  // "both", "read", "waiting" (a read sync since the YAML cannot be written), "write"
  bool force = false, merge = true, first = false;
  char on_delete = 'r';  // r, d, i
  char owner = '-';      // of the status: -, y, d
  int file_time = 0;
};

enum class Verdict { agree, row_takes, yaml_takes, compare, two_new, drop_row, alone, waits, read_clash, write_clash,
                     gone_from_yaml, gone_from_row };

// Base: - absent, B there, . either. Sides: - absent, + there, = as the base, ~ changed. First match.
struct Row {
  std::string_view base, yaml, row;
  Verdict verdict;
};

const std::vector<Row> kBoth{
    {"-", "+", "-", Verdict::row_takes},      {"-", "-", "+", Verdict::yaml_takes},
    {"-", "+", "+", Verdict::two_new},        {"B", "~", "=", Verdict::row_takes},
    {"B", "=", "~", Verdict::yaml_takes},     {"B", "~", "~", Verdict::compare},
    {"B", "-", "=", Verdict::drop_row},       {"B", "=", "-", Verdict::yaml_takes},
    {"B", "-", "~", Verdict::gone_from_yaml}, {"B", "~", "-", Verdict::gone_from_row},
    {"B", "-", "-", Verdict::agree},
};
const std::vector<Row> kRead{
    {".", "+", "-", Verdict::row_takes},      {"-", "-", "+", Verdict::alone},
    {"-", "+", "+", Verdict::two_new},        {"B", "~", "=", Verdict::row_takes},
    {"B", "-", "=", Verdict::drop_row},       {"B", "=", "~", Verdict::read_clash},
    {"B", "~", "~", Verdict::compare},        {"B", "-", "~", Verdict::gone_from_yaml},
    {"B", "-", "-", Verdict::agree},
};
const std::vector<Row> kWaiting{
    {"-", "+", "-", Verdict::row_takes},      {"B", "~", "-", Verdict::row_takes},
    {"B", "=", "-", Verdict::waits},          {"-", "-", "+", Verdict::alone},
    {"-", "+", "+", Verdict::two_new},        {"B", "~", "=", Verdict::row_takes},
    {"B", "-", "=", Verdict::drop_row},       {"B", "=", "~", Verdict::waits},
    {"B", "~", "~", Verdict::compare},        {"B", "-", "~", Verdict::gone_from_yaml},
    {"B", "-", "-", Verdict::agree},
};
const std::vector<Row> kWrite{
    {".", "-", "+", Verdict::yaml_takes},     {"-", "+", "-", Verdict::alone},
    {"-", "+", "+", Verdict::two_new},        {"B", "=", "~", Verdict::yaml_takes},
    {"B", "=", "-", Verdict::yaml_takes},     {"B", "~", "=", Verdict::write_clash},
    {"B", "~", "~", Verdict::compare},        {"B", "~", "-", Verdict::gone_from_row},
    {"B", "-", "-", Verdict::agree},
};
const std::vector<Row> kWriteKeeping{
    {"B", "-", "=", Verdict::alone},          {"B", "-", "~", Verdict::gone_from_yaml},
    {"-", "-", "+", Verdict::yaml_takes},     {"-", "+", "-", Verdict::alone},
    {"-", "+", "+", Verdict::two_new},        {"B", "=", "~", Verdict::yaml_takes},
    {"B", "=", "-", Verdict::yaml_takes},     {"B", "~", "=", Verdict::write_clash},
    {"B", "~", "~", Verdict::compare},        {"B", "~", "-", Verdict::gone_from_row},
    {"B", "-", "-", Verdict::agree},
};

class Expectation {
 public:
  Expectation(const Setting& setting, Snapshot base, Snapshot yaml, Snapshot row)
      : setting_(setting), base_(base), yaml_(yaml), row_(row), new_base_(base), new_yaml_(yaml), new_row_(row) {
    deciding_ = setting.owner == '-' ? 3 : 2;  // the status comes last
  }

  std::string text() {
    carry_out(verdict());
    if (outcome_ != "conflict") owner_speaks();
    if (outcome_ == "in_sync" && (moved(yaml_, new_yaml_) || moved(row_, new_row_))) outcome_ = "carried";
    stamp(yaml_, new_yaml_);
    stamp(row_, new_row_);
    if (!base_done_) learn();
    std::string text = outcome_ + found_;
    for (const Snapshot* side : {&new_yaml_, &new_row_, &new_base_}) text.append(side == &new_yaml_ ? ": " : " ").append(show(*side));
    return text;
  }

 private:
  static std::string show(const Snapshot& s) {
    if (!s) return "-";
    return written(*s);
  }
  static bool moved(const Snapshot& before, const Snapshot& after) {
    return before.has_value() != after.has_value() || (before && before->fields != after->fields);
  }
  static void stamp(const Snapshot& before, Snapshot& after) {
    if (before && after && before->fields != after->fields && after->time) after->time = kNowSeconds;
  }
  std::string deciding(const Snapshot& s) const { return s ? s->fields.substr(0, deciding_) : "-"; }
  std::string differing_letters(const Snapshot& a, const Snapshot& b) const {
    std::string letters;
    for (std::size_t i = 0; i < deciding_; ++i)
      if (a->fields[i] != b->fields[i]) letters += "cus"[i];
    return letters;
  }
  bool writes_yaml() const { return setting_.mode == "both" || setting_.mode == "write"; }
  bool writes_row() const { return setting_.mode != "write"; }

  bool fits(std::string_view pattern, const Snapshot& s) const {
    if (pattern == "-") return !s;
    if (pattern == "+") return s.has_value();
    if (pattern == "=") return s && deciding(s) == deciding(base_);
    return s && deciding(s) != deciding(base_);
  }

  Verdict verdict() const {
    if (yaml_ && row_ && deciding(yaml_) == deciding(row_)) return Verdict::agree;
    const auto& rows = setting_.mode == "both"      ? kBoth
                       : setting_.mode == "read"    ? kRead
                       : setting_.mode == "waiting" ? kWaiting
                       : setting_.on_delete == 'r'  ? kWrite
                                                    : kWriteKeeping;
    for (const Row& r : rows) {
      const bool base_fits = r.base == "." || (r.base == "B") == base_.has_value();
      if (base_fits && fits(r.yaml, yaml_) && fits(r.row, row_)) return r.verdict;
    }
    throw std::logic_error("a cell that no table has");
  }

  void take(Snapshot& to, const Snapshot& from) {
    if (to && from)
      to->fields.replace(0, deciding_, from->fields, 0, deciding_);
    else
      to = from;
  }

  void carry_out(Verdict v) {
    const bool yaml_newer = yaml_ && row_ && yaml_->time && row_->time && yaml_->time > row_->time;
    const bool row_newer = yaml_ && row_ && yaml_->time && row_->time && row_->time > yaml_->time;
    switch (v) {
      case Verdict::agree: outcome_ = "in_sync"; break;
      case Verdict::row_takes: outcome_ = "carried"; take(new_row_, yaml_); break;
      case Verdict::yaml_takes: outcome_ = "carried"; take(new_yaml_, row_); break;
      case Verdict::alone: outcome_ = "left_alone"; break;
      case Verdict::waits: outcome_ = "waits"; break;
      case Verdict::drop_row: drop_row(); break;
      case Verdict::compare: compare(); break;
      case Verdict::two_new:
        if (setting_.first && setting_.mode == "write" && row_newer) return carry_out(Verdict::yaml_takes);
        if (setting_.first && setting_.mode != "write" && yaml_newer) return carry_out(Verdict::row_takes);
        clash(yaml_newer ? "yaml_newer" : row_newer ? "database_newer" : "never_synced", "create/create",
              differing_letters(yaml_, row_), false);
        break;
      case Verdict::read_clash: clash("database_newer", "update/update", differing_letters(yaml_, row_), false); break;
      case Verdict::write_clash: clash("yaml_newer", "update/update", differing_letters(yaml_, row_), false); break;
      case Verdict::gone_from_yaml: clash("deleted_in_yaml", "delete/update", differing_letters(base_, row_), false); break;
      case Verdict::gone_from_row: clash("deleted_in_database", "update/delete", differing_letters(base_, yaml_), false); break;
    }
  }

  void drop_row() {
    if (setting_.on_delete == 'r') {
      outcome_ = "carried";
      new_row_.reset();
      return;
    }
    outcome_ = "left_alone";
    new_base_->fields = row_->fields;
    if (setting_.on_delete == 'd') {
      const bool owner_objects = setting_.owner == 'd' && base_->fields[2] == 'x';
      if (row_->fields[2] != 'x' && !owner_objects) {
        new_row_->fields[2] = 'x';
        outcome_ = "carried";
      }
      new_base_->fields[2] = 'x';
    }
    base_done_ = true;
  }

  void merge(char winner) {
    std::string settled = yaml_->fields;
    for (std::size_t i = 0; i < deciding_; ++i) {
      const char b = base_->fields[i], y = yaml_->fields[i], r = row_->fields[i];
      settled[i] = y == r ? y : y == b ? r : r == b ? y : winner == 'y' ? y : r;
    }
    if (writes_yaml()) new_yaml_->fields.replace(0, deciding_, settled, 0, deciding_);
    if (writes_row()) new_row_->fields.replace(0, deciding_, settled, 0, deciding_);
  }

  void compare() {
    std::string apart;
    for (std::size_t i = 0; i < deciding_; ++i) {
      const char b = base_->fields[i], y = yaml_->fields[i], r = row_->fields[i];
      if (y != b && r != b && y != r) apart += "cus"[i];
    }
    if (apart.empty() && setting_.merge) {
      outcome_ = "merged";
      merge('-');
    } else {
      clash("both_changed", "update/update", apart.empty() ? differing_letters(yaml_, row_) : apart, setting_.merge);
    }
  }

  char winner() const {
    if (setting_.mode == "write") return 'd';
    if (setting_.mode != "both") return 'y';
    if (!yaml_) return 'd';
    if (!row_) return 'y';
    const bool own = yaml_->time && (!base_ || yaml_->time != base_->time);
    return (own ? yaml_->time : setting_.file_time) > row_->time ? 'y' : 'd';
  }

  void clash(const std::string& reason, const std::string& kind, const std::string& fields, bool mergeable) {
    outcome_ = "conflict";
    found_.append("(").append(reason).append(" ").append(kind).append(" ").append(fields);
    if (setting_.force) {
      const char wins = winner();
      if (mergeable) merge(wins);
      else if (wins == 'y' && !yaml_) drop_row();
      else if (wins == 'y') take(new_row_, yaml_);
      else take(new_yaml_, row_);
      outcome_ = "decided";
      found_ += wins == 'y' ? ", yaml" : ", database";
    }
    found_ += ")";
  }

  void owner_speaks() {
    if (!new_yaml_ || !new_row_) return;
    if (setting_.owner == 'y' && writes_row()) new_row_->fields[2] = new_yaml_->fields[2];
    if (setting_.owner == 'd' && writes_yaml()) new_yaml_->fields[2] = new_row_->fields[2];
  }

  void learn() {
    if (!new_yaml_ && !new_row_) new_base_.reset();
    if (!new_yaml_ || !new_row_) return;
    const bool agreed = deciding(new_yaml_) == deciding(new_row_);
    if (!base_ && !agreed) return;
    if (!base_) new_base_ = setting_.owner == 'y' ? new_row_ : new_yaml_;  // an owner's value that was not carried
    for (std::size_t i = 0; i < 3; ++i)
      if (new_yaml_->fields[i] == new_row_->fields[i]) new_base_->fields[i] = new_yaml_->fields[i];
    if (agreed) new_base_->time = new_yaml_->time;
  }

  const Setting& setting_;
  Snapshot base_, yaml_, row_, new_base_, new_yaml_, new_row_;
  std::size_t deciding_ = 3;
  std::string outcome_, found_;
  bool base_done_ = false;
};

Policy policy_from(const Setting& s) {
  std::string words = s.mode == "both" ? "bidirectional" : s.mode == "write" ? "db_to_yaml" : "yaml_to_db";
  if (s.mode == "waiting") words += " read_only";
  if (s.force) words += " force";
  if (!s.merge) words += " no_merge";
  if (s.first) words += " first_sync";
  if (s.on_delete != 'r') words += s.on_delete == 'd' ? " disable" : " ignore";
  if (s.owner != '-') words += s.owner == 'y' ? " status:yaml" : " status:database";
  if (s.file_time) words += " file@" + std::to_string(s.file_time);
  return policy_of(words);
}

// a, b, c; one that merges with b and c; statuses, of which x is disabled.
const std::array<Snapshot, 9> kTasks{std::nullopt,          Letters{"aaa", 0}, Letters{"baa", 0},
                                     Letters{"caa", 0},     Letters{"aba", 0}, Letters{"aab", 0},
                                     Letters{"aax", 0},     Letters{"bba", 0}, Letters{"bab", 0}};

struct Times {
  int base, yaml, row, file;
};
// Nothing known; moved and newer; moved and older; not moved, the file newer; not moved, the file older; a tie.
const std::array<Times, 6> kTimes{{{0, 0, 0, 0}, {1, 7, 5, 3}, {1, 4, 5, 9}, {6, 6, 5, 9}, {6, 6, 5, 3}, {1, 5, 5, 9}}};

Snapshot timed(Snapshot s, int time) {
  if (s) s->time = time;
  return s;
}

std::optional<Task> task_from(const Snapshot& s) {
  if (!s) return std::nullopt;
  return task_of(written(*s));
}

class Exhaustive : public testing::TestWithParam<const char*> {
 protected:
  // All triples at given times: (index into kTasks)^3.
  void build_worlds(const Times& times) {
    for (auto* list : {&bases_, &yamls_, &rows_}) list->clear();
    for (const Snapshot& s : kTasks) {
      bases_.push_back(task_from(timed(s, times.base)));
      yamls_.push_back(task_from(timed(s, times.yaml)));
      rows_.push_back(task_from(timed(s, times.row)));
    }
  }

  void check_all(const Setting& setting, const Times& times) {
    const Policy policy = policy_from(setting);
    for (std::size_t b = 0; b < kTasks.size(); ++b)
      for (std::size_t y = 0; y < kTasks.size(); ++y)
        for (std::size_t d = 0; d < kTasks.size(); ++d) {
          if (b + y + d == 0) continue;
          const World before{bases_[b], yamls_[y], rows_[d]};
          const TaskPlan plan = reconcile_task(before.triple(), policy);
          Expectation expectation(setting, timed(kTasks[b], times.base), timed(kTasks[y], times.yaml),
                                  timed(kTasks[d], times.row));
          const std::string actual = result_of(apply(before, plan, policy.now), plan);
          const std::string fault = fault_in(plan, before, policy);
          ++checked_;
          if (const std::string expected = expectation.text(); actual != expected || !fault.empty())
            FAIL() << setting.mode << " force=" << setting.force << " merge=" << setting.merge
                   << " first=" << setting.first << " on_delete=" << setting.on_delete << " owner=" << setting.owner
                   << " file=" << setting.file_time << ": " << text_of(bases_[b]) << " " << text_of(yamls_[y]) << " "
                   << text_of(rows_[d]) << "\n  expected " << expected << "\n  actual   " << actual << "\n  " << fault;
        }
  }

  std::vector<std::optional<Task>> bases_, yamls_, rows_;
  std::size_t checked_ = 0;
};

TEST_P(Exhaustive, AgreesWithTheTables) {
  Setting setting;
  setting.mode = GetParam();
  for (const Times& times : kTimes) {
    build_worlds(times);
    setting.file_time = times.file;
    for (const bool force : {false, true})
      for (const bool merge : {true, false})
        for (const bool first : {false, true})
          for (const char on_delete : {'r', 'd', 'i'})
            for (const char owner : {'-', 'y', 'd'}) {
              setting.force = force;
              setting.merge = merge;
              setting.first = first;
              setting.on_delete = on_delete;
              setting.owner = owner;
              check_all(setting, times);
              if (HasFatalFailure()) return;
            }
  }
  EXPECT_EQ(checked_, kTimes.size() * 2 * 2 * 2 * 3 * 3 * (kTasks.size() * kTasks.size() * kTasks.size() - 1));
}

INSTANTIATE_TEST_SUITE_P(Modes, Exhaustive, testing::Values("both", "read", "waiting", "write"),
                         [](const auto& mode) { return std::string(mode.param); });

}  // namespace
}  // namespace lockstep
