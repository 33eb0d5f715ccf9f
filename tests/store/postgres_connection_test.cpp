// Connections: URLs, what messages may say, and sessions that end at the worst moment.
#include <atomic>
#include <thread>

#include "store/postgres/target.hpp"
#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

using postgres::Target;

// ---- URLs ---------------------------------------------------------------------------------------------

TEST(PostgresTarget, ReadsEveryFormOfUrl) {
  for (const std::string scheme : {"postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg2", "postgresql+psycopg"}) {
    const Target target = Target::parse(scheme + "://u:p%40ss@db.example.org:6432/app?sslmode=require&connect_timeout=3");
    EXPECT_EQ(target.value("user"), "u");
    EXPECT_EQ(target.value("password"), "p@ss");
    EXPECT_EQ(target.value("host"), "db.example.org");
    EXPECT_EQ(target.value("port"), "6432");
    EXPECT_EQ(target.value("dbname"), "app");
    EXPECT_EQ(target.value("sslmode"), "require");
    EXPECT_EQ(target.value("connect_timeout"), "3");
    EXPECT_EQ(target.describe(), "database app on db.example.org:6432");
  }
  EXPECT_EQ(Target::parse("postgresql://a,b:2/x?target_session_attrs=read-write").value("host"), "a,b");
  EXPECT_EQ(Target::parse("postgresql:///x?host=/run/postgresql").value("host"), "/run/postgresql");
}

TEST(PostgresTarget, SpeaksTheDialectOfSqlAlchemysDrivers) {
  const Target target = Target::parse("postgresql+asyncpg://h/d?ssl=true&prepared_statement_cache_size=0&command_timeout=5");
  EXPECT_EQ(target.value("sslmode"), "require");
  EXPECT_EQ(Target::parse("postgresql+asyncpg://h/d?ssl=verify-full").value("sslmode"), "verify-full");
}

TEST(PostgresTarget, RefusesOthersWithoutShowingThePassword) {
  for (const char* url :
       {"mysql://u:s3cret@h/d", "postgresql://u:s3cret@h:port/d?x=%zz", "postgresql://u:s3cret%zz@h/d", "postgresql://u:s3cret@[::1/d",
        "postgresql://u:s3cret@h/d?pasword=s3cret", "postgresql://u:s3cret@h/d?password", "u:s3cret@h"}) {
    const Error error = error_of([&] { Target::parse(url); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << url;
    EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos) << error.what();
  }
  EXPECT_NE(std::string(error_of([] { Target::parse("postgresql://h/d?pasword=x"); }).what()).find("`pasword`"), std::string::npos);
}

TEST(PostgresTarget, BlotsThePasswordOut) {
  EXPECT_EQ(Target::parse("postgresql://u:s3cret@h/d").redact("s3cret or not s3cret"), "*** or not ***");
  EXPECT_EQ(Target::parse("postgresql://h/d").redact("nothing"), "nothing");
}

// ---- connecting ---------------------------------------------------------------------------------------

class PostgresConnection : public PostgresTest {
 protected:
  std::unique_ptr<Store> store_on(const std::string& url) { return open_postgres_store(url, options_for("scheduled_tasks")); }
  std::string end_session_of(std::string_view application) {
    return "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '" +
           std::string(application) + "'";
  }
};

TEST_F(PostgresConnection, IsMadeLazily) {
  EXPECT_NO_THROW(store_on("postgresql://u:s3cret@/d?host=/nonexistent"));
}

TEST_F(PostgresConnection, NeverShowsThePassword) {
  database_->run("DROP ROLE IF EXISTS locked_out; CREATE ROLE locked_out LOGIN PASSWORD 'right'");
  for (const std::string& url : {PostgresServer::shared()->url(database_->name(), "locked_out:s3cret"),
                                 std::string("postgresql://u:s3cret@/s3cret?host=/nonexistent"),
                                 std::string("postgresql://u:s3cret@s3cret.invalid/d"),
                                 PostgresServer::shared()->url("s3cret", "postgres:s3cret")}) {
    const Error error = error_of([&] { store_on(url)->begin(Access::read, "r"); });
    EXPECT_EQ(error.code(), ErrorCode::unreachable) << error.what();
    EXPECT_TRUE(error.retryable());
    const std::string text = std::string(error.what()) + error.parts().subject;
    EXPECT_EQ(text.find(":s3cret"), std::string::npos) << text;
    EXPECT_EQ(error.parts().cause.find("s3cret"), std::string::npos) << text;
  }
  EXPECT_NO_THROW(store_on(PostgresServer::shared()->url(database_->name(), "locked_out:right"))->begin(Access::read, "r"));
  database_->run("DROP ROLE locked_out");
}

TEST_F(PostgresConnection, PassesParametersOnAndNamesItself) {
  const auto store = store_on(database_->url());
  const auto transaction = store->begin(Access::read, "r");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockstep' AND datname = current_database()"), "1");
  const auto other = store_on(database_->url("postgres", "&application_name=mine&options=-c%20work_mem%3D5MB"));
  const auto second = other->begin(Access::read, "r");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mine' AND datname = current_database()"), "1");
}

TEST_F(PostgresConnection, BeginReconnectsWhenTheSessionWasEndedInBetween) {
  const auto store = prepared_store();
  database_->run(end_session_of("lockstep"));
  EXPECT_NO_THROW(apply_and_commit(*store, {insertion(make_task(1))}));
  database_->run(end_session_of("lockstep"));
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "1");
}

TEST_F(PostgresConnection, ASessionThatEndsInTheMiddleHasWrittenNothing) {
  const auto store = prepared_store();
  {
    const auto transaction = store->begin(Access::write, "r");
    transaction->tasks().apply(std::vector{insertion(make_task(1))}, kNow);
    database_->run(end_session_of("lockstep"));
    const Error error = error_of([&] { transaction->tasks().rows(); });
    EXPECT_EQ(error.code(), ErrorCode::unreachable);
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_EQ(joined_ids(all_rows(*store).tasks), "");
}

lockstep::Run run_with_key(const std::string& key) {
  lockstep::Run run;
  run.key = key;
  run.replica = "r";
  run.status = "success";
  run.at = kNow;
  return run;
}

TEST_F(PostgresConnection, ASessionThatEndsBeforeCommitArrivesIsUnknownAndFoundOut) {
  const auto store = prepared_store();
  {
    const auto transaction = store->begin(Access::write, "r");
    transaction->history().record(run_with_key("k"), {});
    database_->run(end_session_of("lockstep"));
    EXPECT_EQ(error_of([&] { transaction->commit(); }).code(), ErrorCode::unreachable);
  }
  EXPECT_FALSE(store->begin(Access::read, "r")->history().has_run("k"));
}

TEST_F(PostgresConnection, ASessionThatEndsAfterCommitWasCarriedOutIsUnknownAndFoundOut) {
  // A server of its own, told to wait for a standby that does not exist: it does so once the commit is on disk, and
  // there its session ends before it can answer.
  const auto server = PostgresServer::start();
  const auto store = store_on(server->url("postgres"));
  store->prepare();
  postgres::Connection other(Target::parse(server->url("postgres", "postgres", "&application_name=test")));
  other.execute("SET synchronous_commit = local", "set up");
  other.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "set up");
  other.execute("SELECT pg_reload_conf()", "set up");
  while (PostgresDatabase::ask(other, "SHOW synchronous_standby_names") != "nobody") {
  }
  {
    const auto transaction = store->begin(Access::write, "r");
    transaction->history().record(run_with_key("k"), {});
    std::thread killer([&] {
      while (PostgresDatabase::ask(other, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "0") {
      }
    });
    EXPECT_EQ(error_of([&] { transaction->commit(); }).code(), ErrorCode::unreachable);
    killer.join();
  }
  EXPECT_TRUE(store->begin(Access::read, "r")->history().has_run("k"));
}

TEST_F(PostgresConnection, ATransactionThatFailedDoesNotCommit) {
  const auto store = prepared_store();
  database_->run("CREATE TABLE results (task_id bigint PRIMARY KEY)");
  const auto transaction = store->begin(Access::write, "r");
  transaction->history().record(run_with_key("k"), {});
  EXPECT_THROW(transaction->history().record(run_with_key("k"), {}), Error);  // the key is unique
  EXPECT_EQ(error_of([&] { transaction->commit(); }).code(), ErrorCode::database);
}

TEST_F(PostgresConnection, TheSchemaOfANewerVersionIsRefusedByEveryTransaction) {
  const auto store = prepared_store();
  database_->run("UPDATE lockstep.meta SET value = '2000' WHERE key = 'schema_version'");
  for (const Access access : {Access::read, Access::write}) {
    EXPECT_EQ(error_of([&] { store->begin(access, "r"); }).code(), ErrorCode::newer_schema);
  }
  EXPECT_EQ(error_of([&] { store->prepare(); }).code(), ErrorCode::newer_schema);
  EXPECT_EQ(error_of([&] { store->setup_sql(); }).code(), ErrorCode::newer_schema);
}

TEST_F(PostgresConnection, TwoThatPrepareAtOnceDoNotCollide) {
  std::vector<std::thread> threads;
  std::atomic<int> created{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { created += static_cast<int>(store_on(database_->url())->prepare().size()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 2) << "one of them made the tables, and said so";
}

TEST_F(PostgresConnection, AReadOnlyServerIsSaidToBeOne) {
  const auto store = prepared_store();
  apply_and_commit(*store, {insertion(make_task(1))});
  // What a standby answers to a write.
  const auto reading = store_on(database_->url());
  const auto transaction = reading->begin(Access::read, "r");
  EXPECT_EQ(error_of([&] { transaction->tasks().apply(std::vector{insertion(make_task(2))}, kNow); }).code(), ErrorCode::permission);
}

TEST_F(PostgresConnection, WaitingForALockedTableEndsWithItsHolder) {
  using std::chrono::milliseconds;
  const auto store = prepared_store();
  apply_and_commit(*store, {insertion(make_task(1))});
  database_->run("BEGIN; LOCK TABLE scheduled_tasks IN ACCESS EXCLUSIVE MODE");
  const std::string holder = std::to_string(database_->connection().backend_pid());
  store->wait_at_most({.lock = milliseconds(1'500), .answer = milliseconds(10'000), .name_holder = true});
  const Error error = error_of([&] { all_rows(*store); });
  EXPECT_EQ(error.code(), ErrorCode::busy) << error.what();
  EXPECT_NE(error.parts().cause.find("server process " + holder + " ("), std::string::npos) << error.what();
  EXPECT_NE(error.parts().hint.find("retry"), std::string::npos);
  database_->run("COMMIT");
  store->wait_at_most({});
  EXPECT_EQ(all_rows(*store).tasks.size(), 1U);
}

TEST_F(PostgresConnection, WhatIsGivenUpIsWaitedForNoLonger) {
  const auto store = prepared_store();
  apply_and_commit(*store, {insertion(make_task(1))});
  database_->run("BEGIN; LOCK TABLE scheduled_tasks IN ACCESS EXCLUSIVE MODE");
  std::thread other([&] { store->give_up(); });
  const ErrorCode code = error_of([&] { all_rows(*store); }).code();
  EXPECT_TRUE(code == ErrorCode::unreachable || code == ErrorCode::busy);
  other.join();
  database_->run("COMMIT");
}

}  // namespace
}  // namespace lockstep::testing_store
