#include <utility>

#include "api/handlers.hpp"

namespace lockstep::api {
namespace {

SyncRequest sync_request(const Inputs& inputs) {
  SyncRequest request;
  request.trigger = Trigger::api;
  request.by_person = true;
  request.force = inputs.is_true("force");
  request.max_delete_percent = inputs.number("max_delete_percent");
  if (const std::string* direction = inputs.text("direction")) request.direction = *direction_by_name(*direction);
  return request;
}

Response response_of(const SyncResult& result) {
  if (!result.conflicts.empty()) return problem_response(conflicts_problem(result));
  return json_response(200, sync_result_json(result));
}

template <typename Refused>
Response response_of(const Refused& refused) {
  return problem_response(problem_of(refused));
}

// A dry run finds what a sync would find, and finding is all that was asked of it.
Response dry_run_response(const PlanReport& plan) {
  Json result = sync_result_json(plan.result);
  if (plan.guard) result.set("guard", guard_json(*plan.guard));
  return json_response(200, result);
}

template <typename Found>
void reply_with_plan(const Services& services, CallPtr call, SyncRequest request, Found found) {
  reply_from(services, std::move(call), Queue::read_slowly, [request, found](Engine& engine) {
    const PlanOutcome outcome = engine.plan(request);
    if (const PlanReport* plan = std::get_if<PlanReport>(&outcome)) return found(*plan);
    if (const InvalidYaml* invalid = std::get_if<InvalidYaml>(&outcome)) return response_of(*invalid);
    return response_of(std::get<FileBusy>(outcome));
  });
}

}  // namespace

void get_status(const Services& services, CallPtr call) {
  const bool asked = services.daemon.status([call, host = services.host](const Status& status) {
    call->reply(json_response(200, status_json(status, host())));
  });
  if (!asked) call->reply(shutting_down_response());
}

void trigger_sync(const Services& services, CallPtr call) {
  SyncRequest request = sync_request(call->body);
  request.author = call->author;
  if (call->body.is_true("dry_run")) return reply_with_plan(services, std::move(call), request, dry_run_response);
  const bool asked = services.daemon.sync(request, [call](const std::variant<SyncOutcome, Error>& done) {
    if (const Error* error = std::get_if<Error>(&done)) return call->reply(response_of(*error));
    call->reply(std::visit([](const auto& outcome) { return response_of(outcome); }, std::get<SyncOutcome>(done)));
  });
  if (!asked) call->reply(shutting_down_response());
}

void get_plan(const Services& services, CallPtr call) {
  const SyncRequest request = sync_request(call->query);
  reply_with_plan(services, std::move(call), request,
                  [](const PlanReport& plan) { return json_response(200, plan_json(plan)); });
}

}  // namespace lockstep::api
