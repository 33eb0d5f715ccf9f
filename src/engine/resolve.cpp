// A person's decision on a conflict, carried out on both sides.
#include "reconcile/resolve.hpp"

#include <algorithm>

#include "engine/core.hpp"
#include "engine/resolution_request.hpp"

namespace lockstep {
namespace {

bool same(const std::optional<Task>& a, const Task* b) {
  if (a.has_value() != (b != nullptr)) return false;
  return !b || differing(*a, *b).empty();
}

bool moved(const Conflict& conflict, const Triple& now) {
  return !same(conflict.yaml, now.yaml) || !same(conflict.database, now.database) || !same(conflict.base, now.base);
}

// The conflict as the sides stand now; nullopt: it settled itself.
std::optional<ConflictFinding> found_again(const Conflict& conflict, const Triple& now, const Policy& policy) {
  const TaskPlan plan = reconcile_task(now, policy);
  if (plan.conflict) return plan.conflict;
  // Found by a one-way sync, it need not be one in both directions: then what differs is to be decided.
  if (!now.yaml || !now.database) return std::nullopt;
  ConflictFinding finding = conflict.finding;
  finding.fields = differing(*now.yaml, *now.database, policy.synced);
  if (finding.fields.empty()) return std::nullopt;
  return finding;
}

std::string sentence(Choice choice, std::int64_t number) {
  return "Conflict conflict_" + std::to_string(number) + " resolved with " + std::string(to_string(choice));
}

}  // namespace

// For the process that can write the other replica's file.
ResolveOutcome Core::store_resolution(const ResolveRequest& request) {
  auto transaction = store->begin(Access::write, settings.replica);
  std::vector<Conflict> found = transaction->conflicts().list({.number = request.number});
  if (found.empty()) return ConflictGone{};
  Conflict& conflict = found.front();
  if (request.version && *request.version != conflict.version) return ConflictMoved{std::move(conflict)};
  conflict.resolution_request = write_resolution_request(request.resolution, conflict.version);
  transaction->conflicts().update(std::span(&conflict, 1));
  transaction->commit();
  ResolveDone done;
  done.number = conflict.number;
  done.task_id = conflict.task_id;
  done.choice = request.resolution.choice;
  done.stored = true;
  done.message = "Stored: the process that can write the file of replica \"" + conflict.replica + "\" carries it out";
  return done;
}

ResolveOutcome Core::resolve(const ResolveRequest& request) {
  const Timestamp started = clock();
  std::optional<ResolveDone> done;  // as it will be, should the commit's answer be lost
  {
    auto transaction = store->begin(Access::read, settings.replica);
    const std::vector<Conflict> found = transaction->conflicts().list({.number = request.number});
    if (found.empty()) return ConflictGone{};
    if (found.front().replica != settings.replica) {
      transaction.reset();
      return store_resolution(request);
    }
  }
  struct Forget {
    Core& core;
    ~Forget() { core.rest.reset(); }  // what this run looked at is not all there is
  } forget{*this};
  return with_session<ResolveOutcome>(Scope::everything, [&](Session& session) -> std::variant<ResolveOutcome, StartAgain> {
    if (auto result = confirmed()) return ResolveOutcome(std::move(*done));
    const std::vector<Conflict> found = session.transaction->conflicts().list({.number = request.number});
    if (found.empty()) return ResolveOutcome(ConflictGone{});
    Conflict conflict = found.front();
    if (request.version && *request.version != conflict.version) return ResolveOutcome(ConflictMoved{std::move(conflict)});
    InvalidYaml invalid;
    if (!need_document(session, invalid)) return ResolveOutcome(std::move(invalid));

    SyncRequest run;
    run.trigger = Trigger::resolve;
    const Policy policy = this->policy(session, run, started);
    Triples triples = this->triples(session, {conflict.task_id});
    if (triples.triples.empty()) triples.triples.push_back({conflict.task_id, nullptr, nullptr, nullptr});
    const Triple& now = triples.triples.front();
    if (session.excluded.contains(conflict.task_id))
      return ResolveOutcome(ChoiceRefused{session.excluded.at(conflict.task_id).message + "; mend the row first"});
    if (moved(conflict, now)) {
      const auto finding = found_again(conflict, now, policy);
      if (finding) {
        conflict.finding = *finding;
        conflict.yaml = now.yaml ? std::optional(*now.yaml) : std::nullopt;
        conflict.database = now.database ? std::optional(*now.database) : std::nullopt;
        conflict.base = now.base ? std::optional(*now.base) : std::nullopt;
        ++conflict.version;
        session.transaction->conflicts().update(std::span(&conflict, 1));
      } else {
        session.transaction->conflicts().close(std::vector{conflict.number});
        tell({.files = {}, .opened = {}, .closed = {{conflict.number, conflict.task_id, "superseded"}}});
      }
      if (request.version || !finding) {
        session.transaction->commit();
        if (!finding) return ResolveOutcome(ConflictGone{});
        return ResolveOutcome(ConflictMoved{std::move(conflict)});
      }
    }

    std::int64_t highest = session.transaction->tasks().highest_id();
    if (!session.yaml_index.empty()) highest = std::max(highest, session.yaml_index.back().id);
    Resolved resolved = lockstep::resolve(now, conflict.finding, request.resolution, policy, highest + 1);
    if (!resolved.problem.empty()) return ResolveOutcome(ChoiceRefused{std::move(resolved.problem)});

    Work work;
    work.request = run;
    work.plan = assemble(std::move(resolved.tasks), policy, {session.yaml_index.size(), session.database_index.size()});
    work.plan.guard.reset();  // a person named this very task
    work.closed.push_back({conflict, std::string(to_string(request.resolution.choice))});
    done = ResolveDone{.number = conflict.number,
                       .task_id = conflict.task_id,
                       .choice = request.resolution.choice,
                       .task = std::move(resolved.task),
                       .new_task_id = resolved.new_task_id,
                       .stored = false,
                       .message = sentence(request.resolution.choice, conflict.number),
                       .run_id = std::nullopt};
    Executed executed = execute(session, triples, work, started);
    if (auto* again = std::get_if<StartAgain>(&executed)) {
      if (again->refused.empty()) return std::move(*again);
      return ResolveOutcome(ChoiceRefused{"the database refused it: " + again->refused.front().message});
    }
    done->run_id = std::get<SyncResult>(executed).run_id;
    return ResolveOutcome(std::move(*done));
  });
}

// Decisions that other processes stored for this replica. One that cannot be carried out as it was meant is
// dropped: its conflict stays pending, in its newer version, for a person to see.
void Core::carry_out_resolutions(const std::vector<Conflict>& wanted) {
  for (const Conflict& conflict : wanted) {
    auto request = read_resolution_request(conflict.resolution_request);
    ResolveOutcome outcome = ConflictGone{};
    if (request) {
      request->number = conflict.number;
      outcome = resolve(*request);
    }
    if (std::holds_alternative<ResolveDone>(outcome) || std::holds_alternative<FileBusy>(outcome) ||
        std::holds_alternative<InvalidYaml>(outcome))
      continue;
    auto transaction = store->begin(Access::write, settings.replica);
    for (Conflict& still : transaction->conflicts().list({.number = conflict.number})) {
      still.resolution_request.clear();
      transaction->conflicts().update(std::span(&still, 1));
    }
    transaction->commit();
  }
}

}  // namespace lockstep
