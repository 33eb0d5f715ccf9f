#include "yaml/former_text.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "yaml/list_place.hpp"
#include "yaml/replacements.hpp"
#include "yaml/surgery.hpp"
#include "yaml/text.hpp"

namespace lockstep::yaml {
namespace {

using Measure = FormerText::Measure;

struct Piece {
  std::int64_t id = 0;
  std::size_t start = 0, end = 0;
};

// The list, task by task; what lies between two of them belongs to neither.
struct Pieces {
  std::vector<Piece> tasks;
  std::size_t start = 0, end = 0;

  std::size_t end_before(std::size_t index) const { return index == 0 ? start : tasks[index - 1].end; }
  std::size_t start_of(std::size_t index) const { return index == tasks.size() ? end : tasks[index].start; }
  std::int64_t id_of(std::size_t index) const { return index < tasks.size() ? tasks[index].id : 0; }
};

bool says_nothing(std::string_view text, std::size_t line) {
  const std::size_t at = skip_blanks(text, line);
  return at < text.size() && (text[at] == '#' || break_length(text, at) > 0);
}

// A block list ends with the blank lines and comments below its last task.
std::size_t end_of_list(const TextOf& of, std::size_t last) {
  const ListPlace& list = of.reading.list;
  std::size_t end = std::max({list.key.end, list.value.end, last});
  if (of.reading.root.flow) return end;
  end = lines_end(of.text, end);
  while (end < of.text.size() && says_nothing(of.text, end)) end = next_line(of.text, end);
  return end;
}

Pieces pieces_by_lines(const TextOf& of) {
  Pieces pieces;
  pieces.tasks.reserve(of.reading.order.size());
  for (std::size_t i = 0; i < of.reading.order.size(); ++i) {
    const std::uint32_t index = of.reading.order[i];
    Piece piece{of.reading.tasks[index].id, of.reading.places[index].start, of.reading.places[index].end};
    if (of.reading.list.form == ListPlace::Form::block) {
      const TaskLines lines = lines_of(of.text, of.reading, i);
      piece.start = lines.start;
      piece.end = lines.end;
    }
    pieces.tasks.push_back(piece);
  }
  pieces.start = of.reading.list.key.end;
  pieces.end = end_of_list(of, pieces.tasks.empty() ? 0 : pieces.tasks.back().end);
  return pieces;
}

Pieces pieces_by_items(const TextOf& of) {
  Pieces pieces;
  pieces.tasks.reserve(of.reading.items.size());
  for (const Item& item : of.reading.items) {
    if (!pieces.tasks.empty()) pieces.tasks.back().end = item.start;
    pieces.tasks.push_back({item.id, item.start, item.start});
  }
  pieces.start = of.reading.list.key.end;
  pieces.end = end_of_list(of, pieces.tasks.empty() ? 0 : pieces.tasks.back().start);
  if (!pieces.tasks.empty()) pieces.tasks.back().end = pieces.end;
  return pieces;
}

bool has_list(const Reading& reading) {
  return reading.list.form != ListPlace::Form::missing;
}

std::string_view part(std::string_view text, std::size_t start, std::size_t end) { return text.substr(start, end - start); }

// Compares two texts of one list, between places where both have the same task in the same words.
class Comparison {
 public:
  Comparison(const TextOf& before, const TextOf& after, Measure measure)
      : old_text_(before.text), new_text_(after.text), measure_(measure) {
    old_ = measure == Measure::lines ? pieces_by_lines(before) : pieces_by_items(before);
    new_ = measure == Measure::lines ? pieces_by_lines(after) : pieces_by_items(after);
  }

  std::vector<FormerText> run() {
    std::unordered_map<std::int64_t, std::size_t> places;
    places.reserve(old_.tasks.size());
    for (std::size_t i = 0; i < old_.tasks.size(); ++i) places.emplace(old_.tasks[i].id, i);
    std::size_t old_from = 0, new_from = 0;
    for (std::size_t i = 0; i < new_.tasks.size(); ++i) {
      const auto found = places.find(new_.tasks[i].id);
      if (found == places.end() || found->second < old_from || !same_task(found->second, i)) continue;
      compare(old_from, found->second, new_from, i);
      old_from = found->second + 1;
      new_from = i + 1;
    }
    compare(old_from, old_.tasks.size(), new_from, new_.tasks.size());
    return std::move(result_);
  }

 private:
  bool same_task(std::size_t was, std::size_t is) const {
    return part(old_text_, old_.tasks[was].start, old_.tasks[was].end) ==
           part(new_text_, new_.tasks[is].start, new_.tasks[is].end);
  }

  // The tasks [from, to) of either, which have changed, and what lies around them.
  void compare(std::size_t old_from, std::size_t old_to, std::size_t new_from, std::size_t new_to) {
    bool same_tasks = old_to - old_from == new_to - new_from;
    for (std::size_t i = 0; same_tasks && i < old_to - old_from; ++i)
      same_tasks = old_.tasks[old_from + i].id == new_.tasks[new_from + i].id;
    if (!same_tasks) {
      add_between(old_.end_before(old_from), old_.start_of(old_to), new_from, new_to);
      return;
    }
    for (std::size_t i = 0; i <= old_to - old_from; ++i) {
      add_between(old_.end_before(old_from + i), old_.start_of(old_from + i), new_from + i, new_from + i);
      if (i < old_to - old_from) add_task(old_.tasks[old_from + i], new_.tasks[new_from + i]);
    }
  }

  void add_task(const Piece& was, const Piece& is) {
    FormerText former;
    former.task = is.id;
    add(std::move(former), was.start, was.end, is.start, is.end);
  }

  // What stands from the end of the task before the first to the beginning of the one at `last`.
  void add_between(std::size_t old_start, std::size_t old_end, std::size_t first, std::size_t last) {
    FormerText former;
    former.behind = first == 0 ? 0 : new_.id_of(first - 1);
    former.ahead = new_.id_of(last);
    add(std::move(former), old_start, old_end, new_.end_before(first), new_.start_of(last));
  }

  void add(FormerText former, std::size_t old_start, std::size_t old_end, std::size_t new_start, std::size_t new_end) {
    const std::string_view was = part(old_text_, old_start, old_end);
    const std::string_view is = part(new_text_, new_start, new_end);
    if (was == is) return;
    former.measure = measure_;
    former.length = is.size();
    former.now = fingerprint_of(is);
    former.was = was;
    result_.push_back(std::move(former));
  }

  std::string_view old_text_, new_text_;
  Measure measure_;
  Pieces old_, new_;
  std::vector<FormerText> result_;
};

class Finder {
 public:
  Finder(std::string_view text, Pieces pieces) : text_(text), pieces_(std::move(pieces)) {
    for (std::size_t i = 0; i < pieces_.tasks.size(); ++i) places_.emplace(pieces_.tasks[i].id, i);
  }

  // Where the stretch begins; nullopt: it is not there any more as the edit made it.
  std::optional<std::size_t> find(const FormerText& former) const {
    if (former.task != 0) {
      const Piece* piece = piece_of(former.task);
      const bool same = piece && piece->end - piece->start == former.length && holds(former, piece->start);
      return same ? std::optional(piece->start) : std::nullopt;
    }
    const Piece* behind = former.behind == 0 ? nullptr : piece_of(former.behind);
    if (behind || former.behind == 0) {
      const std::size_t start = behind ? behind->end : pieces_.start;
      if (holds(former, start)) return start;
    }
    const Piece* ahead = former.ahead == 0 ? nullptr : piece_of(former.ahead);
    if (ahead && ahead->start >= pieces_.start + former.length) {
      const std::size_t start = ahead->start - former.length;
      if (holds(former, start)) return start;
    }
    return std::nullopt;
  }

 private:
  const Piece* piece_of(std::int64_t id) const {
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : &pieces_.tasks[found->second];
  }
  bool is_boundary(std::size_t at) const {
    if (at == pieces_.start || at == pieces_.end || line_start(text_, at) == at) return true;
    return std::ranges::any_of(pieces_.tasks, [at](const Piece& piece) { return piece.start == at || piece.end == at; });
  }
  bool holds(const FormerText& former, std::size_t start) const {
    const std::size_t end = start + former.length;
    return end <= pieces_.end && fingerprint_of(part(text_, start, end)) == former.now && is_boundary(start) && is_boundary(end);
  }

  std::string_view text_;
  Pieces pieces_;
  std::unordered_map<std::int64_t, std::size_t> places_;
};

}  // namespace

std::vector<FormerText> former_texts(const TextOf& before, const TextOf& after) {
  if (!has_list(before.reading) || !has_list(after.reading)) return {};
  const bool whole = before.reading.whole && after.reading.whole;
  return Comparison(before, after, whole ? Measure::lines : Measure::items).run();
}

std::optional<std::string> with_former_texts(const TextOf& now, std::span<const FormerText> former) {
  if (!has_list(now.reading)) return std::nullopt;
  std::map<Measure, Finder> finders;
  std::vector<Replacement> found;
  for (const FormerText& one : former) {
    if (one.measure == Measure::items && now.reading.items.empty()) continue;
    auto finder = finders.find(one.measure);
    if (finder == finders.end())
      finder = finders.try_emplace(one.measure, now.text, one.measure == Measure::lines ? pieces_by_lines(now) : pieces_by_items(now)).first;
    if (const auto start = finder->second.find(one)) found.push_back({*start, *start + one.length, one.was});
  }
  if (found.empty()) return std::nullopt;
  std::ranges::stable_sort(found, {}, &Replacement::start);
  Replacements changes;
  std::size_t done = 0;
  for (Replacement& one : found) {
    if (one.start < done) continue;
    done = one.end;
    changes.replace(one.start, one.end, std::move(one.text));
  }
  return changes.apply(now.text);
}

}  // namespace lockstep::yaml
