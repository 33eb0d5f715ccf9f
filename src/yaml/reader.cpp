// Puts parts together. A small text is one part. A large one is read in several, side by side; and of one whose tasks are
// known by their text, those are left out. Both rest on one argument (Part::stopped_at_item): where a part ends at the
// beginning of an item, nothing before that place matters to what stands behind it but the columns of the list. Anchors,
// directives and everything that is wrong are left to the reading in one part.
#include <algorithm>
#include <atomic>
#include <future>
#include <limits>
#include <numeric>
#include <thread>

#include "model/suggest.hpp"
#include "model/validation.hpp"
#include "yaml/known_items.hpp"
#include "yaml/list_place.hpp"
#include "yaml/merge_conflicts.hpp"
#include "yaml/outline.hpp"
#include "yaml/part_reader.hpp"
#include "yaml/surgery.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kMaxUnknownKeys = 100;  // that are named
constexpr std::size_t kMaxThreads = 4;
constexpr std::size_t kPartsPerThread = 3;  // so that none waits long for the last

// The last few are always read: new tasks are written as they are.
constexpr std::size_t kLastItems = 12;

// A parser of its own costs about as much as this many bytes.
constexpr std::size_t kPartCost = 1024;

// Items [first, end); the first part begins with the text, the last ends with it.
struct Run {
  std::size_t first = 0, end = 0;
};

// Sorts by id; ids that occur twice are faults.
void sort_tasks(Reading& reading, FaultList& faults) {
  std::vector<Task>& tasks = reading.tasks;
  std::vector<std::uint32_t> by_id(tasks.size());
  std::iota(by_id.begin(), by_id.end(), 0U);
  reading.order = by_id;
  const auto less = [&](std::uint32_t a, std::uint32_t b) { return tasks[a].id < tasks[b].id; };
  if (!std::is_sorted(by_id.begin(), by_id.end(), less)) {
    std::stable_sort(by_id.begin(), by_id.end(), less);
    std::vector<Task> sorted;
    std::vector<TaskPlace> places;
    sorted.reserve(tasks.size());
    places.reserve(tasks.size());
    for (std::uint32_t i = 0; i < by_id.size(); ++i) {
      sorted.push_back(std::move(tasks[by_id[i]]));
      places.push_back(reading.places[by_id[i]]);
      reading.order[by_id[i]] = i;
    }
    tasks = std::move(sorted);
    reading.places = std::move(places);
  }
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    if (tasks[i].id != tasks[i - 1].id) continue;
    Fault fault;
    fault.start = reading.places[i].start;
    fault.end = fault.start + 1;
    fault.task_id = tasks[i].id;
    fault.field = "id";
    fault.message = "duplicate id " + std::to_string(tasks[i].id) + " in lines " +
                    std::to_string(faults.line_of(reading.places[i - 1].start)) + " and " +
                    std::to_string(faults.line_of(fault.start)) + ": give one of the two another id";
    faults.add(std::move(fault));
  }
}

void report_unknown_keys(const UnknownKeys& unknown, bool unknown_are_faults, Reading& reading, FaultList& faults) {
  if (unknown.empty() || unknown_are_faults) return;
  std::vector<std::pair<std::size_t, std::string_view>> by_place;
  for (const auto& [name, key] : unknown) by_place.emplace_back(key.first_at, name);
  std::sort(by_place.begin(), by_place.end());
  for (const auto& [place, name] : by_place) {
    if (reading.warnings.size() == kMaxUnknownKeys) {
      reading.warnings.push_back(
          {std::to_string(by_place.size() - kMaxUnknownKeys) + " more unknown keys, left as they are", {}, {}});
      break;
    }
    const UnknownKey& key = unknown.find(name)->second;
    const std::size_t count = key.count;
    const std::size_t line = faults.line_of(place);
    reading.warnings.push_back({"unknown key " + quoted_for_message(name) + " in " + std::to_string(count) +
                                    (count == 1 ? " task" : " tasks") + ", first in line " + std::to_string(line) +
                                    ": left as it is" +
                                    (key.meant.empty() ? "" : did_you_mean(key.meant)),
                                {},
                                line});
  }
}

// Anchors reach from one task to another, directives to all of them, and a line break that only YAML 1.1 knows
// changes how scalars are judged: what a task says does not follow from its own text then. Wrong only to the safe
// side: an `&` in a text may look like an anchor.
bool tasks_depend_on_others(std::string_view text, const TextFacts& facts) {
  if (facts.odd_breaks || text.substr(bom_length(text)).starts_with('%') || text.find("\n%") != std::string_view::npos)
    return true;
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const bool begins_word = at == 0 || std::string_view(" \t\r\n[{,").find(text[at - 1]) != std::string_view::npos;
    const bool names = at + 1 < text.size() && !is_blank(text[at + 1]) && text[at + 1] != '\n' && text[at + 1] != '\r';
    if (begins_word && names) return true;
  }
  return false;
}

class PiecewiseReader {
 public:
  PiecewiseReader(std::string_view text, const TextFacts& facts, const ReadOptions& options, const Outline& outline)
      : text_(text), facts_(facts), options_(options), outline_(outline) {}

  std::optional<Reading> read(const std::vector<Run>& runs) {
    parts_.resize(runs.size());
    if (!read_parts(runs)) return std::nullopt;
    if (!fits_outline(runs)) return std::nullopt;
    FaultList faults(text_, 1);
    Reading reading;
    UnknownKeys unknown;
    join(reading, unknown);
    sort_tasks(reading, faults);
    report_unknown_keys(unknown, options_.unknown_keys_are_faults, reading, faults);
    if (!faults.empty()) return std::nullopt;
    return reading;
  }

 private:
  Stretch stretch_of(const Run& run) const {
    const std::vector<std::uint32_t>& items = outline_.items;
    Stretch stretch;
    stretch.parsed.start = run.first == 0 ? 0 : items[run.first];
    stretch.parsed.root_column = outline_.root_column;
    if (run.end < items.size()) {
      stretch.stop = item_content(text_, items[run.end]);
      if (run.end + 1 < items.size()) stretch.parsed.end = items[run.end + 1];
    }
    return stretch;
  }

  // False: something is not as it must be in a part.
  bool read_one(const Run& run, Part& part) const {
    const Stretch stretch = stretch_of(run);
    FaultList faults(text_, 1);
    part = read_part(text_, facts_, options_, false, stretch, faults);
    const bool to_the_end = run.end == outline_.items.size();
    return faults.empty() && (to_the_end || part.stopped_at_item) && part.reading.anchors.empty() &&
           part.reading.aliases.empty();
  }

  bool read_parts(const std::vector<Run>& runs) {
    std::size_t bytes = 0;
    for (const Run& run : runs) {
      const Stretch stretch = stretch_of(run);
      bytes += std::min(stretch.stop, text_.size()) - stretch.parsed.start;
    }
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> good = true;
    const auto work = [&] {
      for (std::size_t i = next++; i < runs.size() && good; i = next++)
        if (!read_one(runs[i], parts_[i])) good = false;
    };
    const std::size_t threads = std::min({kMaxThreads, std::size_t{std::max(1U, std::thread::hardware_concurrency())},
                                          runs.size(), bytes / std::max<std::size_t>(1, options_.piecewise_from) + 1});
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
    work();
    for (std::future<void>& other : others) other.get();
    return good;
  }

  // Whether the list stands where the outline saw it and each item of the parts is one of its.
  bool fits_outline(const std::vector<Run>& runs) const {
    const Reading& first = parts_.front().reading;
    const std::size_t line = line_start(text_, first.root.span.start);
    const std::size_t root_column = first.root.span.start - std::max(line, bom_length(text_));
    if (first.root.flow || root_column != outline_.root_column || first.list.form != ListPlace::Form::block ||
        first.list.value.start != outline_.items.front() + outline_.column)
      return false;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::vector<TaskPlace>& places = parts_[i].reading.places;
      if (places.size() != runs[i].end - runs[i].first) return false;
      for (std::size_t k = 0; k < places.size(); ++k)
        if (places[k].start != item_content(text_, outline_.items[runs[i].first + k])) return false;
    }
    return no_key_twice();
  }

  // Each part looks for its own keys only. `tasks` is the first one of all parts but the first.
  bool no_key_twice() const {
    KeySet keys;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      for (std::size_t k = i > 0 ? 1 : 0; k < parts_[i].top_keys.size(); ++k) {
        const Part::TopKey& key = parts_[i].top_keys[k];
        if (keys.insert(key.kind, key.name, key.place) != KeySet::npos) return false;
      }
    return true;
  }

  // Parts are given up one by one: a large text has its tasks in memory once.
  void join(Reading& reading, UnknownKeys& unknown) {
    const Reading& first = parts_.front().reading;
    const Reading& last = parts_.back().reading;
    reading.root = first.root;
    reading.list = first.list;
    reading.root.span.end = last.root.span.end;
    reading.list.value.end = last.list.value.end;
    const bool in_first = first.metadata.last_sync || first.metadata.sync_source;
    reading.metadata = in_first ? first.metadata : last.metadata;
    reading.ascii = facts_.ascii;
    std::size_t count = 0;
    for (const Part& part : parts_) count += part.reading.tasks.size();
    reading.tasks.reserve(count);
    reading.places.reserve(count);
    for (Part& part : parts_) {
      std::vector<Task> tasks = std::move(part.reading.tasks);
      std::move(tasks.begin(), tasks.end(), std::back_inserter(reading.tasks));
      for (TaskPlace place : part.reading.places) {
        place.position = static_cast<std::uint32_t>(reading.places.size());
        reading.places.push_back(place);
      }
      for (const auto& [name, key] : part.unknown_keys) {
        UnknownKey& all = unknown.try_emplace(name, UnknownKey{key.first_at, 0, {}}).first->second;
        all.count += key.count;
        if (all.meant.empty()) all.meant = key.meant;
      }
    }
  }

  std::string_view text_;
  const TextFacts& facts_;
  const ReadOptions& options_;
  const Outline& outline_;
  std::vector<Part> parts_;
};

// The text of each item but the last.
std::vector<Item> items_of(std::string_view text, const Outline& outline) {
  std::vector<Item> items;
  items.reserve(outline.items.size());
  for (const std::uint32_t start : outline.items) {
    if (!items.empty()) items.back().text = fingerprint_of(text.substr(items.back().start, start - items.back().start));
    items.push_back({.start = start, .id = 0, .text = {}});
  }
  return items;
}

// All items, in parts of about the same size.
std::vector<Run> runs_of_all(std::string_view text, const std::vector<std::uint32_t>& items, std::size_t piecewise_from) {
  const std::size_t count = std::clamp<std::size_t>(text.size() / std::max<std::size_t>(1, piecewise_from / 2), 1,
                                                    kMaxThreads * kPartsPerThread);
  std::vector<Run> runs;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t first = runs.empty() ? 0 : runs.back().end;
    const auto goal = static_cast<std::uint32_t>(text.size() / count * i);
    const auto end = static_cast<std::size_t>(std::lower_bound(items.begin(), items.end(), goal) - items.begin());
    if (i == count) runs.push_back({first, items.size()});
    else if (end > first && end < items.size()) runs.push_back({first, end});
  }
  return runs;
}

std::vector<Run> runs_of(const std::vector<bool>& wanted) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i]) continue;
    if (!runs.empty() && runs.back().end == i) runs.back().end = i + 1;
    else runs.push_back({i, i + 1});
  }
  if (runs.empty() || runs.front().first > 0) runs.insert(runs.begin(), Run{0, 0});  // what stands before the list
  return runs;
}

// Gives the items that were read their ids, in the order of the text.
void name_items(std::vector<Item>& items, const std::vector<Run>& runs, const Reading& reading) {
  std::size_t position = 0;
  for (const Run& run : runs)
    for (std::size_t i = run.first; i < run.end; ++i) {
      const std::uint32_t task = reading.order[position++];
      items[i].id = reading.tasks[task].id;
      items[i].warned = reading.places[task].unknown_keys;
    }
}

bool ids_are_unique(const std::vector<Item>& items) {
  std::vector<std::int64_t> ids;
  ids.reserve(items.size());
  for (const Item& item : items) ids.push_back(item.id);
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

std::optional<Reading> read_all_in_parts(std::string_view text, const TextFacts& facts, const ReadOptions& options,
                                         const Outline& outline, std::vector<Item> items) {
  const std::vector<Run> runs = runs_of_all(text, outline.items, options.piecewise_from);
  std::optional<Reading> reading = PiecewiseReader(text, facts, options, outline).read(runs);
  if (!reading) return std::nullopt;
  name_items(items, runs, *reading);
  reading->items = std::move(items);
  return reading;
}

Reading read_text(std::string_view text, const TextFacts& facts, const ReadOptions& options, bool may_be_empty,
                  FaultList& faults) {
  if (text.size() >= options.piecewise_from && !tasks_depend_on_others(text, facts))
    if (const std::optional<Outline> outline = outline_of(text))
      if (std::optional<Reading> reading = read_all_in_parts(text, facts, options, *outline, items_of(text, *outline)))
        return std::move(*reading);
  Part part = read_part(text, facts, options, may_be_empty, {}, faults);
  sort_tasks(part.reading, faults);
  report_unknown_keys(part.unknown_keys, options.unknown_keys_are_faults, part.reading, faults);
  return std::move(part.reading);
}

}  // namespace

Reading read_schedule(std::string_view text, const ReadOptions& options, bool may_be_empty, FaultList& faults) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    faults.add(kWholeFile, kWholeFile, "", "the file is larger than 4 GiB");
    return {};
  }
  const TextFacts facts = check_text(text, faults);
  if (!faults.empty()) return {};
  const auto read = [&](std::string_view version, FaultList& found) {
    return read_text(version, facts, options, may_be_empty, found);
  };
  const std::vector<MergeConflict> conflicts = merge_conflicts_of(text);
  if (conflicts.empty()) return read(text, faults);
  // Lines of one that has lost its markers may be part of a text between quotes.
  if (!std::any_of(conflicts.begin(), conflicts.end(), [](const MergeConflict& c) { return c.complete; })) {
    FaultList as_it_is(text, 1);
    Reading reading = read(text, as_it_is);
    if (as_it_is.empty()) return reading;
  }
  report_conflicts(text, conflicts, read, faults);
  return {};
}

std::optional<Reading> read_changes(std::string_view text, const ReadOptions& options, std::span<const KnownText> known) {
  if (text.size() < options.piecewise_from || text.size() >= std::numeric_limits<std::uint32_t>::max())
    return std::nullopt;
  FaultList faults(text, 1);
  const TextFacts facts = check_text(text, faults);
  if (!faults.empty() || tasks_depend_on_others(text, facts) || !merge_conflicts_of(text).empty()) return std::nullopt;
  const std::optional<Outline> outline = outline_of(text);
  if (!outline) return std::nullopt;
  std::vector<Item> items = items_of(text, *outline);
  KnownItems known_items(known);
  std::vector<bool> wanted(items.size(), false);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const KnownText* task = known_items.find(items[i].text);
    if (task) {
      items[i].id = task->id;
      items[i].warned = task->warned;
      if (i + kLastItems < items.size()) continue;
    }
    wanted[i] = true;
    if (i > 0) wanted[i - 1] = true;  // where the lines above a task belong to is seen from there
  }
  const std::vector<Run> runs = runs_of(wanted);
  std::size_t cost = 0;
  for (const Run& run : runs)
    cost += kPartCost + (run.end < items.size() ? items[run.end].start : text.size()) - items[run.first].start;
  if (cost > text.size() / 2) return read_all_in_parts(text, facts, options, *outline, std::move(items));
  std::optional<Reading> reading = PiecewiseReader(text, facts, options, *outline).read(runs);
  if (!reading) return std::nullopt;
  name_items(items, runs, *reading);
  if (!ids_are_unique(items)) return std::nullopt;
  reading->whole = reading->tasks.size() == items.size();
  reading->items = std::move(items);
  return reading;
}

}  // namespace lockstep::yaml
