// What a MemoryDatabase holds, and how transactions see it.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "store/column_values.hpp"
#include "store/memory/memory_store.hpp"

namespace lockstep::memory {

// Column name → text, nullopt = NULL.
using Row = std::map<std::string, std::optional<std::string>, std::less<>>;

struct BaseRecord {
  IndexEntry entry;
  Task task;
};

struct Replica {
  ReplicaState state;
  std::map<std::int64_t, BaseRecord> base;
  std::string texts;
};

struct StoredRun {
  Run run;
  std::vector<ChangeRecord> changes;  // by task id, YAML first
  std::int64_t bytes = 0;
};

struct State {
  std::uint64_t revision = 0;  // of what is committed
  bool newer_schema = false;
  bool has_task_table = false;
  FieldSet columns = FieldSet::all();
  std::map<std::int64_t, Row> rows;
  std::set<std::int64_t> not_removable;
  std::set<std::int64_t> not_writable;
  bool prepared = false;
  std::map<std::string, Replica, std::less<>> replicas;
  std::map<std::int64_t, Conflict> conflicts;
  std::int64_t last_conflict = 0;
  std::map<std::int64_t, StoredRun> runs;
  std::int64_t last_run = 0;
};

Row to_row(const Task&, FieldSet columns);
TableRows read_rows(const State&);

}  // namespace lockstep::memory

namespace lockstep {

struct MemoryDatabase::Shared {
  mutable std::mutex mutex;
  std::shared_ptr<const memory::State> committed = std::make_shared<memory::State>();
  std::size_t calls = 0;
  std::map<std::size_t, MemoryFault> faults;
  MemoryDatabase::Hook hook;
  bool has_writer = false;
  std::set<std::int64_t> held;  // rows that the writer has written or read to keep

  // Counts a call; the fault that is due for it.
  std::optional<MemoryFault> count_call(std::string_view operation);
  // Counts a call and throws what is due.
  void enter(std::string_view operation);
  // Precondition: the mutex is held. `change(State&)` on a copy that becomes the committed state.
  template <typename Change>
  void amend(Change&& change) {
    auto next = std::make_shared<memory::State>(*committed);
    change(*next);
    ++next->revision;
    committed = std::move(next);
  }
  void require_not_held(std::int64_t id) const;
};

Error memory_error(const MemoryFault&, std::string_view operation);

}  // namespace lockstep
