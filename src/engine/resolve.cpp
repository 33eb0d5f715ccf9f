// A person's decision on a conflict, carried out on both sides.
#include "reconcile/resolve.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "engine/core.hpp"
#include "engine/resolution_request.hpp"

namespace lockstep {
namespace {

bool same(const std::optional<Task>& a, const Task* b) {
  if (a.has_value() != (b != nullptr)) return false;
  return !b || differing(*a, *b).empty();
}

bool moved(const Conflict& conflict, const Triple& now) {
  return !same(conflict.yaml, now.yaml) || !same(conflict.database, now.rival()) || !same(conflict.base, now.base);
}

// The conflict as the sides stand now; nullopt: it settled itself.
std::optional<ConflictFinding> found_again(const Conflict& conflict, const Triple& now, const Policy& policy) {
  const TaskPlan plan = reconcile_task(now, policy);
  if (plan.conflict) return plan.conflict;
  // Found by a one-way sync, it need not be one in both directions: then what differs is to be decided.
  if (!now.yaml || !now.database || conflict.finding.reason == ConflictReason::two_saves) return std::nullopt;
  ConflictFinding finding = conflict.finding;
  finding.fields = differing(*now.yaml, *now.database, policy.synced);
  if (finding.fields.empty()) return std::nullopt;
  return finding;
}

std::string sentence(Choice choice, std::int64_t number) {
  return "Conflict conflict_" + std::to_string(number) + " resolved with " + std::string(to_string(choice));
}

using Conflicts = std::map<std::int64_t, Conflict>;

Conflicts by_number(std::vector<Conflict> list) {
  Conflicts result;
  for (Conflict& conflict : list) result.emplace(conflict.number, std::move(conflict));
  return result;
}

std::vector<ResolveOutcome> of_run(std::vector<ResolveOutcome> outcomes, std::optional<std::int64_t> run_id) {
  for (ResolveOutcome& outcome : outcomes)
    if (auto* done = std::get_if<ResolveDone>(&outcome)) done->run_id = run_id;
  return outcomes;
}

// Who asked for the stored decisions; empty where several did.
std::string common_author(const std::vector<Conflict>& wanted) {
  const std::string first = request_author(wanted.front().resolution_request);
  const bool alone = std::ranges::all_of(
      wanted, [&](const Conflict& conflict) { return request_author(conflict.resolution_request) == first; });
  return alone ? first : std::string();
}

// The decision that would write that row.
const ResolveDone* decision_about(const std::vector<ResolveOutcome>& outcomes, std::int64_t row) {
  for (const ResolveOutcome& outcome : outcomes)
    if (const auto* done = std::get_if<ResolveDone>(&outcome); done && (done->task_id == row || done->new_task_id == row)) return done;
  return nullptr;
}

}  // namespace

// What the decisions of one run come to, gathered until it is carried out as a whole.
struct Core::Decisions {
  const Session& session;
  const Policy& policy;
  const Triples& triples;
  std::int64_t free_id;  // the next one, for keep_both
  std::vector<TaskPlan> tasks;
  std::vector<Work::Closed> closed;
  std::vector<Conflict> moved_on;    // to be stored in their newer version
  std::vector<Conflict> superseded;  // nothing is left of them
  UndoNotes notes;

  ResolveOutcome decide(Conflict, const ResolveRequest&);
  void note(const Conflict&, const Triple& now, const Resolved&);
  Triple triple_of(std::int64_t id) const;
};

Triple Core::Decisions::triple_of(std::int64_t id) const {
  const auto found = std::ranges::lower_bound(triples.triples, id, {}, &Triple::id);
  return found != triples.triples.end() && found->id == id ? *found : Triple{id, nullptr, nullptr, nullptr};
}

void Core::Decisions::note(const Conflict& conflict, const Triple& now, const Resolved& resolved) {
  notes.apart.push_back({conflict.task_id, now.base ? std::optional(*now.base) : std::nullopt});
  if (resolved.new_task_id) notes.apart.push_back({*resolved.new_task_id, std::nullopt});
}

// ResolveDone: as it will be, once the run has been carried out.
ResolveOutcome Core::Decisions::decide(Conflict conflict, const ResolveRequest& request) {
  if (request.version && *request.version != conflict.version) return ConflictMoved{std::move(conflict)};
  if (const auto row = session.excluded.find(conflict.task_id); row != session.excluded.end())
    return ChoiceRefused{row->second.message + "; mend the row first"};
  const Triple now = triple_of(conflict.task_id);
  if (moved(conflict, now)) {
    const auto finding = found_again(conflict, now, policy);
    if (!finding) {
      superseded.push_back(std::move(conflict));
      return ConflictGone{};
    }
    conflict.finding = *finding;
    conflict.yaml = now.yaml ? std::optional(*now.yaml) : std::nullopt;
    conflict.database = now.rival() ? std::optional(*now.rival()) : std::nullopt;
    conflict.base = now.base ? std::optional(*now.base) : std::nullopt;
    ++conflict.version;
    if (request.version) {
      moved_on.push_back(conflict);
      return ConflictMoved{std::move(conflict)};
    }
  }

  const Choice choice = request.resolution.choice;
  Resolved resolved = lockstep::resolve(now, conflict.finding, request.resolution, policy, free_id);
  if (!resolved.problem.empty()) return ChoiceRefused{std::move(resolved.problem)};
  if (resolved.new_task_id) ++free_id;
  note(conflict, now, resolved);
  std::ranges::move(resolved.tasks, std::back_inserter(tasks));
  ResolveDone done{.number = conflict.number,
                   .task_id = conflict.task_id,
                   .choice = choice,
                   .task = std::move(resolved.task),
                   .new_task_id = resolved.new_task_id,
                   .stored = false,
                   .message = sentence(choice, conflict.number),
                   .run_id = std::nullopt};
  notes.decided.push_back({conflict, std::string(to_string(choice))});
  closed.push_back({std::move(conflict), std::string(to_string(choice))});
  return done;
}

// For the process that can write the other replica's file.
ResolveOutcome Core::store_resolution(const ResolveRequest& request) {
  auto transaction = begin(Access::write);
  std::vector<Conflict> found = transaction->conflicts().list({.number = request.number});
  if (found.empty()) return ConflictGone{};
  Conflict& conflict = found.front();
  if (request.version && *request.version != conflict.version) return ConflictMoved{std::move(conflict)};
  conflict.resolution_request = write_resolution_request(request.resolution, conflict.version, actor);
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

// The pending conflicts' numbers, and whether each is this replica's. In pages: a conflict holds three tasks.
std::map<std::int64_t, bool> Core::own_or_not(ConflictFilter filter) {
  constexpr std::size_t kAtOnce = 256;
  std::map<std::int64_t, bool> result;
  const auto transaction = begin(Access::read);
  for (filter.limit = kAtOnce;; filter.offset += kAtOnce) {
    const std::vector<Conflict> some = transaction->conflicts().list(filter);
    for (const Conflict& conflict : some) result.emplace(conflict.number, conflict.replica == settings.replica);
    if (some.size() < kAtOnce) return result;
  }
}

ResolveOutcome Core::resolve(const ResolveRequest& request) { return std::move(resolve_all({request}).front()); }

std::vector<ResolveOutcome> Core::resolve_all(const std::vector<ResolveRequest>& requests) {
  std::vector<ResolveOutcome> outcomes(requests.size(), ConflictGone{});
  std::vector<ResolveRequest> own;  // for this replica's conflicts; each conflict once
  std::vector<std::size_t> places;
  ConflictFilter asked;
  if (requests.size() == 1) asked.number = requests.front().number;
  std::map<std::int64_t, bool> pending = own_or_not(asked);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto found = pending.extract(requests[i].number);
    if (!found) continue;
    if (!found.mapped()) {
      outcomes[i] = store_resolution(requests[i]);
      continue;
    }
    own.push_back(requests[i]);
    places.push_back(i);
  }
  if (own.empty()) return outcomes;
  std::vector<ResolveOutcome> carried = resolve_own(own);
  for (std::size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = std::move(carried[i]);
  return outcomes;
}

std::vector<ResolveOutcome> Core::resolve_own(const std::vector<ResolveRequest>& requests) {
  const Timestamp started = clock();
  struct Forget {
    Core& core;
    ~Forget() { core.rest.reset(); }  // what this run looked at is not all there is
  } forget{*this};
  std::vector<ResolveOutcome> outcomes;  // as they will be, should the commit's answer be lost
  std::map<std::int64_t, std::string> refused;  // conflicts whose rows the database would not take, and why
  using Ended = std::variant<std::vector<ResolveOutcome>, InvalidYaml, FileBusy>;
  Ended ended = with_session<Ended>(Scope::everything, [&](Session& session) -> std::variant<Ended, StartAgain> {
    if (const auto result = confirmed()) return Ended(of_run(std::move(outcomes), result->run_id));
    InvalidYaml invalid;
    if (!need_document(session, invalid)) return Ended(std::move(invalid));
    read_contested(session);
    Conflicts pending = by_number(*session.pending);
    std::vector<std::int64_t> ids;
    for (const ResolveRequest& request : requests)
      if (const auto found = pending.find(request.number); found != pending.end()) ids.push_back(found->second.task_id);
    std::ranges::sort(ids);

    SyncRequest run;
    run.trigger = Trigger::resolve;
    const Policy policy = this->policy(session, run, started);
    const Triples triples = this->triples(session, ids);
    std::int64_t highest = session.transaction->tasks().highest_id();
    if (!session.yaml_index.empty()) highest = std::max(highest, session.yaml_index.back().id);
    Decisions decisions{session, policy, triples, highest + 1, {}, {}, {}, {}, {}};
    outcomes.clear();
    for (const ResolveRequest& request : requests) {
      auto found = pending.extract(request.number);
      const auto why = refused.find(request.number);
      outcomes.push_back(!found                 ? ConflictGone{}
                         : why != refused.end() ? ChoiceRefused{"the database refused it: " + why->second}
                                                : decisions.decide(std::move(found.mapped()), request));
    }
    Executed executed = execute(session, decisions, started);
    if (auto* again = std::get_if<StartAgain>(&executed)) {
      for (const Refusal& row : again->refused)
        if (const ResolveDone* done = decision_about(outcomes, row.id)) refused.emplace(done->number, row.message);
      return StartAgain{std::move(again->reason), {}};
    }
    return Ended(of_run(std::move(outcomes), std::get<SyncResult>(executed).run_id));
  });
  if (auto* all = std::get_if<std::vector<ResolveOutcome>>(&ended)) return std::move(*all);
  if (const auto* busy = std::get_if<FileBusy>(&ended)) return {requests.size(), *busy};
  return {requests.size(), std::get<InvalidYaml>(ended)};
}

Executed Core::execute(Session& session, Decisions& decisions, Timestamp started) {
  Effects superseded;
  std::vector<std::int64_t> gone;
  for (const Conflict& conflict : decisions.superseded) {
    gone.push_back(conflict.number);
    superseded.closed.push_back({conflict.number, conflict.task_id, "superseded", {}});
  }
  if (!gone.empty()) session.transaction->conflicts().close(gone);
  if (!decisions.moved_on.empty()) session.transaction->conflicts().update(decisions.moved_on);

  Executed executed = SyncResult{};
  if (!decisions.closed.empty()) {
    Work work;
    work.request.trigger = Trigger::resolve;
    work.plan = assemble(std::move(decisions.tasks), decisions.policy, {session.yaml_index.size(), session.database_index.size()});
    work.plan.guard.reset();  // a person named these very tasks
    work.closed = std::move(decisions.closed);
    work.notes = std::move(decisions.notes);
    executed = execute(session, decisions.triples, work, started);
  } else if (!gone.empty() || !decisions.moved_on.empty()) {
    session.transaction->commit();
  }
  if (std::holds_alternative<SyncResult>(executed)) tell(std::move(superseded));
  return executed;
}

// Decisions that other processes stored for this replica. One that cannot be carried out as it was meant is
// dropped: its conflict stays pending, in its newer version, for a person to see.
void Core::carry_out_resolutions(const std::vector<Conflict>& wanted) {
  std::vector<ResolveRequest> requests;
  std::vector<std::int64_t> dropped;
  for (const Conflict& conflict : wanted) {
    if (auto request = read_resolution_request(conflict.resolution_request)) {
      request->number = conflict.number;
      requests.push_back(*std::move(request));
    } else {
      dropped.push_back(conflict.number);
    }
  }
  if (!requests.empty()) {
    const ActingFor asked(*this, common_author(wanted));
    const std::vector<ResolveOutcome> outcomes = resolve_all(requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const bool stays = std::holds_alternative<ResolveDone>(outcomes[i]) || std::holds_alternative<FileBusy>(outcomes[i]) ||
                         std::holds_alternative<InvalidYaml>(outcomes[i]);
      if (!stays) dropped.push_back(requests[i].number);
    }
  }
  if (dropped.empty()) return;
  auto transaction = begin(Access::write);
  for (const std::int64_t number : dropped) {
    std::vector<Conflict> still = transaction->conflicts().list({.number = number});
    for (Conflict& conflict : still) conflict.resolution_request.clear();
    if (!still.empty()) transaction->conflicts().update(still);
  }
  transaction->commit();
}

}  // namespace lockstep
