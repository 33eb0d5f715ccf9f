#include "engine/undo_notes.hpp"

#include <algorithm>

#include "model/json_members.hpp"
#include "model/validation.hpp"
#include "store/names.hpp"

namespace lockstep {
namespace {

Json json_of(const UndoNotes::Apart& apart) {
  Json object = Json::object();
  object.set("task_id", Json::number(apart.task_id));
  if (apart.base) object.set("base", parse_json(to_json_text(*apart.base)).value);
  return object;
}

Json json_of(const UndoNotes::Decided& decided) {
  const Conflict& conflict = decided.conflict;
  Json object = Json::object();
  object.set("number", Json::number(conflict.number));
  object.set("version", Json::number(std::int64_t{conflict.version}));
  object.set("task_id", Json::number(conflict.task_id));
  object.set("reason", Json::string(std::string(to_string(conflict.finding.reason))));
  object.set("kind", Json::string(std::string(to_string(conflict.finding.kind))));
  object.set("fields", Json::string(names_of(conflict.finding.fields)));
  object.set("detected_at", Json::number(conflict.detected_at.micros));
  object.set("yaml_author", Json::string(conflict.yaml_author));
  object.set("database_author", Json::string(conflict.database_author));
  object.set("resolution", Json::string(decided.resolution));
  return object;
}

Json json_of(const ClosedConflict& reopened) {
  Json object = Json::object();
  object.set("number", Json::number(reopened.number));
  object.set("task_id", Json::number(reopened.task_id));
  object.set("resolution", Json::string(reopened.resolution));
  return object;
}

Json json_of(const FormerText& text) {
  Json object = Json::object();
  if (text.measure == FormerText::Measure::items) object.set("from_dash_to_dash", Json::of(true));
  if (text.task != 0) object.set("task_id", Json::number(text.task));
  if (text.behind != 0) object.set("behind", Json::number(text.behind));
  if (text.ahead != 0) object.set("ahead", Json::number(text.ahead));
  object.set("length", Json::number(static_cast<std::int64_t>(text.length)));
  object.set("now", Json::string(to_hex(text.now)));
  object.set("was", Json::string(text.was));
  return object;
}

FormerText text_from(const Json& object) {
  FormerText text;
  if (object.find("from_dash_to_dash")) text.measure = FormerText::Measure::items;
  text.task = integer_of(object, "task_id");
  text.behind = integer_of(object, "behind");
  text.ahead = integer_of(object, "ahead");
  text.length = static_cast<std::size_t>(integer_of(object, "length"));
  text.now = fingerprint_from_hex(text_of(object, "now")).value_or(Fingerprint{});
  text.was = text_of(object, "was");
  return text;
}

template <class Item>
void set_list(Json& notes, const char* name, const std::vector<Item>& items) {
  if (items.empty()) return;
  Json list = Json::array();
  for (const Item& item : items) list.items.push_back(json_of(item));
  notes.set(name, std::move(list));
}

std::optional<UndoNotes::Decided> decided_of(const Json& object) {
  const auto reason = reason_by_text(text_of(object, "reason"));
  const auto kind = kind_by_text(text_of(object, "kind"));
  if (!reason || !kind) return std::nullopt;
  UndoNotes::Decided decided;
  Conflict& conflict = decided.conflict;
  conflict.number = integer_of(object, "number");
  conflict.version = static_cast<int>(integer_of(object, "version"));
  conflict.task_id = integer_of(object, "task_id");
  conflict.finding = {*reason, *kind, fields_by_names(text_of(object, "fields"))};
  conflict.detected_at = Timestamp{integer_of(object, "detected_at")};
  conflict.yaml_author = text_of(object, "yaml_author");
  conflict.database_author = text_of(object, "database_author");
  decided.resolution = text_of(object, "resolution");
  return decided;
}

}  // namespace

const UndoNotes::Apart* UndoNotes::apart_of(std::int64_t task_id) const {
  const auto found = std::ranges::find(apart, task_id, &Apart::task_id);
  return found == apart.end() ? nullptr : &*found;
}

std::string write_undo_notes(const UndoNotes& notes) {
  if (notes.empty()) return {};
  Json object = Json::object();
  set_list(object, "apart", notes.apart);
  set_list(object, "decided", notes.decided);
  set_list(object, "reopened", notes.reopened);
  set_list(object, "texts", notes.texts);
  return write_json(object);
}

UndoNotes read_undo_notes(std::string_view text) {
  UndoNotes notes;
  const JsonResult parsed = text.empty() ? JsonResult() : parse_json(text);
  if (text.empty() || !parsed.ok()) return notes;
  for (const Json& one : items_of(parsed.value, "apart")) {
    const Json* base = one.find("base");
    notes.apart.push_back(
        {integer_of(one, "task_id"), base ? std::optional(task_from_trusted_json(write_json(*base))) : std::nullopt});
  }
  for (const Json& one : items_of(parsed.value, "decided"))
    if (auto decided = decided_of(one)) notes.decided.push_back(*std::move(decided));
  for (const Json& one : items_of(parsed.value, "reopened"))
    notes.reopened.push_back({integer_of(one, "number"), integer_of(one, "task_id"), text_of(one, "resolution")});
  for (const Json& one : items_of(parsed.value, "texts")) notes.texts.push_back(text_from(one));
  return notes;
}

}  // namespace lockstep
