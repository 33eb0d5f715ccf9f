#include <algorithm>
#include <utility>

#include "engine/core.hpp"

namespace lockstep {
namespace {

// Decides a sync from what the session read; writes nothing.
Work decide(Core& core, Session& session, const SyncRequest& request, Triples& triples, Timestamp started) {
  Work work;
  work.request = request;
  std::vector<std::int64_t> ids = core.tasks_to_decide(session);
  if (request.only) {
    const auto wanted = std::equal_range(ids.begin(), ids.end(), *request.only);
    session.set_aside.assign(ids.begin(), wanted.first);
    session.set_aside.insert(session.set_aside.end(), wanted.second, ids.end());
    ids.assign(wanted.first, wanted.second);
  }
  if (!ids.empty()) triples = core.triples(session, ids);
  const Policy policy = core.policy(session, request, started);
  work.plan = reconcile(triples.triples, policy,
                        {session.yaml_index.size(), session.database_index.size() + session.rows.invalid.size()});
  work.warnings = std::move(triples.warnings);
  triples.warnings = work.warnings;
  core.keep_conflict_book(session, triples, work);
  work.waiting = core.waiting_changes(session, triples, work);
  return work;
}

void require_writable_target(const Session& session, const SyncRequest& request, const std::string& yaml) {
  if (session.read_only && request.direction == Direction::db_to_yaml)
    throw Error({.code = ErrorCode::permission,
                 .operation = "sync to",
                 .subject = yaml,
                 .cause = *session.read_only,
                 .hint = "let this user write the file and its folder, or sync with --direction yaml_to_db"});
}

}  // namespace

std::optional<SyncResult> Core::confirmed() {
  if (!unconfirmed || !unconfirmed->committed) return std::nullopt;
  SyncResult result = std::move(unconfirmed->result);
  tell(std::move(unconfirmed->effects));
  if (told) told->ids.push_back(result.run_id.value_or(0));
  unconfirmed.reset();
  return result;
}

SyncOutcome Core::sync(const SyncRequest& request) {
  const Timestamp started = clock();
  const ActingFor asked(*this, request.author.empty() ? actor : request.author);
  if (auto same = nothing_new(request, started)) return std::move(*same);
  worth_a_retry = true;  // until it has ended otherwise
  const Operation operation(*this);
  std::optional<Requests> requests;  // nullopt = not looked for yet
  enum class Restless { unknown, wait, never } restless = Restless::unknown;
  if (request.only) requests.emplace();
  const auto attempt = [&](Session& session) -> std::variant<SyncOutcome, StartAgain> {
    if (auto done = confirmed()) return SyncOutcome(std::move(*done));
    if (!requests) {
      requests = stored_requests(session);
      if (!requests->empty()) return SyncOutcome(SyncResult());  // each needs file and transaction for itself
    }
    require_writable_target(session, request, settings.yaml);
    // Nothing to write into the document is known yet, but as soon as anything differs it is needed.
    InvalidYaml invalid;
    if (!tasks_to_decide(session).empty() && !need_document(session, invalid)) return SyncOutcome(std::move(invalid));
    Triples triples;
    Work work = decide(*this, session, request, triples, started);
    // Before the guard looks: it is about what is really gone.
    if (deletes_too_soon(session, triples, work)) {
      if (restless == Restless::never) return leave_deletions(triples, work);
      restless = Restless::wait;
      return SyncOutcome(SyncResult());  // waited for without lock and transaction
    }
    if (work.plan.guard) {
      rest.reset();
      record_refusal(session, request, *work.plan.guard, started);
      return SyncOutcome(GuardStopped{std::move(*work.plan.guard)});
    }
    Executed executed = execute(session, triples, work, started);
    if (auto* again = std::get_if<StartAgain>(&executed)) return std::move(*again);
    return SyncOutcome(std::move(std::get<SyncResult>(executed)));
  };
  SyncOutcome outcome = with_session<SyncOutcome>(Scope::changes, attempt);
  if (requests && !requests->empty()) {
    carry_out(*std::exchange(requests, Requests()));
    outcome = with_session<SyncOutcome>(Scope::changes, attempt);
  }
  while (restless == Restless::wait) {
    restless = wait_for_rest() ? Restless::unknown : Restless::never;
    outcome = with_session<SyncOutcome>(Scope::changes, attempt);
  }
  worth_a_retry = std::holds_alternative<FileBusy>(outcome) || std::exchange(feed_unheard, false);
  if (auto* result = std::get_if<SyncResult>(&outcome))
    std::move(later_warnings.begin(), later_warnings.end(), std::back_inserter(result->warnings));
  later_warnings.clear();
  return outcome;
}

PlanOutcome Core::plan(const SyncRequest& request) {
  const Timestamp started = clock();
  Opened opened = look();
  if (auto* invalid = std::get_if<InvalidYaml>(&opened)) return std::move(*invalid);
  if (auto* busy = std::get_if<FileBusy>(&opened)) return std::move(*busy);
  Session& session = std::get<Session>(opened);
  require_writable_target(session, request, settings.yaml);
  InvalidYaml invalid;
  if (!tasks_to_decide(session).empty() && !need_document(session, invalid)) return invalid;

  Triples triples;
  Work work = decide(*this, session, request, triples, started);
  work.waiting = expected_waiting(session, triples, work);
  PlanReport report;
  report.guard = work.plan.guard;
  report.result = describe(session, work, started);
  report.result.dry_run = true;
  auto triple = triples.triples.begin();
  for (TaskPlan& task : work.plan.tasks) {
    if (!task.yaml && !task.database && !task.conflict) continue;
    while (triple->id < task.id) ++triple;
    PlannedTask planned;
    if (triple->base) planned.base = *triple->base;
    if (triple->yaml) planned.yaml = *triple->yaml;
    if (triple->database) planned.database = *triple->database;
    task.own_tasks();  // the report outlives the session
    planned.plan = std::move(task);
    report.tasks.push_back(std::move(planned));
  }
  return report;
}

}  // namespace lockstep
