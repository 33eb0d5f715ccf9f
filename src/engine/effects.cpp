#include "engine/effects.hpp"

#include <charconv>

#include "model/json_members.hpp"

namespace lockstep {
namespace {

Json integer(std::int64_t value) { return Json::number(value); }

Json file_json(const FileChange& file) {
  Json object = Json::object();
  object.set("source", Json::string(file.source == Side::yaml ? "yaml" : "database"));
  Json ids = Json::array();
  for (const std::int64_t id : file.task_ids) ids.items.push_back(integer(id));
  object.set("task_ids", std::move(ids));
  object.set("task_count", integer(static_cast<std::int64_t>(file.task_count)));
  object.set("checksum", Json::string(file.checksum));
  object.set("author", Json::string(file.author));
  return object;
}

FileChange file_of(const Json& object) {
  FileChange file;
  file.source = text_of(object, "source") == "yaml" ? Side::yaml : Side::database;
  for (const Json& id : items_of(object, "task_ids")) {
    std::int64_t number = 0;
    std::from_chars(id.text.data(), id.text.data() + id.text.size(), number);
    file.task_ids.push_back(number);
  }
  file.task_count = static_cast<std::size_t>(integer_of(object, "task_count"));
  file.checksum = text_of(object, "checksum");
  file.author = text_of(object, "author");
  return file;
}

}  // namespace

Json to_json(const Effects& effects) {
  Json files = Json::array();
  for (const FileChange& file : effects.files) files.items.push_back(file_json(file));
  Json opened = Json::array();
  for (const ConflictRef& conflict : effects.opened) {
    Json one = Json::object();
    one.set("number", integer(conflict.number.value_or(0)));
    one.set("task_id", integer(conflict.task_id));
    one.set("reason", Json::string(std::string(to_string(conflict.reason))));
    one.set("yaml_author", Json::string(conflict.yaml_author));
    one.set("database_author", Json::string(conflict.database_author));
    opened.items.push_back(std::move(one));
  }
  Json closed = Json::array();
  for (const ClosedConflict& conflict : effects.closed) {
    Json one = Json::object();
    one.set("number", integer(conflict.number));
    one.set("task_id", integer(conflict.task_id));
    one.set("resolution", Json::string(conflict.resolution));
    one.set("author", Json::string(conflict.author));
    closed.items.push_back(std::move(one));
  }
  Json object = Json::object();
  object.set("files", std::move(files));
  object.set("opened", std::move(opened));
  object.set("closed", std::move(closed));
  return object;
}

Effects effects_from_json(const Json& object) {
  Effects effects;
  for (const Json& file : items_of(object, "files")) effects.files.push_back(file_of(file));
  for (const Json& one : items_of(object, "opened"))
    if (const auto reason = reason_by_text(text_of(one, "reason")))
      effects.opened.push_back({integer_of(one, "number"), integer_of(one, "task_id"), *reason, text_of(one, "yaml_author"),
                                text_of(one, "database_author")});
  for (const Json& one : items_of(object, "closed"))
    effects.closed.push_back({integer_of(one, "number"), integer_of(one, "task_id"), text_of(one, "resolution"),
                              text_of(one, "author")});
  return effects;
}

}  // namespace lockstep
