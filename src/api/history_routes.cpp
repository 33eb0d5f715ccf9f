#include <utility>

#include "api/handlers.hpp"

namespace lockstep::api {

void list_runs(const Services& services, CallPtr call) {
  RunFilter filter;
  filter.before = call->query.integer("before");
  filter.task_id = call->query.integer("task_id");
  const std::optional<std::int64_t> limit = call->query.integer("limit");
  filter.limit = static_cast<std::size_t>(limit.value_or(0));
  reply_from(services, std::move(call), Queue::read_slowly, [filter, none = limit == 0](Engine& engine) {
    std::string list = "[";
    if (!none)
      for (const Run& run : engine.history(filter)) list += (list.size() == 1 ? "" : ",") + write_json(run_json(run));
    return json_text_response(200, std::move(list += ']'));
  });
}

void get_run(const Services& services, CallPtr call) {
  const std::int64_t id = *call->path.integer("run");
  reply_from(services, std::move(call), Queue::read_slowly, [id](Engine& engine) {
    const std::optional<RunDetails> run = engine.run(id);
    return run ? json_response(200, run_details_json(*run)) : problem_response(run_not_found(id));
  });
}

void undo_run(const Services& services, CallPtr call) {
  const std::int64_t id = *call->path.integer("run");
  const std::optional<double> max_delete_percent = call->body.number("max_delete_percent");
  const Services* const with = &services;
  reply_from(services, std::move(call), Queue::write, [with, id, max_delete_percent](Engine& engine) {
    const Stopwatch stopwatch;
    return std::visit(
        [&]<typename T>(const T& outcome) {
          if constexpr (std::is_same_v<T, SyncResult>) {
            note_run(*with, {Trigger::undo, stopwatch.seconds(), outcome});
            return json_response(200, sync_result_json(outcome));
          } else if constexpr (std::is_same_v<T, UndoStored>) {
            return json_response(202, undo_stored_json(id, outcome));
          } else if constexpr (std::is_same_v<T, RunUnknown>) {
            return problem_response(run_not_found(id));
          } else {
            return problem_response(problem_of(outcome));
          }
        },
        engine.undo(id, max_delete_percent));
  });
}

}  // namespace lockstep::api
