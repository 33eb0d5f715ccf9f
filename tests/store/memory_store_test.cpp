// What is the fake's alone: failures on demand.
#include "store/memory/memory_store.hpp"

#include <gtest/gtest.h>

#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

class MemoryStoreTest : public testing::Test {
 protected:
  // One sync's worth of calls: begin, apply, record, commit.
  static constexpr std::size_t kCalls = 4;
  void write_once() {
    const auto transaction = store->begin(Access::write, "default");
    const RowChange change = insertion(make_task(1));
    transaction->tasks().apply({&change, 1}, kNow);
    lockstep::Run run;
    run.key = "k";
    run.replica = "default";
    transaction->history().record(run, {});
    transaction->commit();
  }

  std::shared_ptr<MemoryDatabase> database = std::make_shared<MemoryDatabase>();
  std::unique_ptr<Store> store = open_memory_store(database);
};

TEST_F(MemoryStoreTest, EveryCallCanFailAndThenLeavesNothing) {
  for (std::size_t nth = 1; nth <= kCalls; ++nth) {
    database->fail_call(database->calls() + nth, {.code = ErrorCode::database, .retryable = true});
    const Error error = error_of([&] { write_once(); });
    EXPECT_EQ(error.code(), ErrorCode::database);
    EXPECT_TRUE(error.retryable());
    EXPECT_TRUE(database->tasks().empty()) << nth;
  }
  write_once();
  EXPECT_EQ(database->tasks().size(), 1U);
}

TEST_F(MemoryStoreTest, ACommitWhoseOutcomeIsUnknownMayHaveTakenEffect) {
  for (const bool applied : {false, true}) {
    database->fail_call(database->calls() + kCalls,
                        {.code = ErrorCode::unreachable, .retryable = true, .applied = applied});
    EXPECT_EQ(error_of([&] { write_once(); }).code(), ErrorCode::unreachable);
    EXPECT_EQ(store->begin(Access::read, "default")->history().has_run("k"), applied);
    EXPECT_EQ(database->tasks().size(), applied ? 1U : 0U);
  }
}

TEST_F(MemoryStoreTest, AFaultCanLast) {
  database->fail_call(database->calls() + 1, {.code = ErrorCode::unreachable, .lasting = true});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(error_of([&] { write_once(); }).code(), ErrorCode::unreachable);
  database->clear_faults();
  EXPECT_NO_THROW(write_once());
}

TEST_F(MemoryStoreTest, ATableCanLackColumns) {
  database->make_task_table(FieldSet::all() - FieldSet{Field::user_id, Field::updated_at});
  write_once();
  const auto transaction = store->begin(Access::read, "default");
  EXPECT_FALSE(transaction->tasks().shape().columns.contains(Field::user_id));
  EXPECT_TRUE(is_null(transaction->tasks().rows().tasks.at(0)[Field::user_id]));
}

TEST_F(MemoryStoreTest, TheVersionOfTheRowsStandsWhileNobodyWrites) {
  write_once();
  const std::string version = store->begin(Access::read, "default")->tasks().version();
  EXPECT_FALSE(version.empty());
  EXPECT_EQ(store->begin(Access::read, "default")->tasks().version(), version);
}

TEST_F(MemoryStoreTest, TheDatabaseOutlivesItsOwner) {
  write_once();
  const auto transaction = store->begin(Access::read, "default");
  database.reset();
  store.reset();
  EXPECT_EQ(transaction->tasks().rows().tasks.size(), 1U);
}

}  // namespace
}  // namespace lockstep::testing_store
