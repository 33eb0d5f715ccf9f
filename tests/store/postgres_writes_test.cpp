// What the database refuses, and what others write at the same time.
#include <thread>

#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

class PostgresWrites : public PostgresTest {};

std::vector<RowChange> insertions(std::int64_t first, std::int64_t last) {
  std::vector<RowChange> changes;
  for (std::int64_t id = first; id <= last; ++id) changes.push_back(insertion(make_task(id, "task " + std::to_string(id))));
  return changes;
}

// ---- refusals -----------------------------------------------------------------------------------------

TEST_F(PostgresWrites, ADeletionThatAForeignKeyRefusesIsNamedAndTheRestStands) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 40));
  database_->run("CREATE TABLE results (task_id bigint CONSTRAINT results_task REFERENCES scheduled_tasks);"
                 "CREATE TABLE notes (task_id bigint REFERENCES scheduled_tasks ON DELETE CASCADE);"
                 "CREATE TABLE marks (task_id bigint REFERENCES scheduled_tasks ON DELETE SET NULL);"
                 "INSERT INTO results VALUES (3), (17); INSERT INTO notes VALUES (4); INSERT INTO marks VALUES (5)");
  std::vector<RowChange> removals;
  for (const Task& task : all_rows(*store).tasks) removals.push_back(removal(task));
  const std::vector<RefusedRow> refused = apply_and_commit(*store, removals);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].id, 3);
  EXPECT_EQ(refused[1].id, 17);
  EXPECT_NE(refused[0].message.find("task 3 could not be deleted"), std::string::npos) << refused[0].message;
  EXPECT_NE(refused[0].message.find("\"results_task\""), std::string::npos) << refused[0].message;
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "3,17");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM notes"), "0");
  EXPECT_EQ(database_->ask("SELECT task_id FROM marks"), "NULL");
}

TEST_F(PostgresWrites, ADeferredConstraintRefusesItsRowNotTheCommit) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 3));
  database_->run("CREATE TABLE results (task_id bigint REFERENCES scheduled_tasks DEFERRABLE INITIALLY DEFERRED);"
                 "INSERT INTO results VALUES (2)");
  const TableRows rows = all_rows(*store);
  const std::vector<RefusedRow> refused = apply_and_commit(*store, {removal(rows.tasks[0]), removal(rows.tasks[1])});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "2,3");
}

TEST_F(PostgresWrites, ChecksUniqueValuesLengthsAndTriggersRefuseSingleRows) {
  const auto store = prepared_store();
  database_->run("ALTER TABLE scheduled_tasks ADD CONSTRAINT short CHECK (length(skill_name) < 9),"
                 " ADD CONSTRAINT one_each UNIQUE (skill_name), ALTER COLUMN user_id TYPE varchar(5);"
                 "CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 "  IF NEW.skill_name = 'silent' THEN RETURN NULL; END IF;"
                 "  IF NEW.skill_name = 'loud' THEN RAISE EXCEPTION 'not on my watch'; END IF; RETURN NEW; END $$;"
                 "CREATE TRIGGER keep_out BEFORE INSERT OR UPDATE ON scheduled_tasks FOR EACH ROW EXECUTE FUNCTION keep_out()");
  std::vector<RowChange> changes = insertions(1, 6);
  changes[0].task.own()[Field::skill_name] = std::string("far too long");
  changes[1].task.own()[Field::skill_name] = std::string("task 3");
  changes[3].task.own()[Field::user_id] = std::string("longer");
  changes[4].task.own()[Field::skill_name] = std::string("silent");
  changes[5].task.own()[Field::skill_name] = std::string("loud");
  std::vector<RefusedRow> refused = apply_and_commit(*store, changes);
  std::string ids;
  for (const RefusedRow& row : refused) ids += std::to_string(row.id) + " ";
  EXPECT_EQ(ids, "1 3 4 5 6 ");
  EXPECT_NE(refused[0].message.find("\"short\""), std::string::npos) << refused[0].message;
  EXPECT_NE(refused[1].message.find("\"one_each\""), std::string::npos) << refused[1].message;
  EXPECT_NE(refused[2].message.find("too long"), std::string::npos) << refused[2].message;
  EXPECT_NE(refused[3].message.find("trigger"), std::string::npos) << refused[3].message;
  EXPECT_NE(refused[4].message.find("not on my watch"), std::string::npos) << refused[4].message;
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "2");

  const Task row = all_rows(*store).tasks[0];
  Task longer = row;
  longer[Field::user_id] = std::string("longer");
  refused = apply_and_commit(*store, {change_to(row, longer)});
  ASSERT_EQ(refused.size(), 1U) << "an update must not cut the value to fit";
  Task silent = row;
  silent[Field::skill_name] = std::string("silent");
  refused = apply_and_commit(*store, {change_to(row, silent)});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_TRUE(differing(all_rows(*store).tasks.at(0), row).empty());
}

TEST_F(PostgresWrites, AUniqueValueThatOneTaskGivesUpIsFreeForAnother) {
  const auto store = prepared_store();
  database_->run("ALTER TABLE scheduled_tasks ADD UNIQUE (skill_name)");
  apply_and_commit(*store, insertions(1, 2));
  const TableRows rows = all_rows(*store);
  Task renamed = rows.tasks[1];
  renamed[Field::skill_name] = std::string("task 1");
  EXPECT_TRUE(apply_and_commit(*store, {insertion(make_task(3, "task 2")), change_to(rows.tasks[1], renamed), removal(rows.tasks[0])}).empty());
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "2,3");
}

TEST_F(PostgresWrites, FieldsAreSetThatChangedAndNoOthers) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 2));
  database_->run("CREATE FUNCTION only_status() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 "  IF (to_jsonb(NEW) - 'status' - 'updated_at') <> (to_jsonb(OLD) - 'status' - 'updated_at') THEN"
                 "    RAISE EXCEPTION 'more than the status'; END IF; RETURN NEW; END $$;"
                 "CREATE TRIGGER only_status BEFORE UPDATE ON scheduled_tasks FOR EACH ROW EXECUTE FUNCTION only_status()");
  const Task row = all_rows(*store).tasks[0];
  Task failed = row;
  failed[Field::status] = std::string("failed");
  EXPECT_TRUE(apply_and_commit(*store, {change_to(row, failed)}).empty());
  EXPECT_EQ(database_->ask("SELECT status FROM scheduled_tasks ORDER BY id"), "failed,running");
}

// ---- others at the same time --------------------------------------------------------------------------

TEST_F(PostgresWrites, ARowThatChangedSinceTheSnapshotMeansStartAgain) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 3));
  for (const char* interference : {"UPDATE scheduled_tasks SET status = 'failed' WHERE id = 2",
                                   "UPDATE scheduled_tasks SET updated_at = now() WHERE id = 2",  // a new version of it
                                   "DELETE FROM scheduled_tasks WHERE id = 2"}) {
    SCOPED_TRACE(interference);
    const auto transaction = store->begin(Access::write, "r");
    const TableRows rows = transaction->tasks().rows();
    database_->run(interference);
    const Error error = error_of([&] { transaction->tasks().apply(std::vector{removal(rows.tasks[1])}, kNow); });
    EXPECT_EQ(error.code(), ErrorCode::changed);
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "1,3");
}

TEST_F(PostgresWrites, AnIdThatAnotherTookMeanwhileMeansStartAgain) {
  const auto store = prepared_store();
  const auto transaction = store->begin(Access::write, "r");
  EXPECT_TRUE(transaction->tasks().rows().tasks.empty());
  database_->run("INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at) VALUES (2, 'x', '@daily', now())");
  const std::vector<RowChange> changes = insertions(1, 3);
  const Error error = error_of([&] { transaction->tasks().apply(changes, kNow); });
  EXPECT_EQ(error.code(), ErrorCode::changed);
  EXPECT_TRUE(error.retryable());
}

TEST_F(PostgresWrites, AnIdThatAnotherTookInAPartitionMeansStartAgainToo) {
  database_->run("CREATE TABLE scheduled_tasks (id bigint PRIMARY KEY, skill_name text NOT NULL, schedule_cron text NOT NULL,"
                 " next_run_at timestamptz NOT NULL) PARTITION BY RANGE (id);"
                 "CREATE TABLE low PARTITION OF scheduled_tasks FOR VALUES FROM (0) TO (100)");
  const auto store = prepared_store();
  const auto transaction = store->begin(Access::write, "r");
  EXPECT_TRUE(transaction->tasks().rows().tasks.empty());
  database_->run("INSERT INTO low VALUES (2, 'x', '@daily', now())");
  EXPECT_EQ(error_of([&] { transaction->tasks().apply(std::vector{insertion(make_task(2))}, kNow); }).code(), ErrorCode::changed);
}

TEST_F(PostgresWrites, RowsThatGoToTheFileAreHeldUntilTheEndAndReferencesToThemAreNot) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 2));
  database_->run("CREATE TABLE results (task_id bigint REFERENCES scheduled_tasks); SET lock_timeout = '50ms'");
  const auto transaction = store->begin(Access::write, "r");
  const std::int64_t ids[] = {1};
  transaction->tasks().row_images(ids);
  const Error error = error_of([&] { database_->run("UPDATE scheduled_tasks SET status = 'failed' WHERE id = 1"); });
  EXPECT_EQ(error.code(), ErrorCode::busy);
  database_->run("UPDATE scheduled_tasks SET status = 'failed' WHERE id = 2");
  database_->run("INSERT INTO results VALUES (1)");
}

TEST_F(PostgresWrites, ARowThatAnotherHoldsForTooLongIsALockError) {
  const auto store = prepared_store("postgres", 50);
  apply_and_commit(*store, insertions(1, 1));
  const Task row = all_rows(*store).tasks[0];
  database_->run("BEGIN; UPDATE scheduled_tasks SET status = 'failed' WHERE id = 1");
  const Error error = error_of([&] { apply_and_commit(*store, {removal(row)}); });
  EXPECT_EQ(error.code(), ErrorCode::busy);
  EXPECT_TRUE(error.retryable());
  database_->run("ROLLBACK");
}

TEST_F(PostgresWrites, ADeadlockMeansStartAgain) {
  const auto store = prepared_store();
  apply_and_commit(*store, insertions(1, 2));
  const TableRows rows = all_rows(*store);
  // The application holds 2 and waits for 1, which we hold; its patience is longer than ours.
  postgres::Connection application = database_->connect();
  application.execute("SET deadlock_timeout = '1h'; BEGIN; UPDATE scheduled_tasks SET status = 'failed' WHERE id = 2", "hold");
  const auto transaction = store->begin(Access::write, "r");
  EXPECT_EQ(transaction->tasks().rows().tasks.size(), 2U);
  const std::int64_t held[] = {1};
  transaction->tasks().row_images(held);
  application.send("UPDATE scheduled_tasks SET status = 'failed' WHERE id = 1", "wait");
  while (database_->ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == "0") {
  }
  const Error error = error_of([&] { transaction->tasks().apply(std::vector{removal(rows.tasks[1])}, kNow); });
  EXPECT_EQ(error.code(), ErrorCode::changed) << error.what();
  EXPECT_TRUE(error.retryable());
}

TEST_F(PostgresWrites, TwoSyncsOfOneReplicaFollowEachOtherAndTheSecondSeesTheFirst) {
  const auto first = prepared_store();
  const auto second = prepared_store();
  auto holding = first->begin(Access::write, "r");
  holding->tasks().apply(insertions(1, 1), kNow);
  // Another replica does not wait.
  second->begin(Access::write, "other");

  postgres::Connection watcher = database_->connect();
  std::size_t seen = 0;
  std::thread waiting([&] { seen = second->begin(Access::write, "r")->tasks().rows().tasks.size(); });
  while (PostgresDatabase::ask(watcher, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()") == "0") {
  }
  holding->commit();
  holding.reset();
  waiting.join();
  EXPECT_EQ(seen, 1U) << "its snapshot must be younger than the lock";
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"), "0") << "none outlives its transaction";
}

TEST_F(PostgresWrites, AReplicaThatIsBusyForTooLongIsALockErrorThatNamesTheHolder) {
  const auto first = prepared_store();
  const auto second = prepared_store("postgres", 30);
  const auto holding = first->begin(Access::write, "r");
  const std::string holder = database_->ask("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  const Error error = error_of([&] { second->begin(Access::write, "r"); });
  EXPECT_EQ(error.code(), ErrorCode::busy);
  EXPECT_TRUE(error.retryable());
  EXPECT_NE(std::string(error.what()).find("server process " + holder + ")"), std::string::npos) << error.what();
  EXPECT_NE(second->begin(Access::read, "r"), nullptr) << "the connection is fit for use again";
}

TEST_F(PostgresWrites, TwoReplicasPruningTheHistoryDoNotFailEachOther) {
  const auto first = prepared_store();
  const auto second = prepared_store();
  for (int i = 0; i < 3; ++i) {
    const auto transaction = first->begin(Access::write, "a");
    lockstep::Run run;
    run.key = "run " + std::to_string(i);
    run.replica = "a";
    run.status = "success";
    run.at = Timestamp{i};
    transaction->history().record(run, {});
    transaction->commit();
  }
  const auto one = first->begin(Access::write, "a");
  const auto two = second->begin(Access::write, "b");
  EXPECT_EQ(two->history().runs({}).size(), 3U);  // its snapshot is older than the pruning
  one->history().prune(kNow, 1U << 30);
  one->commit();
  two->history().prune(kNow, 1U << 30);
  EXPECT_NO_THROW(two->commit());
  EXPECT_EQ(database_->ask("SELECT key FROM lockstep.runs"), "run 2");
}

TEST_F(PostgresWrites, ManyRowsGoInByCopyAndOutInOneStatement) {
  const auto store = prepared_store();
  const std::vector<RowChange> changes = insertions(1, 25'000);  // more than one statement takes
  EXPECT_TRUE(apply_and_commit(*store, changes).empty());
  TableRows rows = all_rows(*store);
  ASSERT_EQ(rows.tasks.size(), changes.size());
  std::vector<RowChange> updates;
  for (const Task& task : rows.tasks) {
    Task changed = task;
    changed[Field::status] = std::string("disabled");
    updates.push_back(change_to(task, changed));
  }
  EXPECT_TRUE(apply_and_commit(*store, updates).empty());
  EXPECT_EQ(database_->ask("SELECT count(*) FROM scheduled_tasks WHERE status = 'disabled'"), "25000");
  std::vector<RowChange> removals;
  for (const Task& task : all_rows(*store).tasks) removals.push_back(removal(task));
  EXPECT_TRUE(apply_and_commit(*store, removals).empty());
  EXPECT_EQ(database_->ask("SELECT count(*) FROM scheduled_tasks"), "0");
}

}  // namespace
}  // namespace lockstep::testing_store
