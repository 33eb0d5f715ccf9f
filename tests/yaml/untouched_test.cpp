// One random edit of an ugly schedule: what it was not about stays, line by line, comment by comment, and what it was
// about reads as meant. LOCKSTEP_EDITS says how many; LOCKSTEP_EDIT_SEED does one again.
#include <algorithm>
#include <random>

#include "yaml/edit_support.hpp"
#include "yaml/second_reader_output.hpp"
#include "yaml/ugly_schedule.hpp"

namespace lockstep::yaml_test {
namespace {

struct RandomEdit {
  std::string what;
  std::vector<Edit> edits;
  Meant meant;
  LineRange gone;           // lines of the text that may go
  LineRange emptied;        // lines of a collection that has nothing left: they may stay, change or go
  LineRange changed;        // lines some of which change, whose comments must stay
  std::size_t may_change = 0;
  std::size_t fresh = 0;    // lines that may come
};

std::string without(std::string_view line, std::string_view characters) {
  std::string rest;
  for (const char c : line)
    if (characters.find(c) == std::string_view::npos) rest += c;
  return rest;
}

class Chooser {
 public:
  Chooser(const UglySchedule& schedule, const Document& document, std::uint64_t seed)
      : schedule_(schedule), document_(document), random_(seed) {}

  RandomEdit choose() {
    RandomEdit edit;
    for (const Task& task : document_.tasks()) edit.meant[task.id] = task;
    const UglyTask& task = schedule_.tasks[below(schedule_.tasks.size())];
    switch (below(12)) {
      case 0: remove_task(task, edit); break;
      case 1: insert_task(edit); break;
      case 2: set_status(task, edit); break;
      default: change_params(task, edit);
    }
    return edit;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void remove_task(const UglyTask& task, RandomEdit& edit) {
    edit.what = "task " + std::to_string(task.id) + " removed";
    edit.edits.push_back(removal(task.id));
    edit.meant.erase(task.id);
    (shares_line(task) ? edit.changed : edit.gone) = task.own;
    edit.may_change = 1;
    if (schedule_.tasks.size() > 1) return;
    const std::vector<std::string> lines = lines_of(schedule_.text);
    while (edit.changed.start < lines.size() && lines[edit.changed.start].find("tasks") == std::string::npos) ++edit.changed.start;
    edit.changed.end = edit.changed.start + 1;
    if (edit.changed.end > edit.gone.start) edit.gone = {};
    edit.may_change = 3;  // blank lines below `tasks:` too
  }

  bool shares_line(const UglyTask& task) const {
    return std::any_of(schedule_.tasks.begin(), schedule_.tasks.end(), [&](const UglyTask& other) {
      return other.id != task.id && other.own.start == task.own.start;
    });
  }

  void insert_task(RandomEdit& edit) {
    edit.what = "a task inserted";
    Task task = some_task(5000);
    task[Field::params_json] = JsonText{R"({"n":"no","list":[1,{"y":"😀"}],"o":{"p":null}})"};
    edit.edits.push_back(insertion(task));
    edit.meant[task.id] = task;
    edit.fresh = 40;
    edit.changed = schedule_.tasks.back().own;
    edit.may_change = 1;
  }

  void set_status(const UglyTask& task, RandomEdit& edit) {
    Task changed = *document_.find(task.id);
    const bool disabled = changed.text(Field::status) == "disabled";
    changed[Field::status] = std::string(disabled ? "running" : "disabled");
    edit.what = "status of task " + std::to_string(task.id);
    edit.edits.push_back(update(changed, {Field::status}));
    edit.meant[task.id] = changed;
    edit.changed = task.own;
    edit.may_change = 1;
    edit.fresh = 1;
  }

  // At a random place of the tree of the text, and of the value alike.
  void change_params(const UglyTask& task, RandomEdit& edit) {
    Task changed = *document_.find(task.id);
    Json params = parse_json(std::get<JsonText>(changed[Field::params_json]).text).value;
    edit.what = "params of task " + std::to_string(task.id);
    change(task.params, params, edit);
    changed[Field::params_json] = JsonText{write_json(params)};
    edit.edits.push_back(update(changed, {Field::params_json}));
    edit.meant[task.id] = changed;
  }

  void change(const UglyNode& node, Json& json, RandomEdit& edit) {
    const std::size_t count = node.items.size();
    ASSERT_EQ(count, json.items.size() + json.members.size()) << edit.what << "\n" << schedule_.text;
    const std::size_t choice = below(8);
    if (node.kind == UglyNode::Kind::scalar) return set_scalar(node, json, edit);
    if (choice == 0 || count == 0) return insert_entry(node, json, edit);
    const std::size_t i = below(count);
    const bool mapping = json.kind == Json::Kind::object;
    edit.what += "/" + (mapping ? json.members[i].first : std::to_string(i));
    // Of several that are equal nobody can say which one went.
    const auto is_same = [&](const Json& other) { return equivalent(other, json.items[i]); };
    const bool unique = mapping || std::count_if(json.items.begin(), json.items.end(), is_same) == 1;
    if (choice < 4 && unique) return remove_entry(node, i, json, edit);
    change(node.items[i], mapping ? json.members[i].second : json.items[i], edit);
  }

  void set_scalar(const UglyNode& node, Json& json, RandomEdit& edit) {
    edit.what += " changed";
    json = Json::string("no " + std::to_string(below(1000)));
    edit.changed = {node.first, node.own.end};
    edit.may_change = node.own.end - node.first;
  }

  void insert_entry(const UglyNode& node, Json& json, RandomEdit& edit) {
    edit.what += " with one more";
    Json value = below(2) == 0 ? Json::string("y") : parse_json(R"({"q":["r s",{"t":1}]})").value;
    if (json.kind == Json::Kind::object)
      json.set("fresh", std::move(value));
    else
      json.items.insert(json.items.begin() + static_cast<std::ptrdiff_t>(below(json.items.size() + 1)), std::move(value));
    edit.fresh = 10;
    edit.may_change = 1;
    // In brackets the line of a neighbour changes; an empty collection itself.
    edit.changed = {node.first, node.own.end};
  }

  void remove_entry(const UglyNode& node, std::size_t i, Json& json, RandomEdit& edit) {
    edit.what += " removed";
    if (json.kind == Json::Kind::object)
      json.members.erase(json.members.begin() + static_cast<std::ptrdiff_t>(i));
    else
      json.items.erase(json.items.begin() + static_cast<std::ptrdiff_t>(i));
    const UglyNode& entry = node.items[i];
    const bool shares_lines = node.items.size() > 1 && entry.own.start == node.items[i == 0 ? 1 : 0].own.start;
    edit.may_change = 1;
    if (shares_lines)
      edit.changed = entry.own;
    else if (node.items.size() > 1)
      edit.gone = entry.own;
    else
      edit.emptied = {node.first, node.own.end};
  }

  const UglySchedule& schedule_;
  const Document& document_;
  std::mt19937_64 random_;
};

// Compares the lines of a text with what an edit left of them.
class Comparison {
 public:
  Comparison(const std::string& before, const std::string& after, const RandomEdit& edit)
      : before_(lines_of(before)), after_(lines_of(after)), edit_(edit) {}

  // Empty, or what is amiss.
  std::string problem() {
    const LineRange range = touched();
    std::size_t top = 0;
    for (std::size_t i = 0; i < range.start; ++i) {
      if (top < after_.size() && same(before_[i], after_[top], range.start - i < 3)) ++top;
      else if (!may_vanish(i, range)) return "line " + std::to_string(i + 1) + " is gone: " + before_[i];
    }
    std::size_t bottom = after_.size();
    for (std::size_t i = before_.size(); i > range.end; --i) {
      if (bottom > top && same(before_[i - 1], after_[bottom - 1], i - range.end < 3)) --bottom;
      else if (!may_vanish(i - 1, range)) return "line " + std::to_string(i) + " is gone: " + before_[i - 1];
    }
    // Within the range: what is neither gone nor emptied stays but for a few lines.
    std::vector<std::string> kept;
    for (std::size_t i = range.start; i < range.end; ++i)
      if (!is_in(edit_.gone, i) && !is_in(edit_.emptied, i)) kept.push_back(bare(before_[i]));
    const std::size_t common = common_lines(kept, top, bottom);
    const std::size_t emptied = edit_.emptied.end - edit_.emptied.start;
    if (kept.size() - common > edit_.may_change) return std::to_string(kept.size() - common) + " lines changed";
    if (bottom - top - common > edit_.fresh + edit_.may_change + emptied) return std::to_string(bottom - top - common) + " lines came";
    return comments();
  }

 private:
  static bool is_in(const LineRange& range, std::size_t line) { return range.start <= line && line < range.end; }
  static std::string bare(const std::string& line) { return without(line, "\r\n"); }
  static bool is_blank(const std::string& line) { return without(line, " \r\n").empty(); }

  LineRange touched() const {
    LineRange all{before_.size(), 0};
    for (const LineRange& range : {edit_.gone, edit_.emptied, edit_.changed}) {
      if (range.start == range.end && range.end == 0) continue;
      all.start = std::min(all.start, range.start);
      all.end = std::max(all.end, range.end);
    }
    return all;
  }

  // Beside what goes or comes a comma, a bracket or a dash may move.
  static bool same(const std::string& a, const std::string& b, bool beside) {
    if (bare(a) == bare(b)) return true;
    return beside && !is_blank(a) && without(a, " ,-[]{}\r\n") == without(b, " ,-[]{}\r\n");
  }

  // Blank lines beside what goes.
  bool may_vanish(std::size_t i, const LineRange& range) const {
    if (!is_blank(before_[i]) || edit_.gone.end == 0) return false;
    for (std::size_t k = std::min(i, range.end); k < std::max(i, range.start); ++k)
      if (!is_blank(before_[k]) && !is_in(range, k)) return false;
    return true;
  }

  std::size_t common_lines(const std::vector<std::string>& kept, std::size_t top, std::size_t bottom) const {
    std::vector<std::size_t> best(bottom - top + 1, 0);
    for (const std::string& line : kept) {
      std::vector<std::size_t> next(best);
      for (std::size_t k = top; k < bottom; ++k)
        next[k - top + 1] = bare(after_[k]) == line ? best[k - top] + 1 : std::max(next[k - top], best[k - top + 1]);
      best = std::move(next);
    }
    return best.back();
  }

  static void add_comments(const std::string& line, std::vector<std::string>& found) {
    for (std::size_t c = line.find("# c"); c != std::string::npos; c = line.find("# c", c + 1))
      found.push_back(line.substr(c, line.find_first_not_of("0123456789", c + 3) - c));
  }

  // All that stand outside of what goes are there, in their order.
  std::string comments() const {
    std::vector<std::string> were, are, may_go;
    for (std::size_t i = 0; i < before_.size(); ++i)
      if (!is_in(edit_.gone, i)) add_comments(before_[i], is_in(edit_.emptied, i) ? may_go : were);
    for (const std::string& line : after_) add_comments(line, are);
    std::erase_if(are, [&](const std::string& c) { return std::find(may_go.begin(), may_go.end(), c) != may_go.end(); });
    return were == are ? "" : "comments are not what they were";
  }

  std::vector<std::string> before_, after_;
  const RandomEdit& edit_;
};

void expect_untouched(std::uint64_t seed) {
  const UglySchedule schedule = make_ugly_schedule(seed);
  const auto original = document(schedule.text);
  ASSERT_NE(original, nullptr) << "seed " << seed;
  Chooser chooser(schedule, *original, seed);
  const RandomEdit edit = chooser.choose();
  const std::string what = "seed " + std::to_string(seed) + ": " + edit.what + "\n" + schedule.text + "\n-> ";
  const EditResult result = original->edit(edit.edits);
  ASSERT_EQ(result.problem, "") << what;
  const std::string text(result.text);
  const auto after = document(text);
  ASSERT_NE(after, nullptr) << what << text;
  ASSERT_EQ(after->size(), edit.meant.size()) << what << text;
  for (const Task& task : after->tasks())
    ASSERT_TRUE(differing(task, edit.meant.at(task.id), FieldSet::all()).empty()) << what << text;
  ASSERT_EQ(Comparison(schedule.text, text, edit).problem(), "") << what << text;
  if (schedule.json) {
    ASSERT_TRUE(parse_json(text).ok()) << what << text;
  }
  write_for_second_reader(text, edit.meant);
}

int failures() { return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count(); }

TEST(Untouched, IsWhateverAnEditIsNotAbout) {
  const char* const one = std::getenv("LOCKSTEP_EDIT_SEED");
  const char* const many = std::getenv("LOCKSTEP_EDITS");
  if (one != nullptr) return expect_untouched(std::stoull(one));
  const std::uint64_t count = many == nullptr ? 3000 : std::stoull(many);
  constexpr int kEnough = 8;
  for (std::uint64_t seed = 1; seed <= count && failures() < kEnough; ++seed) expect_untouched(seed);
}

}  // namespace
}  // namespace lockstep::yaml_test
