#include "api/route.hpp"

#include <utility>

#include "api/metrics.hpp"
#include "api/run_log.hpp"

namespace lockstep::api {

namespace {

// What the engine does for a request is its sender's.
struct ActingFor {
  ActingFor(Engine& of, std::string author) : engine(of) { engine.act_for(std::move(author)); }
  ~ActingFor() { engine.act_for({}); }
  ActingFor(const ActingFor&) = delete;
  ActingFor& operator=(const ActingFor&) = delete;
  Engine& engine;
};

}  // namespace

Response json_text_response(int status, std::string text) { return {status, "application/json", {}, std::move(text)}; }
Response json_response(int status, const Json& json) { return json_text_response(status, write_json(json)); }

Response problem_response(const Problem& problem) {
  return {spec(problem.kind).status, "application/problem+json", {}, write_json(to_json(problem))};
}

Response exception_response(std::exception_ptr exception) {
  try {
    std::rethrow_exception(std::move(exception));
  } catch (const Error& error) {
    return problem_response(problem_of(error));
  } catch (const std::bad_alloc&) {
    return problem_response({ProblemKind::internal, "Out of memory", "", {}});
  } catch (const std::exception& error) {
    return problem_response({ProblemKind::internal, error.what(), "", {}});
  }
}

Response shutting_down_response() {
  return problem_response({ProblemKind::unavailable, "lockstep is shutting down", "try again once it is back", {}});
}

namespace {

Response busy_response() {
  return problem_response({ProblemKind::database, "lockstep still waits for the file or the database on behalf of another sync",
                           "nothing was written; try again once it is done", {}});
}

}  // namespace

void reply_from(const Services& services, CallPtr call, Queue queue, MakeResponse make) {
  Daemon& daemon = services.daemon;
  Daemon::Job job = [call, make = std::move(make), writes = queue == Queue::write](Engine& engine) {
    Response response;
    const ActingFor author(engine, writes ? call->author : std::string());
    try {
      response = make(engine);
    } catch (...) {
      response = exception_response(std::current_exception());
    }
    call->reply(std::move(response));
  };
  bool queued = false;
  switch (queue) {
    case Queue::write:
      queued = daemon.write_in_time(std::move(job), [waiting = std::weak_ptr<Call>(call)] {
        if (const CallPtr late = waiting.lock()) late->reply(busy_response());
      });
      break;
    case Queue::read: queued = daemon.read(std::move(job)); break;
    case Queue::read_slowly: queued = daemon.read_slowly(std::move(job)); break;
  }
  if (!queued) call->reply(shutting_down_response());
}

void note_run(const Services& services, const Report& report) {
  services.metrics.count_run(report);
  log_run(report, services.log);
}

void note_done(const Services& services, Trigger trigger, const Stopwatch& stopwatch, std::string sentence) {
  services.metrics.count_run(trigger, "success", stopwatch.seconds());
  if (services.log)
    services.log({LogLevel::info, std::move(sentence), {{"trigger", Json::string(std::string(to_string(trigger)))}}});
}

}  // namespace lockstep::api
