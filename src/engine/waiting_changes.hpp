// Changes that should be carried over and cannot be for now (docs/SEMANTICS.md, "Waiting changes").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"
#include "model/timestamp.hpp"
#include "reconcile/plan.hpp"
#include "store/store.hpp"

namespace lockstep {

struct WaitingChange {
  static constexpr std::size_t kShown = 100;  // of a list that people are shown; its number stands beside it
  static constexpr std::size_t kStored = 1'000;  // of a list that the history keeps

  std::int64_t task_id = 0;
  std::string field;           // empty = the whole task: it comes or goes
  Side side = Side::database;  // the one that is not yet written
  std::string reason;
  Timestamp since;             // when it was first found; the same from sync to sync
  bool untold = true;          // nothing tells when the cause ends: only trying does
};

// The same change, whatever its reason says by now.
bool same_change(const WaitingChange&, const WaitingChange&);
// "task 7, status, to the database: REASON".
std::string describe(const WaitingChange&);

// As http.md has one.
Json to_json(const WaitingChange&);
// As the history keeps them among a run's details, up to a bound; what was found later than that takes the oldest `since`
// of the list.
Json waiting_to_json(const std::vector<WaitingChange>&);
std::vector<WaitingChange> waiting_from_details(const std::string& run_details);
std::size_t waiting_count_from_details(const std::string& run_details);

// Sorted by task, side, field; `since` from `before` where it is the same change, else `now`.
std::vector<WaitingChange> settled_since(std::vector<WaitingChange>, const std::vector<WaitingChange>& before, Timestamp now);

// A row that the database would not take, and what was to be done about its task.
struct Refusal {
  std::int64_t id = 0;
  std::string message;
  std::vector<std::pair<std::string, Side>> unwritten;  // field (empty = the task), side
  bool by_database = true;  // else the run itself leaves the task for later
};
// `plan`: of that task.
Refusal refusal_of(const RefusedRow&, const TaskPlan* plan);

}  // namespace lockstep
