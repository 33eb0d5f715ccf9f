#include "engine/daemon.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "engine/live_world.hpp"

namespace lockstep {
namespace {

using testing::kPatience;
using testing::LiveWorld;
using testing::task_yaml;

TEST(Daemon, StartUpSyncIsDoneWhenStartReturns) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "report"));
  world.start();
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "2");
  const Status status = world.status();
  EXPECT_TRUE(status.in_sync);
  EXPECT_TRUE(status.yaml.valid);
  EXPECT_EQ(status.yaml.tasks, 2U);
  EXPECT_EQ(status.database.tasks, 2U);
  EXPECT_EQ(status.total_tasks, 2U);
  ASSERT_TRUE(status.last_run);
  EXPECT_EQ(status.last_run->trigger, Trigger::startup);
  EXPECT_EQ(world.daemon->health().file_watcher, WatchState::running);
}

TEST(Daemon, ASavedFileReachesTheDatabase) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.replace("backup", "restore");
  const auto told = world.await_event<FileChange>();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->source, Side::yaml);
  EXPECT_EQ(told->task_ids, std::vector<std::int64_t>{1});
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "restore");
  const Status status = world.status();
  EXPECT_EQ(status.yaml.checksum, told->checksum);
  EXPECT_EQ(status.sync_source, "yaml");
}

TEST(Daemon, ACommentAloneIsAChangeOfTheFileButOfNoTask) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.replace("by hand", "by two hands");
  const auto told = world.await_event<FileChange>();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->task_count, 0U);
}

TEST(Daemon, ACommittedRowReachesTheFileAndIsNoStrangersEdit) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.sql("UPDATE scheduled_tasks SET status = 'running'");
  const auto told = world.await_event<FileChange>();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->source, Side::database);
  EXPECT_NE(world.read().find("status: running"), std::string::npos);
  // The daemon hears of its own write as of any other; it must not take it for a person's.
  world.replace("by hand", "by two hands");
  const auto next = world.await_event<FileChange>();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->source, Side::yaml) << "the first file event after our own write is the next person's";
}

TEST(Daemon, AnInvalidFileIsReportedAndWaitedFor) {
  LiveWorld world;
  world.write("tasks:\n  - id: 1\n    skill_name: x\n");
  world.start();
  EXPECT_FALSE(world.status().yaml.valid);
  EXPECT_FALSE(world.status().yaml.errors.empty());
  EXPECT_EQ(world.daemon->health().yaml, Health::Yaml::invalid);
  world.write_tasks(task_yaml(1, "backup"));
  ASSERT_TRUE(world.await_event<StatusChanged>([](const StatusChanged& told) { return told.status->yaml.valid; }));
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "1");
}

TEST(Daemon, AFileThatIsMissingWithNothingToMakeItFromIsSaidAtOnce) {
  LiveWorld world;
  EXPECT_THROW(world.start(), Error);
}

TEST(Daemon, AnEmptyFileIsWaitedFor) {
  LiveWorld world;
  world.write("# nothing yet\n");
  world.start();
  EXPECT_EQ(world.status().yaml.tasks, 0U);
  world.write_tasks(task_yaml(1, "backup"));
  ASSERT_TRUE(world.await_event<FileChange>());
  EXPECT_EQ(world.sql("SELECT count(*) FROM scheduled_tasks"), "1");
}

// The next sync finds a conflict; nobody watches.
void start_with_both_sides_changed(LiveWorld& world) {
  world.write_tasks(task_yaml(1, "backup"));
  world.options.watch = false;
  world.start();
  world.replace("backup", "by_file");
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row'");
}

TEST(Daemon, ConflictsAreToldWhenFoundAndWhenResolved) {
  LiveWorld world;
  start_with_both_sides_changed(world);
  EXPECT_EQ(world.synced().conflicts.size(), 1U);
  const auto found = world.await_event<ConflictRef>();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->task_id, 1);
  EXPECT_EQ(world.status().pending_conflicts, 1U);
  EXPECT_EQ(world.synced().conflicts.size(), 1U) << "still pending, and no news";

  const auto outcome = world.on_engine<ResolveOutcome>(
      [&](Engine& engine) { return engine.resolve({.number = *found->number, .resolution = {.choice = Choice::keep_db}}); });
  ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome));
  const auto closed = world.await_event<ClosedConflict>();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->resolution, "keep_db");
  EXPECT_TRUE(world.status().in_sync);
}

TEST(Daemon, AConflictThatMovesOnIsAChangeOfTheStatus) {
  LiveWorld world;
  start_with_both_sides_changed(world);
  const std::int64_t found = *world.synced().run_id;
  ASSERT_TRUE(world.await_event<StatusChanged>([&](const StatusChanged& told) { return told.status->last_run->id == found; }));
  world.sql("UPDATE scheduled_tasks SET skill_name = 'by_row_again'");
  EXPECT_EQ(world.synced().conflicts.size(), 1U);
  EXPECT_TRUE(world.await_event<StatusChanged>([&](const StatusChanged& told) { return told.status->last_run->id > found; }));
}

TEST(Daemon, AConflictThatStaysIsNewsOnce) {
  LiveWorld world;
  start_with_both_sides_changed(world);
  const auto reported = [&](bool news) {
    EXPECT_EQ(world.synced().conflicts.size(), 1U);
    return world.await_report([&](const Report& report) { return report.trigger == Trigger::manual && report.news == news; });
  };
  EXPECT_TRUE(reported(true));
  EXPECT_TRUE(reported(false));
}

TEST(Daemon, WhatIsWrongIsToldAgainWhenItChanges) {
  LiveWorld world;
  world.write("tasks:\n  - id: 1\n    skill_name: x\n");
  world.start();
  const auto errors = [](std::size_t count) {
    return [count](const StatusChanged& told) { return told.status->yaml.errors.size() == count; };
  };
  world.write("tasks:\n  - id: 1\n    skill_name: x\n    schedule_cron: \"@daily\"\n");
  EXPECT_TRUE(world.await_event<StatusChanged>(errors(1))) << "one of the two is mended";
  world.write_tasks(task_yaml(1, "backup"));
  ASSERT_TRUE(world.await_event<StatusChanged>(errors(0)));
  world.sql("UPDATE scheduled_tasks SET schedule_cron = 'whenever'");
  EXPECT_TRUE(world.await_event<StatusChanged>(
      [](const StatusChanged& told) { return told.status->database.warnings.size() == 1; }));
}

TEST(Daemon, RunsOfOtherProcessesAreToldOnce) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  {  // as `lockstep sync` from cron
    PosixFileSystem files;
    Settings settings = world.settings;
    settings.replica = "elsewhere";
    settings.replica_configured = true;
    settings.yaml = world.settings.yaml + ".other";
    std::filesystem::copy_file(world.settings.yaml, settings.yaml);
    Engine other(settings, files, open_store(settings.database, {}));
    ASSERT_TRUE(std::holds_alternative<SyncResult>(other.sync({})));
    std::string text = world.read();
    text.replace(text.find("backup"), 6, "theirs");
    std::ofstream(settings.yaml) << text;
    ASSERT_TRUE(std::holds_alternative<SyncResult>(other.sync({})));
  }
  const auto theirs = world.await_event<FileChange>([](const FileChange& told) { return told.source == Side::yaml; });
  ASSERT_TRUE(theirs) << "the other process's file was edited";
  ASSERT_TRUE(world.await_event<FileChange>([](const FileChange& told) { return told.source == Side::database; }))
      << "ours was written";
  EXPECT_NE(world.read().find("theirs"), std::string::npos);
}

TEST(Daemon, EqualRequestsThatWaitTogetherAreOneSync) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.options.watch = false;
  world.start();
  world.forget_what_was_told();
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  ASSERT_TRUE(world.daemon->write([open](Engine&) { open.wait(); }));
  std::atomic<int> answers = 0;
  const SyncRequest request{.trigger = Trigger::api};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(world.daemon->sync(request, [&](const auto&) { ++answers; }));
  gate.set_value();
  world.synced({.trigger = Trigger::manual});
  EXPECT_EQ(answers, 5);
  int runs = 0;
  ASSERT_TRUE(world.await_report([&](const Report& report) {
    runs += report.trigger == Trigger::api;
    return report.trigger == Trigger::manual;
  }));
  EXPECT_EQ(runs, 1);
}

TEST(Daemon, ManyCommitsAreFewWritesOfTheFile) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.sql("PRAGMA journal_mode = WAL");
  world.forget_what_was_told();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(world.database_path().c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 10'000);
  sqlite3_exec(database, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
  for (int i = 1; i <= 500; ++i) {
    const std::string statement = "UPDATE scheduled_tasks SET user_id = 'u" + std::to_string(i) + "'";
    ASSERT_EQ(sqlite3_exec(database, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  }
  sqlite3_close(database);
  std::size_t writes = 0;
  while (world.read().find("u500") == std::string::npos) {
    ASSERT_TRUE(world.await_event<FileChange>());
    ++writes;
  }
  EXPECT_LT(writes, 100U);
}

TEST(Daemon, QuestionsAreAnsweredWhileASyncRuns) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  ASSERT_TRUE(world.daemon->write([open](Engine&) { open.wait(); }));
  EXPECT_EQ(world.status().yaml.tasks, 1U);
  std::promise<std::variant<std::optional<Task>, InvalidRow, Error>> answer;
  ASSERT_TRUE(world.daemon->read_task(1, [&](const auto& task) { answer.set_value(task); }));
  const auto task = answer.get_future().get();
  ASSERT_TRUE(std::holds_alternative<std::optional<Task>>(task));
  EXPECT_EQ(std::get<std::optional<Task>>(task)->text(Field::skill_name), "backup");
  gate.set_value();
}

TEST(Daemon, TaskQuestionsTellMissingAndInvalidRows) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup") + task_yaml(2, "broken"));
  world.start();
  world.sql("UPDATE scheduled_tasks SET schedule_cron = 'no' WHERE id = 2");
  const auto ask = [&](std::int64_t id) {
    std::promise<std::variant<std::optional<Task>, InvalidRow, Error>> answer;
    EXPECT_TRUE(world.daemon->read_task(id, [&](const auto& task) { answer.set_value(task); }));
    return answer.get_future().get();
  };
  EXPECT_TRUE(std::holds_alternative<InvalidRow>(ask(2)));
  const auto none = ask(3);
  ASSERT_TRUE(std::holds_alternative<std::optional<Task>>(none));
  EXPECT_FALSE(std::get<std::optional<Task>>(none));
}

TEST(Daemon, QuestionsForAllRowsThatWaitTogetherSeeWhatWasCommittedBeforeTheLook) {
  LiveWorld world;
  world.options.watch = false;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  std::promise<void> busy, gate;
  std::shared_future<void> open = gate.get_future().share();
  ASSERT_TRUE(world.daemon->read_slowly([&busy, open](Engine&) {
    busy.set_value();
    open.wait();
  }));
  busy.get_future().wait();
  std::array<std::promise<std::size_t>, 3> answers;
  for (auto& answer : answers) {
    ASSERT_TRUE(world.daemon->read_tasks(
        [&answer](const auto& rows) { answer.set_value(std::get<const TableRows*>(rows)->tasks.size()); }));
  }
  world.sql("INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at) VALUES (9, 'x', '@daily', "
            "'2026-11-23 02:00:00')");
  gate.set_value();
  for (auto& answer : answers) EXPECT_EQ(answer.get_future().get(), 2U);
}

TEST(Daemon, RowsThatCannotBeReadAreAFailureOfTheQuestion) {
  LiveWorld world;
  world.options.watch = false;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const auto readable = [&] {
    std::promise<bool> answer;
    EXPECT_TRUE(world.daemon->read_tasks(
        [&](const auto& rows) { answer.set_value(std::holds_alternative<const TableRows*>(rows)); }));
    return answer.get_future().get();
  };
  EXPECT_TRUE(readable());
  world.sql("ALTER TABLE scheduled_tasks RENAME COLUMN schedule_cron TO cron");
  EXPECT_FALSE(readable());
  world.sql("ALTER TABLE scheduled_tasks RENAME COLUMN cron TO schedule_cron");
  EXPECT_TRUE(readable());
}

TEST(Daemon, AfterStopNothingIsTakenOn) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  bool done = false;
  ASSERT_TRUE(world.daemon->write([&](Engine&) { done = true; }));
  world.daemon->stop();
  EXPECT_TRUE(done) << "what was asked for before is finished";
  EXPECT_FALSE(world.daemon->write([](Engine&) {}));
  EXPECT_FALSE(world.daemon->status([](const Status&) {}));
  EXPECT_FALSE(world.daemon->read_tasks([](const auto&) {}));
}

TEST(Daemon, AReplicaThatBelongsToAnotherFileStopsTheStart) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.daemon.reset();
  world.settings.yaml += ".moved";
  world.write_tasks(task_yaml(7, "another"));
  EXPECT_THROW(world.start(), Error);
}

TEST(Daemon, ALockedFileIsTriedAgain) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.settings.lock_timeout = std::chrono::milliseconds(50);
  world.start();
  world.forget_what_was_told();
  {
    PosixFileSystem files;
    SafeFile other(files, world.settings.yaml);
    auto lock = other.lock();
    world.sql("UPDATE scheduled_tasks SET status = 'running'");
    ASSERT_TRUE(world.await_report([](const Report& report) { return std::holds_alternative<FileBusy>(report.outcome); }));
  }
  ASSERT_TRUE(world.await_event<FileChange>());
  EXPECT_NE(world.read().find("status: running"), std::string::npos);
}

TEST(Daemon, AFailedSyncIsTheLastErrorUntilOneSucceeds) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const std::string text = world.read();
  const Status before = world.status();
  world.forget_what_was_told();
  std::filesystem::remove(world.settings.yaml);
  std::filesystem::create_directory(world.settings.yaml);
  const auto failed = world.await_event<StatusChanged>(
      [](const StatusChanged& told) { return told.status->last_error && std::holds_alternative<Error>(told.status->last_error->why); });
  ASSERT_TRUE(failed);
  EXPECT_FALSE(failed->status->in_sync);
  EXPECT_FALSE(failed->status->yaml.valid);
  EXPECT_TRUE(failed->status->database.reachable);
  EXPECT_EQ(failed->status->last_sync, before.last_sync);
  EXPECT_EQ(failed->status->last_run->id, before.last_run->id);
  EXPECT_TRUE(world.daemon->health().last_error);
  std::filesystem::remove(world.settings.yaml);
  world.write(text);
  ASSERT_TRUE(world.await_event<StatusChanged>(
      [](const StatusChanged& told) { return !told.status->last_error && told.status->in_sync; }));
  EXPECT_FALSE(world.daemon->health().last_error);
}

TEST(Daemon, AFailureThatStaysIsNewsOnceAndTriedAgain) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  std::filesystem::remove(world.settings.yaml);
  std::filesystem::create_directory(world.settings.yaml);
  const auto broken = [](const Report& report) { return std::holds_alternative<Error>(report.outcome); };
  ASSERT_TRUE(world.await_report([&](const Report& report) { return broken(report) && report.news; }));
  ASSERT_TRUE(world.await_report([&](const Report& report) { return broken(report) && !report.news; }));
}

TEST(Daemon, AGuardThatStoppedItIsTheLastError) {
  LiveWorld world;
  std::string tasks;
  for (int id = 1; id <= 8; ++id) tasks += task_yaml(id, "backup");
  world.write_tasks(tasks);
  world.start();
  world.write("tasks: []\n");
  ASSERT_TRUE(world.await_event<StatusChanged>([](const StatusChanged& told) {
    return told.status->last_error && std::holds_alternative<GuardStopped>(told.status->last_error->why);
  }));
}

TEST(Daemon, WhatTheDatabaseRefusesIsToldAndTriedAgainByItself) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  world.sql("CREATE TRIGGER house BEFORE UPDATE ON scheduled_tasks BEGIN SELECT raise(ABORT, 'not in this house'); END");
  world.replace("backup", "backup_all");
  const auto waits = world.await_event<StatusChanged>([](const StatusChanged& told) { return told.status->waiting_count == 1; });
  ASSERT_TRUE(waits);
  EXPECT_FALSE(waits->status->in_sync);
  EXPECT_FALSE(waits->status->last_error);
  EXPECT_EQ(waits->status->waiting.at(0).field, "skill_name");
  const auto again = [](const Report& report) {
    const auto* result = std::get_if<SyncResult>(&report.outcome);
    return result && result->waiting.size() == 1 && !report.news;
  };
  ASSERT_TRUE(world.await_report(again));
  world.sql("DROP TRIGGER house");
  ASSERT_TRUE(world.await_event<StatusChanged>([](const StatusChanged& told) { return told.status->in_sync; }));
  EXPECT_EQ(world.sql("SELECT skill_name FROM scheduled_tasks"), "backup_all");
}

TEST(Daemon, ADatabaseThatIsLostShowsUnaskedAndWhatWasKnownStays) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  const Status before = world.status();
  const std::filesystem::path hidden = world.folder() / "hidden";
  std::filesystem::create_directory(hidden);
  for (const char* end : {"", "-wal", "-shm"})
    if (std::filesystem::exists(world.database_path() + end))
      std::filesystem::rename(world.database_path() + end, hidden / (std::string("tasks.db") + end));
  std::filesystem::create_directory(world.database_path());
  const auto lost = world.await_event<StatusChanged>([](const StatusChanged& told) { return !told.status->database.reachable; });
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->status->in_sync);
  EXPECT_EQ(lost->status->replica, before.replica);
  EXPECT_EQ(lost->status->last_sync, before.last_sync);
  EXPECT_EQ(lost->status->yaml.checksum, before.yaml.checksum);
  EXPECT_EQ(lost->status->total_tasks, 1U);
  EXPECT_EQ(world.daemon->health().database, Health::Database::unreachable);
  std::filesystem::remove(world.database_path());
  for (const auto& file : std::filesystem::directory_iterator(hidden))
    std::filesystem::rename(file.path(), world.folder() / file.path().filename());
  ASSERT_TRUE(world.await_event<StatusChanged>([](const StatusChanged& told) { return told.status->in_sync; }));
  EXPECT_EQ(world.daemon->health().database, Health::Database::connected);
}

TEST(Daemon, AJobThatCannotBeginInTimeIsRefusedAndNotRun) {
  LiveWorld world;
  world.settings.lock_timeout = std::chrono::milliseconds(50);
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  std::promise<void> release, refused;
  ASSERT_TRUE(world.daemon->write([held = release.get_future().share()](Engine&) { held.wait(); }));
  std::atomic<bool> ran = false;
  ASSERT_TRUE(world.daemon->write_in_time([&](Engine&) { ran = true; }, [&] { refused.set_value(); }));
  EXPECT_EQ(refused.get_future().wait_for(kPatience), std::future_status::ready);
  release.set_value();
  world.on_engine<bool>([](Engine&) { return true; });
  EXPECT_FALSE(ran);
}

TEST(Daemon, AStatusIsAnsweredThoughTheReaderIsHeldUp) {
  LiveWorld world;
  world.write_tasks(task_yaml(1, "backup"));
  world.start();
  std::promise<void> release;
  ASSERT_TRUE(world.daemon->read([held = release.get_future().share()](Engine&) { held.wait(); }));
  EXPECT_EQ(world.status().total_tasks, 1U);
  release.set_value();
}

}  // namespace
}  // namespace lockstep
