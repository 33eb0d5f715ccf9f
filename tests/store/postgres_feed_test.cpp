// The change feed: what it notes, what it must not miss, and that nobody else suffers from it.
#include <chrono>
#include <cstdlib>

#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

constexpr const char* kRow = "(skill_name, schedule_cron, next_run_at) VALUES ('x', '@daily', now())";

class PostgresFeed : public PostgresTest {
 protected:
  void start() {
    store_ = prepared_store();
    const FeedState feed = store_->install_feed();
    ASSERT_TRUE(feed.active) << feed.why_not;
  }
  std::string cursor() { return store_->begin(Access::read, "r")->tasks().cursor(); }
  // The ids changed since, joined; "everything" = cannot tell.
  std::string since(const std::string& cursor) { return since(*store_, cursor); }
  static std::string since(Store& store, const std::string& cursor) {
    const auto ids = store.begin(Access::read, "r")->tasks().changed_since(cursor);
    return ids ? joined(*ids) : "everything";
  }
  void run(const std::string& sql) { database_->run(sql); }

  std::unique_ptr<Store> store_;
};

TEST_F(PostgresFeed, NotesInsertsUpdatesDeletesAndCopy) {
  start();
  std::string before = cursor();
  ASSERT_NE(before, "");
  EXPECT_EQ(since(before), "");
  run(std::string("INSERT INTO scheduled_tasks ") + kRow + ", ('y', '@daily', now()), ('z', '@daily', now())");
  EXPECT_EQ(since(before), "1,2,3");
  before = cursor();
  EXPECT_EQ(since(before), "");
  run("UPDATE scheduled_tasks SET status = 'failed' WHERE id = 2");
  run("UPDATE scheduled_tasks SET id = 9 WHERE id = 3");
  EXPECT_EQ(since(before), "2,3,9");
  before = cursor();
  run("DELETE FROM scheduled_tasks WHERE id = 1");
  EXPECT_EQ(since(before), "1");
  before = cursor();
  run("COPY scheduled_tasks (id, skill_name, schedule_cron, next_run_at) FROM PROGRAM"
      " 'echo 20,x,@daily,2026-01-01; echo 21,x,@daily,2026-01-01' WITH (FORMAT csv)");
  EXPECT_EQ(since(before), "20,21");
  before = cursor();
  run(std::string("INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at) VALUES (20, 'x', '@daily', now()),"
                  " (30, 'x', '@daily', now()) ON CONFLICT (id) DO UPDATE SET skill_name = 'upserted'"));
  EXPECT_EQ(since(before), "20,30");
}

TEST_F(PostgresFeed, ReadsOnlyTheRowsAskedFor) {
  start();
  apply_and_commit(*store_, {insertion(make_task(1)), insertion(make_task(2)), insertion(make_task(3))});
  run("UPDATE scheduled_tasks SET schedule_cron = 'whenever' WHERE id = 3");
  const std::int64_t ids[] = {3, 2, 99};
  const TableRows rows = store_->begin(Access::read, "r")->tasks().rows_of(ids);
  EXPECT_EQ(joined_ids(rows.tasks), "2");
  ASSERT_EQ(rows.invalid.size(), 1U);
  EXPECT_EQ(rows.invalid[0].id, 3);
}

TEST_F(PostgresFeed, DoesNotNoteWhatDoesNotConcernTheTasks) {
  run("CREATE TABLE scheduled_tasks (id int PRIMARY KEY, skill_name text NOT NULL, schedule_cron text NOT NULL,"
      " next_run_at timestamp NOT NULL, params_json json, updated_at timestamp, heartbeat timestamp)");
  start();
  run("INSERT INTO scheduled_tasks VALUES (1, 'a', '@daily', now(), '{\"a\": 1}')");
  const std::string before = cursor();
  run("UPDATE scheduled_tasks SET heartbeat = now(), updated_at = now()");
  run("UPDATE scheduled_tasks SET skill_name = skill_name, params_json = params_json");
  run("UPDATE scheduled_tasks SET skill_name = 'b' WHERE false");
  run("DELETE FROM scheduled_tasks WHERE false");
  EXPECT_EQ(since(before), "");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM lockstep.feed"), "1");
  run("UPDATE scheduled_tasks SET params_json = NULL");
  EXPECT_EQ(since(before), "1");
}

TEST_F(PostgresFeed, ATransactionThatBeganEarlierAndCommitsLateIsNotMissed) {
  start();
  postgres::Connection late = database_->connect();
  late.execute(std::string("BEGIN; INSERT INTO scheduled_tasks ") + kRow, "insert");
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  const std::string between = cursor();
  EXPECT_EQ(since(between), "");
  late.execute("COMMIT", "commit");
  EXPECT_EQ(since(between), "1");
  EXPECT_EQ(since(cursor()), "");
}

TEST_F(PostgresFeed, SubtransactionsAndRolledBackOnesAreToldApart) {
  start();
  const std::string before = cursor();
  run(std::string("BEGIN; SAVEPOINT a; INSERT INTO scheduled_tasks ") + kRow + "; ROLLBACK TO a; SAVEPOINT b; INSERT INTO scheduled_tasks " +
      kRow + "; RELEASE b; COMMIT");
  EXPECT_EQ(since(before), "2");
}

TEST_F(PostgresFeed, TheApplicationNeedsNoRightsOnOurTables) {
  start();
  const std::string application = database_->role("application");
  run("GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON scheduled_tasks TO " + application);
  const std::string before = cursor();
  postgres::Connection connection = database_->connect(application);
  // A search path of its own cannot lead the function astray.
  connection.execute(std::string("CREATE TEMP TABLE feed (task_id text); SET search_path = pg_temp, public; INSERT INTO scheduled_tasks ") + kRow,
                     "insert");
  EXPECT_EQ(since(before), "1");
  EXPECT_EQ(error_of([&] { connection.execute("SELECT * FROM lockstep.feed", "look"); }).code(), ErrorCode::permission);
  EXPECT_EQ(error_of([&] {
              connection.execute("SET search_path = public; CREATE TEMP TABLE t (id int); CREATE TRIGGER x AFTER INSERT ON t"
                                 " EXECUTE FUNCTION lockstep.note_insert()", "abuse");
            }).code(),
            ErrorCode::permission);
}

TEST_F(PostgresFeed, WritesPastTheParentTablesTriggersAreSeen) {
  run("CREATE TABLE scheduled_tasks (id bigint NOT NULL, skill_name text NOT NULL, schedule_cron text NOT NULL,"
      " next_run_at timestamptz NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
      "CREATE TABLE low PARTITION OF scheduled_tasks FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE high PARTITION OF scheduled_tasks FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id);"
      "CREATE TABLE highest PARTITION OF high FOR VALUES FROM (150) TO (200)");
  start();
  const std::string columns = " (id, skill_name, schedule_cron, next_run_at) VALUES ";
  std::string before = cursor();
  run("INSERT INTO low" + columns + "(5, 'x', '@daily', now())");
  run("INSERT INTO highest" + columns + "(160, 'x', '@daily', now())");
  run("INSERT INTO scheduled_tasks" + columns + "(6, 'x', '@daily', now())");
  EXPECT_EQ(since(before), "5,6,160");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM lockstep.feed"), "3") << "each once";
  before = cursor();
  run("UPDATE scheduled_tasks SET id = 170 WHERE id = 5");  // moves to another partition
  EXPECT_EQ(since(before), "5,170");

  run("CREATE TABLE middle PARTITION OF high FOR VALUES FROM (100) TO (150)");
  EXPECT_EQ(since(before), "everything") << "a partition without triggers";
  EXPECT_EQ(cursor(), "");
  EXPECT_TRUE(store_->install_feed().active);
  before = cursor();
  run("INSERT INTO middle" + columns + "(120, 'x', '@daily', now())");
  EXPECT_EQ(since(before), "120");
  run("ALTER TABLE scheduled_tasks DETACH PARTITION low");
  EXPECT_EQ(since(before), "everything") << "its rows are gone without a trigger";
}

TEST_F(PostgresFeed, TruncateMeansEverything) {
  start();
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  const std::string before = cursor();
  run("TRUNCATE scheduled_tasks");
  EXPECT_EQ(since(before), "everything");
  EXPECT_EQ(since(cursor()), "");
}

TEST_F(PostgresFeed, TheApplicationDoesNotNoticeThatOurTableIsGone) {
  start();
  const std::string before = cursor();
  run("DROP TABLE lockstep.feed");
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  run("UPDATE scheduled_tasks SET status = 'failed'; DELETE FROM scheduled_tasks; TRUNCATE scheduled_tasks");
  EXPECT_EQ(since(before), "everything");
  EXPECT_EQ(cursor(), "");
}

TEST_F(PostgresFeed, TheApplicationDoesNotNoticeThatOurSchemaIsGone) {
  start();
  run("DROP SCHEMA lockstep CASCADE");
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"), "0");
}

TEST_F(PostgresFeed, TriggersThatAreOffAreNoFeed) {
  start();
  const std::string before = cursor();
  for (const char* sql : {"ALTER TABLE scheduled_tasks DISABLE TRIGGER lockstep_update",
                          // As a data-only restore leaves them.
                          "ALTER TABLE scheduled_tasks DISABLE TRIGGER ALL; ALTER TABLE scheduled_tasks ENABLE TRIGGER ALL",
                          "DROP TRIGGER lockstep_insert ON scheduled_tasks",
                          "ALTER TABLE scheduled_tasks ADD COLUMN other int, DROP COLUMN user_id"}) {
    SCOPED_TRACE(sql);
    run(sql);
    EXPECT_EQ(since(before), "everything");
    EXPECT_EQ(cursor(), "");
    EXPECT_TRUE(store_->install_feed().active);
    EXPECT_NE(cursor(), "");
    EXPECT_EQ(since(before), "everything") << "what happened meanwhile was not noted";
  }
}

TEST_F(PostgresFeed, FiresForSessionsThatReplayToo) {
  start();
  const std::string before = cursor();
  run(std::string("SET session_replication_role = replica; INSERT INTO scheduled_tasks ") + kRow + "; RESET session_replication_role");
  EXPECT_EQ(since(before), "1");
}

TEST_F(PostgresFeed, ACopyOfTheDatabaseDoesNotBelieveTheCursor) {
  start();
  const std::string before = cursor();
  const std::string copy = database_->name() + "_copy";
  postgres::Connection admin(postgres::Target::parse(PostgresServer::shared()->url("postgres")));
  store_.reset();
  database_->disconnect();
  admin.execute("CREATE DATABASE " + copy + " TEMPLATE " + database_->name(), "copy");
  {
    const auto store = open_postgres_store(PostgresServer::shared()->url(copy), options_for("scheduled_tasks"));
    EXPECT_EQ(since(*store, before), "everything");
    EXPECT_NE(store->begin(Access::read, "r")->tasks().cursor(), "") << "its own are good";
  }
  admin.execute("DROP DATABASE " + copy, "drop");
}

TEST_F(PostgresFeed, ADumpRestoredIntoAnotherServerDoesNotBelieveTheCursor) {
  start();
  const std::string before = cursor();
  const auto other = PostgresServer::start();
  const std::string restore = "pg_dump -h '" + PostgresServer::shared()->folder() + "' -U postgres '" + database_->name() + "' | psql -q -h '" +
                              other->folder() + "' -U postgres -v ON_ERROR_STOP=1 postgres >/dev/null";
  ASSERT_EQ(std::system(restore.c_str()), 0);
  const auto store = open_postgres_store(other->url("postgres"), options_for("scheduled_tasks"));
  EXPECT_TRUE(store->prepare().empty());
  EXPECT_EQ(since(*store, before), "everything");
  const std::string fresh = store->begin(Access::read, "r")->tasks().cursor();
  EXPECT_NE(fresh, "") << "the triggers came along";
  postgres::Connection(postgres::Target::parse(other->url("postgres"))).execute(std::string("INSERT INTO scheduled_tasks ") + kRow, "insert");
  EXPECT_EQ(since(*store, fresh), "1");
}

TEST_F(PostgresFeed, InstallingWaitsBehindAWriterOnlyBriefly) {
  store_ = prepared_store();
  postgres::Connection writer = database_->connect();
  writer.execute(std::string("BEGIN; INSERT INTO scheduled_tasks ") + kRow, "insert");
  const FeedState busy = store_->install_feed();
  EXPECT_FALSE(busy.active);
  EXPECT_TRUE(busy.try_again);
  EXPECT_NE(busy.why_not, "");
  writer.execute("COMMIT", "commit");
  EXPECT_TRUE(store_->install_feed().active);
}

TEST_F(PostgresFeed, IsRemovedWithoutATrace) {
  start();
  const std::string before = cursor();
  EXPECT_FALSE(store_->remove_feed().active);
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"), "0");
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  EXPECT_EQ(since(before), "everything");
  EXPECT_FALSE(store_->remove_feed().active) << "twice does no harm";
  EXPECT_TRUE(store_->install_feed().active);
  EXPECT_EQ(since(before), "everything") << "installed anew: a change in between is not noted";
}

TEST_F(PostgresFeed, PruningForgetsWhatEveryCursorHasSeen) {
  start();
  const auto sync = [this](const std::string& replica, Timestamp at) {
    const auto store = prepared_store();  // each prunes with its first commit
    const auto transaction = store->begin(Access::write, replica);
    ReplicaState state = transaction->base().state();
    state.cursor = transaction->tasks().cursor();
    state.last_sync = at;
    transaction->base().set_state(state);
    transaction->commit();
    return state.cursor;
  };
  const Timestamp now = system_now();
  const std::string slow = sync("slow", now);
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  const std::string quick = sync("quick", now);
  run(std::string("INSERT INTO scheduled_tasks ") + kRow);
  sync("quick", now);
  EXPECT_EQ(since(slow), "1,2") << "a replica that still needs them keeps them";
  sync("slow", Timestamp{now.micros - 2LL * 86'400'000'000});  // from now on it is one that sleeps
  // How far a snapshot sees hangs on all transactions of the server, those of other databases' tests among them.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  do sync("quick", now);
  while (database_->ask("SELECT count(*) FROM lockstep.feed") != "0" && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(database_->ask("SELECT count(*) FROM lockstep.feed"), "0");
  EXPECT_EQ(since(slow), "everything");
  EXPECT_EQ(since(quick), "everything");
  EXPECT_EQ(since(cursor()), "");
}

TEST_F(PostgresFeed, ACursorThatMakesNoSenseMeansEverything) {
  start();
  for (const std::string cursor : {"", "x", "1;2;3;4;5;6:6:"}) EXPECT_EQ(since(cursor), "everything");
}

}  // namespace
}  // namespace lockstep::testing_store
