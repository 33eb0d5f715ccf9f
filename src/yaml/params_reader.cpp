#include "yaml/params_reader.hpp"

#include <algorithm>

#include "model/json.hpp"
#include "model/validation.hpp"

namespace lockstep::yaml {

char key_kind(const Event& key, const ScalarReader& scalars) {
  if (key.style != ScalarStyle::plain || !key.tag.empty() || key.non_specific_tag) return kTextKey;
  const ScalarKind kind = scalars.reads_as_v1_1() ? resolve_v1_1(key.value) : resolve_v1_2(key.value);
  if (kind == ScalarKind::text) return kTextKey;
  return kind == ScalarKind::merge ? kMergeKey : static_cast<char>('0' + static_cast<int>(kind));
}

std::string duplicate_key_message(std::string_view key, std::size_t first_line) {
  return "duplicate key " + quoted_for_message(key) + ", first in line " + std::to_string(first_line) +
         ": remove one of the two";
}

bool ParamsReader::fault(const Event& at, std::string message) {
  faults_.add(at.start, at.end, "params_json", std::move(message));
  return false;
}

bool ParamsReader::read(std::string& json) {
  switch (stream_.current().kind) {
    case EventKind::scalar:
      return scalar(json);
    case EventKind::sequence_start:
      return sequence(json);
    case EventKind::mapping_start:
      return mapping(json, false);
    default:
      return false;
  }
}

bool ParamsReader::scalar(std::string& json) {
  const Event& event = stream_.current();
  if (event.broken) return false;
  ScalarReading reading = scalars_.read(event, false);
  if (!reading.problem.empty()) return fault(event, std::move(reading.problem));
  switch (reading.kind) {
    case ScalarKind::null:
      json += "null";
      return true;
    case ScalarKind::boolean:
      json += boolean_value(event.value) ? "true" : "false";
      return true;
    case ScalarKind::integer:
    case ScalarKind::real: {
      const auto number = json_number(event.value, reading.kind, scalars_.reads_as_v1_1());
      if (!number)
        return fault(event, quoted_for_message(event.value) +
                                " is no number that JSON can hold: write a finite number, or quote it");
      json += *number;
      return true;
    }
    case ScalarKind::merge:
    case ScalarKind::value:
      return fault(event, quoted_for_message(event.value) + " has a special meaning in YAML 1.1: quote it");
    case ScalarKind::timestamp:
    case ScalarKind::text:
      break;
  }
  if (event.value.find('\0') != std::string_view::npos)
    return fault(event, "a NUL character inside a text: take it out, params_json cannot hold it");
  append_json_string(json, event.value);
  return true;
}

bool ParamsReader::check_collection_tag(std::string_view expected) {
  const Event& event = stream_.current();
  if (event.tag.empty()) return true;
  if (event.tag.starts_with(kTagPrefix) && event.tag.substr(kTagPrefix.size()) == expected) return true;
  return fault(event, "the tag " + quoted_for_message(short_tag(event.tag)) + " is not known here: remove it");
}

bool ParamsReader::sequence(std::string& json) {
  bool good = check_collection_tag("seq");
  json += '[';
  bool first = true;
  for (stream_.next(); stream_.current().kind != EventKind::sequence_end; stream_.next()) {
    if (stream_.current().kind == EventKind::end) return false;
    if (!first) json += ',';
    first = false;
    good = read(json) && good;
  }
  json += ']';
  return good;
}

bool ParamsReader::mapping(std::string& json, bool keep_own) {
  bool good = check_collection_tag("map");
  if (key_sets_.size() == level_) key_sets_.emplace_back();
  KeySet& keys = key_sets_[level_++];
  keys.clear();
  const std::size_t first_own = own_.size();
  Inherited inherited;
  json += '{';
  for (stream_.next(); stream_.current().kind != EventKind::mapping_end; stream_.next()) {
    const Event& key = stream_.current();
    if (key.kind == EventKind::end) return false;
    if (key.kind != EventKind::scalar) {
      good = fault(key, "a key that is a list or a mapping: keys must be text");
      stream_.skip_rest();
      stream_.next();
      stream_.skip_rest();
      continue;
    }
    const char kind = key_kind(key, scalars_);
    if (const std::size_t before = keys.insert(kind, key.value, key.start); before != KeySet::npos)
      good = fault(key, duplicate_key_message(key.value, faults_.line_of(before)));
    if (kind == kMergeKey) {
      stream_.next();
      good = merge_sources(inherited) && good;
      continue;
    }
    good = check_key(key) && good;
    if (json.back() != '{') json += ',';
    Own own{json.size(), 0, 0};
    append_json_string(json, key.value);
    own.key_end = json.size();
    json += ':';
    stream_.next();
    good = read(json) && good;
    own.end = json.size();
    own_.push_back(own);
  }
  if (!inherited.members.empty()) append_inherited(json, first_own, inherited);
  if (!keep_own) own_.resize(first_own);
  json += '}';
  --level_;
  return good;
}

bool ParamsReader::check_key(const Event& key) {
  if (key.broken) return false;
  ScalarReading reading = scalars_.read(key, false);
  if (!reading.problem.empty()) return fault(key, std::move(reading.problem));
  if (reading.kind != ScalarKind::text && reading.kind != ScalarKind::timestamp)
    return fault(key, "the key " + quoted_for_message(key.value) + " is " +
                          describe(key.value, reading.kind, scalars_.reads_as_v1_1()) +
                          ", and keys must be text: quote it: " + quoting_hint(key.value));
  if (key.value.find('\0') != std::string_view::npos)
    return fault(key, "a NUL character inside a key: take it out, params_json cannot hold it");
  return true;
}

// A mapping's own members win over what it inherits.
void ParamsReader::append_inherited(std::string& json, std::size_t first_own, const Inherited& inherited) {
  std::unordered_set<std::string> own_keys;
  for (std::size_t i = first_own; i < own_.size(); ++i)
    own_keys.insert(json.substr(own_[i].key_at, own_[i].key_end - own_[i].key_at));
  for (const Inherited::Member& member : inherited.members) {
    if (own_keys.contains(member.text.substr(0, member.key_length))) continue;
    if (json.back() != '{') json += ',';
    const std::size_t at = json.size();
    json += member.text;
    own_.push_back({at, at + member.key_length, json.size()});
  }
}

bool ParamsReader::merge_sources(Inherited& inherited) {
  const Event& event = stream_.current();
  if (event.kind == EventKind::mapping_start) return merge_source(inherited);
  if (event.kind == EventKind::scalar && event.broken) return false;
  if (event.kind != EventKind::sequence_start) {
    if (event.kind == EventKind::end) return false;
    return fault(event, "<< must be followed by a mapping, or a list of mappings, usually by their aliases");
  }
  bool good = true;
  for (stream_.next(); stream_.current().kind != EventKind::sequence_end; stream_.next()) {
    if (stream_.current().kind == EventKind::end) return false;
    if (stream_.current().kind == EventKind::mapping_start) {
      good = merge_source(inherited) && good;
    } else {
      if (!stream_.current().broken) fault(stream_.current(), "<< can merge mappings only");
      good = false;
      stream_.skip_rest();
    }
  }
  return good;
}

// Members of sources read before win over those of this one.
bool ParamsReader::merge_source(Inherited& inherited) {
  std::string json;
  const std::size_t first = own_.size();
  const bool good = mapping(json, true);
  for (std::size_t i = first; i < own_.size(); ++i) {
    const Own& own = own_[i];
    const std::size_t key_length = own.key_end - own.key_at;
    if (inherited.keys.insert(json.substr(own.key_at, key_length)).second)
      inherited.members.push_back({json.substr(own.key_at, own.end - own.key_at), key_length});
  }
  own_.resize(std::min(first, own_.size()));
  return good;
}

void NodeSkipper::skip() {
  const EventKind kind = stream_.current().kind;
  // What an alias repeats was looked at where it stands.
  if (stream_.current().replayed) return stream_.skip_rest();
  if (kind == EventKind::sequence_start) {
    while (stream_.next().kind != EventKind::sequence_end && stream_.current().kind != EventKind::end) skip();
  } else if (kind == EventKind::mapping_start) {
    if (key_sets_.size() == level_) key_sets_.emplace_back();
    KeySet& keys = key_sets_[level_++];
    keys.clear();
    while (stream_.next().kind != EventKind::mapping_end && stream_.current().kind != EventKind::end) {
      const Event& key = stream_.current();
      if (key.kind == EventKind::scalar && !key.broken) {
        const std::size_t before = keys.insert(key_kind(key, scalars_), key.value, key.start);
        if (before != KeySet::npos)
          faults_.add(key.start, key.end, "", duplicate_key_message(key.value, faults_.line_of(before)));
      } else {
        skip();
      }
      stream_.next();
      skip();
    }
    --level_;
  }
}

}  // namespace lockstep::yaml
