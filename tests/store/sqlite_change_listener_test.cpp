// What wakes the daemon when its database is an SQLite file, and that listening is in nobody's way.
#include "store/sqlite/change_listener.hpp"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "file/child_process.hpp"
#include "store/postgres/change_listener.hpp"
#include "store/sqlite/connection.hpp"
#include "store/temporary_folder.hpp"

namespace lockstep::testing_store {
namespace {

namespace fs = std::filesystem;
using Heard = ChangeListener::Heard;
using sqlite::Connection;
using sqlite::OpenMode;
using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};
constexpr milliseconds kAWhile{30};  // for what must not come
constexpr const char* kCreate = "CREATE TABLE IF NOT EXISTS t (x)";
constexpr const char* kInsert = "INSERT INTO t VALUES (1)";

// Nothing is found by looking now and then.
ChangeListenerOptions by_events() {
  ChangeListenerOptions options;
  options.sqlite_backstop = std::chrono::hours(1);
  return options;
}

// Another process: the program sqlite3, which opens, runs and closes, and does not wait for locks.
int run_elsewhere(const std::string& path, const std::string& sql) {
  const std::string command = "sqlite3 '" + path + "' \"" + sql + "\" > /dev/null 2>&1";
  return std::system(command.c_str());
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

class SqliteListener : public ::testing::Test {
 protected:
  std::string path() const { return folder_.file("tasks.db"); }

  void make(const std::string& journal_mode) {
    ASSERT_EQ(run_elsewhere(path(), "PRAGMA journal_mode=" + journal_mode + "; " + kCreate), 0);
  }

  // Waits past what connecting itself reports.
  static void settle(ChangeListener& listener) {
    ASSERT_EQ(listener.wait(kLong), Heard::change) << listener.state();
    ASSERT_TRUE(listener.connected());
  }

  // Past what is still told of what has happened.
  static void drain(ChangeListener& listener) {
    while (listener.wait(kAWhile) == Heard::change) {
    }
  }

  TemporaryFolder folder_;
};

// ---- hearing, in every journal mode --------------------------------------------------------------------------

class SqliteListenerModes : public SqliteListener, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { make(GetParam()); }

  // Only WAL is a property of the file: the other modes are each connection's own.
  static std::string mode() { return std::string("PRAGMA journal_mode=") + GetParam() + "; "; }
  int insert_elsewhere() const { return run_elsewhere(path(), mode() + kInsert); }
  std::unique_ptr<Connection> application(std::int64_t busy_timeout_ms = 0) const {
    auto connection = std::make_unique<Connection>(path(), OpenMode::existing, busy_timeout_ms);
    connection->execute(mode());
    return connection;
  }
};

TEST_P(SqliteListenerModes, HearsOfEveryCommitOfAnotherProcess) {
  SqliteChangeListener listener(path(), by_events());
  EXPECT_FALSE(listener.connected());
  settle(listener);
  EXPECT_TRUE(listener.notified()) << listener.state();
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(insert_elsewhere(), 0);
    EXPECT_EQ(listener.wait(kLong), Heard::change);
    drain(listener);
  }
}

TEST_P(SqliteListenerModes, HearsOfACommitOnceItIsMadeAndOfNoRollback) {
  const auto application = this->application();
  application->execute(kInsert);
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  drain(listener);
  // Spilled to the disk before it is committed.
  application->execute("PRAGMA cache_size = 1; BEGIN");
  const std::string many =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT hex(randomblob(50)) FROM n";
  application->execute(many);
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline) << "not committed yet";
  application->execute("COMMIT");
  EXPECT_EQ(listener.wait(kLong), Heard::change) << "of this process's own, too";
  drain(listener);
  application->execute("BEGIN");
  application->execute(many);
  application->execute("ROLLBACK");
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline) << "nothing has changed";
  EXPECT_EQ(application->integer("SELECT count(*) FROM t"), 5001);
}

TEST_P(SqliteListenerModes, HearsTheLastOfManyCommits) {
  constexpr std::int64_t kCommits = 200;
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  std::thread writer([&] {
    const auto application = this->application(60'000);
    application->execute("PRAGMA synchronous = OFF");
    for (int i = 0; i < kCommits; ++i) application->execute(kInsert);
  });
  // Whoever reads after every change that is heard sees the last commit in the end.
  Connection observer(path(), OpenMode::existing, 60'000);
  std::int64_t seen = 0;
  bool heard = true;
  while (seen < kCommits && heard) {
    heard = listener.wait(kLong) == Heard::change;
    seen = observer.integer("SELECT count(*) FROM t").value_or(0);
  }
  writer.join();
  EXPECT_TRUE(heard) << "after " << seen << " rows";
}

TEST_P(SqliteListenerModes, AReaderIsNotHeard) {
  Connection reader(path(), OpenMode::existing, 0);
  reader.integer("SELECT count(*) FROM t");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  drain(listener);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
}

// A writer that does not wait fails with every lock that stands in its way, for however short a moment. In WAL mode
// any reader may be in its way for a microsecond: there it waits, as little as SQLite can.
TEST_P(SqliteListenerModes, NoWriterIsRefused) {
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  std::atomic<bool> done = false;
  std::thread waiting([&] {
    while (!done) listener.wait(kLong);
  });
  const auto application = this->application(mode().ends_with("=wal; ") ? 1'000 : 0);
  application->execute("PRAGMA synchronous = OFF");
  for (int i = 0; i < 2'000; ++i) EXPECT_NO_THROW(application->execute(kInsert));
  done = true;
  listener.wake();
  waiting.join();
}

TEST_P(SqliteListenerModes, HoldsNoTransaction) {
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  ASSERT_EQ(insert_elsewhere(), 0);
  ASSERT_EQ(listener.wait(kLong), Heard::change);
  drain(listener);
  const auto application = this->application();
  EXPECT_NO_THROW(application->execute("BEGIN EXCLUSIVE; INSERT INTO t VALUES (2); COMMIT"));
  // Where there is no WAL the answer is 0 at once. In WAL mode everything was written back, and no reader was in the way.
  EXPECT_EQ(application->integer("PRAGMA wal_checkpoint(TRUNCATE)"), 0);
  if (fs::exists(path() + "-wal")) {
    EXPECT_EQ(fs::file_size(path() + "-wal"), 0U);
  }
  drain(listener);
  EXPECT_NO_THROW(application->execute(kInsert));
  EXPECT_EQ(listener.wait(kLong), Heard::change) << "after a checkpoint as before it";
}

TEST_P(SqliteListenerModes, LeavesTheFilesAsTheyWere) {
  const std::set<std::string> before = names_in(folder_.path());
  {
    SqliteChangeListener listener(path(), by_events());
    settle(listener);
    EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
    EXPECT_EQ(names_in(folder_.path()), before) << "while nobody else uses the database";
    ASSERT_EQ(insert_elsewhere(), 0);
    ASSERT_EQ(listener.wait(kLong), Heard::change);
    drain(listener);
  }
  EXPECT_EQ(names_in(folder_.path()), before) << "afterwards";
  EXPECT_EQ(Connection(path(), OpenMode::existing, 0).integer("SELECT count(*) FROM t"), 1);
}

// Closing any descriptor of a file drops all locks that the process has on it, unless SQLite does it.
TEST_P(SqliteListenerModes, DropsNoLockOfThisProcess) {
  const auto application = this->application();
  application->execute("BEGIN IMMEDIATE");
  application->execute(kInsert);
  {
    SqliteChangeListener listener(path(), by_events());
    settle(listener);
    listener.wait(milliseconds(0));
    EXPECT_NE(insert_elsewhere(), 0) << "while it listens";
  }
  EXPECT_NE(insert_elsewhere(), 0) << "when it has ended";
  application->execute("COMMIT");
  EXPECT_EQ(insert_elsewhere(), 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, SqliteListenerModes, ::testing::Values("delete", "truncate", "persist", "wal"),
                         [](const auto& mode) { return std::string(mode.param); });

// ---- waiting -------------------------------------------------------------------------------------------------

TEST_F(SqliteListener, CanBeWokenFromAnotherThread) {
  make("wal");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  listener.wake();
  listener.wake();
  EXPECT_EQ(listener.wait(kLong), Heard::woken);
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  std::thread waker([&] { listener.wake(); });
  EXPECT_EQ(listener.wait(kLong), Heard::woken);
  waker.join();
}

TEST_F(SqliteListener, TellsOthersHowItStandsWhileItWaits) {
  SqliteChangeListener listener(path(), by_events());
  std::thread waiting([&] {
    while (listener.wait(kLong) != Heard::woken) {
    }
  });
  make("wal");
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (!(listener.connected() && listener.notified()) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(listener.state(), "told of changes by the system");
  listener.wake();
  waiting.join();
}

TEST_F(SqliteListener, SleepsWhileNothingHappens) {
  make("wal");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  struct rusage before {};
  ::getrusage(RUSAGE_THREAD, &before);
  EXPECT_EQ(listener.wait(milliseconds(200)), Heard::deadline);
  std::ofstream(folder_.file("schedule.yml")) << "tasks: []\n";
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  struct rusage after {};
  ::getrusage(RUSAGE_THREAD, &after);
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 5) << "one sleep, and what the making of the file waited for";
}

// ---- files that come, go and change --------------------------------------------------------------------------

TEST_F(SqliteListener, ADatabaseThatIsMissingIsWaitedForAndNeverMade) {
  SqliteChangeListener listener(path(), by_events());
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
  EXPECT_FALSE(listener.connected());
  EXPECT_FALSE(listener.notified());
  EXPECT_NE(listener.state().find(path()), std::string::npos) << listener.state();
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  make("delete");
  settle(listener);
  drain(listener);
  ASSERT_EQ(run_elsewhere(path(), kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(SqliteListener, AnEmptyFileBecomesADatabase) {
  std::ofstream(path()).flush();
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  make("wal");
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  EXPECT_TRUE(listener.connected());
}

TEST_F(SqliteListener, AReplacedDatabaseIsOpenedAnew) {
  make("wal");
  const std::string other = folder_.file("other.db");
  ASSERT_EQ(run_elsewhere(other, kCreate), 0);
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  fs::rename(other, path());
  settle(listener);
  drain(listener);
  ASSERT_EQ(run_elsewhere(path(), kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(SqliteListener, ADatabaseThatIsReplacedByALinkIsOpenedWhereItLeads) {
  make("wal");
  fs::create_directory(folder_.file("real"));
  const std::string real = folder_.file("real") + "/file.db";
  ASSERT_EQ(run_elsewhere(real, kCreate), 0);
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  fs::create_symlink(real, folder_.file("link"));
  fs::rename(folder_.file("link"), path());
  settle(listener);
  drain(listener);
  ASSERT_EQ(run_elsewhere(real, kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(SqliteListener, AFileThatAppearsIsOpenedWhenItIsLeftAlone) {
  ChangeListenerOptions options = by_events();
  options.sqlite_settle = std::chrono::hours(1);
  SqliteChangeListener listener(path(), options);
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  make("delete");
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
  EXPECT_FALSE(listener.connected()) << "it may still be being copied";
  SqliteChangeListener later(path(), options);
  settle(later);
}

// Between the writing of the counter and the end of the journal lies the disk, which may be slow.
TEST_F(SqliteListener, ACounterThatMovesIsNoCommitWhileTheJournalIsThere) {
  make("delete");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  std::ofstream(path() + "-journal") << "a journal";
  {
    std::fstream database(path(), std::ios::in | std::ios::out | std::ios::binary);
    database.seekp(24);
    database.write("\x01\x02\x03\x04", 4);
  }
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
  fs::remove(path() + "-journal");
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(SqliteListener, ARemovedDatabaseIsToldWhenItIsBack) {
  make("delete");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  fs::remove(path());
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline) << "those who are told would make an empty one";
  EXPECT_FALSE(listener.connected());
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  make("delete");
  settle(listener);
}

TEST_F(SqliteListener, ADatabaseThatIsCopiedIntoPlaceSlowlyIsToldWhenItIsThere) {
  const std::string source = folder_.file("source.db");
  ASSERT_EQ(run_elsewhere(source, std::string(kCreate) + "; " + kInsert), 0);
  SqliteChangeListener listener(path(), by_events());
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  fs::copy_file(source, path());
  settle(listener);
  EXPECT_EQ(Connection(path(), OpenMode::existing, 0).integer("SELECT count(*) FROM t"), 1);
}

TEST_F(SqliteListener, AFolderThatComesAndGoesIsFoundAgain) {
  ChangeListenerOptions options;
  options.sqlite_backstop = options.sqlite_poll_interval = milliseconds(5);
  const std::string database = folder_.file("a") + "/tasks.db";
  SqliteChangeListener listener(database, options);
  EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
  for (int i = 0; i < 2; ++i) {
    fs::create_directory(folder_.file("a"));
    ASSERT_EQ(run_elsewhere(database, kCreate), 0);
    settle(listener);
    EXPECT_TRUE(listener.notified()) << listener.state();
    drain(listener);
    ASSERT_EQ(run_elsewhere(database, kInsert), 0);
    EXPECT_EQ(listener.wait(kLong), Heard::change);
    drain(listener);
    fs::remove_all(folder_.file("a"));
    drain(listener);
    EXPECT_FALSE(listener.connected());
  }
}

TEST_F(SqliteListener, ALinkIsFollowed) {
  fs::create_directory(folder_.file("real"));
  const std::string real = folder_.file("real") + "/file.db";
  ASSERT_EQ(run_elsewhere(real, std::string("PRAGMA journal_mode=wal; ") + kCreate), 0);
  fs::create_symlink(real, path());
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  EXPECT_TRUE(listener.notified());
  ASSERT_EQ(run_elsewhere(real, kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  drain(listener);
  ASSERT_EQ(run_elsewhere(path(), kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  drain(listener);
  EXPECT_EQ(names_in(folder_.path()), (std::set<std::string>{"real", "tasks.db"}));
}

TEST_F(SqliteListener, TheJournalModeMayChangeMeanwhile) {
  make("delete");
  SqliteChangeListener listener(path(), by_events());
  settle(listener);
  ASSERT_EQ(run_elsewhere(path(), "PRAGMA journal_mode=wal"), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  drain(listener);
  ASSERT_EQ(run_elsewhere(path(), kInsert), 0);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

// ---- what is refused -----------------------------------------------------------------------------------------

constexpr int kSkip = 77;

// In a process of its own, whose rights and limits are its own.
int in_child(const std::function<int()>& run) {
  ChildProcess child([&] {
    const int status = run();
    std::fflush(nullptr);
    return ::testing::Test::HasFailure() ? 1 : status;
  });
  return child.wait();
}

TEST_F(SqliteListener, WithoutEventsItLooksAtIntervals) {
  make("wal");
  const int status = in_child([&] {
    if (::unshare(CLONE_NEWUSER) != 0) return kSkip;
    std::ofstream limit("/proc/sys/user/max_inotify_watches");
    limit << 0 << std::flush;
    if (!limit) return kSkip;
    ChangeListenerOptions options;
    options.sqlite_poll_interval = milliseconds(1);
    SqliteChangeListener listener(path(), options);
    EXPECT_EQ(listener.wait(kLong), Heard::change) << listener.state();
    EXPECT_TRUE(listener.connected());
    EXPECT_FALSE(listener.notified());
    EXPECT_NE(listener.state().find("max_user_watches"), std::string::npos) << listener.state();
    EXPECT_NE(listener.state().find("looking every 1 ms"), std::string::npos) << listener.state();
    EXPECT_EQ(run_elsewhere(path(), kInsert), 0);
    EXPECT_EQ(listener.wait(kLong), Heard::change);
    limit.seekp(0);
    limit << 100 << std::flush;
    while (!listener.notified() && listener.wait(milliseconds(1)) != Heard::woken) {
    }
    EXPECT_EQ(listener.state(), "told of changes by the system");
    return 0;
  });
  if (status == kSkip) GTEST_SKIP() << "this user may not make a user namespace";
  EXPECT_EQ(status, 0);
}

constexpr uid_t kNobody = 65534;

int become_nobody() { return ::setgroups(0, nullptr) + ::setgid(kNobody) + ::setuid(kNobody); }

TEST_F(SqliteListener, ADatabaseThatOnlyOthersMayWriteIsHeardAndNoFilesAreLeft) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  make("wal");
  fs::permissions(folder_.path(), fs::perms(0777));
  Signal listening;
  Signal written;
  ChildProcess child([&] {
    if (become_nobody() != 0) return 2;
    SqliteChangeListener listener(path(), by_events());
    if (listener.wait(kLong) != Heard::change || !listener.connected()) return 3;
    if (listener.wait(kAWhile) != Heard::deadline) return 4;
    listening.send();
    if (listener.wait(kLong) != Heard::change) return 5;
    written.receive();
    drain(listener);
    return 0;
  });
  listening.receive();
  EXPECT_EQ(names_in(folder_.path()), std::set<std::string>{"tasks.db"});
  EXPECT_EQ(run_elsewhere(path(), kInsert), 0);
  written.send();
  EXPECT_EQ(child.wait(), 0);
  // It cannot remove what it did not make; the next who may does.
  EXPECT_EQ(run_elsewhere(path(), kInsert), 0);
  EXPECT_EQ(names_in(folder_.path()), std::set<std::string>{"tasks.db"});
}

TEST_F(SqliteListener, ADatabaseThatMayNotBeReadIsTriedAgain) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  make("delete");
  fs::permissions(folder_.path(), fs::perms(0755));
  fs::permissions(path(), fs::perms(0600));
  EXPECT_EQ(0, in_child([&] {
    if (become_nobody() != 0) return 2;
    ChangeListenerOptions options;
    options.first_pause = milliseconds(1);
    options.longest_pause = milliseconds(2);
    SqliteChangeListener listener(path(), options);
    EXPECT_EQ(listener.wait(kAWhile), Heard::deadline);
    EXPECT_FALSE(listener.connected());
    EXPECT_NE(listener.state().find(path()), std::string::npos) << listener.state();
    listener.wake();
    EXPECT_EQ(listener.wait(kLong), Heard::woken) << "waiting to open it can be woken";
    // Between attempts it sleeps.
    options.first_pause = kLong;
    options.sqlite_backstop = milliseconds(1);
    SqliteChangeListener patient(path(), options);
    struct rusage before {};
    ::getrusage(RUSAGE_THREAD, &before);
    EXPECT_EQ(patient.wait(milliseconds(200)), Heard::deadline);
    EXPECT_EQ(patient.wait(milliseconds(0)), Heard::deadline);
    struct rusage after {};
    ::getrusage(RUSAGE_THREAD, &after);
    const auto busy = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1'000'000 + after.ru_utime.tv_usec - before.ru_utime.tv_usec;
    EXPECT_LT(busy, 50'000) << "microseconds of the processor";
    return 0;
  }));
}

TEST(OpenChangeListener, GoesByTheScheme) {
  const auto sqlite = open_change_listener("sqlite:/nonexistent/tasks.db");
  EXPECT_NE(dynamic_cast<SqliteChangeListener*>(sqlite.get()), nullptr);
  EXPECT_EQ(sqlite->state(), "not connected yet");
  const auto postgres = open_change_listener("postgresql+asyncpg://u:s3cret@/nowhere?host=/nonexistent");
  EXPECT_NE(dynamic_cast<PostgresChangeListener*>(postgres.get()), nullptr);
  EXPECT_EQ(postgres->state(), "not connected yet");
  EXPECT_THROW(open_change_listener("mysql://host/database"), Error);
}

}  // namespace
}  // namespace lockstep::testing_store
