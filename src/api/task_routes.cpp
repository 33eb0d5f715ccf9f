#include <algorithm>
#include <utility>

#include "api/etag.hpp"
#include "api/handlers.hpp"
#include "api/task_query.hpp"
#include "api/task_runs.hpp"

namespace lockstep::api {
namespace {

constexpr std::int64_t kDefaultRuns = 5;
constexpr std::int64_t kDay = 24LL * 3'600 * 1'000'000;  // microseconds
constexpr std::int64_t kLongestWindow = 8;               // days

TaskQuery task_query(const Inputs& inputs) {
  const auto copied = [&inputs](std::string_view name) {
    const std::string* const text = inputs.text(name);
    return text ? std::optional(*text) : std::nullopt;
  };
  TaskQuery query;
  query.status = copied("status");
  query.skill_name = copied("skill_name");
  query.user_id = copied("user_id");
  query.text = copied("q");
  query.due_before = inputs.instant("due_before");
  if (const std::string* order = inputs.text("sort")) query.order = *task_order(*order);
  if (const std::optional<std::int64_t> limit = inputs.integer("limit")) query.limit = static_cast<std::size_t>(*limit);
  query.offset = static_cast<std::size_t>(inputs.integer("offset").value_or(0));
  return query;
}

Response invalid_row_response(const InvalidRow& row) {
  return problem_response(problem_of(TaskProblems{{{row.field, row.message}}}, row.id));
}

// Asks for one row and replies with what `found` makes of it, or why it cannot be had.
template <typename Found>
void reply_with_task(const Services& services, CallPtr call, Found found) {
  const std::int64_t id = *call->path.integer("id");
  const bool asked = services.daemon.read_task(
      id, [call, id, found](const std::variant<std::optional<Task>, InvalidRow, Error>& answer) {
        Response response;
        try {
          if (const auto* row = std::get_if<InvalidRow>(&answer)) response = invalid_row_response(*row);
          else if (const auto* error = std::get_if<Error>(&answer)) response = problem_response(problem_of(*error));
          else if (const std::optional<Task>& task = std::get<0>(answer)) response = found(*call, *task);
          else response = problem_response(task_not_found(id));
        } catch (...) {
          response = exception_response(std::current_exception());
        }
        call->reply(std::move(response));
      });
  if (!asked) call->reply(shutting_down_response());
}

// Asks for all rows and replies with what `found` makes of the valid ones, or why they cannot be had.
template <typename Found>
void reply_with_tasks(const Services& services, CallPtr call, Found found) {
  const bool asked = services.daemon.read_tasks(
      [call, found = std::move(found)](const std::variant<const TableRows*, std::exception_ptr>& answer) {
        Response response;
        try {
          if (const auto* failure = std::get_if<std::exception_ptr>(&answer)) std::rethrow_exception(*failure);
          response = found(std::span<const Task>(std::get<const TableRows*>(answer)->tasks));
        } catch (...) {
          response = exception_response(std::current_exception());
        }
        call->reply(std::move(response));
      });
  if (!asked) call->reply(shutting_down_response());
}

}  // namespace

void list_tasks(const Services& services, CallPtr call) {
  TaskQuery query = task_query(call->query);
  reply_with_tasks(services, std::move(call), [query = std::move(query)](std::span<const Task> tasks) {
    const TaskSelection selection = select_tasks(tasks, query);
    std::string list = "[";
    for (const Task* task : selection.tasks) {
      if (list.size() > 1) list += ',';
      list += to_json_text(*task);
    }
    Response response = json_text_response(200, std::move(list += ']'));
    response.headers.push_back({"X-Total-Count", std::to_string(selection.total)});
    return response;
  });
}

void get_task(const Services& services, CallPtr call) {
  reply_with_task(services, std::move(call), [](const Call& asked, const Task& task) {
    std::string text = to_json_text(task);
    std::string etag = etag_of(text);
    Response response =
        not_modified(asked.request, etag) ? Response{304, "", {}, ""} : json_text_response(200, std::move(text));
    response.headers.push_back({"ETag", std::move(etag)});
    return response;
  });
}

void get_task_runs(const Services& services, CallPtr call) {
  const auto count = static_cast<std::size_t>(call->query.integer("count").value_or(kDefaultRuns));
  const Timestamp from = call->query.instant("from").value_or(services.now());
  reply_with_task(services, std::move(call), [count, from, zone = services.zone](const Call&, const Task& task) {
    const std::string& expression = task.text(Field::schedule_cron);
    const Cron cron = *Cron::parse(expression).cron;  // a row whose expression is none is an InvalidRow
    return json_response(200, next_runs_json(task.id, expression, zone, next_runs(cron, from, zone, count)));
  });
}

void list_task_runs(const Services& services, CallPtr call) {
  const Timestamp from = call->query.instant("from").value_or(services.now());
  const Timestamp to =
      call->query.instant("to").value_or(Timestamp{std::min(from.micros + kDay, kLatestTimestamp.micros)});
  if (to < from || to.micros - from.micros > kLongestWindow * kDay)
    return call->reply(problem_response({ProblemKind::bad_request,
                                         "to must lie from 0 to " + std::to_string(kLongestWindow) + " days after from",
                                         "",
                                         {}}));
  reply_with_tasks(services, std::move(call), [from, to, zone = services.zone](std::span<const Task> tasks) {
    return json_response(200, task_runs_json(tasks, from, to, zone));
  });
}

}  // namespace lockstep::api
