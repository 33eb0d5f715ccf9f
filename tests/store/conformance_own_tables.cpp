// Base, replicas and conflicts.
#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

BaseChange set_base(const Task& task) { return {.id = task.id, .task = task}; }

Conflict make_conflict(std::int64_t task_id, std::string replica = "default") {
  Conflict conflict;
  conflict.version = 1;
  conflict.replica = std::move(replica);
  conflict.task_id = task_id;
  conflict.finding = {.reason = ConflictReason::deleted_in_yaml,
                      .kind = ConflictKind::delete_update,
                      .fields = {Field::schedule_cron, Field::status}};
  conflict.database = make_task(task_id, "theirs");
  conflict.base = make_task(task_id, "before");
  conflict.detected_at = kNow;
  return conflict;
}

TEST_P(StoreConformance, TheBaseIsReadBackByHashAndByRecord) {
  prepare();
  Task undated = make_task(3);
  undated[Field::updated_at] = Value{};
  const std::vector<BaseChange> changes{set_base(undated), set_base(make_task(1))};
  const auto transaction = write();
  transaction->base().write(changes, FieldSet::synced());
  transaction->commit();

  const auto reader = read();
  const std::vector<IndexEntry> index = reader->base().index();
  ASSERT_EQ(index.size(), 2U);
  EXPECT_EQ(index[0].id, 1);
  EXPECT_EQ(index[0].fingerprint, fingerprint(make_task(1)));
  EXPECT_EQ(index[0].yaml_updated_at, make_task(1).instant(Field::updated_at)->micros);
  EXPECT_EQ(index[1].id, 3);
  EXPECT_EQ(index[1].yaml_updated_at, IndexEntry::kNoInstant);
  const std::vector<std::int64_t> ids{3, 2, 1, 3};
  const std::vector<Task> tasks = reader->base().load(ids);
  ASSERT_EQ(tasks.size(), 2U) << "those that exist, once each, sorted";
  EXPECT_EQ(tasks[0].values, make_task(1).values);
  EXPECT_EQ(tasks[1].values, undated.values);
}

TEST_P(StoreConformance, FingerprintsOfTheBaseCoverTheSyncedFieldsGiven) {
  prepare();
  const FieldSet synced = FieldSet::synced() - FieldSet{Field::user_id};
  const BaseChange change = set_base(make_task(1));
  const auto transaction = write();
  transaction->base().write({&change, 1}, synced);
  EXPECT_EQ(transaction->base().index().at(0).fingerprint, fingerprint(make_task(1), synced));
}

TEST_P(StoreConformance, TheBaseCanBeReplacedAndForgotten) {
  prepare();
  const std::vector<BaseChange> before{set_base(make_task(1)), set_base(make_task(2))};
  const std::vector<BaseChange> after{set_base(make_task(1, "new")), {.id = 2, .task = {}}, {.id = 9, .task = {}}};
  const auto transaction = write();
  transaction->base().write(before, FieldSet::synced());
  transaction->base().write(after, FieldSet::synced());
  const std::vector<std::int64_t> ids{1, 2};
  const std::vector<Task> tasks = transaction->base().load(ids);
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].text(Field::skill_name), "new");
  EXPECT_EQ(transaction->base().index().size(), 1U);
}

TEST_P(StoreConformance, WhatIsKeptAboutTextsIsReadBackUntilTheReplicaIsForgotten) {
  prepare();
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 31 + i / 256);
  {
    const auto transaction = write();
    EXPECT_EQ(transaction->base().texts(), "");
    transaction->base().set_texts("something");
    transaction->base().set_texts(bytes);
    EXPECT_EQ(transaction->base().texts(), bytes);
    transaction->commit();
  }
  {
    const auto other = write("other");
    EXPECT_EQ(other->base().texts(), "");
    other->base().set_texts("of the other");
    other->commit();
  }
  const auto transaction = write();
  EXPECT_EQ(transaction->base().texts(), bytes);
  EXPECT_TRUE(transaction->base().forget_replica("default"));
  EXPECT_EQ(transaction->base().texts(), "");
  transaction->commit();
  EXPECT_EQ(write("other")->base().texts(), "of the other");
}

TEST_P(StoreConformance, TheBaseOfManyTasksCanBeReplacedAndForgotten) {
  prepare();
  std::vector<BaseChange> before, after;
  for (std::int64_t id = 1; id <= 1'500; ++id) {
    before.push_back(set_base(make_task(id)));
    if (id % 3 == 0) after.push_back({.id = id, .task = {}});
    else after.push_back(set_base(make_task(id, "new")));
  }
  const auto transaction = write();
  transaction->base().write(before, FieldSet::synced());
  EXPECT_EQ(transaction->base().index().size(), 1'500U);
  transaction->base().write(after, FieldSet::synced());
  EXPECT_EQ(transaction->base().index().size(), 1'000U);
  const std::vector<std::int64_t> ids{1, 3, 1'499};
  const std::vector<Task> tasks = transaction->base().load(ids);
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].text(Field::skill_name), "new");
  EXPECT_EQ(tasks[1].id, 1'499);
}

TEST_P(StoreConformance, EachReplicaHasABaseOfItsOwn) {
  prepare();
  for (const std::string replica : {"a", "b"}) {
    const BaseChange change = set_base(make_task(1, replica));
    const auto transaction = write(replica);
    EXPECT_TRUE(transaction->base().index().empty());
    transaction->base().write({&change, 1}, FieldSet::synced());
    transaction->commit();
  }
  const std::vector<std::int64_t> ids{1};
  EXPECT_EQ(read("a")->base().load(ids).at(0).text(Field::skill_name), "a");
  EXPECT_EQ(read("b")->base().load(ids).at(0).text(Field::skill_name), "b");
  EXPECT_TRUE(read("c")->base().index().empty());
}

TEST_P(StoreConformance, ANewReplicaHasADefaultState) {
  prepare();
  const ReplicaState state = read("new")->base().state();
  EXPECT_EQ(state.name, "new");
  EXPECT_TRUE(state.host.empty() && state.path.empty() && state.settings_key.empty());
  EXPECT_FALSE(state.content || state.agreed || state.last_sync || state.sync_source || state.backup);
  EXPECT_TRUE(read()->base().replicas().empty()) << "asking makes no replica";
}

TEST_P(StoreConformance, AReplicasStateIsReadBack) {
  prepare();
  ReplicaState state;
  state.name = "default";
  state.host = "mächine";
  state.path = "/srv/it's a \"path\"/schedule.yml";
  state.content = Fingerprint{.high = ~0ULL, .low = 1};
  state.agreed = true;
  state.last_sync = kNow;
  state.sync_source = "yaml";
  state.backup = BackupMark{.device = 1ULL << 63, .inode = ~0ULL, .content = {.high = 3, .low = 4}, .run = 17};
  state.settings_key = "strict/63";
  {
    const auto transaction = write();
    transaction->base().set_state(state);
    transaction->commit();
  }
  const ReplicaState read_back = read()->base().state();
  EXPECT_EQ(read_back.name, state.name);
  EXPECT_EQ(read_back.host, state.host);
  EXPECT_EQ(read_back.path, state.path);
  EXPECT_EQ(read_back.content, state.content);
  EXPECT_TRUE(read_back.agreed);
  EXPECT_EQ(read_back.last_sync, state.last_sync);
  EXPECT_EQ(read_back.sync_source, state.sync_source);
  ASSERT_TRUE(read_back.backup);
  EXPECT_EQ(read_back.backup->device, state.backup->device);
  EXPECT_EQ(read_back.backup->inode, state.backup->inode);
  EXPECT_EQ(read_back.backup->content, state.backup->content);
  EXPECT_EQ(read_back.backup->run, 17);
  EXPECT_EQ(read_back.settings_key, state.settings_key);

  const auto transaction = write();
  transaction->base().set_state(ReplicaState{});
  EXPECT_FALSE(transaction->base().state().backup) << "what is not there is taken away";
  EXPECT_FALSE(transaction->base().state().content);
  EXPECT_EQ(transaction->base().state().name, "default");
}

TEST_P(StoreConformance, ReplicasAreListedByNameAndForgotten) {
  prepare();
  for (const std::string name : {"b", "a"}) {
    const auto transaction = write(name);
    ReplicaState state;
    state.host = "host of " + name;
    transaction->base().set_state(state);
    const BaseChange change = set_base(make_task(1));
    transaction->base().write({&change, 1}, FieldSet::synced());
    const Conflict conflict = make_conflict(1, name);
    transaction->conflicts().insert({&conflict, 1});
    transaction->commit();
  }
  const std::vector<ReplicaState> replicas = read()->base().replicas();
  ASSERT_EQ(replicas.size(), 2U);
  EXPECT_EQ(replicas[0].name, "a");
  EXPECT_EQ(replicas[0].host, "host of a");
  EXPECT_EQ(replicas[1].name, "b");

  const auto transaction = write("a");
  EXPECT_FALSE(transaction->base().forget_replica("c"));
  EXPECT_TRUE(transaction->base().forget_replica("b"));
  EXPECT_FALSE(transaction->base().forget_replica("b"));
  transaction->commit();
  EXPECT_EQ(read()->base().replicas().size(), 1U);
  EXPECT_TRUE(read("b")->base().index().empty());
  EXPECT_EQ(read()->conflicts().count({}), 1U) << "with its conflicts";
  EXPECT_EQ(read("a")->base().index().size(), 1U);
}

TEST_P(StoreConformance, AReplicaThatForgetsItselfCanStartAnew) {
  prepare();
  const BaseChange change = set_base(make_task(1));
  const auto transaction = write();
  transaction->base().write({&change, 1}, FieldSet::synced());
  EXPECT_TRUE(transaction->base().forget_replica("default"));
  EXPECT_TRUE(transaction->base().index().empty());
  transaction->base().write({&change, 1}, FieldSet::synced());
  EXPECT_EQ(transaction->base().index().size(), 1U);
}

TEST_P(StoreConformance, ATableMadeAnewAgreesWithNobody) {
  prepare();
  {
    const auto transaction = write();
    ReplicaState state;
    state.agreed = true;
    transaction->base().set_state(state);
    const BaseChange change = set_base(make_task(1));
    transaction->base().write({&change, 1}, FieldSet::synced());
    transaction->commit();
  }
  EXPECT_TRUE(read()->base().state().agreed);
  database->drop_task_table();
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().shape().exists);
  EXPECT_TRUE(transaction->base().index().empty()) << "or its emptiness would read as deletions";
  EXPECT_FALSE(transaction->base().state().agreed);
}

// ---- conflicts ---------------------------------------------------------------------------------------

TEST_P(StoreConformance, ConflictsAreReadBackOldestFirst) {
  prepare();
  Conflict first = make_conflict(9);
  Conflict second = make_conflict(4);
  second.finding = {.reason = ConflictReason::never_synced, .kind = ConflictKind::create_create, .fields = {}};
  second.yaml = make_task(4);
  second.base = {};
  second.version = 3;
  second.resolution_request = R"({"choice":"keep_yaml"})";
  second.yaml_author = "anna";
  second.database_author = "scheduler";
  std::vector<std::int64_t> numbers;
  {
    const auto transaction = write();
    const std::vector<Conflict> both{first, second};
    numbers = transaction->conflicts().insert(both);
    transaction->commit();
  }
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_LT(numbers[0], numbers[1]);
  EXPECT_GT(numbers[0], 0);
  const std::vector<Conflict> conflicts = read()->conflicts().list({});
  ASSERT_EQ(conflicts.size(), 2U);
  EXPECT_EQ(conflicts[0].number, numbers[0]);
  EXPECT_EQ(conflicts[0].task_id, 9);
  EXPECT_EQ(conflicts[0].version, 1);
  EXPECT_EQ(conflicts[0].replica, "default");
  EXPECT_EQ(conflicts[0].finding, first.finding);
  EXPECT_FALSE(conflicts[0].yaml);
  ASSERT_TRUE(conflicts[0].database && conflicts[0].base);
  EXPECT_EQ(conflicts[0].database->values, first.database->values);
  EXPECT_EQ(conflicts[0].base->values, first.base->values);
  EXPECT_EQ(conflicts[0].detected_at, kNow);
  EXPECT_TRUE(conflicts[0].resolution_request.empty());
  EXPECT_EQ(conflicts[1].finding, second.finding);
  EXPECT_EQ(conflicts[1].version, 3);
  EXPECT_EQ(conflicts[1].resolution_request, second.resolution_request);
  EXPECT_EQ(conflicts[0].yaml_author, "");
  EXPECT_EQ(conflicts[1].yaml_author, "anna");
  EXPECT_EQ(conflicts[1].database_author, "scheduler");
}

TEST_P(StoreConformance, ConflictsAreFilteredPagedAndCounted) {
  prepare();
  const auto transaction = write();
  std::vector<Conflict> all;
  for (std::int64_t id = 1; id <= 5; ++id) all.push_back(make_conflict(id, id % 2 == 0 ? "even" : "odd"));
  all.push_back(make_conflict(1, "even"));
  const std::vector<std::int64_t> numbers = transaction->conflicts().insert(all);
  ConflictTable& table = transaction->conflicts();
  const auto listed = [&](const ConflictFilter& filter) {
    std::vector<std::int64_t> found;
    for (const Conflict& conflict : table.list(filter)) found.push_back(conflict.number);
    return found;
  };
  using Numbers = std::vector<std::int64_t>;
  ConflictFilter filter;
  filter.replica = "even";
  EXPECT_EQ(listed(filter), (Numbers{numbers[1], numbers[3], numbers[5]}));
  filter.task_id = 1;
  EXPECT_EQ(listed(filter), (Numbers{numbers[5]}));
  filter.replica.reset();
  EXPECT_EQ(listed(filter), (Numbers{numbers[0], numbers[5]}));
  EXPECT_EQ(table.count(filter), 2U);
  ConflictFilter by_number;
  by_number.number = numbers[2];
  EXPECT_EQ(listed(by_number), (Numbers{numbers[2]}));
  ConflictFilter page;
  page.limit = 2;
  page.offset = 3;
  EXPECT_EQ(listed(page), (Numbers{numbers[3], numbers[4]}));
  EXPECT_EQ(table.count(page), 6U) << "all of them, whatever the page";
  page.limit = 0;
  EXPECT_EQ(listed(page), (Numbers{numbers[3], numbers[4], numbers[5]})) << "0 = no limit";
  page.offset = 7;
  EXPECT_TRUE(listed(page).empty());
}

TEST_P(StoreConformance, AConflictIsUpdatedByNumber) {
  prepare();
  const auto transaction = write();
  Conflict conflict = make_conflict(1);
  conflict.number = transaction->conflicts().insert({&conflict, 1}).at(0);
  conflict.version = 2;
  conflict.yaml = make_task(1, "came back");
  conflict.database.reset();
  conflict.finding = {
      .reason = ConflictReason::both_changed, .kind = ConflictKind::update_update, .fields = {Field::user_id}};
  conflict.resolution_request = "{}";
  transaction->conflicts().update({&conflict, 1});
  const Conflict read_back = transaction->conflicts().list({}).at(0);
  EXPECT_EQ(read_back.number, conflict.number);
  EXPECT_EQ(read_back.version, 2);
  EXPECT_EQ(read_back.finding, conflict.finding);
  EXPECT_EQ(read_back.yaml->text(Field::skill_name), "came back");
  EXPECT_FALSE(read_back.database);
  EXPECT_EQ(read_back.resolution_request, "{}");
}

TEST_P(StoreConformance, AConflictThatIsGoneCannotBeUpdated) {
  prepare();
  Conflict conflict = make_conflict(1);
  conflict.number = 77;
  const Error error = error_of([&] { write()->conflicts().update({&conflict, 1}); });
  EXPECT_EQ(error.code(), ErrorCode::changed);
  EXPECT_TRUE(error.retryable());
}

TEST_P(StoreConformance, ClosedConflictsAreGoneAndTheirNumbersNeverComeBack) {
  prepare();
  const std::vector<Conflict> both{make_conflict(1), make_conflict(2)};
  std::vector<std::int64_t> numbers;
  {
    const auto transaction = write();
    numbers = transaction->conflicts().insert(both);
    transaction->conflicts().close(numbers);
    transaction->conflicts().close(numbers);  // nothing left to close
    EXPECT_EQ(transaction->conflicts().count({}), 0U);
    transaction->commit();
  }
  store = database->open();
  const auto transaction = write();
  EXPECT_GT(transaction->conflicts().insert(both).at(0), numbers[1]);
}

TEST_P(StoreConformance, AClosedConflictIsPendingAgainUnderItsNumber) {
  prepare();
  const std::vector<Conflict> both{make_conflict(1), make_conflict(2)};
  const auto transaction = write();
  ConflictTable& table = transaction->conflicts();
  const std::vector<std::int64_t> numbers = table.insert(both);
  table.close(numbers);
  Conflict again = make_conflict(1);
  again.number = numbers[0];
  again.version = 2;
  table.reopen({&again, 1});
  const std::vector<Conflict> pending = table.list({});
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].number, numbers[0]);
  EXPECT_EQ(pending[0].version, 2);
  EXPECT_EQ(pending[0].task_id, 1);
  EXPECT_GT(table.insert({&again, 1}).at(0), numbers[1]) << "new ones go on behind the last";
}

}  // namespace
}  // namespace lockstep::testing_store
