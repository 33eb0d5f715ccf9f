#include "api/openapi.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/routes.hpp"
#include "api/schemas.hpp"
#include "api/version.hpp"

namespace lockstep::api {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProblem = "application/problem+json";
constexpr std::string_view kMergePatch = "application/merge-patch+json";

Json text(std::string_view value) { return Json::string(std::string(value)); }

// What any request can be answered with, whatever its route.
constexpr std::array kCommonAnswers{
    Answer{400, "Problem", "Malformed, an unknown member or parameter, a wrong type: `detail` names it"},
    Answer{403, "Problem", "A foreign Host or Origin, a proxy without a token, or a read-only token"},
    Answer{500, "Problem", "Something of lockstep's own broke"},
    Answer{503, "Problem",
           "The database cannot be reached, lockstep is shutting down, or there are too many connections"},
};
constexpr Answer kUnauthorized{401, "Problem", "A token is needed"};
constexpr Answer kBodyTooLarge{413, "Problem", "The body is larger than the setting max_body"};
constexpr Answer kHeaderTooLarge{431, "Problem", "The header is larger than the setting max_header"};

Json input_schema(const InputSpec& spec) {
  Json schema;
  switch (spec.type) {
    case InputType::text:
    case InputType::choice: schema = schema_of_type("string"); break;
    case InputType::instant:
      schema = schema_of_type("string");
      schema.set("format", text("date-time"));
      break;
    case InputType::integer:
    case InputType::number:
      schema = schema_of_type(spec.type == InputType::integer ? "integer" : "number");
      schema.set("minimum", Json::number(spec.least));
      if (spec.most != INT64_MAX) schema.set("maximum", Json::number(spec.most));
      break;
    case InputType::boolean: schema = schema_of_type("boolean"); break;
    case InputType::texts: schema = schema_array(schema_of_type("string")); break;
    case InputType::object: schema = schema_of_type("object"); break;
  }
  if (!spec.choices.empty()) {
    Json values = Json::array();
    for (const std::string_view choice : spec.choices) values.items.push_back(text(choice));
    schema.set("enum", std::move(values));
  }
  if (!spec.default_json.empty()) schema.set("default", parse_json(spec.default_json).value);
  return schema;
}

Json members_schema(std::span<const InputSpec> members) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const InputSpec& member : members) {
    Json& schema = properties.set(std::string(member.name), input_schema(member));
    schema.set("description", text(member.meaning));
    if (member.required) required.items.push_back(text(member.name));
  }
  Json schema = schema_of_type("object");
  schema.set("properties", std::move(properties));
  if (!required.items.empty()) schema.set("required", std::move(required));
  schema.set("additionalProperties", Json::of(false));
  return schema;
}

Json parameter(const InputSpec& spec, std::string_view place) {
  Json object = Json::object();
  object.set("name", text(spec.name));
  object.set("in", text(place));
  object.set("description", text(spec.meaning));
  if (place == "path") object.set("required", Json::of(true));
  object.set("schema", input_schema(spec));
  return object;
}

Json header_parameter(std::string_view name, std::string_view meaning) {
  return parameter({name, InputType::text, meaning}, "header");
}

Json content(std::string_view type, Json schema) {
  Json media = Json::object();
  media.set("schema", std::move(schema));
  Json object = Json::object();
  object.set(std::string(type), std::move(media));
  return object;
}

// `Conflict[]` is a list of them.
Json named_schema(std::string_view name) {
  if (!name.ends_with("[]")) return schema_ref(name);
  return schema_array(schema_ref(name.substr(0, name.size() - 2)));
}

Json response(const Answer& answer) {
  Json object = Json::object();
  object.set("description", text(answer.meaning));
  if (!answer.headers.empty()) {
    Json headers = Json::object();
    for (const std::string_view name : answer.headers) {
      Json header = Json::object();
      header.set("schema", schema_of_type(name == "X-Total-Count" ? "integer" : "string"));
      headers.set(std::string(name), std::move(header));
    }
    object.set("headers", std::move(headers));
  }
  if (answer.schema.empty()) return object;
  std::string_view type = answer.content_type;
  if (type.empty()) type = answer.status >= 400 ? kProblem : kJson;
  object.set("content", content(type, named_schema(answer.schema)));
  return object;
}

Json responses(const Route& route) {
  Json object = Json::object();
  const auto add = [&object](const Answer& answer) {
    const std::string status = std::to_string(answer.status);
    if (object.find(status) == nullptr) object.set(status, response(answer));
  };
  for (const Answer& answer : route.answers) add(answer);
  for (const Answer& answer : kCommonAnswers) add(answer);
  if (route.access != RouteAccess::open) add(kUnauthorized);
  if (!route.body.schema.empty()) add(kBodyTooLarge);
  add(kHeaderTooLarge);
  return object;
}

Json request_body(const Route& route) {
  Json object = content(kJson, schema_ref(route.body.schema));
  if (route.method == "PATCH") object.set(std::string(kMergePatch), *object.find(kJson));
  Json body = Json::object();
  body.set("description", text("Read as JSON whatever its Content-Type says"));
  body.set("required", Json::of(route.body.required));
  body.set("content", std::move(object));
  return body;
}

Json parameters(const Route& route) {
  Json list = Json::array();
  if (route.variable != nullptr) list.items.push_back(parameter(*route.variable, "path"));
  for (const InputSpec& spec : route.query) list.items.push_back(parameter(spec, "query"));
  const bool takes_if_match = std::ranges::any_of(route.answers, [](const Answer& a) { return a.status == 412; });
  const bool takes_if_none_match = std::ranges::any_of(route.answers, [](const Answer& a) { return a.status == 304; });
  if (takes_if_match)
    list.items.push_back(header_parameter("If-Match", "Entity tags of which the task must have one; else 412"));
  if (takes_if_none_match)
    list.items.push_back(
        header_parameter("If-None-Match", "Entity tags of what the client has; 304 if it still is that"));
  if (route.access == RouteAccess::events)
    list.items.push_back(header_parameter("Last-Event-ID", "The number of the last event that was seen"));
  return list;
}

Json operation(const Route& route) {
  Json object = Json::object();
  object.set("operationId", text(route.operation));
  object.set("summary", text(route.summary));
  Json tags = Json::array();
  tags.items.push_back(text(route.tag));
  object.set("tags", std::move(tags));
  if (Json list = parameters(route); !list.items.empty()) object.set("parameters", std::move(list));
  if (!route.body.schema.empty()) object.set("requestBody", request_body(route));
  object.set("responses", responses(route));
  if (route.access == RouteAccess::open) object.set("security", Json::array());
  return object;
}

std::string lower_case(std::string_view method) {
  std::string lower(method);
  for (char& c : lower) c = static_cast<char>(c | 0x20);
  return lower;
}

Json paths() {
  Json object = Json::object();
  for (const Route& route : routes()) {
    const std::string pattern(route.pattern);
    Json item = object.find(pattern) ? *object.find(pattern) : Json::object();
    item.set(lower_case(route.method), operation(route));
    object.set(pattern, std::move(item));
  }
  return object;
}

Json security_schemes() {
  Json bearer = Json::object();
  bearer.set("type", text("http"));
  bearer.set("scheme", text("bearer"));
  Json cookie = Json::object();
  cookie.set("type", text("apiKey"));
  cookie.set("in", text("cookie"));
  cookie.set("name", text("lockstep_session"));
  cookie.set("description", text("From POST /api/session; its name ends with the port, as in lockstep_session_8000"));
  Json schemes = Json::object();
  schemes.set("token", std::move(bearer));
  schemes.set("session", std::move(cookie));
  return schemes;
}

// Any of them; or none, where no token is configured.
Json security() {
  Json list = Json::array();
  for (const char* name : {"token", "session"}) {
    Json one = Json::object();
    one.set(name, Json::array());
    list.items.push_back(std::move(one));
  }
  list.items.push_back(Json::object());
  return list;
}

}  // namespace

Json openapi_document(std::string_view root) {
  Json info = Json::object();
  info.set("title", text("lockstep"));
  info.set("version", text(version()));
  info.set("summary", text("Keeps a YAML schedule and a database in step, both ways"));
  info.set("description",
           text("Errors are RFC 9457 problem objects. Times are RFC 3339 in UTC. HEAD is answered wherever GET is; "
                "a method that a path does not have is answered with 405 and `Allow`."));
  Json server = Json::object();
  server.set("url", text(root.empty() ? "/" : root));
  Json servers = Json::array();
  servers.items.push_back(std::move(server));

  Json schemas = component_schemas();
  for (const Route& route : routes())
    if (!route.body.members.empty()) schemas.set(std::string(route.body.schema), members_schema(route.body.members));
  Json components = Json::object();
  components.set("schemas", std::move(schemas));
  components.set("securitySchemes", security_schemes());

  Json document = Json::object();
  document.set("openapi", text("3.1.0"));
  document.set("info", std::move(info));
  document.set("servers", std::move(servers));
  document.set("paths", paths());
  document.set("components", std::move(components));
  document.set("security", security());
  return document;
}

}  // namespace lockstep::api
