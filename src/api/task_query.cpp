#include "api/task_query.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cwctype>
#include <memory>

#include "model/utf8.hpp"

namespace lockstep::api {
namespace {

// glibc's table of Unicode's letters, whatever the process's own locale.
struct FreeLocale {
  void operator()(locale_t locale) const { freelocale(locale); }
};
class CaseFolding {
 public:
  CaseFolding() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}

  void append(std::string& out, std::string_view text) const {
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (static_cast<unsigned char>(c) < 0x80) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        ++at;
        continue;
      }
      const Utf8Step step = utf8_step(text, at);
      if (step.valid && locale_)
        append_utf8(out, static_cast<char32_t>(towlower_l(static_cast<wint_t>(step.code_point), locale_.get())));
      else out += text.substr(at, step.size);
      at += step.size;
    }
  }

 private:
  std::unique_ptr<std::remove_pointer_t<locale_t>, FreeLocale> locale_;
};

class TextFilter {
 public:
  explicit TextFilter(std::string_view wanted) { folding_.append(wanted_, wanted); }

  bool matches(const Task& task) {
    if (std::to_string(task.id).find(wanted_) != std::string::npos) return true;
    return std::ranges::any_of(kSearched, [&](Field field) {
      const Value& value = task[field];
      const auto* const text = std::get_if<std::string>(&value);
      const auto* const json = std::get_if<JsonText>(&value);
      return text ? contains(*text) : json && contains(json->text);
    });
  }

 private:
  static constexpr std::array kSearched{Field::skill_name, Field::schedule_cron, Field::user_id, Field::params_json};

  bool contains(std::string_view text) {
    folded_.clear();
    folding_.append(folded_, text);
    return folded_.find(wanted_) != std::string::npos;
  }

  CaseFolding folding_;
  std::string wanted_;
  std::string folded_;  // kept for its memory
};

bool is_text(const Task& task, Field field, const std::optional<std::string>& wanted) {
  if (!wanted) return true;
  const auto* const text = std::get_if<std::string>(&task[field]);
  return text != nullptr && *text == *wanted;
}

// Null before everything else.
int compare(const Value& a, const Value& b) {
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
  if (is_null(a) || is_null(b)) return order(!is_null(a), !is_null(b));
  if (const auto* instant = std::get_if<Timestamp>(&a)) return order(*instant, std::get<Timestamp>(b));
  if (const auto* json = std::get_if<JsonText>(&a)) return order(json->text, std::get<JsonText>(b).text);
  return order(std::get<std::string>(a), std::get<std::string>(b));
}

bool stands_before(const Task& a, const Task& b, TaskOrder order) {
  if (!order.field) return order.descending ? a.id > b.id : a.id < b.id;
  const Value& x = a[*order.field];
  const Value& y = b[*order.field];
  if (is_null(x) != is_null(y)) return is_null(y);
  const int compared = compare(x, y);
  if (compared != 0) return (compared < 0) != order.descending;
  return a.id < b.id;
}

constexpr std::size_t kOrders = 2 * (kFieldCount + 1);
const std::array<std::string, kOrders>& order_texts() {
  static const auto texts = [] {
    std::array<std::string, kOrders> names;
    names[0] = kIdName;
    for (std::size_t i = 0; i < kFieldCount; ++i) names[i + 1] = kSchema[i].name;
    for (std::size_t i = 0; i <= kFieldCount; ++i) names[kFieldCount + 1 + i] = "-" + names[i];
    return names;
  }();
  return texts;
}

}  // namespace

std::span<const std::string_view> task_order_names() {
  static const auto names = [] {
    std::array<std::string_view, kOrders> views;
    std::ranges::copy(order_texts(), views.begin());
    return views;
  }();
  return names;
}

std::optional<TaskOrder> task_order(std::string_view text) {
  TaskOrder order;
  order.descending = text.starts_with('-');
  if (order.descending) text.remove_prefix(1);
  if (text == kIdName) return order;
  order.field = field_by_name(text);
  return order.field ? std::optional(order) : std::nullopt;
}

TaskSelection select_tasks(std::span<const Task> tasks, const TaskQuery& query) {
  std::optional<TextFilter> text;
  if (query.text && !query.text->empty()) text.emplace(*query.text);
  TaskSelection selection;
  for (const Task& task : tasks) {
    if (!is_text(task, Field::status, query.status) || !is_text(task, Field::skill_name, query.skill_name) ||
        !is_text(task, Field::user_id, query.user_id))
      continue;
    if (query.due_before && !(task.instant(Field::next_run_at) < query.due_before)) continue;
    if (text && !text->matches(task)) continue;
    selection.tasks.push_back(&task);
  }
  selection.total = selection.tasks.size();
  const std::size_t first = std::min(query.offset, selection.total);
  const std::size_t count = std::min(query.limit.value_or(selection.total), selection.total - first);
  const auto begin = selection.tasks.begin();
  const auto last = begin + static_cast<std::ptrdiff_t>(first + count);
  if (query.order.field || query.order.descending) {
    std::ranges::partial_sort(begin, last, selection.tasks.end(),
                              [&query](const Task* a, const Task* b) { return stands_before(*a, *b, query.order); });
  }
  selection.tasks.erase(last, selection.tasks.end());
  selection.tasks.erase(begin, begin + static_cast<std::ptrdiff_t>(first));
  return selection;
}

}  // namespace lockstep::api
