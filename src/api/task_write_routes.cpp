#include <array>
#include <utility>

#include "api/etag.hpp"
#include "api/handlers.hpp"
#include "api/metrics.hpp"
#include "api/task_input.hpp"

namespace lockstep::api {
namespace {

using Made = std::variant<Task, TaskStale, TaskProblems>;

std::string_view to_string(TaskWritten::Yaml state) {
  switch (state) {
    case TaskWritten::Yaml::written: return "written";
    case TaskWritten::Yaml::pending: return "pending";
    case TaskWritten::Yaml::conflict: return "conflict";
  }
  return "";
}

std::string sync_text(const TaskWritten& written) {
  std::string text = "{\"yaml\":\"" + std::string(to_string(written.yaml)) + "\",\"detail\":";
  append_json_string(text, written.detail);
  return text + "}";
}

Response written_response(const Services& services, const TaskWritten& written, int status) {
  if (!written.task) {
    if (written.yaml == TaskWritten::Yaml::written) return {204, "", {}, ""};
    return json_text_response(200, "{\"sync\":" + sync_text(written) + "}");
  }
  std::string text = to_json_text(*written.task);
  std::string etag = etag_of(text);
  text.back() = ',';  // the task's members, then one more
  Response response = json_text_response(status, text + "\"sync\":" + sync_text(written) + "}");
  response.headers.push_back({"ETag", std::move(etag)});
  if (status == 201)
    response.headers.push_back({"Location", services.root + "/api/tasks/" + std::to_string(written.task->id)});
  return response;
}

std::string sentence_of(const TaskWriteRequest& request, const TaskWritten& written) {
  using Kind = TaskWriteRequest::Kind;
  const std::int64_t id = written.task ? written.task->id : request.id.value_or(0);
  std::string sentence = "Task " + std::to_string(id) + " ";
  sentence += request.kind == Kind::create ? "created" : request.kind == Kind::remove ? "deleted" : "updated";
  sentence += " through the API; YAML: " + std::string(to_string(written.yaml));
  return written.detail.empty() ? sentence : sentence + " (" + written.detail + ")";
}

SideCounts counts_of(TaskWriteRequest::Kind kind) {
  SideCounts counts;
  counts.inserted = kind == TaskWriteRequest::Kind::create;
  counts.updated = kind == TaskWriteRequest::Kind::update;
  counts.deleted = kind == TaskWriteRequest::Kind::remove;
  return counts;
}

Response stale_response(const TaskStale& stale) {
  Response response = problem_response({ProblemKind::precondition_failed,
                                        "Task " + std::to_string(stale.current.id) + " is not what If-Match names",
                                        "read it again, then decide anew",
                                        {{"task", to_json(stale.current)}}});
  response.headers.push_back({"ETag", etag_of(to_json_text(stale.current))});
  return response;
}

Response exists_response(std::int64_t id) {
  return problem_response({ProblemKind::task_exists,
                           "There is a task " + std::to_string(id) + " already",
                           "leave the id out for the next free one, or PUT to replace that task",
                           {}});
}

void reply_with_write(const Services& services, CallPtr call, TaskWriteRequest request) {
  const int status = request.kind == TaskWriteRequest::Kind::create ? 201 : 200;
  const Services* const with = &services;
  reply_from(services, std::move(call), Queue::write, [with, status, request = std::move(request)](Engine& engine) {
    const std::optional<std::int64_t> id = request.id;
    const Stopwatch stopwatch;
    const TaskWriteOutcome outcome = engine.write_task(request);
    if (const auto* written = std::get_if<TaskWritten>(&outcome)) {
      note_done(*with, Trigger::api, stopwatch, sentence_of(request, *written));
      const SideCounts counts = counts_of(request.kind);
      with->metrics.count_changes(written->yaml == TaskWritten::Yaml::written ? counts : SideCounts{}, counts);
      return written_response(*with, *written, status);
    }
    if (const auto* stale = std::get_if<TaskStale>(&outcome)) return stale_response(*stale);
    if (const auto* invalid = std::get_if<TaskProblems>(&outcome)) return problem_response(problem_of(*invalid, id));
    if (std::holds_alternative<TaskMissing>(outcome)) return problem_response(task_not_found(id.value_or(0)));
    return exists_response(id.value_or(0));
  });
}

// Replaces the row by what `made` gives, if the sender saw what it is.
template <typename Make>
void reply_with_update(const Services& services, CallPtr call, Make make) {
  TaskWriteRequest request;
  request.kind = TaskWriteRequest::Kind::update;
  request.id = call->path.integer("id");
  request.make = [call, make = std::move(make)](const Task* current) -> Made {
    if (!may_write(call->request, etag_of(to_json_text(*current)))) return TaskStale{*current};
    return make(*current);
  };
  reply_with_write(services, std::move(call), std::move(request));
}

void refuse(const CallPtr& call, const TaskInputFault& fault, std::optional<std::int64_t> id) {
  if (const auto* message = std::get_if<InputFault>(&fault))
    return call->reply(problem_response({ProblemKind::bad_request, message->message, "", {}}));
  call->reply(problem_response(problem_of(std::get<TaskProblems>(fault), id)));
}

}  // namespace

void create_task(const Services& services, CallPtr call) {
  TaskInput input = read_new_task(call->document, services.zone, services.now());
  if (input.fault) return refuse(call, *input.fault, input.id);
  TaskWriteRequest request;
  request.kind = TaskWriteRequest::Kind::create;
  request.id = input.id;
  request.make = [task = std::move(input.task)](const Task*) -> Made { return task; };
  reply_with_write(services, std::move(call), std::move(request));
}

void replace_task(const Services& services, CallPtr call) {
  const std::int64_t id = *call->path.integer("id");
  TaskInput input = read_whole_task(call->document, id);
  if (input.fault) return refuse(call, *input.fault, id);
  reply_with_update(services, std::move(call), [input = std::move(input)](const Task& current) -> Made {
    Task task = input.task;
    // Bookkeeping that the sender does not mention goes on.
    if (!input.present.contains(Field::created_at)) task[Field::created_at] = current[Field::created_at];
    return task;
  });
}

void patch_task(const Services& services, CallPtr call) {
  const std::int64_t id = *call->path.integer("id");
  if (const std::optional<TaskInputFault> fault = check_patch(call->document, id)) return refuse(call, *fault, id);
  reply_with_update(services, call, [call](const Task& current) -> Made {
    TaskInput patched = apply_patch(current, call->document);
    if (!patched.fault) return std::move(patched.task);
    if (const auto* message = std::get_if<InputFault>(&*patched.fault)) return TaskProblems{{{"", message->message}}};
    return std::get<TaskProblems>(std::move(*patched.fault));
  });
}

void delete_task(const Services& services, CallPtr call) {
  TaskWriteRequest request;
  request.kind = TaskWriteRequest::Kind::remove;
  request.id = call->path.integer("id");
  request.make = [call](const Task* current) -> Made {
    if (!may_write(call->request, etag_of(to_json_text(*current)))) return TaskStale{*current};
    return *current;
  };
  reply_with_write(services, std::move(call), std::move(request));
}

}  // namespace lockstep::api
