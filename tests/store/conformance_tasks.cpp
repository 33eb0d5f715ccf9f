// The task table: reading, rows that break the rules, writing what is expected.
#include "model/json.hpp"
#include "store/conformance.hpp"

namespace lockstep::testing_store {
namespace {

std::vector<std::int64_t> ids_of(const TableRows& rows) {
  std::vector<std::int64_t> ids;
  for (const Task& task : rows.tasks) ids.push_back(task.id);
  return ids;
}

TEST_P(StoreConformance, PrepareMakesATableWithEveryField) {
  EXPECT_FALSE(store->prepare().empty());
  EXPECT_TRUE(store->prepare().empty()) << "there is nothing left to do";
  const auto transaction = read();
  const TableShape& shape = transaction->tasks().shape();
  EXPECT_TRUE(shape.exists);
  EXPECT_EQ(shape.columns, FieldSet::all());
  EXPECT_TRUE(shape.nullable.contains(Field::user_id));
  EXPECT_FALSE(shape.nullable.contains(Field::skill_name));
  EXPECT_EQ(shape.max_id, INT64_MAX);
  EXPECT_TRUE(transaction->tasks().rows().tasks.empty());
  EXPECT_EQ(transaction->tasks().highest_id(), 0);
}

TEST_P(StoreConformance, InsertedTasksAreReadBackSortedById) {
  prepare();
  Task plain = task_with_defaults(2);
  plain[Field::skill_name] = std::string("report");
  plain[Field::schedule_cron] = std::string("@daily");
  plain[Field::next_run_at] = Timestamp{0};
  const Task full = make_task(1);
  const std::vector<RowChange> changes{insertion(plain), insertion(full), insertion(make_task(INT64_MAX))};
  {
    const auto transaction = write();
    EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
    EXPECT_EQ(transaction->tasks().rows().tasks.size(), 3U) << "a transaction sees what it wrote";
    transaction->commit();
  }
  const TableRows read_back = rows();
  ASSERT_EQ(ids_of(read_back), (std::vector<std::int64_t>{1, 2, INT64_MAX}));
  EXPECT_TRUE(read_back.invalid.empty());
  EXPECT_TRUE(same_synced(read_back.tasks[0], full));
  EXPECT_TRUE(same_synced(read_back.tasks[1], plain));
  EXPECT_EQ(read_back.tasks[0].instant(Field::created_at), full.instant(Field::created_at)) << "the task's own";
  EXPECT_EQ(read_back.tasks[1].instant(Field::created_at), kNow) << "it had none";
  EXPECT_EQ(read_back.tasks[0].instant(Field::updated_at), kNow);
  EXPECT_EQ(read()->tasks().highest_id(), INT64_MAX);
}

TEST_P(StoreConformance, UpdateSetsTheNamedFieldsAndUpdatedAtOnly) {
  prepare();
  const Task before = make_task(7);
  database->put(before);
  Task wanted = before;
  wanted[Field::schedule_cron] = std::string("*/5 * * * *");
  wanted[Field::user_id] = Value{};
  wanted[Field::skill_name] = std::string("not to be written");
  const auto transaction = write();
  const RowChange change = update(before, wanted, {Field::schedule_cron, Field::user_id});
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  const Task after = rows().tasks.at(0);
  EXPECT_EQ(after.text(Field::schedule_cron), "*/5 * * * *");
  EXPECT_TRUE(is_null(after[Field::user_id]));
  EXPECT_EQ(after.text(Field::skill_name), "backup");
  EXPECT_EQ(after.instant(Field::updated_at), kNow);
  EXPECT_EQ(after.instant(Field::created_at), before.instant(Field::created_at));
}

TEST_P(StoreConformance, RemovalTakesTheRow) {
  prepare();
  database->put(make_task(1));
  database->put(make_task(2));
  const auto transaction = write();
  const RowChange change = removal(make_task(1));
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  EXPECT_EQ(ids_of(rows()), (std::vector<std::int64_t>{2}));
}

TEST_P(StoreConformance, NothingToApplyIsNothingDone) {
  prepare();
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply({}, kNow).empty());
}

TEST_P(StoreConformance, ARowThatIsNotAsExpectedIsNotOverwritten) {
  prepare();
  database->put(make_task(1));
  Task other = make_task(1);
  other[Field::status] = std::string("completed");
  Task wanted = other;
  wanted[Field::user_id] = std::string("me");
  for (const RowChange& change : {update(other, wanted, {Field::user_id}), removal(other)}) {
    const Error error = error_of([&] { write()->tasks().apply({&change, 1}, kNow); });
    EXPECT_EQ(error.code(), ErrorCode::changed);
    EXPECT_TRUE(error.retryable());
    EXPECT_NE(std::string(error.what()).find("task 1"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(same_synced(rows().tasks.at(0), make_task(1)));
}

TEST_P(StoreConformance, ARowThatDiffersInBookkeepingOrSpellingIsAsExpected) {
  prepare();
  Task stored = make_task(1);
  stored[Field::params_json] = JsonText{R"({"exact":12345678901234567890123,"keep":30.0})"};
  database->put(stored);
  Task expected = make_task(1);
  expected[Field::updated_at] = Timestamp{5};
  expected[Field::created_at] = Value{};
  const RowChange change = removal(expected);
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
}

TEST_P(StoreConformance, ARowThatIsGoneIsNotAsExpected) {
  prepare();
  for (const RowChange& change : {update(make_task(1), make_task(1), {Field::status}), removal(make_task(1))}) {
    EXPECT_EQ(error_of([&] { write()->tasks().apply({&change, 1}, kNow); }).code(), ErrorCode::changed);
  }
}

TEST_P(StoreConformance, AnIdThatIsTakenIsNotInserted) {
  prepare();
  database->put(make_task(1, "theirs"));
  const RowChange change = insertion(make_task(1, "ours"));
  const Error error = error_of([&] { write()->tasks().apply({&change, 1}, kNow); });
  EXPECT_EQ(error.code(), ErrorCode::changed);
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(rows().tasks.at(0).text(Field::skill_name), "theirs");
}

TEST_P(StoreConformance, ARowCanGoAndComeBackInOneGo) {
  prepare();
  database->put(make_task(1, "old"));
  const std::vector<RowChange> changes{insertion(make_task(1, "new")), removal(make_task(1, "old"))};
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
  transaction->commit();
  EXPECT_EQ(rows().tasks.at(0).text(Field::skill_name), "new");
}

TEST_P(StoreConformance, ARefusedRemovalLeavesTheOthersStanding) {
  prepare();
  for (const std::int64_t id : {1, 2, 3}) database->put(make_task(id));
  database->refuse_removal(2);
  const std::vector<RowChange> changes{removal(make_task(1)), removal(make_task(2)), removal(make_task(3)),
                                       insertion(make_task(4))};
  const auto transaction = write();
  const std::vector<RefusedRow> refused = transaction->tasks().apply(changes, kNow);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 2);
  EXPECT_NE(refused[0].message.find("task 2"), std::string::npos) << refused[0].message;
  EXPECT_FALSE(refused[0].message.empty());
  transaction->commit();
  EXPECT_EQ(ids_of(rows()), (std::vector<std::int64_t>{2, 4}));
}

TEST_P(StoreConformance, RowsThatBreakTheRulesAreReportedAndLeftAlone) {
  prepare();
  for (const std::int64_t id : {0, 1, 2, 3, 4, 5}) database->put(make_task(id));
  database->put_column(1, "schedule_cron", "every day");
  database->put_column(2, "params_json", "[1]");
  database->put_column(4, "skill_name", "");
  const TableRows read_back = rows();
  EXPECT_EQ(ids_of(read_back), (std::vector<std::int64_t>{3, 5}));
  ASSERT_EQ(read_back.invalid.size(), 4U);
  const std::vector<std::pair<std::int64_t, std::string>> expected{
      {0, "id"}, {1, "schedule_cron"}, {2, "params_json"}, {4, "skill_name"}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(read_back.invalid[i].id, expected[i].first);
    EXPECT_EQ(read_back.invalid[i].field, expected[i].second);
    EXPECT_FALSE(read_back.invalid[i].message.empty());
  }
  EXPECT_NE(read_back.invalid[1].message.find("every day"), std::string::npos) << read_back.invalid[1].message;
}

TEST_P(StoreConformance, TheHighestIdCountsRowsThatBreakTheRules) {
  prepare();
  database->put(make_task(3));
  database->put(make_task(9));
  database->put_column(9, "schedule_cron", "every day");
  EXPECT_EQ(read()->tasks().highest_id(), 9);
}

TEST_P(StoreConformance, ARowThatBreaksTheRulesByNowIsNotAsExpected) {
  prepare();
  database->put(make_task(1));
  database->put_column(1, "params_json", "[]");
  const RowChange change = removal(make_task(1));
  EXPECT_EQ(error_of([&] { write()->tasks().apply({&change, 1}, kNow); }).code(), ErrorCode::changed);
}

TEST_P(StoreConformance, RowImagesHoldEveryColumnInTheOrderAsked) {
  prepare();
  database->add_unknown_column("note");
  database->put(make_task(1));
  database->put(make_task(2));
  database->put_column(1, "note", "keep \"me\"");
  const std::vector<std::int64_t> ids{2, 5, 1};
  const std::vector<std::string> images = write()->tasks().row_images(ids);
  ASSERT_EQ(images.size(), 3U);
  EXPECT_TRUE(images[1].empty()) << "there is no row 5";
  const JsonResult first = parse_json(images[0]);
  const JsonResult last = parse_json(images[2]);
  ASSERT_TRUE(first.ok() && last.ok()) << images[0] << images[2];
  EXPECT_EQ(first.value.find("id")->text, "2");
  EXPECT_EQ(first.value.find("note")->kind, Json::Kind::null);
  EXPECT_EQ(last.value.find("note")->text, "keep \"me\"");
  EXPECT_EQ(last.value.find("next_run_at")->text, "2025-11-23T02:00:00.000001Z");
  EXPECT_EQ(last.value.find("params_json")->find("exact")->text, "12345678901234567890123");
}

TEST_P(StoreConformance, AFormerRowComesBackWithItsUnknownColumns) {
  prepare();
  database->add_unknown_column("note");
  database->put(make_task(1));
  database->put_column(1, "note", "mine");
  const std::vector<std::int64_t> ids{1};
  std::string image;
  {
    const auto transaction = write();
    image = transaction->tasks().row_images(ids).at(0);
    const RowChange change = removal(make_task(1));
    EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
    transaction->commit();
  }
  RowChange change = insertion(make_task(1, "renamed"));
  change.image = image;
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  EXPECT_EQ(database->column(1, "note"), "mine");
  EXPECT_EQ(database->column(1, "skill_name"), "renamed") << "known columns come from the task, not from the image";
}

TEST_P(StoreConformance, UnknownColumnsAreNeverWritten) {
  prepare();
  database->add_unknown_column("note");
  database->put(make_task(1));
  database->put_column(1, "note", "mine");
  const auto transaction = write();
  const RowChange change = update(make_task(1), make_task(1, "new"), {Field::skill_name});
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  EXPECT_EQ(database->column(1, "note"), "mine");
  EXPECT_EQ(database->column(1, "skill_name"), "new");
}

TEST_P(StoreConformance, AWriteBetweenReadingAndWritingIsNoticed) {
  prepare();
  database->put(make_task(1));
  database->put(make_task(2));
  const auto transaction = write();
  ASSERT_EQ(transaction->tasks().rows().tasks.size(), 2U);
  if (!database->lets_others_write()) {
    EXPECT_THROW(database->put(make_task(1, "changed meanwhile")), Error) << "then nothing may come in between";
    return;
  }
  database->put(make_task(1, "changed meanwhile"));
  const RowChange unaffected = update(make_task(2), make_task(2, "fine"), {Field::skill_name});
  EXPECT_TRUE(transaction->tasks().apply({&unaffected, 1}, kNow).empty());
  const RowChange affected = removal(make_task(1));
  const Error error = error_of([&] { transaction->tasks().apply({&affected, 1}, kNow); });
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.code(), ErrorCode::changed);
}

TEST_P(StoreConformance, RowsThatATransactionHoldsAreNotWrittenByOthers) {
  prepare();
  database->put(make_task(1));
  const auto transaction = write();
  const std::vector<std::int64_t> ids{1};
  ASSERT_FALSE(transaction->tasks().row_images(ids).at(0).empty());
  EXPECT_THROW(database->put(make_task(1, "changed meanwhile")), Error);
  EXPECT_THROW(database->erase(1), Error);
}

TEST_P(StoreConformance, RowsThatOthersWroteMeanwhileStay) {
  prepare();
  database->put(make_task(1));
  const auto transaction = write();
  ASSERT_EQ(transaction->tasks().rows().tasks.size(), 1U);
  if (!database->lets_others_write()) {
    EXPECT_THROW(database->put(make_task(2)), Error) << "then nothing may come in between";
    return;
  }
  database->put(make_task(2));
  EXPECT_EQ(transaction->tasks().rows().tasks.size(), 1U) << "a transaction looks at one snapshot";
  const RowChange change = insertion(make_task(3));
  EXPECT_TRUE(transaction->tasks().apply({&change, 1}, kNow).empty());
  transaction->commit();
  EXPECT_EQ(ids_of(rows()), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_P(StoreConformance, ManyRowsInOneGo) {
  prepare();
  std::vector<RowChange> changes;
  for (std::int64_t id = 1; id <= 3000; ++id) changes.push_back(insertion(make_task(id)));
  {
    const auto transaction = write();
    EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
    transaction->commit();
  }
  changes.clear();
  for (std::int64_t id = 1; id <= 3000; ++id) {
    changes.push_back(id % 3 == 0 ? removal(make_task(id))
                                  : update(make_task(id), make_task(id, "b"), {Field::skill_name}));
  }
  const auto transaction = write();
  EXPECT_TRUE(transaction->tasks().apply(changes, kNow).empty());
  transaction->commit();
  const TableRows read_back = rows();
  EXPECT_EQ(read_back.tasks.size(), 2000U);
  EXPECT_EQ(read_back.tasks.back().text(Field::skill_name), "b");
}

}  // namespace
}  // namespace lockstep::testing_store
