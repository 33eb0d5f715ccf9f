// A store without a database: the same behaviour as the real ones (the conformance suite says so), deterministic,
// with an application's hands on the task table and failures on demand. For tests.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "store/store.hpp"

namespace lockstep {

// How a call on a store fails.
struct MemoryFault {
  ErrorCode code = ErrorCode::database;
  bool retryable = false;
  bool applied = false;  // at a commit: it took effect all the same (use with ErrorCode::unreachable)
  bool lasting = false;  // every later call fails too, until clear_faults()
};

// What several stores share, as several processes share a database. Thread-safe. One writing transaction at a
// time; a second one gets a retryable Error(database) at once. A transaction that is destroyed without commit,
// as in a crash, leaves nothing.
class MemoryDatabase {
 public:
  MemoryDatabase();
  ~MemoryDatabase();
  MemoryDatabase(const MemoryDatabase&) = delete;
  MemoryDatabase& operator=(const MemoryDatabase&) = delete;

  // ---- the application's hands. Its writes are committed at once, also while a transaction is open: that
  // one then gets Error(changed) if it writes the same row. A row that a transaction has written or holds
  // refuses them with a retryable Error(database). The task table is made where it is missing.
  void put(const Task&);  // inserts or replaces; columns unknown to lockstep stay
  bool erase(std::int64_t id);
  // One column, raw, of a row that is there: also values that break the rules, and unknown columns.
  void put_column(std::int64_t id, std::string_view column, std::optional<std::string> text);
  std::optional<std::string> column(std::int64_t id, std::string_view column) const;  // nullopt: NULL, or no such
  std::vector<Task> tasks() const;                                                    // the valid ones
  std::optional<Task> task(std::int64_t id) const;
  void make_task_table(FieldSet columns);  // with only these; the rows of a former one are gone
  void drop_task_table();
  void refuse_removal(std::int64_t id, bool refuse = true);  // as a foreign key does
  void refuse_writes(std::int64_t id, bool refuse = true);   // as a check does, or a trigger

  // ---- failures. Every call on a store, a transaction or its tables counts, from 1.
  std::size_t calls() const;
  void fail_call(std::size_t number, MemoryFault);  // of all calls so far and to come
  // Called before each of them with what it is to do, and once more as "committed" when a commit has taken effect and
  // nobody knows yet. It may call anything here and on stores, and may throw, as a crash. The call fails with what it
  // returns. For one thread.
  using Hook = std::function<std::optional<MemoryFault>(std::string_view operation)>;
  void before_each(Hook);
  void clear_faults();
  void pretend_newer_schema();

  struct Shared;  // memory_state.hpp

 private:
  friend std::unique_ptr<Store> open_memory_store(std::shared_ptr<MemoryDatabase>, const StoreOptions&);
  std::unique_ptr<Shared> shared_;
};

std::unique_ptr<Store> open_memory_store(std::shared_ptr<MemoryDatabase>, const StoreOptions& = {});

}  // namespace lockstep
