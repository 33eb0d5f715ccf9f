#include "engine/resolution_request.hpp"

#include <charconv>

#include "model/validation.hpp"

namespace lockstep {

std::string write_resolution_request(const Resolution& resolution, int version, const std::string& author) {
  Json request = Json::object();
  request.set("choice", Json::string(std::string(to_string(resolution.choice))));
  request.set("version", Json::number(std::int64_t{version}));
  Json fields = Json::object();
  for (const auto& [field, choice] : resolution.fields) {
    const std::string name(spec(field).name);
    if (const Side* side = std::get_if<Side>(&choice)) {
      fields.set(name, Json::string(*side == Side::yaml ? "yaml" : "db"));
    } else {
      Json own = Json::object();
      own.set("value", to_json(std::get<Value>(choice)));
      fields.set(name, std::move(own));
    }
  }
  request.set("fields", std::move(fields));
  if (!author.empty()) request.set("author", Json::string(author));
  return write_json(request);
}

std::variant<std::map<Field, FieldChoice>, std::string> field_choices_from_json(const Json& fields) {
  if (fields.kind != Json::Kind::object) return "fields must be an object of field names";
  std::map<Field, FieldChoice> choices;
  Validator validator;
  for (const auto& [name, choice] : fields.members) {
    const auto field = field_by_name(name);
    if (!field || !spec(*field).synced) return "fields names \"" + name + "\", which is not a synced field of a task";
    if (choice.kind == Json::Kind::string && (choice.text == "yaml" || choice.text == "db" || choice.text == "database")) {
      choices[*field] = choice.text == "yaml" ? Side::yaml : Side::database;
      continue;
    }
    const Json* value = choice.find("value");
    if (!value || choice.members.size() != 1)
      return "fields." + name + " must be \"yaml\", \"db\" or {\"value\": …}";
    ValueFromJson own = value_from_json(*field, *value);
    if (!own.problem.empty()) return own.problem;
    if (auto problem = validator.check(*field, own.value)) return *problem;
    choices[*field] = std::move(own.value);
  }
  return choices;
}

std::optional<ResolveRequest> read_resolution_request(std::string_view text) {
  const JsonResult parsed = parse_json(text);
  if (!parsed.ok()) return std::nullopt;
  const Json* choice = parsed.value.find("choice");
  const Json* version = parsed.value.find("version");
  const Json* fields = parsed.value.find("fields");
  ResolveRequest request;
  const auto named = choice ? choice_by_name(choice->text) : std::nullopt;
  if (!named) return std::nullopt;
  request.resolution.choice = *named;
  if (version) {
    int number = 0;
    std::from_chars(version->text.data(), version->text.data() + version->text.size(), number);
    request.version = number;
  }
  if (fields) {
    auto choices = field_choices_from_json(*fields);
    if (std::holds_alternative<std::string>(choices)) return std::nullopt;
    request.resolution.fields = std::move(std::get<0>(choices));
  }
  return request;
}

std::string write_undo_request(std::optional<double> max_delete_percent, const std::string& author) {
  Json request = Json::object();
  if (max_delete_percent) request.set("max_delete_percent", Json::number(std::to_string(*max_delete_percent)));
  if (!author.empty()) request.set("author", Json::string(author));
  return write_json(request);
}

std::string request_author(std::string_view text) {
  const JsonResult request = parse_json(text);
  const Json* author = request.ok() ? request.value.find("author") : nullptr;
  return author ? author->text : std::string();
}

std::optional<double> read_undo_request(std::string_view text) {
  const JsonResult request = parse_json(text);
  const Json* percent = request.ok() ? request.value.find("max_delete_percent") : nullptr;
  if (!percent || percent->kind != Json::Kind::number) return std::nullopt;
  return std::stod(percent->text);
}

}  // namespace lockstep
