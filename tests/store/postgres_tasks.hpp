// What the tests of the PostgreSQL store have in common.
#pragma once

#include <string>

#include "model/json.hpp"
#include "store/conformance.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres_server.hpp"

namespace lockstep::testing_store {

inline RowChange change_to(const Task& from, const Task& to) { return update(from, to, differing(from, to)); }

inline StoreOptions options_for(std::string table, std::int64_t lock_timeout_ms = 10'000) {
  StoreOptions options;
  options.table = std::move(table);
  options.lock_timeout_ms = lock_timeout_ms;
  return options;
}

inline std::vector<RefusedRow> apply_and_commit(Store& store, const std::vector<RowChange>& changes) {
  const auto transaction = store.begin(Access::write, "r");
  std::vector<RefusedRow> refused = transaction->tasks().apply(changes, kNow);
  transaction->commit();
  return refused;
}

inline TableRows all_rows(Store& store) { return store.begin(Access::read, "r")->tasks().rows(); }

inline std::string joined_ids(const std::vector<Task>& tasks) {
  std::string text;
  for (const Task& task : tasks) text += (text.empty() ? "" : ",") + std::to_string(task.id);
  return text;
}
inline std::string joined(const std::vector<std::int64_t>& ids) {
  std::string text;
  for (const std::int64_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

// A test with a database of its own, empty at first.
class PostgresTest : public testing::Test {
 protected:
  void SetUp() override {
    LOCKSTEP_NEEDS_POSTGRES();
    database_ = std::make_unique<PostgresDatabase>();
  }
  // A store on the database's own task table, prepared.
  std::unique_ptr<Store> prepared_store(std::string_view user = "postgres", std::int64_t lock_timeout_ms = 10'000) {
    auto store = open_postgres_store(database_->url(user), options_for("scheduled_tasks", lock_timeout_ms));
    store->prepare();
    return store;
  }

  std::unique_ptr<PostgresDatabase> database_;
};

}  // namespace lockstep::testing_store
