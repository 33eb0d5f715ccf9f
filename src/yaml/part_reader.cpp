#include "yaml/part_reader.hpp"

#include <algorithm>
#include <array>

#include "model/suggest.hpp"
#include "model/validation.hpp"

namespace lockstep::yaml {
namespace {

// The least that a valid task takes: its four required keys with the shortest values.
constexpr std::size_t kMinTaskBytes = 64;

std::size_t count_ids(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("id:"); at != std::string_view::npos; at = text.find("id:", at + 3)) ++count;
  return std::min(count, text.size() / kMinTaskBytes);
}

constexpr std::string_view kListHint = "write `tasks: []` for a schedule that is meant to be empty";
constexpr std::string_view kNotASchedule = "not a schedule; add `tasks: []` if it is meant to be one";
constexpr std::array<std::string_view, 1> kListName{"tasks"};

class PartReader {
 public:
  PartReader(std::string_view text, const TextFacts& facts, const ReadOptions& options, bool may_be_empty,
             const Stretch& stretch, FaultList& faults)
      : text_(text),
        stretch_(stretch),
        may_be_empty_(may_be_empty),
        faults_(faults),
        scalars_(text, options.version, facts.odd_breaks),
        stream_(text, facts.ascii, options.max_depth, EventStream::Aliases::resolve, &faults, stretch.parsed),
        skipper_(stream_, faults, scalars_),
        tasks_(stream_, faults, scalars_, options) {
    part_.reading.ascii = facts.ascii;
  }

  Part read() {
    if (stream_.next().kind == EventKind::document_start) {
      stream_.next();
      read_root();
      stream_.set_field({});
      if (!stopped_) read_end();
    }
    if (!stream_.failed() && !stopped_ && part_.reading.list.form != ListPlace::Form::block &&
        part_.reading.list.form != ListPlace::Form::flow)
      report_no_tasks();
    part_.unknown_keys = tasks_.unknown_keys();
    part_.reading.anchors = stream_.anchors();
    part_.reading.aliases = stream_.aliases();
    return std::move(part_);
  }

 private:
  void read_end() {
    if (!stream_.failed()) stream_.next();  // the document's end
    if (!stream_.failed() && stream_.next().kind == EventKind::document_start)
      faults_.add(stream_.current().start, stream_.current().end, "",
                  "a second document begins here: a schedule is one document, remove the `---`");
  }

  void read_root() {
    const Event root = stream_.current();
    if (root.kind == EventKind::scalar && root.style == ScalarStyle::plain && root.start == root.end) return;
    if (root.kind != EventKind::mapping_start) {
      list_fault_ = true;
      if (root.kind != EventKind::end)
        faults_.add(root.start, root.end, "",
                    root.kind == EventKind::sequence_start
                        ? "the file is a list: put the line `tasks:` above it and indent it"
                        : "the file must be a mapping with a list `tasks:`, but it is a single text");
      return stream_.skip_rest();
    }
    part_.reading.root = {true, root.flow, {root.start, root.end}};
    KeySet keys;
    while (!stopped_ && stream_.next().kind != EventKind::mapping_end && stream_.current().kind != EventKind::end)
      read_top_key(keys);
    if (!stopped_) part_.reading.root.span.end = stream_.current().end;
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
      part_.top_keys.push_back({kind, std::string(key.value), key.start});
    } else {
      stream_.skip_rest();
    }
    stream_.next();
    if (is_tasks) {
      part_.reading.list.key = {key.start, key.end};
      read_list();
    } else if (is_metadata) {
      read_metadata();
    } else {
      skipper_.skip();
    }
  }

  void read_list() {
    const Event list = stream_.current();
    part_.reading.list.value = {list.start, list.end};
    if (list.kind != EventKind::sequence_start) {
      if (list.kind == EventKind::end) return;
      const bool null = list.kind == EventKind::scalar && !list.broken && list.style == ScalarStyle::plain &&
                        list.tag.empty() && resolve_v1_2(list.value) == ScalarKind::null;
      if (null) {
        part_.reading.list.form = ListPlace::Form::null;
        return;
      }
      list_fault_ = true;
      if (!list.broken)
        faults_.add(list.start, list.end, "",
                    std::string("`tasks:` must be a list, with a `- ` before each task: this is ") +
                        (list.kind == EventKind::mapping_start ? "a mapping" : "a single text"));
      return skipper_.skip();
    }
    part_.reading.list.form = list.flow ? ListPlace::Form::flow : ListPlace::Form::block;
    // Growing would touch every task's memory twice.
    part_.reading.tasks.reserve(count_ids(text_.substr(stretch_.parsed.start, stretch_.parsed.end - stretch_.parsed.start)));
    part_.reading.places.reserve(part_.reading.tasks.capacity());
    while (stream_.next().kind != EventKind::sequence_end && stream_.current().kind != EventKind::end) {
      tasks_.report_missing();
      if (stream_.current().start >= stretch_.stop && !stream_.current().replayed) return stop();
      read_task(list.replayed);
    }
    tasks_.report_missing();
    part_.reading.list.value.end = stream_.current().end;
  }

  void stop() {
    stopped_ = true;
    part_.stopped_at_item = stream_.current().start == stretch_.stop;
  }

  void read_task(bool list_replayed) {
    const Event& first = stream_.current();
    const bool alias = first.replayed && !list_replayed;
    const std::size_t start = alias ? first.alias_start : first.start;
    const std::size_t alias_end = first.alias_end;
    std::optional<Task> task = tasks_.read();
    if (!task) return;
    const std::size_t end = alias ? alias_end : stream_.current().end;
    part_.reading.tasks.push_back(std::move(*task));
    part_.reading.places.push_back({.start = static_cast<std::uint32_t>(start),
                               .end = static_cast<std::uint32_t>(end),
                               .position = static_cast<std::uint32_t>(part_.reading.places.size()),
                               .alias = alias,
                               .unknown_keys = tasks_.had_unknown_keys()});
  }

  void read_metadata() {
    if (stream_.current().kind != EventKind::mapping_start || stream_.current().replayed) return skipper_.skip();
    part_.reading.metadata.flow = stream_.current().flow;
    KeySet keys;
    while (stream_.next().kind != EventKind::mapping_end && stream_.current().kind != EventKind::end) {
      const Event& key = stream_.current();
      std::optional<Span>* wanted = nullptr;
      if (key.kind == EventKind::scalar && !key.broken) {
        if (const std::size_t before = keys.insert(key_kind(key, scalars_), key.value, key.start);
            before != KeySet::npos)
          faults_.add(key.start, key.end, "", duplicate_key_message(key.value, faults_.line_of(before)));
        if (key.value == "last_sync") wanted = &part_.reading.metadata.last_sync;
        if (key.value == "sync_source") wanted = &part_.reading.metadata.sync_source;
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
    part_.reading.no_tasks = !part_.reading.root.present && faults_.empty();
    if (part_.reading.no_tasks && may_be_empty_) return;
    if (!part_.reading.root.present) return faults_.add(kWholeFile, kWholeFile, "", "the file is empty: " + std::string(kListHint));
    if (part_.reading.list.form == ListPlace::Form::null)
      return faults_.add(part_.reading.list.key.start, part_.reading.list.key.end, "",
                         "`tasks:` has no value: " + std::string(kListHint));
    for (const Part::TopKey& key : part_.top_keys)
      if (nearest_name(key.name, kListName))
        return faults_.add(key.place, key.place + key.name.size(), "",
                           std::string(kNotASchedule) + ": did you mean `tasks:` by " + quoted_for_message(key.name) + "?");
    faults_.add(kWholeFile, kWholeFile, "", std::string(kNotASchedule));
  }

  std::string_view text_;
  Stretch stretch_;
  bool may_be_empty_;
  FaultList& faults_;
  ScalarReader scalars_;
  EventStream stream_;
  NodeSkipper skipper_;
  TaskReader tasks_;
  Part part_;
  bool list_fault_ = false;
  bool stopped_ = false;
};

}  // namespace

Part read_part(std::string_view text, const TextFacts& facts, const ReadOptions& options, bool may_be_empty,
               const Stretch& stretch, FaultList& faults) {
  return PartReader(text, facts, options, may_be_empty, stretch, faults).read();
}

}  // namespace lockstep::yaml
