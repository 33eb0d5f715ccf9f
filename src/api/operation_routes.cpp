#include <utility>

#include "api/handlers.hpp"
#include "api/metrics.hpp"
#include "api/openapi.hpp"
#include "api/problem.hpp"
#include "api/refusal_log.hpp"
#include "api/safety.hpp"

namespace lockstep::api {
namespace {

std::string_view to_string(WatchState state) {
  switch (state) {
    case WatchState::running: return "running";
    case WatchState::polling: return "polling";
    case WatchState::stopped: return "stopped";
  }
  return "";
}

std::string_view to_string(Health::Yaml state) {
  switch (state) {
    case Health::Yaml::valid: return "valid";
    case Health::Yaml::invalid: return "invalid";
    case Health::Yaml::missing: return "missing";
  }
  return "";
}

std::string_view to_string(Health::Database state) {
  switch (state) {
    case Health::Database::connected: return "connected";
    case Health::Database::unreachable: return "unreachable";
    case Health::Database::silent: return "not answering";
  }
  return "";
}

// Why it is degraded, the most telling cause alone; empty = it is not.
std::string reason_of(const Health& health) {
  if (health.database == Health::Database::silent) return "The database does not answer: " + health.database_error;
  if (health.last_error) {
    const Problem problem = std::visit([](const auto& why) { return problem_of(why); }, health.last_error->why);
    return std::string(spec(problem.kind).title) + ": " + problem.detail;
  }
  if (health.database == Health::Database::unreachable)
    return health.database_error.empty() ? "The database was not reached yet" : "The database is unreachable: " + health.database_error;
  if (health.yaml == Health::Yaml::missing) return "The YAML file is missing";
  if (health.yaml == Health::Yaml::invalid) return "The YAML file is not valid";
  if (health.file_watcher == WatchState::stopped) return "The file is not watched: " + health.file_watcher_state;
  return {};
}

Json text(std::string_view value) { return Json::string(std::string(value)); }

std::string cookie_path(const Services& services) { return services.root.empty() ? "/" : services.root; }

}  // namespace

void get_health(const Services& services, CallPtr call) {
  const Health health = services.daemon.health();
  const std::string reason = reason_of(health);
  const bool connected = health.database == Health::Database::connected;
  Json answer = Json::object();
  answer.set("status", text(reason.empty() ? "healthy" : "degraded"));
  if (!reason.empty()) answer.set("reason", text(reason));
  answer.set("database", text(to_string(health.database)));
  answer.set("file_watcher", text(to_string(health.file_watcher)));
  answer.set("yaml", text(to_string(health.yaml)));
  call->reply(json_response(connected ? 200 : 503, answer));
}

void get_liveness(const Services&, CallPtr call) { call->reply(json_text_response(200, R"({"status":"alive"})")); }

void get_metrics(const Services& services, CallPtr call) {
  const Services* const with = &services;
  const bool asked = services.daemon.status([call, with](const Status& status) {
    call->reply({200, std::string(Metrics::kContentType), {}, with->metrics.text(status, with->daemon.health())});
  });
  if (!asked) call->reply(shutting_down_response());
}

void get_openapi(const Services& services, CallPtr call) {
  call->reply(json_text_response(200, write_json(openapi_document(services.root))));
}

void open_session(const Services& services, CallPtr call) {
  if (!services.safety.tokens_required()) return call->reply({204, "", {}, ""});  // nothing to sign in to
  std::optional<Header> cookie =
      services.safety.open_session(call->request, *call->body.text("token"), cookie_path(services));
  if (!cookie) {
    const Refusal refusal{{ProblemKind::unauthorized, "The token is not valid", "", {}}, {}, true};
    services.refusals.add(refusal, call->request);
    return call->reply(problem_response(refusal.problem));
  }
  call->reply({204, "", {std::move(*cookie)}, ""});
}

void close_session(const Services& services, CallPtr call) {
  call->reply({204, "", {services.safety.close_session(call->request, cookie_path(services))}, ""});
}

}  // namespace lockstep::api
