// Why a request was not carried out: RFC 9457 problem objects, for HTTP and for --json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "model/error.hpp"
#include "model/json.hpp"

namespace lockstep::api {

enum class ProblemKind : std::uint8_t {
  bad_request,         // 400: malformed, unknown member, bad parameter, usage, configuration
  choice_refused,      // 400: this conflict does not allow the choice
  unauthorized,        // 401
  forbidden,           // 403: foreign host or origin, read-only token, a proxy without a token
  not_found,           // 404
  method_not_allowed,  // 405
  timeout,             // 408
  conflicts,           // 409: conflicts were found; everything else was synced
  deletion_guard,      // 409
  conflict_moved,      // 409: `version` is no longer current
  undo_refused,        // 409: tasks changed since
  task_exists,         // 409
  precondition_failed, // 412: If-Match
  body_too_large,      // 413
  invalid_yaml,        // 422
  invalid_task,        // 422
  file_locked,         // 423
  upgrade_required,    // 426: a WebSocket's path, asked for without one
  header_too_large,    // 431
  internal,            // 500: also I/O and rights
  database,            // 503: unreachable, refusing or unsuitable
  database_busy,       // 503: others hold locks in it, or the replica's: retry
  unavailable,         // 503: shutting down, or too many connections
};

struct ProblemSpec {
  ProblemKind kind;
  int status;
  std::string_view name;   // the last part of `type`
  std::string_view title;
};
const ProblemSpec& spec(ProblemKind);

struct Problem {
  ProblemKind kind = ProblemKind::internal;
  std::string detail;                 // what happened, for people; may have several lines
  std::string hint;                   // what to do about it; empty = nothing to say
  std::vector<Json::Member> members;  // errors, guard, conflict, changed, …
};

// `type`, `title`, `status`, `detail` (with the hint), then the members.
Json to_json(const Problem&);

Problem problem_of(const InvalidYaml&);
Problem problem_of(const FileBusy&);
Problem problem_of(const GuardStopped&);
Problem problem_of(const ConflictMoved&);
Problem problem_of(const ChoiceRefused&);
Problem problem_of(const UndoRefused&);
Problem problem_of(const Error&);
// What is wrong with a task that somebody wants to write, or with a row; `errors` as for the YAML.
Problem problem_of(const TaskProblems&, std::optional<std::int64_t> task_id);
// Why that conflict was not resolved; nullopt: it was.
std::optional<Problem> problem_of(const ResolveOutcome&, std::int64_t conflict);
// {"resolved":[…],"failed":[{"conflict_id","problem"}]}, each in the order of the requests, which have an outcome each.
// As text: there may be very many.
std::string resolutions_text(const std::vector<ResolveRequest>&, const std::vector<ResolveOutcome>&);
Problem conflict_not_found(std::string_view id);
Problem run_not_found(std::int64_t id);
Problem task_not_found(std::int64_t id);
// A sync's result as the 409 that HTTP answers with while conflicts are pending.
Problem conflicts_problem(const SyncResult&);

// What the guard stopped, in one sentence, without the way out.
std::string describe(const GuardStop&);

}  // namespace lockstep::api
