// Tables that an application made: SQLAlchemy's, odd ones, unsuitable ones, views.
#include <gtest/gtest.h>

#include <map>

#include "model/json.hpp"
#include "store/sqlite_database.hpp"

namespace lockstep::testing_store {
namespace {

// As SQLAlchemy 2 makes it on SQLite for String, DateTime, JSON and a default-less autoincrement id.
constexpr const char* kAlchemyTable = R"sql(
CREATE TABLE scheduled_tasks (
	id INTEGER NOT NULL,
	skill_name VARCHAR(255) NOT NULL,
	schedule_cron VARCHAR(60) NOT NULL,
	next_run_at DATETIME NOT NULL,
	params_json JSON,
	status VARCHAR(20),
	user_id VARCHAR(255),
	created_at DATETIME,
	updated_at DATETIME,
	retries INTEGER DEFAULT '3' NOT NULL,
	PRIMARY KEY (id)
);)sql";

class SqliteAdoption : public testing::Test {
 protected:
  TableRows rows(const StoreOptions& options = {}) {
    return database.open(options)->begin(Access::read, "default")->tasks().rows();
  }
  Error unsuitable(const std::string& ddl) {
    database.run("DROP TABLE IF EXISTS scheduled_tasks; DROP VIEW IF EXISTS scheduled_tasks;");
    database.run(ddl);
    return error_of([&] { database.open()->prepare(); });
  }
  std::vector<RefusedRow> apply(Store& store, const std::vector<RowChange>& changes) {
    const auto transaction = store.begin(Access::write, "default");
    std::vector<RefusedRow> refused = transaction->tasks().apply(changes, kNow);
    transaction->commit();
    return refused;
  }

  SqliteDatabase database;
};

TEST_F(SqliteAdoption, WhatSqlAlchemyWritesIsRead) {
  database.run(kAlchemyTable);
  database.run(R"sql(
INSERT INTO scheduled_tasks VALUES
 (1, 'a', '0 2 * * *', '2026-11-22 08:00:00.000000', '{"b": 1, "a": [1, 2]}', 'running', 'ops', '2026-11-01 00:00:00.5', NULL, 1),
 (2, 'b', '0 2 * * *', '2026-11-22 08:00:00', NULL, NULL, NULL, NULL, NULL, 1),
 (3, 'c', '0 2 * * *', '2026-11-22T09:00:00+01:00', 'null', 'pending', '', NULL, NULL, 1),
 (4, 'd', '0 2 * * *', '2026-11-22T08:00:00.000000Z', '{}', 'pending', NULL, NULL, NULL, 1);)sql");
  const TableRows read_back = rows();
  for (const InvalidRow& row : read_back.invalid) ADD_FAILURE() << row.id << ' ' << row.message;
  ASSERT_EQ(read_back.tasks.size(), 4U);
  const auto instant = parse_timestamp("2026-11-22T08:00:00Z");
  for (const Task& task : read_back.tasks) EXPECT_EQ(task.instant(Field::next_run_at), instant) << task.id;
  EXPECT_EQ(std::get<JsonText>(read_back.tasks[0][Field::params_json]).text, R"({"b":1,"a":[1,2]})");
  EXPECT_EQ(std::get<JsonText>(read_back.tasks[1][Field::params_json]).text, "{}");
  EXPECT_EQ(std::get<JsonText>(read_back.tasks[2][Field::params_json]).text, "{}");
  EXPECT_EQ(read_back.tasks[1].text(Field::status), "pending");
  EXPECT_TRUE(is_null(read_back.tasks[1][Field::user_id]));
  EXPECT_EQ(read_back.tasks[2].text(Field::user_id), "");
}

TEST_F(SqliteAdoption, WhatIsWrittenIsWhatSqlAlchemyReads) {
  database.run(kAlchemyTable);
  const auto store = database.open();
  const std::vector<std::string> done = store->prepare();
  EXPECT_EQ(done.size(), 1U) << "only lockstep's own tables";
  Task task = make_task(5);
  task[Field::created_at] = Value{};
  ASSERT_TRUE(apply(*store, {insertion(task)}).empty());
  EXPECT_EQ(database.column(5, "next_run_at"), "2025-11-23 02:00:00.000001");
  EXPECT_EQ(database.column(5, "updated_at"), "2025-11-22 08:00:00.123456");
  EXPECT_EQ(database.column(5, "created_at"), "2025-11-22 08:00:00.123456");
  EXPECT_EQ(database.column(5, "params_json"), R"({"keep":30,"exact":12345678901234567890123})");
  EXPECT_EQ(database.column(5, "retries"), "3") << "the column's own default";
}

TEST_F(SqliteAdoption, TheDefinitionOfAnAdoptedTableIsNotTouched) {
  database.run(kAlchemyTable);
  database.run("CREATE INDEX theirs ON scheduled_tasks (user_id)");
  const std::string query = "SELECT group_concat(sql, '|') FROM sqlite_schema WHERE tbl_name = 'scheduled_tasks'";
  const std::optional<std::string> before = database.value(query);
  const auto store = database.open();
  store->prepare();
  store->prepare();
  EXPECT_EQ(database.value(query), before);
}

TEST_F(SqliteAdoption, TheShapeComesFromTheCatalogue) {
  database.run(kAlchemyTable);
  const auto store = database.open();
  const auto transaction = store->begin(Access::read, "default");
  const TableShape& shape = transaction->tasks().shape();
  EXPECT_EQ(shape.columns, FieldSet::all());
  EXPECT_EQ(shape.max_length[static_cast<std::size_t>(Field::schedule_cron)], 60U);
  EXPECT_EQ(shape.max_length[static_cast<std::size_t>(Field::next_run_at)], 0U);
  EXPECT_TRUE(shape.nullable.contains(Field::status));
  EXPECT_FALSE(shape.nullable.contains(Field::schedule_cron));
}

TEST_F(SqliteAdoption, ATableWithTheRequiredColumnsAloneWillDo) {
  database.run(
      "CREATE TABLE scheduled_tasks (ID bigint PRIMARY KEY, Skill_Name text, SCHEDULE_CRON, next_run_at timestamp)");
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  const auto transaction = store->begin(Access::read, "default");
  EXPECT_EQ(transaction->tasks().shape().columns,
            (FieldSet{Field::skill_name, Field::schedule_cron, Field::next_run_at}));
  const Task task = transaction->tasks().rows().tasks.at(0);
  EXPECT_EQ(task.text(Field::skill_name), "backup");
  EXPECT_EQ(task.text(Field::status), "pending") << "the default of a field that has no column";
  EXPECT_TRUE(is_null(task[Field::updated_at]));
}

TEST_F(SqliteAdoption, AFieldWithoutColumnPlaysNoPartInWhatIsExpected) {
  database.run("CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at)");
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  EXPECT_TRUE(apply(*store, {update(make_task(1), make_task(1), {Field::user_id})}).empty())
      << "nothing to write, nothing wrong";
  EXPECT_TRUE(apply(*store, {removal(make_task(1))}).empty());
}

TEST_F(SqliteAdoption, OptionalTimesInNumbersAreFieldsTheTableDoesNotHave) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at,"
      " created_at INTEGER DEFAULT 12, updated_at REAL)");
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  EXPECT_EQ(database.column(1, "created_at"), "12");
  EXPECT_EQ(database.column(1, "updated_at"), std::nullopt);
  EXPECT_FALSE(store->begin(Access::read, "default")->tasks().shape().columns.contains(Field::updated_at));
}

TEST_F(SqliteAdoption, NumbersAsTextAreRead) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at, user_id INTEGER)");
  database.run("INSERT INTO scheduled_tasks VALUES (1, 'a', '0 2 * * *', '2026-11-22', 42)");
  EXPECT_EQ(rows().tasks.at(0).text(Field::user_id), "42");
}

TEST_F(SqliteAdoption, WhatCannotBeReadIsAnInvalidRowWithASentence) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INT PRIMARY KEY, skill_name, schedule_cron, next_run_at, params_json, status)");
  database.run(R"sql(
INSERT INTO scheduled_tasks VALUES
 (-1, 'a', '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (1, NULL, '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (2, 'a', '0 2 * * *', 1795334400, '{}', 'pending'),
 (3, 'a', '0 2 * * *', '22.11.2026', '{}', 'pending'),
 (4, 'a', '0 2 * * *', '2026-11-22', '{"a":', 'pending'),
 (5, 'a', '0 2 * * *', '2026-11-22', '{}', 'later'),
 (6, x'6100', '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (7, CAST(x'61ff' AS TEXT), '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (8, 'a', '0 2 * * *', '2026-11-22 08:00:00.1234567', '{}', 'pending'),
 (9, 'a', '0 2 * * *', '2026-11-22', 5, 'pending'),
 ('x1', 'a', '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (NULL, 'a', '0 2 * * *', '2026-11-22', '{}', 'pending'),
 (10, 'fine', '0 2 * * *', '2026-11-22', '{}', 'pending');)sql");
  const TableRows read_back = rows();
  ASSERT_EQ(read_back.tasks.size(), 1U);
  EXPECT_EQ(read_back.tasks[0].id, 10);
  ASSERT_EQ(read_back.invalid.size(), 12U);
  std::map<std::int64_t, std::string> fields;
  for (const InvalidRow& row : read_back.invalid) {
    EXPECT_FALSE(row.message.empty());
    fields[row.id] = row.field;
  }
  EXPECT_TRUE(std::is_sorted(read_back.invalid.begin(), read_back.invalid.end(),
                             [](const InvalidRow& a, const InvalidRow& b) { return a.id < b.id; }));
  EXPECT_EQ(fields, (std::map<std::int64_t, std::string>{{-1, "id"},
                                                         {0, "id"},
                                                         {1, "skill_name"},
                                                         {2, "next_run_at"},
                                                         {3, "next_run_at"},
                                                         {4, "params_json"},
                                                         {5, "status"},
                                                         {6, "skill_name"},
                                                         {7, "skill_name"},
                                                         {8, "next_run_at"},
                                                         {9, "params_json"}}));
  EXPECT_EQ(database.open()->begin(Access::read, "default")->tasks().highest_id(), 10)
      << "ids that are no numbers do not count";
}

TEST_F(SqliteAdoption, UnsuitableTablesAreRefusedWithWhatIsThereAndWhatIsExpected) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name TEXT)", "it lacks schedule_cron, next_run_at"},
      {"CREATE TABLE scheduled_tasks (task INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at)",
       "it lacks id"},
      {"CREATE TABLE scheduled_tasks (id VARCHAR(36) PRIMARY KEY, skill_name, schedule_cron, next_run_at)",
       "VARCHAR(36)"},
      {"CREATE TABLE scheduled_tasks (id REAL PRIMARY KEY, skill_name, schedule_cron, next_run_at)", "REAL"},
      {"CREATE TABLE scheduled_tasks (id INTEGER, skill_name, schedule_cron, next_run_at)",
       "neither the primary key nor unique"},
      {"CREATE TABLE scheduled_tasks (id INTEGER, skill_name, schedule_cron, next_run_at, PRIMARY KEY (id, "
       "skill_name))",
       "neither the primary key nor unique"},
      {"CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at INTEGER)",
       "next_run_at is INTEGER"},
      {"CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, a, skill_name AS (a), schedule_cron, next_run_at)",
       "generated"},
      {"CREATE VIEW scheduled_tasks AS SELECT 1 AS id, 'a' AS skill_name, '@daily' AS schedule_cron, '2026-11-22' AS "
       "next_run_at",
       "INSTEAD OF"},
  };
  for (const auto& [ddl, words] : cases) {
    SqliteDatabase fresh;
    fresh.run(ddl);
    const Error error = error_of([&] { fresh.open()->prepare(); });
    EXPECT_EQ(error.code(), ErrorCode::unsuitable_table) << ddl;
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("expected: id INTEGER, skill_name"), std::string::npos) << error.what();
    EXPECT_EQ(fresh.value("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'lockstep%'"), "0") << "all or nothing";
  }
}

TEST_F(SqliteAdoption, AUniqueIdWillDo) {
  database.run(
      "CREATE TABLE scheduled_tasks (key TEXT PRIMARY KEY, id INTEGER UNIQUE, skill_name, schedule_cron, next_run_at)");
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  EXPECT_EQ(error_of([&] { apply(*store, {insertion(make_task(1))}); }).code(), ErrorCode::changed);
}

TEST_F(SqliteAdoption, AViewWithTriggersIsReadAndWritten) {
  database.run(R"sql(
CREATE TABLE jobs (number INTEGER PRIMARY KEY, skill TEXT, cron TEXT, due TEXT);
CREATE VIEW scheduled_tasks AS SELECT number AS id, skill AS skill_name, cron AS schedule_cron, due AS next_run_at FROM jobs;
CREATE TRIGGER v1 INSTEAD OF INSERT ON scheduled_tasks BEGIN INSERT INTO jobs VALUES (new.id, new.skill_name, new.schedule_cron, new.next_run_at); END;
CREATE TRIGGER v2 INSTEAD OF UPDATE ON scheduled_tasks BEGIN UPDATE jobs SET skill = new.skill_name, cron = new.schedule_cron, due = new.next_run_at WHERE number = old.id; END;
CREATE TRIGGER v3 INSTEAD OF DELETE ON scheduled_tasks BEGIN DELETE FROM jobs WHERE number = old.id; END;)sql");
  const auto store = database.open();
  EXPECT_TRUE(apply(*store, {insertion(make_task(1)), insertion(make_task(2))}).empty());
  EXPECT_TRUE(
      apply(*store, {update(make_task(1), make_task(1, "new"), {Field::skill_name}), removal(make_task(2))}).empty());
  EXPECT_EQ(database.value("SELECT skill FROM jobs"), "new");
  EXPECT_EQ(rows().tasks.size(), 1U);
}

TEST_F(SqliteAdoption, AViewThatShowsAnIdTwiceIsRefused) {
  database.run(R"sql(
CREATE TABLE jobs (number INTEGER);
INSERT INTO jobs VALUES (1), (1);
CREATE VIEW scheduled_tasks AS SELECT number AS id, 'a' AS skill_name, '@daily' AS schedule_cron, '2026-11-22' AS next_run_at FROM jobs;
CREATE TRIGGER v1 INSTEAD OF INSERT ON scheduled_tasks BEGIN SELECT 1; END;
CREATE TRIGGER v2 INSTEAD OF UPDATE ON scheduled_tasks BEGIN SELECT 1; END;
CREATE TRIGGER v3 INSTEAD OF DELETE ON scheduled_tasks BEGIN SELECT 1; END;)sql");
  EXPECT_EQ(error_of([&] { rows(); }).code(), ErrorCode::unsuitable_table);
}

TEST_F(SqliteAdoption, TheTablesNameIsConfigurable) {
  StoreOptions options;
  options.table = "main.\"odd \"\"name\"\".x\"";
  const auto store = database.open(options);
  EXPECT_FALSE(store->prepare().empty());
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  EXPECT_EQ(database.value("SELECT skill_name FROM \"odd \"\"name\"\".x\""), "backup");
  EXPECT_EQ(rows(options).tasks.size(), 1U);
  options.table = "other.tasks";
  EXPECT_EQ(error_of([&] { database.open(options); }).code(), ErrorCode::usage);
}

TEST_F(SqliteAdoption, ABaseIsAboutOneTable) {
  StoreOptions first, second;
  second.table = "elsewhere";
  const BaseChange change{.id = 1, .task = make_task(1)};
  {
    const auto transaction = database.open(first)->begin(Access::write, "default");
    ReplicaState state;
    state.agreed = true;
    transaction->base().set_state(state);
    transaction->base().write({&change, 1}, FieldSet::synced());
    transaction->commit();
  }
  {
    const auto store = database.open(second);
    const auto transaction = store->begin(Access::write, "default");
    EXPECT_TRUE(transaction->base().index().empty())
        << "what was agreed on with another table says nothing about this one";
    EXPECT_FALSE(transaction->base().state().agreed);
  }
  first.table = "SCHEDULED_TASKS";
  EXPECT_EQ(database.open(first)->begin(Access::read, "default")->base().index().size(), 1U)
      << "the same table, spelt differently";
}

TEST_F(SqliteAdoption, TheNextIdOfTheApplicationIsAboveLocksteps) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name, schedule_cron, next_run_at)");
  ASSERT_TRUE(apply(*database.open(), {insertion(make_task(41))}).empty());
  database.run(
      "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at) VALUES ('a', '@daily', '2026-11-22')");
  EXPECT_EQ(database.value("SELECT max(id) FROM scheduled_tasks"), "42");
}

TEST_F(SqliteAdoption, UnknownColumnsOfEveryKindSurviveInAnImage) {
  database.run(
      "CREATE TABLE scheduled_tasks (id INTEGER PRIMARY KEY, skill_name, schedule_cron, next_run_at,"
      " whole INT, fraction, bytes, odd, empty, big, double_id AS (id * 2))");
  const auto store = database.open();
  ASSERT_TRUE(apply(*store, {insertion(make_task(1))}).empty());
  database.run(
      "UPDATE scheduled_tasks SET whole = 9223372036854775807, fraction = 0.1, bytes = x'00ff', odd = 'a' || char(0) "
      "|| 'b',"
      " empty = NULL, big = 9e999");
  const std::string query =
      "SELECT quote(whole) || quote(fraction) || quote(bytes) || hex(odd) || typeof(odd) || quote(empty) || "
      "quote(big) FROM scheduled_tasks";
  const std::optional<std::string> before = database.value(query);
  const std::vector<std::int64_t> ids{1};
  const std::string image = store->begin(Access::read, "default")->tasks().row_images(ids).at(0);
  EXPECT_TRUE(parse_json(image).ok()) << image;
  ASSERT_TRUE(apply(*store, {removal(make_task(1))}).empty());
  RowChange back = insertion(make_task(1));
  back.image = image;
  ASSERT_TRUE(apply(*store, {back}).empty());
  EXPECT_EQ(database.value(query), before);
}

}  // namespace
}  // namespace lockstep::testing_store
