#include <utility>

#include "api/handlers.hpp"
#include "engine/resolution_request.hpp"

namespace lockstep::api {
namespace {

Response bad_request(std::string detail, std::string hint = "") {
  return problem_response({ProblemKind::bad_request, std::move(detail), std::move(hint), {}});
}

// A line for one, as for many: they are one run.
void note_resolutions(const Services& services, const Stopwatch& stopwatch, const std::vector<ResolveOutcome>& outcomes) {
  std::vector<const ResolveDone*> done;
  for (const ResolveOutcome& outcome : outcomes)
    if (const auto* one = std::get_if<ResolveDone>(&outcome)) done.push_back(one);
  if (done.empty()) return;
  const ResolveDone& first = *done.front();
  note_done(services, Trigger::resolve, stopwatch,
            (done.size() == 1 ? conflict_id(first.number) : std::to_string(done.size()) + " conflicts") +
                (first.stored ? " stored for the host of the file: " : " resolved: ") + std::string(to_string(first.choice)));
}

// The requests that one choice makes of many conflicts.
std::vector<ResolveRequest> alike(Choice choice, const std::vector<std::int64_t>& numbers) {
  std::vector<ResolveRequest> requests;
  for (const std::int64_t number : numbers) requests.push_back({number, {choice, {}}, std::nullopt});
  return requests;
}

}  // namespace

void list_conflicts(const Services& services, CallPtr call) {
  ConflictFilter filter;
  if (const std::string* replica = call->query.text("replica")) filter.replica = *replica;
  filter.task_id = call->query.integer("task_id");
  const std::optional<std::int64_t> limit = call->query.integer("limit");
  filter.limit = static_cast<std::size_t>(limit.value_or(0));
  filter.offset = static_cast<std::size_t>(call->query.integer("offset").value_or(0));
  reply_from(services, std::move(call), Queue::read_slowly, [filter, none = limit == 0](Engine& engine) {
    const std::size_t total = engine.count_conflicts(filter);
    std::string list = "[";
    if (!none)
      engine.each_conflict(filter, [&list](const Conflict& conflict) {
        list += (list.size() == 1 ? "" : ",") + write_json(conflict_json(conflict));
      });
    Response response = json_text_response(200, std::move(list += ']'));
    response.headers.push_back({"X-Total-Count", std::to_string(total)});
    return response;
  });
}

void get_conflict(const Services& services, CallPtr call) {
  const std::string id = *call->path.text("id");
  const std::optional<std::int64_t> number = conflict_number(id);
  if (!number) return call->reply(problem_response(conflict_not_found(id)));
  reply_from(services, std::move(call), Queue::read, [number, id](Engine& engine) {
    ConflictFilter filter;
    filter.number = number;
    const std::vector<Conflict> found = engine.conflicts(filter);
    return found.empty() ? problem_response(conflict_not_found(id)) : json_response(200, conflict_json(found.front()));
  });
}

void resolve_conflict(const Services& services, CallPtr call) {
  const std::string& id = *call->path.text("id");
  const std::optional<std::int64_t> number = conflict_number(id);
  if (!number) return call->reply(problem_response(conflict_not_found(id)));
  ResolveRequest request;
  request.number = *number;
  request.resolution.choice = *choice_by_name(*call->body.text("choice"));
  if (const std::optional<std::int64_t> version = call->body.integer("version"))
    request.version = static_cast<int>(*version);
  if (const Json* fields = call->body.json("fields")) {
    if (request.resolution.choice != Choice::custom)
      return call->reply(bad_request("fields goes with the choice \"custom\" only"));
    auto choices = field_choices_from_json(*fields);
    if (const std::string* problem = std::get_if<std::string>(&choices)) return call->reply(bad_request(*problem));
    request.resolution.fields = std::move(std::get<0>(choices));
  }
  const Services* const with = &services;
  reply_from(services, std::move(call), Queue::write, [with, request](Engine& engine) {
    const Stopwatch stopwatch;
    const std::vector<ResolveOutcome> outcomes{engine.resolve(request)};
    if (const auto problem = problem_of(outcomes.front(), request.number)) return problem_response(*problem);
    note_resolutions(*with, stopwatch, outcomes);
    const ResolveDone& done = std::get<ResolveDone>(outcomes.front());
    return json_response(done.stored ? 202 : 200, resolved_json(done));
  });
}

void resolve_conflicts(const Services& services, CallPtr call) {
  const Choice choice = *choice_by_name(*call->body.text("choice"));
  std::optional<std::vector<std::int64_t>> named;
  if (const Json* ids = call->body.json("conflict_ids")) {
    named.emplace();
    for (const Json& id : ids->items) {
      const std::optional<std::int64_t> number = conflict_number(id.text);
      if (!number)
        return call->reply(bad_request("conflict_ids: " + quoted_for_message(id.text) + " is not a conflict's id",
                                       "they look like conflict_12"));
      named->push_back(*number);
    }
  }
  const Services* const with = &services;
  reply_from(services, std::move(call), Queue::write, [with, choice, named = std::move(named)](Engine& engine) {
    const Stopwatch stopwatch;
    std::vector<std::int64_t> numbers = named.value_or(std::vector<std::int64_t>());
    if (!named)
      engine.each_conflict({}, [&numbers](const Conflict& conflict) { numbers.push_back(conflict.number); });
    const std::vector<ResolveRequest> requests = alike(choice, numbers);
    const std::vector<ResolveOutcome> outcomes = engine.resolve_all(requests);
    note_resolutions(*with, stopwatch, outcomes);
    return json_text_response(200, resolutions_text(requests, outcomes));
  });
}

void clear_conflicts(const Services& services, CallPtr call) {
  const Services* const with = &services;
  reply_from(services, std::move(call), Queue::write, [with](Engine& engine) {
    const Stopwatch stopwatch;
    const std::size_t cleared = engine.clear_conflicts();
    note_done(*with, Trigger::api, stopwatch, "Pending conflicts forgotten: " + std::to_string(cleared));
    Json answer = Json::object();
    answer.set("status", Json::string("success"));
    answer.set("conflicts_cleared", Json::number(static_cast<std::int64_t>(cleared)));
    return json_response(200, answer);
  });
}

}  // namespace lockstep::api
