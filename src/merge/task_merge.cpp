#include "merge/task_merge.hpp"

#include <algorithm>

#include "model/json.hpp"

namespace lockstep::merge {
namespace {

bool same(const Json* a, const Json* b) { return a && b ? equivalent(*a, *b) : a == b; }

struct Merged {
  std::optional<Json> value;
  bool clash = false;
};

Merged merge_json(const Json* base, const Json* ours, const Json* theirs, Prefer prefer);

Merged merge_members(const Json* base, const Json& ours, const Json& theirs, Prefer prefer) {
  Merged result{Json::object(), false};
  const auto take = [&](const std::string& key) {
    Merged member = merge_json(base ? base->find(key) : nullptr, ours.find(key), theirs.find(key), prefer);
    result.clash = result.clash || member.clash;
    if (member.value) result.value->set(key, std::move(*member.value));
  };
  for (const auto& [key, value] : ours.members) take(key);
  for (const auto& [key, value] : theirs.members)
    if (!ours.find(key)) take(key);
  return result;
}

Merged merge_json(const Json* base, const Json* ours, const Json* theirs, Prefer prefer) {
  const auto value = [](const Json* json) { return json ? std::optional(*json) : std::nullopt; };
  if (same(ours, theirs) || same(base, theirs)) return {value(ours), false};
  if (same(base, ours)) return {value(theirs), false};
  const auto is_object = [](const Json* json) { return json && json->kind == Json::Kind::object; };
  if (is_object(ours) && is_object(theirs)) return merge_members(is_object(base) ? base : nullptr, *ours, *theirs, prefer);
  return {value(prefer == Prefer::ours ? ours : theirs), true};
}

bool unchanged(const Task& task, const Task& base) { return differing(task, base).empty(); }

void merge_field(const FieldSpec& field, const Task& base, const Task& ours, const Task& theirs, Prefer prefer, MergedTask& into) {
  const Value &b = base[field.field], &o = ours[field.field], &t = theirs[field.field];
  Value& result = (*into.task)[field.field];
  if (!field.synced) {
    // Null orders before every instant.
    result = theirs.instant(field.field) > ours.instant(field.field) ? t : o;
    return;
  }
  if (equal(o, t) || equal(b, t)) return;
  if (equal(b, o)) {
    result = t;
    return;
  }
  const auto *old = std::get_if<JsonText>(&b), *one = std::get_if<JsonText>(&o), *other = std::get_if<JsonText>(&t);
  if (old && one && other) {
    const Json before = parse_json(old->text).value, first = parse_json(one->text).value, second = parse_json(other->text).value;
    const Merged merged = merge_json(&before, &first, &second, prefer);
    if (merged.value) result = JsonText{write_json(*merged.value)};
    if (!merged.clash) return;
  } else if (prefer == Prefer::theirs) {
    result = t;
  }
  into.clash = true;
  into.fields.insert(field.field);
}

}  // namespace

MergedTask merge_task(const Task* base, const Task* ours, const Task* theirs, Prefer prefer) {
  const Task* preferred = prefer == Prefer::ours ? ours : theirs;
  const auto of = [](const Task* task, bool clash, FieldSet fields = {}) {
    return MergedTask{task ? std::optional(*task) : std::nullopt, clash, fields};
  };
  if (!ours && !theirs) return {};
  if (!base) {
    if (!ours || !theirs) return of(ours ? ours : theirs, false);
    const FieldSet apart = differing(*ours, *theirs);
    return of(preferred, !apart.empty(), apart);
  }
  if (!ours || !theirs) {
    const bool settled = unchanged(ours ? *ours : *theirs, *base);
    return settled ? MergedTask{} : of(preferred, true);
  }
  MergedTask result = of(ours, false);
  for (const FieldSpec& field : kSchema) merge_field(field, *base, *ours, *theirs, prefer, result);
  return result;
}

}  // namespace lockstep::merge
