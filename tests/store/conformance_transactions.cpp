// Begin, commit, roll back; databases that are not there, not prepared, or too new.
#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

TEST_P(StoreConformance, ATransactionThatIsNotCommittedLeavesNothing) {
  prepare();
  database->put(make_task(1));
  {
    const auto transaction = write();
    const std::vector<RowChange> changes{removal(make_task(1)), insertion(make_task(2))};
    EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
    const BaseChange base{.id = 1, .task = make_task(1)};
    transaction->base().write({&base, 1}, FieldSet::synced());
    transaction->base().set_state({});
    Conflict conflict;
    conflict.replica = "default";
    conflict.task_id = 1;
    transaction->conflicts().insert({&conflict, 1});
    lockstep::Run run;
    run.key = "k";
    run.replica = "default";
    transaction->history().record(run, {});
  }
  const auto reader = read();
  const std::vector<Task> tasks = reader->tasks().rows().tasks;
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].id, 1);
  EXPECT_TRUE(reader->base().index().empty());
  EXPECT_TRUE(reader->base().replicas().empty());
  EXPECT_EQ(reader->conflicts().count({}), 0U);
  EXPECT_TRUE(reader->history().runs({}).empty());
  EXPECT_FALSE(reader->history().has_run("k"));
}

TEST_P(StoreConformance, ATransactionThatFailedCanBeFollowedByAnother) {
  prepare();
  database->put(make_task(1, "as it is"));
  const RowChange stale = removal(make_task(1, "as it was"));
  EXPECT_EQ(error_of([&] { write()->tasks().apply({&stale, 1}, kNow); }).code(), ErrorCode::changed);
  const RowChange fresh = removal(make_task(1, "as it is"));
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply({&fresh, 1}, kNow).empty());
  transaction->commit();
  EXPECT_TRUE(rows().tasks.empty());
}

TEST_P(StoreConformance, AReaderSeesOneSnapshot) {
  prepare();
  database->put(make_task(1));
  const auto reader = read();
  ASSERT_EQ(reader->tasks().rows().tasks.size(), 1U);
  {
    const auto other = database->open();
    const auto writer = other->begin(Access::write, "default");
    const RowChange change = insertion(make_task(2));
    EXPECT_TRUE(writer->tasks().apply({&change, 1}, kNow).empty());
    const BaseChange base{.id = 2, .task = make_task(2)};
    writer->base().write({&base, 1}, FieldSet::synced());
    writer->commit();
  }
  EXPECT_EQ(reader->tasks().rows().tasks.size(), 1U);
  EXPECT_TRUE(reader->base().index().empty());
}

TEST_P(StoreConformance, TheVersionOfTheRowsMovesWithThem) {
  prepare();
  database->put(make_task(1));
  std::string before;
  const auto stands_or_is_not_told = [&] {
    const auto transaction = read();
    return transaction->tasks().version().empty() || transaction->tasks().version() == before;
  };
  const auto moves = [&](const std::function<void()>& change) {
    before = read()->tasks().version();
    EXPECT_TRUE(stands_or_is_not_told());
    change();
    const std::string after = read()->tasks().version();
    return after.empty() || after != before;
  };
  EXPECT_TRUE(moves([&] { database->put(make_task(2)); }));
  EXPECT_TRUE(moves([&] { database->put_column(1, "schedule_cron", "every day"); })) << "a row that breaks the rules";
  EXPECT_TRUE(moves([&] { database->erase(2); }));
  EXPECT_TRUE(moves([&] {
    const auto other = database->open();
    const auto writer = other->begin(Access::write, "other");
    const RowChange change = insertion(make_task(3));
    EXPECT_TRUE(writer->tasks().apply({&change, 1}, kNow).empty());
    writer->commit();
  })) << "another store's commit";
  EXPECT_TRUE(moves([&] {
    const auto writer = write();
    const RowChange change = insertion(make_task(4));
    EXPECT_TRUE(writer->tasks().apply({&change, 1}, kNow).empty());
    writer->commit();
  })) << "its own commit";
  EXPECT_TRUE(moves([&] { database->drop_task_table(); }));
}

TEST_P(StoreConformance, AReaderIsNotBlockedByAWriter) {
  prepare();
  database->put(make_task(1));
  const auto writer = write();
  const RowChange change = insertion(make_task(2));
  EXPECT_TRUE(writer->tasks().apply({&change, 1}, kNow).empty());
  EXPECT_EQ(rows().tasks.size(), 1U) << "what is not committed is not there";
}

TEST_P(StoreConformance, SyncsOfOneReplicaAreSerialised) {
  prepare();
  const auto first = write();
  const auto other = database->open({.table = "scheduled_tasks", .lock_timeout_ms = 1, .create = true});
  const Error error = error_of([&] { other->begin(Access::write, "default"); });
  EXPECT_TRUE(error.code() == ErrorCode::busy || error.code() == ErrorCode::database) << error.what();
  EXPECT_TRUE(error.retryable());
  EXPECT_FALSE(error.parts().hint.empty());
}

TEST_P(StoreConformance, AWriterThatGaveUpIsInNobodysWay) {
  prepare();
  write();
  const auto other = database->open({.table = "scheduled_tasks", .lock_timeout_ms = 1, .create = true});
  EXPECT_NO_THROW(other->begin(Access::write, "default")->commit());
}

TEST_P(StoreConformance, AReadingTransactionDoesNotWrite) {
  prepare();
  database->put(make_task(1));
  const auto reader = read();
  const RowChange change = removal(make_task(1));
  EXPECT_THROW(reader->tasks().apply({&change, 1}, kNow), Error);
  EXPECT_THROW(reader->base().set_state({}), Error);
}

TEST_P(StoreConformance, ADatabaseThatWasNeverPreparedReadsAsEmpty) {
  const auto dry = database->open({.table = "scheduled_tasks", .lock_timeout_ms = 1000, .create = false});
  for (Store* each : {store.get(), dry.get()}) {
    const auto transaction = each->begin(Access::read, "default");
    EXPECT_FALSE(transaction->tasks().shape().exists);
    EXPECT_TRUE(transaction->tasks().rows().tasks.empty());
    EXPECT_EQ(transaction->tasks().highest_id(), 0);
    const std::vector<std::int64_t> ids{1};
    EXPECT_EQ(transaction->tasks().row_images(ids), std::vector<std::string>{""});
    EXPECT_TRUE(transaction->base().index().empty());
    EXPECT_TRUE(transaction->base().load(ids).empty());
    EXPECT_EQ(transaction->base().state().name, "default");
    EXPECT_TRUE(transaction->base().replicas().empty());
    EXPECT_TRUE(transaction->conflicts().list({}).empty());
    EXPECT_EQ(transaction->conflicts().count({}), 0U);
    EXPECT_TRUE(transaction->history().runs({}).empty());
    EXPECT_FALSE(transaction->history().run(1));
    EXPECT_FALSE(transaction->history().has_run("k"));
    EXPECT_TRUE(transaction->history().changes(1).empty());
  }
  EXPECT_TRUE(database->is_untouched());
}

TEST_P(StoreConformance, ADryRunDoesNotWrite) {
  const auto dry = database->open({.table = "scheduled_tasks", .lock_timeout_ms = 1000, .create = false});
  EXPECT_THROW(dry->prepare(), Error);
  EXPECT_THROW(dry->begin(Access::write, "default"), Error);
  EXPECT_TRUE(database->is_untouched());
}

TEST_P(StoreConformance, WhatWasPreparedElsewhereIsSeen) {
  const auto reader = database->open();
  EXPECT_FALSE(reader->begin(Access::read, "default")->tasks().shape().exists);
  prepare();
  database->put(make_task(1));
  EXPECT_EQ(reader->begin(Access::read, "default")->tasks().rows().tasks.size(), 1U);
}

TEST_P(StoreConformance, WritingPreparesWhatIsMissing) {
  const auto transaction = write();
  const RowChange change = insertion(make_task(1));
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  EXPECT_EQ(rows().tasks.size(), 1U);
  EXPECT_TRUE(store->prepare().empty());
}

TEST_P(StoreConformance, ADatabaseOfANewerLockstepIsRefusedEveryTime) {
  prepare();
  database->pretend_newer_schema();
  const auto fresh = database->open();
  for (Store* each : {store.get(), fresh.get()}) {
    for (const Access access : {Access::read, Access::write}) {
      const Error error = error_of([&] { each->begin(access, "default"); });
      EXPECT_EQ(error.code(), ErrorCode::newer_schema);
      EXPECT_FALSE(error.retryable());
    }
    EXPECT_EQ(error_of([&] { each->prepare(); }).code(), ErrorCode::newer_schema);
  }
}

TEST_P(StoreConformance, AStoreKnowsItsBackend) { EXPECT_FALSE(store->backend().empty()); }

}  // namespace
}  // namespace lockstep::testing_store
