// What is SQLite's alone: files, locks, journal modes, foreign keys, triggers, broken databases.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "store/sqlite_database.hpp"

namespace lockstep::testing_store {
namespace {

namespace fs = std::filesystem;

class SqliteStoreTest : public testing::Test {
 protected:
  static std::vector<RefusedRow> apply(Store& store, const std::vector<RowChange>& changes) {
    const auto transaction = store.begin(Access::write, "default");
    std::vector<RefusedRow> refused = transaction->tasks().apply(changes, kNow);
    transaction->commit();
    return refused;
  }
  static std::size_t count(Store& store) { return store.begin(Access::read, "default")->tasks().rows().tasks.size(); }

  SqliteDatabase database;
};

TEST_F(SqliteStoreTest, ANewDatabaseUsesWal) {
  database.open()->prepare();
  EXPECT_EQ(database.value("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteStoreTest, TheJournalModeOfADatabaseThatIsThereStays) {
  database.run("PRAGMA journal_mode = DELETE; CREATE TABLE theirs (a)");
  database.open()->prepare();
  EXPECT_EQ(database.value("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteStoreTest, TheTaskTableIsAsDocumented) {
  database.open()->prepare();
  database.run(
      "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at) VALUES ('a', '@daily', '2026-11-22 "
      "00:00:00')");
  EXPECT_EQ(database.column(1, "params_json"), "{}");
  EXPECT_EQ(database.column(1, "status"), "pending");
  EXPECT_EQ(database.column(1, "user_id"), std::nullopt);
  EXPECT_EQ(database.value("SELECT length(created_at) || length(updated_at) FROM scheduled_tasks"), "2626");
  EXPECT_THROW(database.run("UPDATE scheduled_tasks SET status = 'later'"), Error);
  EXPECT_EQ(database.value("SELECT count(*) FROM pragma_index_list('scheduled_tasks')"), "3");
  const auto store = database.open();
  EXPECT_EQ(count(*store), 1U) << "what the defaults give is a valid task";
}

TEST_F(SqliteStoreTest, SetupSqlMakesWhatPrepareWouldMake) {
  const std::string sql = database.open()->setup_sql();
  EXPECT_TRUE(database.is_untouched());
  database.run(sql);
  const auto store = database.open();
  EXPECT_TRUE(store->prepare().empty());
  EXPECT_TRUE(store->setup_sql().empty());
}

TEST_F(SqliteStoreTest, ADatabaseFileThatWasReplacedIsOpenedAnew) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  EXPECT_EQ(count(*store), 1U);
  SqliteDatabase other;
  ASSERT_TRUE(apply(*other.open(), {insertion(make_task(1)), insertion(make_task(2))}).empty());
  other.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string mark = store->version_mark();
  const std::string version = store->begin(Access::read, "default")->tasks().version();
  fs::rename(other.path(), database.path());
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(database.path() + suffix);
  EXPECT_EQ(count(*store), 2U);
  EXPECT_NE(store->version_mark(), mark) << "both connections count from the same number on";
  EXPECT_NE(store->begin(Access::read, "default")->tasks().version(), version);
  ASSERT_TRUE(apply(*store, {insertion(make_task(3))}).empty());
  EXPECT_EQ(count(*database.open()), 3U);
}

TEST_F(SqliteStoreTest, TheVersionOfTheRowsStandsWhileNobodyWrites) {
  for (const char* journal : {"WAL", "DELETE"}) {
    database.run(std::string("PRAGMA journal_mode = ") + journal);
    const auto store = database.open();
    store->prepare();
    const auto version = [&] { return store->begin(Access::read, "default")->tasks().version(); };
    const std::string before = version();
    EXPECT_FALSE(before.empty());
    EXPECT_EQ(version(), before);
    const auto reader = store->begin(Access::read, "default");
    EXPECT_EQ(reader->tasks().version(), before);
  }
}

TEST_F(SqliteStoreTest, AViewHasNoVersionSinceItsRowsMayChangeByThemselves) {
  database.run("CREATE TABLE jobs (id INTEGER PRIMARY KEY, skill_name TEXT, schedule_cron TEXT, next_run_at TEXT);"
               "CREATE VIEW scheduled_tasks AS SELECT * FROM jobs WHERE next_run_at > datetime('now');"
               "CREATE TRIGGER i INSTEAD OF INSERT ON scheduled_tasks BEGIN SELECT 1; END;"
               "CREATE TRIGGER u INSTEAD OF UPDATE ON scheduled_tasks BEGIN SELECT 1; END;"
               "CREATE TRIGGER d INSTEAD OF DELETE ON scheduled_tasks BEGIN SELECT 1; END;");
  EXPECT_EQ(database.open()->begin(Access::read, "default")->tasks().version(), "");
}

TEST_F(SqliteStoreTest, ADatabaseFileThatWasRemovedIsEmptyAndThenMadeAnew) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  for (const auto& entry : fs::directory_iterator(database.folder().path())) fs::remove(entry.path());
  EXPECT_EQ(count(*store), 0U);
  EXPECT_TRUE(database.is_untouched()) << "reading makes no file";
  ASSERT_TRUE(apply(*store, {insertion(make_task(2))}).empty());
  EXPECT_EQ(count(*database.open()), 1U);
}

TEST_F(SqliteStoreTest, AnEmptyFileReadsAsEmptyAndStaysSo) {
  std::ofstream(database.path()).close();
  EXPECT_EQ(count(*database.open({.table = "scheduled_tasks", .lock_timeout_ms = 100, .create = false})), 0U);
  EXPECT_EQ(fs::file_size(database.path()), 0U);
}

TEST_F(SqliteStoreTest, ALockThatIsHeldNamesTheProcess) {
  database.open()->prepare();
  database.run("BEGIN IMMEDIATE");
  const auto store = database.open({.table = "scheduled_tasks", .lock_timeout_ms = 1, .create = true});
  const Error error = error_of([&] { store->begin(Access::write, "default"); });
  EXPECT_EQ(error.code(), ErrorCode::busy);
  EXPECT_TRUE(error.retryable());
  EXPECT_NE(error.parts().cause.find("process " + std::to_string(::getpid())), std::string::npos) << error.what();
  EXPECT_NE(error.parts().hint.find("retry"), std::string::npos) << error.what();
  database.run("ROLLBACK");
  EXPECT_NO_THROW(store->begin(Access::write, "default"));
}

TEST_F(SqliteStoreTest, WaitsAreCountedTogetherUntilTheNextAllowance) {
  using std::chrono::milliseconds;
  database.open()->prepare();
  database.run("BEGIN IMMEDIATE");
  const auto store = database.open();
  store->wait_at_most({.lock = milliseconds(30), .answer = milliseconds(30)});
  EXPECT_EQ(store->waited(), milliseconds(0));
  EXPECT_EQ(error_of([&] { store->begin(Access::write, "default"); }).code(), ErrorCode::busy);
  EXPECT_GE(store->waited(), milliseconds(30));
  const milliseconds used_up = store->waited();
  EXPECT_EQ(error_of([&] { store->begin(Access::write, "default"); }).code(), ErrorCode::busy);
  EXPECT_EQ(store->waited(), used_up) << "nothing was left to wait with";
  store->wait_at_most({.lock = milliseconds(30), .answer = milliseconds(30)});
  EXPECT_EQ(store->waited(), milliseconds(0));
  database.run("ROLLBACK");
}

TEST_F(SqliteStoreTest, WhatIsGivenUpIsWaitedForNoLonger) {
  database.open()->prepare();
  database.run("BEGIN IMMEDIATE");
  const auto store = database.open({.table = "scheduled_tasks", .lock_timeout_ms = 3'600'000, .create = true});
  std::thread other([&] { store->give_up(); });
  EXPECT_EQ(error_of([&] { store->begin(Access::write, "default"); }).code(), ErrorCode::busy);
  other.join();
  database.run("ROLLBACK");
}

TEST_F(SqliteStoreTest, OwnTablesThatWereDroppedAreMadeAgainAndThatIsSaid) {
  const auto store = database.open();
  for (const std::string table : {"base", "changes", "conflicts", "meta", "replicas", "runs", "texts"}) {
    ASSERT_TRUE(apply(*store, {}).empty());
    database.run("INSERT INTO lockstep_base VALUES ('default', 1, x'00', NULL, '{}')");
    store->mended();
    database.run("DROP TABLE lockstep_" + table);
    EXPECT_TRUE(store->begin(Access::read, "default")->base().index().empty()) << "read as never prepared: " << table;
    ASSERT_TRUE(apply(*store, {}).empty()) << table;
    EXPECT_EQ(store->mended().empty(), table == "texts") << table;
    EXPECT_EQ(database.value("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'lockstep%'"), "7") << table;
    const bool base_is_lost = table == "base" || table == "meta" || table == "replicas";
    EXPECT_EQ(database.value("SELECT count(*) FROM lockstep_base"), base_is_lost ? "0" : "1") << table;
    EXPECT_TRUE(store->mended().empty()) << "said once";
    database.run("DELETE FROM lockstep_base");
  }
}

TEST_F(SqliteStoreTest, AFolderThatIsNotThereIsUnreachable) {
  const auto store = open_store("sqlite:" + database.folder().file("no/such/folder/tasks.db"), {});
  EXPECT_EQ(error_of([&] { store->prepare(); }).code(), ErrorCode::unreachable);
  EXPECT_EQ(count(*store), 0U) << "to read it is a database that is not there";
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsSaidToBeNone) {
  std::ofstream(database.path()) << std::string(4096, 'x');
  const Error error = error_of([&] { database.open()->begin(Access::read, "default"); });
  EXPECT_EQ(error.code(), ErrorCode::database);
  EXPECT_FALSE(error.retryable());
  EXPECT_NE(std::string(error.what()).find("not a database"), std::string::npos) << error.what();
  EXPECT_EQ(error_of([&] { database.open()->prepare(); }).code(), ErrorCode::database);
}

TEST_F(SqliteStoreTest, AMetaTableWithoutVersionIsNotOurs) {
  database.run("CREATE TABLE lockstep_meta (key TEXT PRIMARY KEY, value)");
  EXPECT_EQ(error_of([&] { database.open()->prepare(); }).code(), ErrorCode::database);
}

TEST_F(SqliteStoreTest, APathThatLooksLikeAnOptionOfSqliteIsAFile) {
  const fs::path before = fs::current_path();
  fs::current_path(database.folder().path());
  open_store("sqlite::odd:?mode=memory", {})->prepare();
  EXPECT_TRUE(fs::exists(database.folder().file(":odd:?mode=memory")));
  fs::current_path(before);
}

// Without root's rights while it lives.
class Unprivileged {
 public:
  Unprivileged() {
    if (was_root_ && ::seteuid(65534) != 0) throw std::runtime_error("cannot drop root's rights");
  }
  ~Unprivileged() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_ = ::geteuid() == 0;
};

TEST_F(SqliteStoreTest, ADatabaseThatThisUserMayNotWriteIsReadOnly) {
  SqliteDatabase mine;
  mine.run("PRAGMA journal_mode = DELETE");
  ASSERT_TRUE(apply(*mine.open(), {insertion(make_task(1))}).empty());
  fs::permissions(mine.path(), fs::perms(0444));
  fs::permissions(mine.folder().path(), fs::perms(0555));
  {
    const Unprivileged user;
    const auto store = mine.open();
    EXPECT_EQ(count(*store), 1U);
    EXPECT_EQ(error_of([&] { store->begin(Access::write, "default"); }).code(), ErrorCode::permission);
    EXPECT_EQ(error_of([&] { store->prepare(); }).code(), ErrorCode::permission);
    EXPECT_EQ(count(*store), 1U);
  }
  fs::permissions(mine.folder().path(), fs::perms(0700));
}

TEST_F(SqliteStoreTest, AWalDatabaseInAFolderThatThisUserMayNotWriteSaysWhatIsMissing) {
  SqliteDatabase mine;
  mine.open()->prepare();
  fs::permissions(mine.path(), fs::perms(0444));
  fs::permissions(mine.folder().path(), fs::perms(0555));
  {
    // SQLite shares a WAL through a file beside the database, which it cannot make here.
    const Unprivileged user;
    const Error error = error_of([&] { mine.open()->begin(Access::read, "default"); });
    EXPECT_FALSE(error.retryable());
    EXPECT_NE(error.parts().hint.find("folder"), std::string::npos) << error.what();
  }
  fs::permissions(mine.folder().path(), fs::perms(0700));
}

TEST_F(SqliteStoreTest, ReadingLeavesNoFilesBeside) {
  database.open()->prepare();
  EXPECT_EQ(count(*database.open({.table = "scheduled_tasks", .lock_timeout_ms = 100, .create = false})), 0U);
  EXPECT_EQ(std::distance(fs::directory_iterator(database.folder().path()), fs::directory_iterator()), 1);
}

TEST_F(SqliteStoreTest, AWriteErrorAtCommitLeavesAllOrNothing) {
  const auto store = database.open();
  store->prepare();
  struct rlimit unlimited {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const auto former = std::signal(SIGXFSZ, SIG_IGN);
  {
    const auto transaction = store->begin(Access::write, "default");
    std::vector<RowChange> changes;
    for (std::int64_t id = 1; id <= 2000; ++id) changes.push_back(insertion(make_task(id)));
    EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
    lockstep::Run run;
    run.key = "k";
    run.replica = "default";
    transaction->history().record(run, {});
    struct rlimit small = unlimited;
    small.rlim_cur = 128 * 1024;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Error error = error_of([&] { transaction->commit(); });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    EXPECT_EQ(error.code(), ErrorCode::unreachable) << error.what();
    EXPECT_TRUE(error.retryable());
  }
  std::signal(SIGXFSZ, former);
  const bool committed = store->begin(Access::read, "default")->history().has_run("k");
  EXPECT_EQ(count(*store), committed ? 2000U : 0U);
  EXPECT_TRUE(apply(*store, {insertion(make_task(3000))}).empty());
}

// ---- constraints and triggers ------------------------------------------------------------------------

TEST_F(SqliteStoreTest, ARefusedDeletionNamesWhatHoldsIt) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1)), insertion(make_task(2))}).empty());
  database.refuse_removal(2);
  const std::vector<RefusedRow> refused = apply(*store, {removal(make_task(1)), removal(make_task(2))});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_NE(refused[0].message.find("results.task_id"), std::string::npos) << refused[0].message;
  EXPECT_EQ(count(*store), 1U);
}

TEST_F(SqliteStoreTest, OnDeleteRulesOfTheApplicationHold) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  database.run(
      "CREATE TABLE results (task_id INTEGER REFERENCES scheduled_tasks (id) ON DELETE CASCADE); INSERT INTO results "
      "VALUES (1)");
  ASSERT_TRUE(apply(*store, {removal(make_task(1))}).empty());
  EXPECT_EQ(database.value("SELECT count(*) FROM results"), "0");
}

TEST_F(SqliteStoreTest, ADeferredForeignKeyRefusesItsRowAndNotTheCommit) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1)), insertion(make_task(2)), insertion(make_task(3))}).empty());
  database.run(
      "CREATE TABLE results (task_id INTEGER REFERENCES scheduled_tasks (id) DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO results VALUES (2)");
  const std::vector<RefusedRow> refused =
      apply(*store, {removal(make_task(1)), removal(make_task(2)), removal(make_task(3)), insertion(make_task(4))});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_NE(refused[0].message.find("results.task_id"), std::string::npos) << refused[0].message;
  EXPECT_EQ(database.value("SELECT group_concat(id) FROM scheduled_tasks"), "2,4");
}

TEST_F(SqliteStoreTest, RowsThatNeedEachOtherGoInWhateverOrder) {
  for (const std::string deferral : {"", " DEFERRABLE INITIALLY DEFERRED"}) {
    SqliteDatabase fresh;
    fresh.run(
        "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at,"
        " parent INTEGER REFERENCES scheduled_tasks (id)" +
        deferral + ")");
    const auto store = fresh.open();
    ASSERT_TRUE(apply(*store, {insertion(make_task(1)), insertion(make_task(2)), insertion(make_task(3))}).empty());
    fresh.run("UPDATE scheduled_tasks SET parent = id - 1 WHERE id > 1");
    EXPECT_TRUE(apply(*store, {removal(make_task(1)), removal(make_task(2)), removal(make_task(3))}).empty())
        << deferral;
    EXPECT_EQ(count(*store), 0U);
  }
}

TEST_F(SqliteStoreTest, ARefusedInsertionNamesTheForeignKey) {
  database.run(
      "CREATE TABLE users (name TEXT PRIMARY KEY); INSERT INTO users VALUES ('ops');"
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at,"
      " user_id TEXT REFERENCES users (name))");
  const auto store = database.open();
  Task stranger = make_task(2);
  stranger[Field::user_id] = std::string("nobody");
  const std::vector<RefusedRow> refused = apply(*store, {insertion(make_task(1)), insertion(stranger)});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_NE(refused[0].message.find("user_id must be in users"), std::string::npos) << refused[0].message;
}

TEST_F(SqliteStoreTest, ACheckOfTheApplicationRefusesItsRowAlone) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name CHECK (length(skill_name) < 5),"
      " schedule_cron, next_run_at UNIQUE ON CONFLICT ROLLBACK)");
  const auto store = database.open();
  Task later = make_task(3, "c");
  later[Field::next_run_at] = kNow;
  const std::vector<RefusedRow> refused =
      apply(*store, {insertion(make_task(1, "a")), insertion(make_task(2, "too long")), insertion(later),
                     insertion(make_task(4, "d"))});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_NE(refused[0].message.find("CHECK constraint failed"), std::string::npos) << refused[0].message;
  EXPECT_EQ(refused[1].id, 4) << "the table's own ON CONFLICT ROLLBACK does not take the others along";
  EXPECT_EQ(count(*store), 2U);
}

TEST_F(SqliteStoreTest, ATriggerCanRefuseIgnoreOrTearDown) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1)), insertion(make_task(2)), insertion(make_task(3))}).empty());
  database.run(
      "CREATE TRIGGER t1 BEFORE DELETE ON scheduled_tasks WHEN old.id = 1 BEGIN SELECT RAISE(ABORT, 'not this one'); "
      "END;"
      "CREATE TRIGGER t2 BEFORE DELETE ON scheduled_tasks WHEN old.id = 2 BEGIN SELECT RAISE(IGNORE); END;");
  const std::vector<RefusedRow> refused =
      apply(*store, {removal(make_task(1)), removal(make_task(2)), removal(make_task(3))});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_NE(refused[0].message.find("not this one"), std::string::npos) << refused[0].message;
  EXPECT_NE(refused[1].message.find("trigger"), std::string::npos) << refused[1].message;
  database.run(
      "CREATE TRIGGER t3 BEFORE INSERT ON scheduled_tasks BEGIN SELECT RAISE(ROLLBACK, 'everything off'); END;");
  const Error error = error_of([&] { apply(*store, {insertion(make_task(4))}); });
  EXPECT_EQ(error.code(), ErrorCode::database);
  EXPECT_NE(std::string(error.what()).find("everything off"), std::string::npos) << error.what();
  EXPECT_EQ(count(*store), 2U);
}

TEST_F(SqliteStoreTest, TablesOfTheApplicationCanChangeWhileTheStoreIsOpen) {
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  database.run(
      "ALTER TABLE scheduled_tasks RENAME COLUMN user_id TO owner_name; ALTER TABLE scheduled_tasks ADD COLUMN note "
      "DEFAULT 'x'");
  ASSERT_TRUE(apply(*store, {insertion(make_task(2))}).empty());
  EXPECT_FALSE(store->begin(Access::read, "default")->tasks().shape().columns.contains(Field::user_id));
  EXPECT_EQ(database.column(2, "note"), "x");
}

// ---- result codes ------------------------------------------------------------------------------------

TEST(SqliteErrors, ResultCodesAreTranslatedOnce) {
  struct Case {
    int sqlite;
    ErrorCode code;
    bool retryable;
  };
  for (const Case& each :
       {Case{SQLITE_BUSY, ErrorCode::busy, true}, Case{SQLITE_BUSY_SNAPSHOT, ErrorCode::busy, true},
        Case{SQLITE_LOCKED, ErrorCode::busy, true}, Case{SQLITE_PROTOCOL, ErrorCode::busy, true}, Case{SQLITE_CORRUPT, ErrorCode::database, false},
        Case{SQLITE_NOTADB, ErrorCode::database, false}, Case{SQLITE_READONLY, ErrorCode::permission, false},
        Case{SQLITE_READONLY_DIRECTORY, ErrorCode::permission, false}, Case{SQLITE_PERM, ErrorCode::permission, false},
        Case{SQLITE_CANTOPEN, ErrorCode::unreachable, false}, Case{SQLITE_FULL, ErrorCode::database, false},
        Case{SQLITE_IOERR_WRITE, ErrorCode::io, false}, Case{SQLITE_MISUSE, ErrorCode::internal, false},
        Case{SQLITE_ERROR, ErrorCode::database, false}}) {
    const Error error = sqlite::translate(each.sqlite, "words of SQLite", "write to", "/no/such/file");
    EXPECT_EQ(error.code(), each.code) << each.sqlite;
    EXPECT_EQ(error.retryable(), each.retryable) << each.sqlite;
    EXPECT_NE(std::string(error.what()).find("words of SQLite"), std::string::npos);
  }
}

}  // namespace
}  // namespace lockstep::testing_store
