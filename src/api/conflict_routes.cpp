#include <utility>

#include "api/handlers.hpp"
#include "engine/resolution_request.hpp"

namespace lockstep::api {
namespace {

Response bad_request(std::string detail, std::string hint = "") {
  return problem_response({ProblemKind::bad_request, std::move(detail), std::move(hint), {}});
}

// What came of one resolution: 200 or 202 with what was done, or a problem.
std::variant<ResolveDone, Problem> resolved(const Services& services, Engine& engine, const ResolveRequest& request) {
  using Result = std::variant<ResolveDone, Problem>;
  const Stopwatch stopwatch;
  ResolveOutcome outcome = engine.resolve(request);
  if (auto* done = std::get_if<ResolveDone>(&outcome)) {
    note_done(services, Trigger::resolve, stopwatch,
              conflict_id(done->number) + (done->stored ? " stored for its own host: " : " resolved: ") +
                  std::string(to_string(done->choice)));
    return std::move(*done);
  }
  return std::visit(
      [&request]<typename T>(const T& refused) -> Result {
        if constexpr (std::is_same_v<T, ConflictGone>) return conflict_not_found(conflict_id(request.number));
        else if constexpr (std::is_same_v<T, ResolveDone>) return refused;
        else return problem_of(refused);
      },
      outcome);
}

// One after the other, each a job of its own, so that other work gets its turn between them.
struct BulkResolution {
  CallPtr call;
  Choice choice = Choice::keep_yaml;
  std::vector<std::int64_t> numbers;
  std::size_t next = 0;
  Json done = Json::array();
  Json failed = Json::array();
};
using BulkPtr = std::shared_ptr<BulkResolution>;

void note_failure(BulkResolution& bulk, std::int64_t number, const Problem& problem) {
  Json failure = Json::object();
  failure.set("conflict_id", Json::string(conflict_id(number)));
  failure.set("problem", to_json(problem));
  bulk.failed.items.push_back(std::move(failure));
}

void finish(BulkResolution& bulk) {
  Json answer = Json::object();
  answer.set("resolved", std::move(bulk.done));
  answer.set("failed", std::move(bulk.failed));
  bulk.call->reply(json_response(200, answer));
}

// What holds for the file or the database holds for the rest too.
bool ends_all(const Problem& problem) {
  switch (problem.kind) {
    case ProblemKind::invalid_yaml:
    case ProblemKind::file_locked:
    case ProblemKind::internal:
    case ProblemKind::database:
    case ProblemKind::unavailable: return true;
    default: return false;
  }
}

void fail_rest(BulkResolution& bulk, const Problem& problem) {
  for (; bulk.next < bulk.numbers.size(); ++bulk.next) note_failure(bulk, bulk.numbers[bulk.next], problem);
  finish(bulk);
}

std::variant<ResolveDone, Problem> attempt(const Services& services, Engine& engine, const ResolveRequest& request) {
  try {
    return resolved(services, engine, request);
  } catch (const Error& error) {
    return problem_of(error);
  } catch (const std::exception& error) {
    return Problem{ProblemKind::internal, error.what(), "", {}};
  }
}

void resolve_next(const Services& services, BulkPtr bulk) {
  if (bulk->next == bulk->numbers.size()) return finish(*bulk);
  const Services* const with = &services;
  const bool queued = services.daemon.write([with, bulk](Engine& engine) {
    const std::int64_t number = bulk->numbers[bulk->next];
    const auto outcome = attempt(*with, engine, {number, {bulk->choice, {}}, std::nullopt});
    if (const Problem* problem = std::get_if<Problem>(&outcome)) {
      if (ends_all(*problem)) return fail_rest(*bulk, *problem);
      note_failure(*bulk, number, *problem);
    } else {
      bulk->done.items.push_back(resolved_json(std::get<ResolveDone>(outcome)));
    }
    ++bulk->next;
    resolve_next(*with, bulk);
  });
  if (!queued) fail_rest(*bulk, {ProblemKind::unavailable, "lockstep is shutting down", "", {}});
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
      for (const Conflict& conflict : engine.conflicts(filter))
        list += (list.size() == 1 ? "" : ",") + write_json(conflict_json(conflict));
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
    const auto outcome = resolved(*with, engine, request);
    if (const Problem* problem = std::get_if<Problem>(&outcome)) return problem_response(*problem);
    const ResolveDone& done = std::get<ResolveDone>(outcome);
    return json_response(done.stored ? 202 : 200, resolved_json(done));
  });
}

void resolve_conflicts(const Services& services, CallPtr call) {
  auto bulk = std::make_shared<BulkResolution>();
  bulk->call = call;
  bulk->choice = *choice_by_name(*call->body.text("choice"));
  if (const Json* ids = call->body.json("conflict_ids")) {
    for (const Json& id : ids->items) {
      const std::optional<std::int64_t> number = conflict_number(id.text);
      if (!number)
        return call->reply(bad_request("conflict_ids: " + quoted_for_message(id.text) + " is not a conflict's id",
                                       "they look like conflict_12"));
      bulk->numbers.push_back(*number);
    }
    return resolve_next(services, std::move(bulk));
  }
  const Services* const with = &services;
  const bool queued = services.daemon.write([with, bulk](Engine& engine) {
    try {
      for (const Conflict& conflict : engine.conflicts({})) bulk->numbers.push_back(conflict.number);
    } catch (...) {
      return bulk->call->reply(exception_response(std::current_exception()));
    }
    resolve_next(*with, bulk);
  });
  if (!queued) call->reply(shutting_down_response());
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
