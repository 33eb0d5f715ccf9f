#include "yaml/ugly_schedule.hpp"

namespace lockstep::yaml_test {
namespace {

using Kind = UglyNode::Kind;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  UglySchedule make() {
    const std::size_t form = below(10);
    if (form < 2) return make_json();
    if (form < 4) make_flow_list();
    else make_block_list();
    finish();
    return std::move(schedule_);
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string name(std::string_view prefix) { return std::string(prefix).append(std::to_string(++count_)); }

  std::size_t line() const { return lines_; }
  void put(std::string_view text) {
    for (const char c : text) lines_ += c == '\n' ? 1 : 0;
    schedule_.text += text;
  }
  static std::string blanks(std::size_t n) { return std::string(n, ' '); }
  std::string comment() { return name("# c"); }
  std::string trailing() { return one_in(4) ? name("  # c") : std::string(); }

  // What may stand between two entries: blank lines, comments that belong to nobody.
  void put_gap(std::size_t column) {
    if (takes_blank_lines_) return;
    if (one_in(5)) put("\n");
    if (one_in(12)) put(blanks(column) + comment() + "\n\n");
  }
  void put_comments_above(std::size_t column) {
    if (!one_in(3)) return;
    for (std::size_t i = 1 + below(2); i > 0; --i) put(blanks(column) + comment() + "\n");
    takes_blank_lines_ = false;
  }

  std::string scalar(bool flow) {
    switch (below(flow ? 7 : 9)) {
      case 0: return std::to_string(++count_);
      case 1: return "'" + name("it''s ") + "'";
      case 2: return "\"" + name("\\ud83d\\ude00 # ") + "\"";
      case 3: return "1" + std::to_string(++count_) + ".50";
      case 4: return "\"" + name("a, [b] {") + "\"";
      case 5: return name("ü");
      case 6: return name("y ");
      case 7: return "&a" + std::to_string(++count_) + " " + name("anchored");
      default: return name("x#y: no").replace(3, 2, "  ");
    }
  }

  std::string flow(UglyNode& node, std::size_t depth) {
    node.kind = depth == 0 ? Kind::scalar : one_in(2) ? Kind::mapping : Kind::list;
    if (node.kind == Kind::scalar) return scalar(true);
    const bool mapping = node.kind == Kind::mapping;
    std::string out = mapping ? "{" : "[";
    for (std::size_t i = below(4); i > 0; --i) {
      UglyNode& item = node.items.emplace_back();
      if (out.size() > 1) out += ", ";
      if (mapping) out += (item.key = name("k")) + ": ";
      out += flow(item, below(depth));
    }
    return out += mapping ? "}" : "]";
  }

  void set_lines(UglyNode& node, LineRange lines) {
    node.own = lines;
    node.first = lines.start;
    for (UglyNode& item : node.items) set_lines(item, lines);
  }

  // In brackets over several lines; the first bracket has been announced by what stands before it.
  void put_flow_lines(UglyNode& node, std::size_t column) {
    node.kind = one_in(2) ? Kind::mapping : Kind::list;
    const bool mapping = node.kind == Kind::mapping;
    put(std::string(mapping ? "{" : "[") + trailing() + "\n");
    const std::size_t count = 1 + below(3);
    const bool comma_at_end = one_in(3);
    for (std::size_t i = 0; i < count; ++i) {
      UglyNode item;
      if (one_in(6)) put("\n");
      item.own.start = line();
      put_comments_above(column + 2);
      const std::size_t first = line();
      if (mapping) item.key = name("k");
      std::string text = blanks(column + 2) + (mapping ? item.key + ": " : "") + flow(item, below(2));
      if (i + 1 < count || comma_at_end) text += ",";
      put(text + trailing() + "\n");
      const LineRange own{item.own.start, line()};
      set_lines(item, own);
      item.first = first;
      node.items.push_back(std::move(item));
    }
    put(blanks(column) + (mapping ? "}" : "]") + trailing() + "\n");
  }

  void put_block_scalar(std::size_t column) {
    static constexpr const char* kHeaders[] = {"|", "|-", "|+", ">", ">-", ">+"};
    const std::string header = kHeaders[below(6)];
    put(" " + header + trailing() + "\n");
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      put(blanks(column + 2) + name("text # ") + "\n");
      if (i > 1 && one_in(3)) put("\n");
    }
    if (header.size() < 2 || header[1] != '+') return;
    takes_blank_lines_ = true;
    for (std::size_t i = below(3); i > 0; --i) put("\n");
  }

  // Behind `key:` (`behind_dash`: behind `-`), whose column is given; to the end of the last line.
  void put_value(UglyNode& node, std::size_t column, std::size_t depth, bool behind_dash) {
    takes_blank_lines_ = false;
    const std::size_t choice = below(depth == 0 ? 4 : 8);
    if (choice < 2) {
      put(" " + scalar(false) + trailing() + "\n");
    } else if (choice == 2) {
      UglyNode made;
      const std::string text = flow(made, 1 + below(2));
      node.kind = made.kind;
      node.items = std::move(made.items);
      put(" " + text + trailing() + "\n");
    } else if (choice == 3) {
      if (one_in(2)) put_block_scalar(column);
      else put(" "), put_flow_lines(node, column);
    } else if (choice < 6 && behind_dash) {
      put(blanks(1 + below(2)));
      put_members(node, schedule_.text.size() - schedule_.text.rfind('\n') - 1, depth - 1, true);
    } else if (choice < 6) {
      put(trailing() + "\n");
      put_members(node, column + 2 + below(2), depth - 1, false);
    } else if (behind_dash) {
      put(" ");
      put_items(node, schedule_.text.size() - schedule_.text.rfind('\n') - 1, depth - 1, true);
    } else {
      put(trailing() + "\n");
      put_items(node, column + 2 * below(2), depth - 1, false);
    }
  }

  void put_members(UglyNode& node, std::size_t column, std::size_t depth, bool on_dash) {
    node.kind = Kind::mapping;
    for (std::size_t i = 1 + below(4); i > 0; --i) {
      const bool shares_line = on_dash && node.items.empty();
      put_entry(node, column, depth, shares_line, false);
    }
  }
  void put_items(UglyNode& node, std::size_t column, std::size_t depth, bool on_dash) {
    node.kind = Kind::list;
    for (std::size_t i = 1 + below(4); i > 0; --i) put_entry(node, column, depth, on_dash && node.items.empty(), true);
    ended_list_at_ = column;
  }

  void put_entry(UglyNode& parent, std::size_t column, std::size_t depth, bool shares_line, bool item) {
    UglyNode node;
    if (!shares_line && !parent.items.empty()) put_gap(column);
    node.own.start = line();
    if (!shares_line) put_comments_above(column);
    node.first = line();
    if (!shares_line) put(blanks(column));
    if (!item) node.key = one_in(9) ? "y" + std::to_string(++count_) : name("k");
    put(item ? "-" : one_in(5) ? "\"" + node.key + "\":" : node.key + ":");
    const std::size_t first = node.first;
    const std::size_t start = node.own.start;
    put_value(node, column, depth, item);
    // Below a list in the same column it would be that of the last item.
    const bool is_own = !(node.kind == Kind::list && ended_list_at_ == column);
    if (!takes_blank_lines_ && is_own && one_in(14)) put(blanks(column + 1) + comment() + "\n");
    const LineRange own{start, line()};
    if (node.own.end == 0) complete_lines(node, {first, line()});
    node.own = own;
    node.first = first;
    parent.items.push_back(std::move(node));
  }

  // Parts of a value that stands in one line have its line.
  void complete_lines(UglyNode& node, LineRange lines) {
    for (UglyNode& item : node.items) {
      if (item.own.end == 0) set_lines(item, lines);
      else complete_lines(item, item.own);
    }
  }

  void put_fields(std::size_t column) {
    put(blanks(column) + "skill_name: " + name("skill") + trailing() + "\n");
    put(blanks(column) + "schedule_cron: \"0 " + std::to_string(below(24)) + " * * *\"" + trailing() + "\n");
    put(blanks(column) + "next_run_at: 2026-01-01T00:00:00Z" + trailing() + "\n");
  }

  void make_block_list() {
    if (one_in(3)) put(comment() + "\nversion: 3\n\n");
    put("tasks:" + trailing() + "\n");
    const std::size_t column = 2 * below(3);
    for (std::size_t i = 1 + below(4); i > 0; --i) {
      UglyTask task;
      if (!schedule_.tasks.empty()) put_gap(column);
      if (schedule_.tasks.empty() && one_in(5)) put("\n");
      if (one_in(6)) put(blanks(column) + "# - id: 9" + std::to_string(++count_) + "\n" + blanks(column) + "#   skill_name: x\n");
      task.own.start = line();
      put_comments_above(column);
      task.id = static_cast<std::int64_t>(++count_);
      put(blanks(column) + "- id: " + std::to_string(task.id) + trailing() + "\n");
      put_fields(column + 2);
      const bool in_middle = one_in(2);
      if (!in_middle && one_in(2)) put(blanks(column + 2) + "note: " + name("n") + "\n");
      if (one_in(4)) put(blanks(column + 2) + comment() + "\n");
      put(blanks(column + 2) + "params_json:");
      put_params(task.params, column + 2);
      if (in_middle) {
        put_gap(column + 2);
        put(blanks(column + 2) + "status: disabled" + trailing() + "\n");
        takes_blank_lines_ = false;
      }
      task.own.end = line();
      schedule_.tasks.push_back(std::move(task));
    }
    if (one_in(2)) put("metadata: {last_sync: null}" + trailing() + "\n");
  }

  void put_params(UglyNode& params, std::size_t column) {
    takes_blank_lines_ = false;
    params.first = line();
    if (one_in(5)) {
      const std::string text = flow_mapping(params);
      put(" " + text + trailing() + "\n");
      set_lines(params, {params.first, line()});
      return;
    }
    put(trailing() + "\n");
    put_members(params, column + 2, 3, false);
    params.own = {params.first, line()};
  }

  std::string flow_mapping(UglyNode& node) {
    while (true) {
      UglyNode made;
      const std::string text = flow(made, 3);
      if (made.kind != Kind::mapping) continue;
      node.kind = made.kind;
      node.items = std::move(made.items);
      return text;
    }
  }

  void make_flow_list() {
    put("tasks: [" + trailing() + "\n");
    const std::size_t count = 1 + below(4);
    const bool comma_at_end = one_in(2);
    for (std::size_t i = 0; i < count; ++i) {
      UglyTask task;
      if (one_in(5)) put("\n");
      task.own.start = line();
      put_comments_above(2);
      task.id = static_cast<std::int64_t>(++count_);
      const std::size_t first = line();
      std::string text = "  {id: " + std::to_string(task.id) + ", skill_name: " + name("s") +
                         ", schedule_cron: \"0 0 * * *\", next_run_at: 2026-01-01, params_json: ";
      text += flow_mapping(task.params) + "}";
      if (i + 1 < count || comma_at_end) text += ",";
      put(text + trailing() + "\n");
      set_lines(task.params, {first, line()});
      task.own.end = line();
      schedule_.tasks.push_back(std::move(task));
    }
    put("]\n");
    if (one_in(2)) put("other: 1\n");
  }

  // In one line, or one line for each task, or a line for everything.
  UglySchedule make_json() {
    const std::size_t layout = below(4);
    colon_ = layout == 0 ? ":" : ": ";
    comma_ = layout == 0 ? "," : ", ";
    pretty_ = layout == 3;
    const bool task_lines = layout >= 2;
    schedule_.json = true;
    const std::string end = task_lines ? "\n" : "";
    put("{" + end + (task_lines ? "  " : "") + "\"tasks\"" + colon_ + "[" + end);
    const std::size_t count = 1 + below(3);
    for (std::size_t i = 0; i < count; ++i) {
      UglyTask task;
      task.own.start = line();
      task.id = static_cast<std::int64_t>(++count_);
      put_json_task(task, task_lines);
      put(i + 1 < count ? task_lines ? "," : comma_ : "");
      put(end);
      task.own.end = task_lines ? line() : line() + 1;
      schedule_.tasks.push_back(std::move(task));
    }
    put((task_lines ? "  ]" + end : "]") + "}" + (one_in(2) ? "\n" : ""));
    return std::move(schedule_);
  }

  void put_json_task(UglyTask& task, bool own_line) {
    const std::string indent = own_line ? "    " : "";
    const std::string next = pretty_ ? ",\n      " : comma_;
    put(indent + "{" + (pretty_ ? "\n      " : ""));
    put("\"id\"" + colon_ + std::to_string(task.id) + next + "\"skill_name\"" + colon_ + "\"" + name("\\ud83d\\ude00") + "\"" + next);
    put("\"schedule_cron\"" + colon_ + "\"0 0 * * *\"" + next + "\"next_run_at\"" + colon_ + "\"2026-01-01T00:00:00\"" + next);
    put("\"params_json\"" + colon_);
    task.params.kind = Kind::mapping;
    task.params.first = line();
    put_json(task.params, 2, "      ");
    task.params.own = {task.params.first, line() + 1};
    put((pretty_ ? "\n" + indent : std::string()) + "}");
  }

  void put_json(UglyNode& node, std::size_t depth, const std::string& indent) {
    const bool mapping = node.kind == Kind::mapping;
    if (node.kind == Kind::scalar) {
      const std::string values[] = {std::to_string(++count_), "\"" + name("a\\\"b\\/") + "\"", "\"" + name("é") + "\""};
      return put(values[below(3)]);
    }
    const std::size_t count = below(4);
    put(mapping ? "{" : "[");
    for (std::size_t i = 0; i < count; ++i) {
      UglyNode item;
      if (pretty_) put("\n" + indent + "  ");
      item.first = line();
      if (mapping) item.key = name("k");
      if (mapping) put("\"" + item.key + "\"" + colon_);
      item.kind = depth == 0 ? Kind::scalar : static_cast<Kind>(below(3));
      put_json(item, depth == 0 ? 0 : depth - 1, indent + "  ");
      item.own = {item.first, line() + 1};
      if (i + 1 < count) put(pretty_ ? "," : comma_);
      node.items.push_back(std::move(item));
    }
    if (pretty_ && count > 0) put("\n" + indent);
    put(mapping ? "}" : "]");
  }

  void finish() {
    std::string& text = schedule_.text;
    if (!takes_blank_lines_ && one_in(5)) text.pop_back();
    if (one_in(5)) {
      std::string other;
      for (const char c : text) other += c == '\n' ? "\r\n" : std::string(1, c);
      text = std::move(other);
    }
    if (one_in(8)) text.insert(0, "\xEF\xBB\xBF");
  }

  std::mt19937_64 random_;
  UglySchedule schedule_;
  std::size_t lines_ = 0;
  std::size_t count_ = 0;
  bool takes_blank_lines_ = false;  // a blank line put here would be part of the value above
  std::size_t ended_list_at_ = 0;   // the column of the last list that was in lines
  bool pretty_ = false;
  std::string colon_, comma_;
};

}  // namespace

UglySchedule make_ugly_schedule(std::uint64_t seed) { return Maker(seed).make(); }

}  // namespace lockstep::yaml_test
