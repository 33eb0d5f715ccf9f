#include "yaml/task_reader.hpp"

#include <algorithm>
#include <charconv>

#include "model/suggest.hpp"

namespace lockstep::yaml {
namespace {

std::string_view slot_name(std::size_t slot) { return slot < kFieldCount ? kSchema[slot].name : kIdName; }

std::span<const std::string_view> known_names() {
  static const auto kNames = [] {
    std::array<std::string_view, kFieldCount + 1> names;
    for (std::size_t slot = 0; slot < names.size(); ++slot) names[slot] = slot_name(slot);
    return names;
  }();
  return kNames;
}

std::string_view kind_in_words(EventKind kind) { return kind == EventKind::mapping_start ? "a mapping" : "a list"; }

}  // namespace

std::optional<Task> TaskReader::read() {
  const Event task = stream_.current();  // its views are not used below
  const std::size_t mark = faults_.mark();
  seen_unknown_.clear();
  if (task.kind != EventKind::mapping_start) {
    if (!task.broken && task.kind != EventKind::end)
      faults_.add(task.start, task.end, "",
                  "a task must be a mapping that begins with `- id: …`: this is " +
                      (task.kind == EventKind::sequence_start ? std::string("a list")
                       : task.start == task.end               ? std::string("empty")
                                                              : "the text " + quoted_for_message(task.value)));
    stream_.skip_rest();
    return std::nullopt;
  }
  if (!task.tag.empty() && task.tag != "tag:yaml.org,2002:map")
    faults_.add(task.start, task.end, "",
                "the tag " + quoted_for_message(short_tag(task.tag)) + " is not known here: remove it");
  for (Slot& slot : slots_) slot.state = Slot::State::absent;
  read_entries();
  stream_.set_field({});
  return finish(task, mark);
}

void TaskReader::read_entries() {
  if (key_sets_.size() == level_) key_sets_.emplace_back();
  KeySet& keys = key_sets_[level_++];
  keys.clear();
  for (stream_.next(); stream_.current().kind != EventKind::mapping_end; stream_.next()) {
    if (stream_.current().kind == EventKind::end) break;
    read_key(keys);
  }
  --level_;
}

void TaskReader::read_key(KeySet& keys) {
  const Event& key = stream_.current();
  if (key.kind != EventKind::scalar || key.broken) {
    if (!key.broken)
      faults_.add(key.start, key.end, "",
                  "a key that is " + std::string(kind_in_words(key.kind)) + ": keys must be text");
    stream_.skip_rest();
    stream_.next();
    return skipper_.skip();
  }
  const char kind = key_kind(key, scalars_);
  const auto known =
      std::find_if(kSchema.begin(), kSchema.end(), [&](const FieldSpec& f) { return f.name == key.value; });
  const bool is_known = kind == kTextKey && (known != kSchema.end() || key.value == kIdName);
  if (const std::size_t before = keys.insert(kind, key.value, key.start); before != KeySet::npos) {
    faults_.add(key.start, key.end, is_known ? std::string(key.value) : "",
                duplicate_key_message(key.value, faults_.line_of(before)));
    stream_.next();
    return stream_.skip_rest();
  }
  if (kind == kMergeKey) {
    stream_.next();
    return read_merge();
  }
  if (!is_known) {
    note_unknown(key);
    stream_.set_field({});
    stream_.next();
    return skipper_.skip();
  }
  const auto slot = static_cast<std::size_t>(known - kSchema.begin());
  stream_.set_field(slot_name(slot));
  stream_.next();
  read_value(slot);
}

void TaskReader::read_merge() {
  const Event& event = stream_.current();
  if (event.kind == EventKind::mapping_start) return read_merge_source();
  if (event.kind != EventKind::sequence_start) {
    if (event.kind == EventKind::scalar && !event.broken)
      faults_.add(event.start, event.end, "",
                  "<< must be followed by a mapping, or a list of mappings, usually by their aliases");
    return;
  }
  for (stream_.next(); stream_.current().kind != EventKind::sequence_end; stream_.next()) {
    if (stream_.current().kind == EventKind::end) return;
    if (stream_.current().kind == EventKind::mapping_start) {
      read_merge_source();
    } else {
      if (!stream_.current().broken)
        faults_.add(stream_.current().start, stream_.current().end, "", "<< can merge mappings only");
      stream_.skip_rest();
    }
  }
}

// Own keys win over inherited ones; of the sources those that are read first. A source's own
// keys win over what it inherits itself, wherever in it the `<<` stands.
void TaskReader::read_merge_source() {
  std::array<Slot, kFieldCount + 1> outer;
  std::swap(outer, slots_);
  read_entries();
  std::swap(outer, slots_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state == Slot::State::absent && outer[i].state != Slot::State::absent)
      slots_[i] = std::move(outer[i]);
  }
}

void TaskReader::read_value(std::size_t index) {
  Slot& slot = slots_[index];
  slot = Slot{};  // an own key overrides what came by a `<<` above it
  slot.start = stream_.current().start;
  slot.end = stream_.current().end;
  if (stream_.current().broken || stream_.current().kind == EventKind::end) {
    slot.state = Slot::State::bad;  // reported where it was found
  } else if (index == kIdSlot) {
    read_id(slot);
  } else if (kSchema[index].type == FieldType::json_object) {
    read_params(slot);
  } else {
    read_scalar_field(kSchema[index], slot);
  }
}

void TaskReader::set_bad(Slot& slot, std::string problem) {
  slot.state = Slot::State::bad;
  slot.problem = std::move(problem);
}

void TaskReader::read_id(Slot& slot) {
  const Event& event = stream_.current();
  if (event.kind != EventKind::scalar) {
    set_bad(slot, "id must be a whole number: this is " + std::string(kind_in_words(event.kind)));
    return stream_.skip_rest();
  }
  ScalarReading reading = scalars_.read(event, false);
  if (!reading.problem.empty()) return set_bad(slot, std::move(reading.problem));
  if (reading.kind != ScalarKind::integer) {
    std::string problem =
        "id must be a whole number from 1: " + quoted_for_message(event.value) + " is " +
        (reading.kind == ScalarKind::real ? "not whole"
                                          : describe(event.value, reading.kind, scalars_.reads_as_v1_1()));
    const bool digits = !event.value.empty() && std::all_of(event.value.begin(), event.value.end(),
                                                            [](char c) { return c >= '0' && c <= '9'; });
    if (digits) problem += ": take the quotes or the tag away";
    return set_bad(slot, std::move(problem));
  }
  const std::string digits = json_number(event.value, reading.kind, scalars_.reads_as_v1_1()).value_or("");
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot.id);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return set_bad(slot,
                   "id must be a whole number from 1 to 9223372036854775807, not " + quoted_for_message(event.value));
  if (std::optional<std::string> problem = Validator::check_id(slot.id)) return set_bad(slot, std::move(*problem));
  slot.state = Slot::State::good;
}

void TaskReader::read_params(Slot& slot) {
  const Event& event = stream_.current();
  if (event.kind == EventKind::scalar) {
    ScalarReading reading = scalars_.read(event, false);
    if (!reading.problem.empty()) return set_bad(slot, std::move(reading.problem));
    if (reading.kind != ScalarKind::null)
      return set_bad(slot, "params_json must be a mapping, not " + quoted_for_message(event.value) +
                               ": write it as `key: value` lines, or as {…} without quotes around it");
    slot.value = JsonText{"{}"};
  } else if (event.kind == EventKind::sequence_start) {
    set_bad(slot, "params_json must be a mapping, not a list: write it as `key: value` lines, or as {…}");
    return stream_.skip_rest();
  } else {
    // Its nesting is counted from itself, so that what a database row can hold fits in here.
    stream_.set_max_depth(stream_.depth() - 1 + max_depth_);
    JsonText json;
    const bool good = params_.read(json.text);
    stream_.set_max_depth(max_depth_);
    if (!good) {
      slot.state = Slot::State::bad;
      return;
    }
    json.text.shrink_to_fit();
    slot.value = std::move(json);
  }
  slot.state = Slot::State::good;
}

void TaskReader::read_scalar_field(const FieldSpec& field, Slot& slot) {
  const Event& event = stream_.current();
  const bool is_time = field.type == FieldType::timestamp;
  const std::string name(field.name);
  if (event.kind != EventKind::scalar) {
    set_bad(slot, name + " must be " + (is_time ? "a timestamp" : "text") + ", not " +
                      std::string(kind_in_words(event.kind)));
    return stream_.skip_rest();
  }
  ScalarReading reading = scalars_.read(event, is_time);
  if (!reading.problem.empty()) return set_bad(slot, std::move(reading.problem));
  const bool text = reading.kind == ScalarKind::text || (is_time && reading.kind == ScalarKind::timestamp);
  if (reading.kind == ScalarKind::null) {
    if (!field.default_text.empty()) slot.value = std::string(field.default_text);
  } else if (!text) {
    return set_bad(slot, name + " must be " + (is_time ? "a timestamp like 2026-01-01T00:00:00Z" : "text") + ", but " +
                             quoted_for_message(event.value) + " is " +
                             describe(event.value, reading.kind, scalars_.reads_as_v1_1()) +
                             (is_time ? "" : ": quote it: " + quoting_hint(event.value)));
  } else if (is_time) {
    const std::optional<Timestamp> instant = parse_timestamp(event.value);
    if (!instant)
      return set_bad(slot, name + " " + quoted_for_message(event.value) +
                               " is not a timestamp: write it like 2026-01-01T00:00:00Z, with at most six digits of a "
                               "second's fraction");
    slot.value = *instant;
  } else {
    slot.value = std::string(event.value);
  }
  if (std::optional<std::string> problem = validator_.check(field.field, slot.value))
    return set_bad(slot, std::move(*problem));
  slot.state = Slot::State::good;
}

void TaskReader::note_unknown(const Event& key) {
  auto found = unknown_.find(key.value);
  if (found == unknown_.end()) found = unknown_.emplace(std::string(key.value), UnknownKey{key.start, 0, {}}).first;
  ++found->second.count;
  seen_unknown_.push_back({key.start, key.end, &*found, {}});
}

// A key that is close to one that the task has is a key of its own.
std::string_view TaskReader::closest_missing(std::string_view name) const {
  const std::optional<std::string_view> nearest = nearest_name(name, known_names());
  if (!nearest) return {};
  const auto slot = static_cast<std::size_t>(std::find(known_names().begin(), known_names().end(), *nearest) - known_names().begin());
  return slots_[slot].state == Slot::State::absent ? *nearest : std::string_view{};
}

void TaskReader::judge_unknown() {
  for (SeenUnknown& seen : seen_unknown_) {
    seen.meant = closest_missing(seen.key->first);
    if (seen.key->second.meant.empty()) seen.key->second.meant = seen.meant;
    if (!unknown_are_faults_) continue;
    const std::string name = quoted_for_message(seen.key->first);
    faults_.add(seen.start, seen.end, seen.key->first,
                "unknown key " + name + (seen.meant.empty() ? ": take it out, or correct its name" : did_you_mean(seen.meant)));
  }
}

std::string TaskReader::missing_problem(std::string_view name) const {
  std::string example = "1";
  if (name == "skill_name") example = "the_skill";
  if (name == "schedule_cron") example = "\"0 2 * * *\"";
  if (name == "next_run_at") example = "\"2026-01-01T00:00:00Z\"";
  std::string problem = std::string(name) + " is missing: ";
  for (const SeenUnknown& seen : seen_unknown_)
    if (seen.meant == name)
      return problem + "did you mean it by " + quoted_for_message(seen.key->first) + " in line " +
             std::to_string(faults_.line_of(seen.start)) + "? Correct the name";
  return problem + "add a line like `" + std::string(name) + ": " + example + "`";
}

std::optional<Task> TaskReader::finish(const Event& task, std::size_t mark) {
  const bool complete = stream_.current().kind == EventKind::mapping_end;
  const Slot& id = slots_[kIdSlot];
  Task result = task_with_defaults(id.id);
  judge_unknown();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    const std::string name(slot_name(i));
    if (slot.state == Slot::State::good) {
      if (i < kFieldCount) result.values[i] = std::move(slot.value);
    } else if (slot.state == Slot::State::bad) {
      if (!slot.problem.empty()) faults_.add(slot.start, slot.end, name, std::move(slot.problem));
    } else if (complete && (i == kIdSlot || kSchema[i].required)) {
      missing_.push_back({task.start, task.start + 1, std::nullopt, name, missing_problem(name)});
    }
  }
  if (id.state != Slot::State::good) return std::nullopt;
  faults_.assign_task(mark, id.id);
  for (Fault& fault : missing_) fault.task_id = id.id;
  return result;
}

void TaskReader::report_missing() {
  if (!stream_.failed())
    for (Fault& fault : missing_) faults_.add(std::move(fault));
  missing_.clear();
}

}  // namespace lockstep::yaml
