// Through PgBouncer: everything in session mode; in transaction mode everything but notifications.
#include "store/postgres/change_listener.hpp"
#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

using Heard = ChangeListener::Heard;
using std::chrono::milliseconds;

class PostgresPooler : public PostgresTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    folder_ = PostgresServer::shared()->pooler(GetParam());
    if (folder_.empty()) GTEST_SKIP() << "PgBouncer is not installed";
  }
  std::string url() const { return "postgresql://postgres@/" + database_->name() + "?port=6432&host=" + folder_; }
  std::unique_ptr<Store> store() const { return open_postgres_store(url(), options_for("scheduled_tasks")); }

  std::string folder_;
};

TEST_P(PostgresPooler, SyncsAsWithoutIt) {
  const auto first = store();
  first->prepare();
  EXPECT_TRUE(first->install_feed().active);
  apply_and_commit(*first, {insertion(make_task(1)), insertion(make_task(2))});
  const std::string cursor = first->begin(Access::read, "r")->tasks().cursor();
  const Task row = all_rows(*first).tasks.at(0);
  Task changed = row;
  changed[Field::status] = std::string("failed");
  database_->run("UPDATE scheduled_tasks SET status = 'disabled' WHERE id = 2");
  const auto ids = first->begin(Access::read, "r")->tasks().changed_since(cursor);
  EXPECT_EQ(ids ? joined(*ids) : "everything", "2");
  EXPECT_TRUE(apply_and_commit(*first, {change_to(row, changed)}).empty());
}

TEST_P(PostgresPooler, TheReplicasLockHoldsAndIsGivenBack) {
  const auto first = store();
  first->prepare();
  const auto second = open_postgres_store(url(), options_for("scheduled_tasks", 30));
  {
    const auto holding = first->begin(Access::write, "r");
    EXPECT_EQ(error_of([&] { second->begin(Access::write, "r"); }).code(), ErrorCode::busy);
  }
  EXPECT_NO_THROW(second->begin(Access::write, "r"));
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"), "0")
      << "no session of the pool keeps one";
}

TEST_P(PostgresPooler, TheListenerHearsOrFindsOutThatItCannot) {
  const auto any = store();
  any->prepare();
  ASSERT_TRUE(any->install_feed().active);
  ChangeListenerOptions options;
  options.self_test_timeout = milliseconds(300);
  options.poll_interval = milliseconds(10);
  PostgresChangeListener listener(url(), options);
  ASSERT_EQ(listener.wait(milliseconds(60'000)), Heard::change) << listener.state();
  EXPECT_EQ(listener.notified(), std::string_view(GetParam()) == "session") << listener.state();
  EXPECT_EQ(listener.wait(milliseconds(0)), Heard::deadline);
  database_->run("INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at) VALUES ('x', '@daily', now())");
  EXPECT_EQ(listener.wait(milliseconds(60'000)), Heard::change);
}

INSTANTIATE_TEST_SUITE_P(Mode, PostgresPooler, testing::Values("session", "transaction"),
                         [](const auto& mode) { return std::string(mode.param); });

}  // namespace
}  // namespace lockstep::testing_store
