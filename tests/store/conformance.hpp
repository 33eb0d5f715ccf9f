// What every store must do, run on each backend. A backend joins with a TestDatabase of its own and
//
//   INSTANTIATE_TEST_SUITE_P(Name, StoreConformance, testing::Values(Backend{"name", make_database}), backend_name);
//
// in a test program that compiles the conformance_*.cpp files in (see CMakeLists.txt).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "store/store.hpp"

namespace lockstep::testing_store {

// One database, fresh for a test, with the hands of an application that shares the task table. What the
// application does is committed at once. Precondition of its writes: prepare() was called.
class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  virtual std::unique_ptr<Store> open(StoreOptions options = {}) = 0;  // a connection of its own
  virtual void put(const Task&) = 0;                                   // inserts or replaces
  virtual void put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) = 0;
  virtual bool erase(std::int64_t id) = 0;
  virtual std::optional<std::string> column(std::int64_t id, std::string_view column) = 0;
  virtual void add_unknown_column(std::string_view name) = 0;  // of text, nullable
  virtual void refuse_removal(std::int64_t id) = 0;            // a foreign key from elsewhere refers to the row
  virtual void drop_task_table() = 0;
  virtual void pretend_newer_schema() = 0;  // lockstep's own tables are of a version to come
  virtual bool is_untouched() = 0;          // nothing was ever created
  // Whether an application can write to the task table while a transaction that writes is open; else put() throws.
  // On rows that the transaction holds it always throws, soon.
  virtual bool lets_others_write() const = 0;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<TestDatabase>()> make;
};
inline std::string backend_name(const testing::TestParamInfo<Backend>& info) { return info.param.name; }

class StoreConformance : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    database = GetParam().make();
    store = database->open();
  }

  // A store that is ready to be used.
  void prepare() { store->prepare(); }
  std::unique_ptr<Transaction> write(std::string_view replica = "default") {
    return store->begin(Access::write, replica);
  }
  std::unique_ptr<Transaction> read(std::string_view replica = "default") {
    return store->begin(Access::read, replica);
  }

  // The rows as another process sees them.
  TableRows rows() { return database->open()->begin(Access::read, "other")->tasks().rows(); }

  std::unique_ptr<TestDatabase> database;
  std::unique_ptr<Store> store;
};

// ---- tasks and what is written of them ----------------------------------------------------------------

inline constexpr Timestamp kNow{1'763'798'400'123'456};  // 2025-11-22T08:00:00.123456Z

inline Task make_task(std::int64_t id, std::string name = "backup") {
  Task task = task_with_defaults(id);
  task[Field::skill_name] = std::move(name);
  task[Field::schedule_cron] = std::string("0 2 * * *");
  task[Field::next_run_at] = Timestamp{1'763'863'200'000'001};
  task[Field::params_json] = JsonText{R"({"keep":30,"exact":12345678901234567890123})"};
  task[Field::status] = std::string("running");
  task[Field::user_id] = std::string("ops");
  task[Field::created_at] = Timestamp{1'700'000'000'000'000};
  task[Field::updated_at] = Timestamp{1'700'000'001'000'000};
  return task;
}

inline RowChange insertion(const Task& task) {
  return {.action = Action::insert, .task = task, .fields = {}, .expected = {}, .image = {}};
}
inline RowChange update(const Task& expected, const Task& task, FieldSet fields) {
  return {.action = Action::update, .task = task, .fields = fields, .expected = expected, .image = {}};
}
inline RowChange removal(const Task& expected) {
  return {.action = Action::remove, .task = expected, .fields = {}, .expected = expected, .image = {}};
}

// Runs `body`, which must throw an Error, and returns it.
template <typename Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error(Error::Parts{});
}

inline bool same_synced(const Task& a, const Task& b) { return a.id == b.id && differing(a, b).empty(); }

}  // namespace lockstep::testing_store
