// Runs, their changes, pruning.
#include <limits>

#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr Timestamp kLongAgo{0};

Run make_run(std::string key, std::string replica = "default") {
  Run run;
  run.key = std::move(key);
  run.replica = std::move(replica);
  run.trigger = Trigger::interval;
  run.direction = Direction::yaml_to_db;
  run.at = kNow;
  run.duration_ms = 12;
  run.status = "success";
  run.yaml = {.inserted = 1, .updated = 2, .deleted = 3};
  run.database = {.inserted = 4, .updated = 5, .deleted = 6};
  run.merged = 7;
  run.unchanged = 8;
  run.conflicts_detected = 9;
  run.details = R"({"warnings":["ü"]})";
  run.author = "anna";
  run.undo_notes = R"({"closed":["ü"]})";
  return run;
}

ChangeRecord change(std::int64_t task, Side side, std::string before = "", std::string after = "{}") {
  return {.task_id = task, .side = side, .before = std::move(before), .after = std::move(after)};
}

std::vector<std::int64_t> ids_of(const std::vector<Run>& runs) {
  std::vector<std::int64_t> ids;
  for (const Run& run : runs) ids.push_back(run.id);
  return ids;
}
using Ids = std::vector<std::int64_t>;

TEST_P(StoreConformance, EveryTriggerHasAName) {
  for (const Trigger trigger : {Trigger::startup, Trigger::file, Trigger::database, Trigger::interval, Trigger::cron,
                                Trigger::manual, Trigger::api, Trigger::resolve, Trigger::undo}) {
    EXPECT_EQ(trigger_by_name(to_string(trigger)), trigger);
  }
  EXPECT_FALSE(trigger_by_name("nobody"));
}

TEST_P(StoreConformance, AnUndoThatWasAskedForIsFoundAndForgotten) {
  prepare();
  std::int64_t id = 0;
  {
    const auto transaction = write();
    transaction->history().record(make_run("k1"), {});
    id = transaction->history().record(make_run("k2", "other"), {});
    transaction->history().request_undo(id, "{}");
    transaction->history().request_undo(id + 100, "{}");
    transaction->commit();
  }
  RunFilter wanted;
  wanted.undo_requested = true;
  wanted.replica = "other";
  EXPECT_EQ(ids_of(read()->history().runs(wanted)), Ids{id});
  EXPECT_EQ(read()->history().run(id)->undo_request, "{}");
  wanted.replica = "default";
  EXPECT_TRUE(read()->history().runs(wanted).empty());
  {
    const auto transaction = write();
    transaction->history().request_undo(id, "");
    transaction->commit();
  }
  wanted.replica.reset();
  EXPECT_TRUE(read()->history().runs(wanted).empty());
}

TEST_P(StoreConformance, ARunIsReadBackWithItsChanges) {
  prepare();
  std::int64_t id = 0;
  {
    const auto transaction = write();
    const std::vector<ChangeRecord> changes{change(2, Side::database, "{\"id\":2}", ""), change(1, Side::database),
                                            change(2, Side::yaml, "", "{\"text\":\"- id: 2\\n\"}")};
    id = transaction->history().record(make_run("k1"), changes);
    EXPECT_GT(id, 0);
    transaction->commit();
  }
  const auto reader = read();
  const std::optional<lockstep::Run> run = reader->history().run(id);
  ASSERT_TRUE(run);
  const lockstep::Run expected = make_run("k1");
  EXPECT_EQ(run->id, id);
  EXPECT_EQ(run->key, "k1");
  EXPECT_EQ(run->replica, "default");
  EXPECT_EQ(run->trigger, Trigger::interval);
  EXPECT_EQ(run->direction, Direction::yaml_to_db);
  EXPECT_EQ(run->at, kNow);
  EXPECT_EQ(run->duration_ms, 12);
  EXPECT_EQ(run->status, "success");
  EXPECT_EQ(run->yaml, expected.yaml);
  EXPECT_EQ(run->database, expected.database);
  EXPECT_EQ(run->merged, 7U);
  EXPECT_EQ(run->unchanged, 8U);
  EXPECT_EQ(run->conflicts_detected, 9U);
  EXPECT_EQ(run->details, expected.details);
  EXPECT_EQ(run->author, "anna");
  EXPECT_EQ(reader->history().undo_notes(id), expected.undo_notes);
  EXPECT_EQ(reader->history().undo_notes(id + 1), "");

  const std::vector<ChangeRecord> changes = reader->history().changes(id);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].task_id, 1);
  EXPECT_EQ(changes[1].task_id, 2);
  EXPECT_EQ(changes[1].side, Side::yaml) << "YAML first";
  EXPECT_EQ(changes[1].after, "{\"text\":\"- id: 2\\n\"}");
  EXPECT_EQ(changes[2].side, Side::database);
  EXPECT_EQ(changes[2].before, "{\"id\":2}");
  EXPECT_TRUE(changes[2].after.empty());
  EXPECT_TRUE(reader->history().has_run("k1"));
  EXPECT_FALSE(reader->history().has_run("k2"));
  EXPECT_FALSE(reader->history().run(id + 1));
  EXPECT_TRUE(reader->history().changes(id + 1).empty());
}

TEST_P(StoreConformance, AChangeNamesItsAuthorAndTheTextThatTheYamlHad) {
  prepare();
  std::int64_t id = 0;
  {
    const auto transaction = write();
    std::vector<ChangeRecord> changes{change(1, Side::database), change(2, Side::database)};
    changes[0].author = "ops ü";
    changes[0].yaml_text = "- id: 1\n";
    id = transaction->history().record(make_run("k"), changes);
    transaction->commit();
  }
  const std::vector<ChangeRecord> changes = read()->history().changes(id);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].author, "ops ü");
  EXPECT_EQ(changes[0].yaml_text, "- id: 1\n");
  EXPECT_EQ(changes[1].author, "");
  EXPECT_EQ(changes[1].yaml_text, "");
}

TEST_P(StoreConformance, TheEarlierChangesOfATaskAreFoundNewestFirst) {
  prepare();
  const auto transaction = write();
  HistoryTable& history = transaction->history();
  const auto record = [&](std::string key, std::string replica, std::int64_t task) {
    const std::vector<ChangeRecord> changes{change(task, Side::yaml, "", key), change(task, Side::database, "", key)};
    return history.record(make_run(key, std::move(replica)), changes);
  };
  record("first", "default", 1);
  record("of another replica", "other", 1);
  record("of another task", "default", 2);
  record("second", "default", 1);
  const std::int64_t last = record("last", "default", 1);
  const std::vector<ChangeRecord> before = history.changes_before(last, "default", 1, 10);
  ASSERT_EQ(before.size(), 4U);
  EXPECT_EQ(before[0].after, "second");
  EXPECT_EQ(before[0].side, Side::yaml);
  EXPECT_EQ(before[1].side, Side::database);
  EXPECT_EQ(before[2].after, "first");
  EXPECT_EQ(history.changes_before(last, "default", 1, 1).size(), 1U);
  EXPECT_TRUE(history.changes_before(last, "default", 3, 10).empty());
}

TEST_P(StoreConformance, RunsAreListedNewestFirstInPages) {
  prepare();
  const auto transaction = write();
  HistoryTable& history = transaction->history();
  Ids ids;
  for (int i = 0; i < 6; ++i) {
    const ChangeRecord only = change(i % 3, Side::yaml);
    ids.push_back(history.record(make_run(std::to_string(i), i < 3 ? "a" : "b"), {&only, 1}));
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(ids_of(history.runs({})), Ids(ids.rbegin(), ids.rend()));
  RunFilter page;
  page.limit = 2;
  EXPECT_EQ(ids_of(history.runs(page)), (Ids{ids[5], ids[4]}));
  page.before = ids[4];
  EXPECT_EQ(ids_of(history.runs(page)), (Ids{ids[3], ids[2]}));
  RunFilter newer;
  newer.after = ids[3];
  EXPECT_EQ(ids_of(history.runs(newer)), (Ids{ids[5], ids[4]}));
  newer.after = ids[5];
  EXPECT_TRUE(history.runs(newer).empty());
  RunFilter of_task;
  of_task.task_id = 1;
  EXPECT_EQ(ids_of(history.runs(of_task)), (Ids{ids[4], ids[1]}));
  of_task.replica = "a";
  EXPECT_EQ(ids_of(history.runs(of_task)), (Ids{ids[1]}));
  of_task.before = ids[1];
  EXPECT_TRUE(history.runs(of_task).empty());
  RunFilter of_replica;
  of_replica.replica = "b";
  EXPECT_EQ(ids_of(history.runs(of_replica)), (Ids{ids[5], ids[4], ids[3]}));
}

TEST_P(StoreConformance, ATaskThatARunChangedOnBothSidesIsOneRun) {
  prepare();
  const auto transaction = write();
  const std::vector<ChangeRecord> both{change(1, Side::yaml), change(1, Side::database)};
  transaction->history().record(make_run("k"), both);
  RunFilter of_task;
  of_task.task_id = 1;
  EXPECT_EQ(transaction->history().runs(of_task).size(), 1U);
}

TEST_P(StoreConformance, OldRunsArePruned) {
  prepare();
  const auto transaction = write();
  HistoryTable& history = transaction->history();
  Ids ids;
  for (int i = 0; i < 5; ++i) {
    lockstep::Run run = make_run(std::to_string(i));
    run.at = Timestamp{100 + i};
    const ChangeRecord only = change(1, Side::yaml);
    ids.push_back(history.record(run, {&only, 1}));
  }
  history.prune(Timestamp{102}, kNoLimit);
  EXPECT_EQ(ids_of(history.runs({})), (Ids{ids[4], ids[3], ids[2]})) << "at the bound itself a run stays";
  EXPECT_TRUE(history.changes(ids[0]).empty());
  EXPECT_FALSE(history.has_run("0"));
  EXPECT_TRUE(history.has_run("2"));
}

TEST_P(StoreConformance, TheNewestRunOfEachReplicaIsNeverPruned) {
  prepare();
  const auto transaction = write();
  HistoryTable& history = transaction->history();
  history.record(make_run("quiet", "quiet"), {});
  history.record(make_run("1"), {});
  history.record(make_run("2"), {});
  history.prune(Timestamp{INT64_MAX}, 0);
  EXPECT_TRUE(history.has_run("quiet")) << "a journal that is still to be recovered may ask for it";
  EXPECT_FALSE(history.has_run("1"));
  EXPECT_TRUE(history.has_run("2"));
}

TEST_P(StoreConformance, TheOldestRunsGoWhenTheHistoryIsTooLarge) {
  prepare();
  const auto transaction = write();
  HistoryTable& history = transaction->history();
  const ChangeRecord large = change(1, Side::database, std::string(40'000, 'x'), std::string(10'000, 'y'));
  Ids ids;
  for (int i = 0; i < 4; ++i) ids.push_back(history.record(make_run(std::to_string(i)), {&large, 1}));
  history.prune(kLongAgo, 1'000'000);
  EXPECT_EQ(history.runs({}).size(), 4U) << "all of it fits";
  history.prune(kLongAgo, 110'000);
  EXPECT_EQ(ids_of(history.runs({})), (Ids{ids[3], ids[2]}));
  history.prune(kLongAgo, 110'000);
  EXPECT_EQ(history.runs({}).size(), 2U) << "what is gone no longer counts";
}

TEST_P(StoreConformance, IdsOfPrunedRunsNeverComeBack) {
  prepare();
  std::int64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    const auto transaction = write(std::to_string(round));
    const std::int64_t id = transaction->history().record(make_run(std::to_string(round)), {});
    EXPECT_GT(id, last);
    last = id;
    transaction->history().prune(Timestamp{INT64_MAX}, 0);
    transaction->commit();
  }
}

}  // namespace
}  // namespace lockstep::testing_store
