// What wakes the daemon, and what happens when the database goes away.
#include <csignal>
#include <thread>

#include "store/postgres/change_listener.hpp"
#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

using Heard = ChangeListener::Heard;
using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};
constexpr const char* kInsert =
    "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at) VALUES ('x', '@daily', now())";

class PostgresListener : public PostgresTest {
 protected:
  // Waits past what connecting itself reports.
  static void settle(ChangeListener& listener) {
    ASSERT_EQ(listener.wait(kLong), Heard::change) << listener.state();
    ASSERT_TRUE(listener.connected());
  }
};

TEST_F(PostgresListener, HearsOfAChangeOnceItIsCommittedAndOfNothingElse) {
  const auto store = prepared_store();
  ASSERT_TRUE(store->install_feed().active);
  PostgresChangeListener listener(database_->url());
  EXPECT_FALSE(listener.connected());
  settle(listener);
  EXPECT_TRUE(listener.notified()) << listener.state();
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  database_->run(std::string("BEGIN; ") + kInsert);
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  database_->run("COMMIT");
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  database_->run("UPDATE scheduled_tasks SET updated_at = now()");
  database_->run("NOTIFY something_else");
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  // Many at once are one.
  for (int i = 0; i < 5; ++i) database_->run(kInsert);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  EXPECT_EQ(database_->ask("SELECT state FROM pg_stat_activity WHERE application_name = 'lockstep listen' AND datname = current_database()"),
            "idle") << "never in a transaction";
}

TEST_F(PostgresListener, CanBeWokenFromAnotherThread) {
  PostgresChangeListener listener(database_->url());
  settle(listener);
  listener.wake();
  listener.wake();
  EXPECT_EQ(listener.wait(kLong), Heard::woken);
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  std::thread waker([&] { listener.wake(); });
  EXPECT_EQ(listener.wait(kLong), Heard::woken);
  waker.join();
}

TEST_F(PostgresListener, ReconnectsAndCountsThatAsAChange) {
  const auto store = prepared_store();
  ASSERT_TRUE(store->install_feed().active);
  ChangeListenerOptions options;
  options.first_pause = milliseconds(1);
  PostgresChangeListener listener(database_->url(), options);
  settle(listener);
  database_->run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'lockstep listen'"
                 " AND datname = current_database()");
  database_->run(kInsert);  // while nobody listens
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  EXPECT_TRUE(listener.connected());
  database_->run(kInsert);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(PostgresListener, SaysWhyItIsNotConnectedWithoutThePassword) {
  PostgresChangeListener listener("postgresql://u:s3cret@/nowhere?host=/nonexistent");
  EXPECT_EQ(listener.wait(milliseconds(1)), Heard::deadline);
  EXPECT_FALSE(listener.connected());
  EXPECT_NE(listener.state().find("/nonexistent"), std::string::npos) << listener.state();
  EXPECT_EQ(listener.state().find("s3cret"), std::string::npos) << listener.state();
  listener.wake();
  EXPECT_EQ(listener.wait(kLong), Heard::woken) << "waiting to reconnect can be woken";
}

TEST_F(PostgresListener, LooksAtTheFeedWhereNotificationsDoNotArrive) {
  const auto store = prepared_store();
  ASSERT_TRUE(store->install_feed().active);
  database_->run("CREATE OR REPLACE FUNCTION lockstep.note_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
                 "  INSERT INTO lockstep.feed (task_id) SELECT id FROM new_rows; RETURN NULL; END $$");  // it does not notify
  ChangeListenerOptions options;
  options.self_test_timeout = milliseconds(0);
  options.poll_interval = milliseconds(1);
  PostgresChangeListener listener(database_->url(), options);
  settle(listener);
  EXPECT_FALSE(listener.notified());
  EXPECT_NE(listener.state().find("intervals"), std::string::npos);
  database_->run(std::string("BEGIN; ") + kInsert);
  EXPECT_EQ(listener.wait(milliseconds(20)), Heard::deadline) << "not committed yet";
  database_->run("COMMIT");
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(PostgresListener, ReportsAPossibleChangeAtIntervalsWhereThereIsNoFeed) {
  prepared_store();
  ChangeListenerOptions options;
  options.self_test_timeout = milliseconds(0);
  options.poll_interval = milliseconds(1);
  PostgresChangeListener listener(database_->url(), options);
  settle(listener);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
  EXPECT_EQ(listener.wait(kLong), Heard::change);
}

TEST_F(PostgresListener, NoticesAServerThatStopsAnsweringAndThatItAnswersAgain) {
  ChangeListenerOptions options;
  options.ping_interval = milliseconds(5);
  options.silence = milliseconds(100);
  PostgresChangeListener listener(database_->url(), options);
  settle(listener);
  const pid_t backend = std::stoi(database_->ask(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'lockstep listen' AND datname = current_database()"));
  if (kill(backend, SIGSTOP) != 0) GTEST_SKIP() << "the server's processes are not ours to stop";
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (listener.answering() && std::chrono::steady_clock::now() < deadline) listener.wait(milliseconds(10));
  EXPECT_FALSE(listener.answering());
  EXPECT_TRUE(listener.connected());
  EXPECT_NE(listener.state().find("not answered"), std::string::npos) << listener.state();
  kill(backend, SIGCONT);
  while (!listener.answering() && std::chrono::steady_clock::now() < deadline) listener.wait(milliseconds(10));
  EXPECT_TRUE(listener.answering());
  EXPECT_TRUE(listener.connected());
}

TEST_F(PostgresListener, NoticesALostConnectionWithoutBeingAsked) {
  ChangeListenerOptions options;
  options.first_pause = kLong;
  PostgresChangeListener listener(database_->url(), options);
  settle(listener);
  database_->run("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'lockstep listen'"
                 " AND datname = current_database()");
  // It is told by the connection itself, not by an attempt to use it: the next ping is far away.
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (listener.connected() && std::chrono::steady_clock::now() < deadline) listener.wait(milliseconds(10));
  EXPECT_FALSE(listener.connected());
}

}  // namespace
}  // namespace lockstep::testing_store
