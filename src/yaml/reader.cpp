#include <algorithm>
#include <limits>
#include <numeric>

#include "model/validation.hpp"
#include "yaml/reading.hpp"
#include "yaml/task_reader.hpp"

namespace lockstep::yaml {
namespace {

constexpr std::size_t kMaxUnknownKeys = 100;  // that are named

// The least that a valid task takes: its four required keys with the shortest values.
constexpr std::size_t kMinTaskBytes = 64;

std::size_t count_ids(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("id:"); at != std::string_view::npos; at = text.find("id:", at + 3)) ++count;
  return std::min(count, text.size() / kMinTaskBytes);
}

constexpr std::string_view kListHint = "write `tasks: []` for a schedule that is meant to be empty";

class ScheduleReader {
 public:
  ScheduleReader(std::string_view text, const ReadOptions& options, bool may_be_empty, const TextFacts& facts,
                 FaultList& faults)
      : text_(text),
        options_(options),
        may_be_empty_(may_be_empty),
        faults_(faults),
        scalars_(text, options.version, facts.odd_breaks),
        stream_(text, facts.ascii, options.max_depth, EventStream::Aliases::resolve, &faults),
        skipper_(stream_, faults, scalars_),
        tasks_(stream_, faults, scalars_, options.max_depth) {
    reading_.ascii = facts.ascii;
  }

  Reading read() {
    if (stream_.next().kind == EventKind::document_start) {
      stream_.next();
      read_root();
      stream_.set_field({});
      if (!stream_.failed()) stream_.next();  // the document's end
      if (!stream_.failed() && stream_.next().kind == EventKind::document_start)
        faults_.add(stream_.current().start, stream_.current().end, "",
                    "a second document begins here: a schedule is one document, remove the `---`");
    }
    if (!stream_.failed() && reading_.list.form != ListPlace::Form::block &&
        reading_.list.form != ListPlace::Form::flow)
      report_no_tasks();
    sort_tasks();
    report_unknown_keys();
    reading_.anchors = stream_.anchors();
    reading_.aliases = stream_.aliases();
    return std::move(reading_);
  }

 private:
  void read_root() {
    const Event root = stream_.current();
    if (root.kind == EventKind::scalar && root.style == ScalarStyle::plain &&
        resolve_v1_2(root.value) == ScalarKind::null)
      return;
    if (root.kind != EventKind::mapping_start) {
      list_fault_ = true;
      if (root.kind != EventKind::end)
        faults_.add(root.start, root.end, "",
                    root.kind == EventKind::sequence_start
                        ? "the file is a list: put the line `tasks:` above it and indent it"
                        : "the file must be a mapping with a list `tasks:`, but it is a single text");
      return stream_.skip_rest();
    }
    reading_.root = {true, root.flow, {root.start, root.end}};
    KeySet keys;
    while (stream_.next().kind != EventKind::mapping_end && stream_.current().kind != EventKind::end)
      read_top_key(keys);
    reading_.root.span.end = stream_.current().end;
  }

  void read_top_key(KeySet& keys) {
    const Event key = stream_.current();
    bool is_tasks = false;
    bool is_metadata = false;
    if (key.kind == EventKind::scalar && !key.broken) {
      const char kind = key_kind(key, scalars_);
      is_tasks = kind == kTextKey && key.value == "tasks";
      is_metadata = kind == kTextKey && key.value == "metadata";
      if (const std::size_t before = keys.insert(kind, key.value, key.start); before != KeySet::npos) {
        faults_.add(key.start, key.end, "", duplicate_key_message(key.value, faults_.line_of(before)));
        is_tasks = is_metadata = false;
      }
    } else {
      stream_.skip_rest();
    }
    stream_.next();
    if (is_tasks) {
      reading_.list.key = {key.start, key.end};
      read_list();
    } else if (is_metadata) {
      read_metadata();
    } else {
      skipper_.skip();
    }
  }

  void read_list() {
    const Event list = stream_.current();
    reading_.list.value = {list.start, list.end};
    if (list.kind != EventKind::sequence_start) {
      if (list.kind == EventKind::end) return;
      const bool null = list.kind == EventKind::scalar && !list.broken && list.style == ScalarStyle::plain &&
                        list.tag.empty() && resolve_v1_2(list.value) == ScalarKind::null;
      if (null) {
        reading_.list.form = ListPlace::Form::null;
        return;
      }
      list_fault_ = true;
      if (!list.broken)
        faults_.add(list.start, list.end, "",
                    std::string("`tasks:` must be a list, with a `- ` before each task: this is ") +
                        (list.kind == EventKind::mapping_start ? "a mapping" : "a single text"));
      return skipper_.skip();
    }
    reading_.list.form = list.flow ? ListPlace::Form::flow : ListPlace::Form::block;
    // Growing would touch every task's memory twice.
    reading_.tasks.reserve(count_ids(text_));
    reading_.places.reserve(reading_.tasks.capacity());
    while (stream_.next().kind != EventKind::sequence_end && stream_.current().kind != EventKind::end) {
      tasks_.report_missing();
      read_task(list.replayed);
    }
    tasks_.report_missing();
    reading_.list.value.end = stream_.current().end;
  }

  void read_task(bool list_replayed) {
    const Event& first = stream_.current();
    const bool alias = first.replayed && !list_replayed;
    const std::size_t start = alias ? first.alias_start : first.start;
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(std::min(counted_, start)),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
    counted_ = start;
    const std::size_t alias_end = first.alias_end;
    std::optional<Task> task = tasks_.read();
    if (!task) return;
    const std::size_t end = alias ? alias_end : stream_.current().end;
    reading_.tasks.push_back(std::move(*task));
    reading_.places.push_back({.start = static_cast<std::uint32_t>(start),
                               .end = static_cast<std::uint32_t>(end),
                               .line = static_cast<std::uint32_t>(line_),
                               .position = static_cast<std::uint32_t>(reading_.places.size()),
                               .alias = alias});
  }

  void read_metadata() {
    if (stream_.current().kind != EventKind::mapping_start || stream_.current().replayed) return skipper_.skip();
    reading_.metadata.flow = stream_.current().flow;
    KeySet keys;
    while (stream_.next().kind != EventKind::mapping_end && stream_.current().kind != EventKind::end) {
      const Event& key = stream_.current();
      std::optional<Span>* wanted = nullptr;
      if (key.kind == EventKind::scalar && !key.broken) {
        if (const std::size_t before = keys.insert(key_kind(key, scalars_), key.value, key.start);
            before != KeySet::npos)
          faults_.add(key.start, key.end, "", duplicate_key_message(key.value, faults_.line_of(before)));
        if (key.value == "last_sync") wanted = &reading_.metadata.last_sync;
        if (key.value == "sync_source") wanted = &reading_.metadata.sync_source;
      } else {
        skipper_.skip();
      }
      const Event& value = stream_.next();
      if (wanted != nullptr && value.kind == EventKind::scalar && !value.broken)
        *wanted = value.replayed ? Span{value.alias_start, value.alias_end} : Span{value.start, value.end};
      skipper_.skip();
    }
  }

  void report_no_tasks() {
    if (list_fault_) return;
    reading_.no_tasks = faults_.empty();
    if (may_be_empty_) return;
    if (!reading_.root.present)
      faults_.add(kWholeFile, kWholeFile, "", "the file is empty: " + std::string(kListHint));
    else if (reading_.list.form == ListPlace::Form::null)
      faults_.add(reading_.list.key.start, reading_.list.key.end, "",
                  "`tasks:` has no value: " + std::string(kListHint));
    else
      faults_.add(kWholeFile, kWholeFile, "", "there is no list `tasks:` at the top level: " + std::string(kListHint));
  }

  // Sorts by id and reports ids that occur twice.
  void sort_tasks() {
    std::vector<Task>& tasks = reading_.tasks;
    std::vector<std::uint32_t> by_id(tasks.size());
    std::iota(by_id.begin(), by_id.end(), 0U);
    reading_.order = by_id;
    const auto less = [&](std::uint32_t a, std::uint32_t b) { return tasks[a].id < tasks[b].id; };
    if (!std::is_sorted(by_id.begin(), by_id.end(), less)) {
      std::stable_sort(by_id.begin(), by_id.end(), less);
      std::vector<Task> sorted;
      std::vector<TaskPlace> places;
      sorted.reserve(tasks.size());
      places.reserve(tasks.size());
      for (std::uint32_t i = 0; i < by_id.size(); ++i) {
        sorted.push_back(std::move(tasks[by_id[i]]));
        places.push_back(reading_.places[by_id[i]]);
        reading_.order[by_id[i]] = i;
      }
      tasks = std::move(sorted);
      reading_.places = std::move(places);
    }
    for (std::size_t i = 1; i < tasks.size(); ++i) {
      if (tasks[i].id != tasks[i - 1].id) continue;
      Fault fault;
      fault.start = reading_.places[i].start;
      fault.end = fault.start + 1;
      fault.task_id = tasks[i].id;
      fault.field = "id";
      fault.message = "duplicate id " + std::to_string(tasks[i].id) + " in lines " +
                      std::to_string(faults_.line_of(reading_.places[i - 1].start)) + " and " +
                      std::to_string(faults_.line_of(fault.start)) + ": give one of the two another id";
      faults_.add(std::move(fault));
    }
  }

  void report_unknown_keys() {
    const UnknownKeys& unknown = tasks_.unknown_keys();
    if (unknown.empty()) return;
    std::vector<std::pair<std::size_t, std::string_view>> by_place;
    for (const auto& [name, key] : unknown) by_place.emplace_back(key.first_at, name);
    std::sort(by_place.begin(), by_place.end());
    for (const auto& [place, name] : by_place) {
      if (reading_.warnings.size() == kMaxUnknownKeys) {
        reading_.warnings.push_back(
            {std::to_string(by_place.size() - kMaxUnknownKeys) + " more unknown keys, left as they are", {}, {}});
        break;
      }
      const std::size_t count = unknown.find(name)->second.count;
      const std::size_t line = faults_.line_of(place);
      reading_.warnings.push_back({"unknown key " + quoted_for_message(name) + " in " + std::to_string(count) +
                                       (count == 1 ? " task" : " tasks") + ", first in line " + std::to_string(line) +
                                       ": left as it is",
                                   {},
                                   line});
    }
  }

  std::string_view text_;
  const ReadOptions& options_;
  bool may_be_empty_;
  FaultList& faults_;
  ScalarReader scalars_;
  EventStream stream_;
  NodeSkipper skipper_;
  TaskReader tasks_;
  Reading reading_;
  bool list_fault_ = false;
  std::size_t line_ = 1;
  std::size_t counted_ = 0;  // bytes whose line breaks are in line_
};

}  // namespace

Reading read_schedule(std::string_view text, const ReadOptions& options, bool may_be_empty, FaultList& faults) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    faults.add(kWholeFile, kWholeFile, "", "the file is larger than 4 GiB");
    return {};
  }
  const TextFacts facts = check_text(text, faults);
  if (!faults.empty()) return {};
  return ScheduleReader(text, options, may_be_empty, facts, faults).read();
}

}  // namespace lockstep::yaml
