// Tables that other applications made: as they are, lockstep works with them.
#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

// What SQLAlchemy 1.4 and 2.0 emit for the model of the application.
constexpr const char* kSqlAlchemyTable = R"(
CREATE TABLE scheduled_tasks (
  id SERIAL NOT NULL,
  skill_name VARCHAR(255) NOT NULL,
  schedule_cron VARCHAR(100) NOT NULL,
  next_run_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
  params_json JSON,
  status VARCHAR(20),
  created_at TIMESTAMP WITHOUT TIME ZONE,
  updated_at TIMESTAMP WITHOUT TIME ZONE,
  user_id VARCHAR(255),
  PRIMARY KEY (id),
  CONSTRAINT ck_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'disabled'))
))";

class PostgresAdoption : public PostgresTest {
 protected:
  Store& adopt(const std::string& sql, const std::string& table = "scheduled_tasks") {
    database_->run(sql);
    store_ = open_postgres_store(database_->url(), options_for(table));
    store_->prepare();
    return *store_;
  }

  // Insert, read, update, read, delete: everything that a sync does with a row.
  void expect_round_trip(Store& store) {
    Task task = make_task(7);
    task[Field::user_id] = Value();
    task[Field::status] = std::string("pending");
    task[Field::params_json] = JsonText{R"({"b":1,"a":[1.50,"ü"]})"};
    EXPECT_TRUE(apply_and_commit(store, {insertion(task)}).empty());
    TableRows rows = all_rows(store);
    ASSERT_EQ(rows.tasks.size(), 1U) << (rows.invalid.empty() ? "" : rows.invalid[0].message);
    const FieldSet columns = store.begin(Access::read, "r")->tasks().shape().columns;
    EXPECT_TRUE(differing(rows.tasks[0], task, columns & FieldSet::synced()).empty());

    Task changed = rows.tasks[0];
    changed[Field::skill_name] = std::string("report");
    changed[Field::next_run_at] = Timestamp{1'795'000'060'000'001};
    EXPECT_TRUE(apply_and_commit(store, {change_to(rows.tasks[0], changed)}).empty());
    rows = all_rows(store);
    ASSERT_EQ(rows.tasks.size(), 1U);
    EXPECT_TRUE(differing(rows.tasks[0], changed).empty());
    EXPECT_TRUE(apply_and_commit(store, {removal(rows.tasks[0])}).empty());
    EXPECT_TRUE(all_rows(store).tasks.empty());
  }

  std::unique_ptr<Store> store_;
};

TEST_F(PostgresAdoption, WorksWithSqlAlchemysTable) {
  Store& store = adopt(kSqlAlchemyTable);
  const std::string before = database_->ask(
      "SELECT md5(string_agg(attname || atttypid || attnotnull, ',' ORDER BY attnum)) FROM pg_attribute"
      " WHERE attrelid = 'scheduled_tasks'::regclass");
  expect_round_trip(store);
  const std::string after = database_->ask(
      "SELECT md5(string_agg(attname || atttypid || attnotnull, ',' ORDER BY attnum)) FROM pg_attribute"
      " WHERE attrelid = 'scheduled_tasks'::regclass");
  EXPECT_EQ(before, after);
  EXPECT_EQ(store.begin(Access::read, "r")->tasks().shape().max_id, INT32_MAX);
}

TEST_F(PostgresAdoption, FindsATableWhateverItsNameAndHoweverTheSessionReadsStrings) {
  database_->run("ALTER DATABASE " + database_->name() + " SET standard_conforming_strings = off");
  const std::string name = R"("Sp ace\"."o'd\'d ""name""")";
  std::string sql = kSqlAlchemyTable;
  sql.replace(sql.find("scheduled_tasks"), std::string("scheduled_tasks").size(), name);
  Store& store = adopt(R"(CREATE SCHEMA "Sp ace\";)" + sql, name);
  expect_round_trip(store);
}

TEST_F(PostgresAdoption, TakesTimestampsWithoutTimeZoneAsUtcWhateverTheSessionsZone) {
  database_->run("ALTER DATABASE " + database_->name() + " SET TimeZone = 'America/New_York'");
  Store& store = adopt(kSqlAlchemyTable);
  database_->run(
      "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at, status)"
      " VALUES ('a', '@daily', '2026-11-22 06:00:00.000001', 'pending')");
  const TableRows rows = all_rows(store);
  ASSERT_EQ(rows.tasks.size(), 1U);
  EXPECT_EQ(rows.tasks[0].instant(Field::next_run_at), parse_timestamp("2026-11-22T06:00:00.000001Z"));
  Task changed = rows.tasks[0];
  changed[Field::next_run_at] = *parse_timestamp("2026-07-01T01:02:03Z");
  apply_and_commit(store, {change_to(rows.tasks[0], changed)});
  EXPECT_EQ(database_->ask("SELECT next_run_at FROM scheduled_tasks"), "2026-07-01 01:02:03");
  EXPECT_EQ(database_->ask("SELECT updated_at FROM scheduled_tasks"), format_sql(kNow));
}

TEST_F(PostgresAdoption, ReadsWhatTheApplicationLeavesNullAsDefaults) {
  Store& store = adopt(kSqlAlchemyTable);
  // SQLAlchemy writes None into a JSON column as JSON's null.
  database_->run(
      "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at, params_json)"
      " VALUES ('a', '@daily', now(), NULL), ('b', '@daily', now(), 'null'), ('c', '@daily', now(), '{ \"x\" : 1 }')");
  const TableRows rows = all_rows(store);
  ASSERT_EQ(rows.tasks.size(), 3U);
  EXPECT_EQ(std::get<JsonText>(rows.tasks[0][Field::params_json]).text, "{}");
  EXPECT_EQ(std::get<JsonText>(rows.tasks[1][Field::params_json]).text, "{}");
  EXPECT_EQ(std::get<JsonText>(rows.tasks[2][Field::params_json]).text, R"({"x":1})");
  EXPECT_EQ(rows.tasks[0].text(Field::status), "pending");
  EXPECT_TRUE(is_null(rows.tasks[0][Field::created_at]));
  // The row is not as read, byte by byte, yet as expected.
  Task changed = rows.tasks[1];
  changed[Field::status] = std::string("running");
  EXPECT_TRUE(apply_and_commit(store, {change_to(rows.tasks[1], changed)}).empty());
  EXPECT_EQ(database_->ask("SELECT params_json FROM scheduled_tasks WHERE id = 2"), "null");
}

TEST_F(PostgresAdoption, TheSerialStandsAboveInsertedIds) {
  Store& store = adopt(kSqlAlchemyTable);
  const std::string application_insert =
      "INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at) VALUES ('app', '@daily', now()) RETURNING id";
  apply_and_commit(store, {insertion(make_task(1)), insertion(make_task(3))});
  EXPECT_EQ(database_->ask(application_insert), "4");
  apply_and_commit(store, {insertion(make_task(900'000))});  // a wide gap
  EXPECT_EQ(database_->ask(application_insert), "900001");
  apply_and_commit(store, {insertion(make_task(50))});  // never back
  EXPECT_EQ(database_->ask(application_insert), "900002");
}

TEST_F(PostgresAdoption, TheIdentityStandsAboveInsertedIds) {
  for (const std::string kind : {"BY DEFAULT", "ALWAYS"}) {
    SCOPED_TRACE(kind);
    Store& store = adopt("DROP TABLE IF EXISTS scheduled_tasks; CREATE TABLE scheduled_tasks (id bigint GENERATED " + kind +
                         " AS IDENTITY PRIMARY KEY, skill_name text NOT NULL, schedule_cron text NOT NULL,"
                         " next_run_at timestamptz NOT NULL)");
    expect_round_trip(store);
    apply_and_commit(store, {insertion(make_task(20))});
    EXPECT_EQ(database_->ask("INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at)"
                             " VALUES ('app', '@daily', now()) RETURNING id"),
              "21");
  }
}

TEST_F(PostgresAdoption, ASequenceThatAnApplicationNamesInTheDefaultIsRaisedToo) {
  Store& store = adopt(
      "CREATE SEQUENCE task_numbers; CREATE TABLE scheduled_tasks (id integer PRIMARY KEY DEFAULT nextval('task_numbers'),"
      " skill_name text NOT NULL, schedule_cron text NOT NULL, next_run_at timestamptz NOT NULL)");
  apply_and_commit(store, {insertion(make_task(20))});
  EXPECT_EQ(database_->ask("SELECT nextval('task_numbers')"), "21");
}

TEST_F(PostgresAdoption, LeavesColumnsThatItDoesNotKnowToTheirDefaults) {
  Store& store = adopt(std::string(kSqlAlchemyTable) +
                       "; ALTER TABLE scheduled_tasks ADD COLUMN tenant integer NOT NULL DEFAULT 42, ADD COLUMN note bytea");
  expect_round_trip(store);
  apply_and_commit(store, {insertion(make_task(1))});
  EXPECT_EQ(database_->ask("SELECT tenant FROM scheduled_tasks"), "42");
}

TEST_F(PostgresAdoption, AnImageBringsBackColumnsThatItDoesNotKnow) {
  Store& store = adopt(std::string(kSqlAlchemyTable) +
                       "; ALTER TABLE scheduled_tasks ADD COLUMN tenant integer NOT NULL DEFAULT 42, ADD COLUMN note bytea,"
                       " ADD COLUMN tags text[], ADD COLUMN price numeric, ADD COLUMN seen timestamptz");
  database_->run(
      "INSERT INTO scheduled_tasks (id, skill_name, schedule_cron, next_run_at, status, tenant, note, tags, price, seen)"
      " VALUES (5, 'a', '@daily', now(), 'pending', 7, '\\x00ff', '{a,\"b c\"}', 12345678901234567890.123456789, 'infinity')");
  const std::string whole = "SELECT scheduled_tasks::text FROM scheduled_tasks";
  const std::string before = database_->ask("SELECT (tenant, note, tags, price, seen)::text FROM scheduled_tasks");
  RowChange back = insertion(all_rows(store).tasks.at(0));
  {
    const auto transaction = store.begin(Access::write, "r");
    const std::int64_t ids[] = {9, 5};
    const std::vector<std::string> images = transaction->tasks().row_images(ids);
    EXPECT_EQ(images.at(0), "");
    back.image = images.at(1);
    EXPECT_TRUE(parse_json(images.at(1)).ok()) << images.at(1);
    transaction->tasks().apply(std::vector{removal(back.task)}, kNow);
    transaction->commit();
  }
  EXPECT_EQ(database_->ask(whole), "");
  EXPECT_TRUE(apply_and_commit(store, {back, insertion(make_task(6))}).empty());
  EXPECT_EQ(database_->ask("SELECT (tenant, note, tags, price, seen)::text FROM scheduled_tasks WHERE id = 5"), before);
  EXPECT_EQ(database_->ask("SELECT tenant FROM scheduled_tasks WHERE id = 6"), "42");
}

TEST_F(PostgresAdoption, WorksThroughAView) {
  Store& store = adopt(
      "CREATE SCHEMA app; CREATE TABLE app.jobs (id bigserial PRIMARY KEY, name text NOT NULL, cron text NOT NULL,"
      " due timestamptz NOT NULL, extra int NOT NULL DEFAULT 1);"
      "CREATE VIEW scheduled_tasks AS SELECT id, name AS skill_name, cron AS schedule_cron, due AS next_run_at FROM app.jobs");
  expect_round_trip(store);
  EXPECT_FALSE(store.install_feed().active);
}

TEST_F(PostgresAdoption, WorksInAnotherSchema) {
  Store& store = adopt("CREATE SCHEMA app; CREATE TABLE app.\"Tasks\" (id integer PRIMARY KEY, skill_name text NOT NULL,"
                       " schedule_cron text NOT NULL, next_run_at timestamp NOT NULL, user_id text)",
                       "app.Tasks");
  expect_round_trip(store);
}

TEST_F(PostgresAdoption, WorksWithPartitions) {
  Store& store = adopt(
      "CREATE TABLE scheduled_tasks (id bigint GENERATED BY DEFAULT AS IDENTITY, skill_name text NOT NULL,"
      " schedule_cron text NOT NULL, next_run_at timestamptz NOT NULL, status text NOT NULL DEFAULT 'pending',"
      " PRIMARY KEY (id, status)) PARTITION BY LIST (status);"
      "CREATE TABLE tasks_pending PARTITION OF scheduled_tasks FOR VALUES IN ('pending');"
      "CREATE TABLE tasks_other PARTITION OF scheduled_tasks DEFAULT");
  expect_round_trip(store);
}

TEST_F(PostgresAdoption, WorksWithAnEnumeratedStatusAndADomain) {
  Store& store = adopt(
      "CREATE TYPE task_status AS ENUM ('pending', 'running', 'completed', 'failed', 'disabled');"
      "CREATE DOMAIN cron AS varchar(50) CHECK (VALUE <> '');"
      "CREATE TABLE scheduled_tasks (id smallint PRIMARY KEY, skill_name char(30) NOT NULL, schedule_cron cron NOT NULL,"
      " next_run_at timestamptz(6) NOT NULL, params_json jsonb NOT NULL DEFAULT '{}',"
      " status task_status NOT NULL DEFAULT 'pending')");
  expect_round_trip(store);
  const auto transaction = store.begin(Access::read, "r");
  const TableShape& shape = transaction->tasks().shape();
  EXPECT_EQ(shape.max_id, INT16_MAX);
  EXPECT_EQ(shape.max_length[static_cast<std::size_t>(Field::schedule_cron)], 50U);
  EXPECT_FALSE(shape.columns.contains(Field::user_id));
}

TEST_F(PostgresAdoption, ReportsRowsThatBreakTheRules) {
  Store& store = adopt(
      "CREATE TABLE scheduled_tasks (id bigint, skill_name text, schedule_cron text, next_run_at timestamptz,"
      " params_json json)");
  database_->run(
      "INSERT INTO scheduled_tasks VALUES (1, 'good', '@daily', now(), '{}'), (2, 'no cron', 'whenever', now(), '{}'),"
      " (3, 'never', '@daily', 'infinity', '{}'), (4, 'long ago', '@daily', '4000-01-01 BC', '{}'),"
      " (5, NULL, '@daily', now(), '{}'), (6, 'list', '@daily', now(), '[1]'), (7, 'twice', '@daily', now(), '{}'),"
      " (7, 'twice', '@daily', now(), '{}'), (-1, 'negative', '@daily', now(), '{}'), (NULL, 'none', '@daily', now(), '{}'),"
      " (8, 'duplicate key', '@daily', now(), '{\"a\":1,\"a\":2}'), (9, 'no date', '@daily', NULL, '{}')");
  const TableRows rows = all_rows(store);
  EXPECT_EQ(joined_ids(rows.tasks), "1");
  std::string invalid;
  for (const InvalidRow& row : rows.invalid) invalid += std::to_string(row.id) + ":" + row.field + " ";
  EXPECT_EQ(invalid, "-1:id 0:id 2:schedule_cron 3:next_run_at 4:next_run_at 5:skill_name 6:params_json 7:id"
                     " 8:params_json 9:next_run_at ");
  EXPECT_EQ(store.begin(Access::read, "r")->tasks().highest_id(), 9);
}

TEST_F(PostgresAdoption, RefusesATextIdAndSaysWhatIsThere) {
  database_->run("CREATE TABLE scheduled_tasks (id uuid PRIMARY KEY, skill_name text, next_run_at date)");
  store_ = open_postgres_store(database_->url(), options_for("scheduled_tasks"));
  const Error error = error_of([&] { store_->prepare(); });
  EXPECT_EQ(error.code(), ErrorCode::unsuitable_table);
  EXPECT_EQ(error.parts().cause,
            "column id is uuid, but task ids are integers; column schedule_cron is missing; column next_run_at is date,"
            " not timestamp, with or without time zone; it has: id uuid, skill_name text, next_run_at date; a schedule"
            " needs: id bigint or integer, skill_name text or varchar, schedule_cron text or varchar, next_run_at"
            " timestamp, with or without time zone");
}

TEST_F(PostgresAdoption, LeavesAnOptionalColumnOfAnotherTypeAlone) {
  Store& store = adopt(
      "CREATE TABLE scheduled_tasks (id int PRIMARY KEY, skill_name text NOT NULL, schedule_cron text NOT NULL,"
      " next_run_at timestamptz NOT NULL, user_id integer, updated_at timestamptz GENERATED ALWAYS AS (next_run_at) STORED)");
  const FieldSet columns = store.begin(Access::read, "r")->tasks().shape().columns;
  EXPECT_FALSE(columns.contains(Field::user_id));
  EXPECT_FALSE(columns.contains(Field::updated_at));
  expect_round_trip(store);
}

TEST_F(PostgresAdoption, ARowSecurityPolicyAppliesAndRefusesRowByRow) {
  const std::string role = database_->role("tenant");
  database_->run(kSqlAlchemyTable);
  database_->run("ALTER TABLE scheduled_tasks ENABLE ROW LEVEL SECURITY;"
                 "CREATE POLICY own ON scheduled_tasks USING (user_id = 'me');"
                 "GRANT ALL ON scheduled_tasks, scheduled_tasks_id_seq TO " + role + "; GRANT CREATE ON DATABASE " +
                 database_->name() + " TO " + role);
  database_->run("INSERT INTO scheduled_tasks (skill_name, schedule_cron, next_run_at, user_id)"
                 " VALUES ('theirs', '@daily', now(), 'them'), ('mine', '@daily', now(), 'me')");
  store_ = open_postgres_store(database_->url(role), options_for("scheduled_tasks"));
  store_->prepare();
  EXPECT_EQ(joined_ids(all_rows(*store_).tasks), "2");
  Task mine = make_task(10);
  mine[Field::user_id] = std::string("me");
  const std::vector<RefusedRow> refused = apply_and_commit(*store_, {insertion(make_task(9)), insertion(mine)});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].id, 9);
  EXPECT_NE(refused[0].message.find("policy"), std::string::npos) << refused[0].message;
  EXPECT_EQ(joined_ids(all_rows(*store_).tasks), "2,10");
}

TEST_F(PostgresAdoption, ARoleThatMayOnlyReadAndWriteRowsUsesWhatTheOwnerMade) {
  const std::string role = database_->role("writer");
  database_->run("CREATE SCHEMA app");
  database_->run("SET search_path = app");
  database_->run(kSqlAlchemyTable);
  database_->run("RESET search_path");
  database_->run("GRANT USAGE ON SCHEMA app TO " + role +
                 "; GRANT SELECT, INSERT, UPDATE, DELETE ON app.scheduled_tasks TO " + role);
  store_ = open_postgres_store(database_->url(role), options_for("app.scheduled_tasks"));
  const Error error = error_of([&] { store_->prepare(); });
  EXPECT_EQ(error.code(), ErrorCode::permission);
  EXPECT_NE(error.parts().hint.find("--print-sql"), std::string::npos);

  database_->run(store_->setup_sql());
  database_->run(store_->setup_sql());  // what is there is left as it is
  EXPECT_TRUE(store_->prepare().empty());
  expect_round_trip(*store_);
  EXPECT_EQ(database_->ask("SELECT nextval('app.scheduled_tasks_id_seq')"), "8");
  const FeedState feed = store_->install_feed();
  EXPECT_TRUE(feed.active) << feed.why_not;
  EXPECT_FALSE(store_->begin(Access::read, "r")->tasks().cursor().empty());
  const auto transaction = store_->begin(Access::write, "r");
  transaction->base().set_state({.name = "r", .host = "h", .path = "p", .content = {}, .agreed = false, .last_sync = kNow,
                                 .sync_source = {}, .backup = {}, .settings_key = {},
                                 .cursor = transaction->tasks().cursor()});
  transaction->commit();
}

TEST_F(PostgresAdoption, ASchemaOfItsOwnIsEnoughForARoleWithoutOtherRights) {
  const std::string role = database_->role("writer");
  database_->run(kSqlAlchemyTable);
  database_->run("CREATE SCHEMA lockstep; GRANT USAGE, CREATE ON SCHEMA lockstep TO " + role +
                 "; GRANT SELECT, INSERT, UPDATE, DELETE ON scheduled_tasks TO " + role);
  store_ = open_postgres_store(database_->url(role), options_for("scheduled_tasks"));
  const std::vector<std::string> sentences = store_->prepare();
  ASSERT_EQ(sentences.size(), 3U);
  EXPECT_EQ(sentences[1], "Adopted the table \"public\".\"scheduled_tasks\" as it is");
  EXPECT_NE(sentences[2].find("GRANT SELECT, UPDATE ON SEQUENCE public.scheduled_tasks_id_seq"), std::string::npos) << sentences[2];
  EXPECT_TRUE(store_->prepare().empty());
  expect_round_trip(*store_);
  const FeedState feed = store_->install_feed();
  EXPECT_FALSE(feed.active);
  EXPECT_NE(feed.why_not.find("--print-sql"), std::string::npos);
  EXPECT_EQ(store_->begin(Access::read, "r")->tasks().cursor(), "");
}

TEST_F(PostgresAdoption, AnOwnerCanMakeEverythingForARoleThatMayNothing) {
  const std::string role = database_->role("writer");
  store_ = open_postgres_store(database_->url(role), options_for("scheduled_tasks"));
  database_->run(store_->setup_sql());
  EXPECT_TRUE(store_->prepare().empty());
  expect_round_trip(*store_);
  EXPECT_EQ(database_->ask("SELECT nextval('scheduled_tasks_id_seq')"), "8");
}

TEST_F(PostgresAdoption, CreatesTheTableAsTheContractHasIt) {
  store_ = open_postgres_store(database_->url(), options_for("scheduled_tasks"));
  EXPECT_EQ(store_->prepare().size(), 2U);
  EXPECT_TRUE(store_->prepare().empty());
  EXPECT_EQ(database_->ask("SELECT a.attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null'"
                           " ELSE '' END || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a"
                           " LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum"
                           " WHERE attrelid = 'scheduled_tasks'::regclass AND attnum > 0 ORDER BY attnum"),
            "id bigint not null,skill_name character varying(255) not null,"
            "schedule_cron character varying(100) not null,next_run_at timestamp with time zone not null,"
            "params_json jsonb not null '{}'::jsonb,status character varying(20) not null 'pending'::character varying,"
            "user_id character varying(255),created_at timestamp with time zone not null now(),"
            "updated_at timestamp with time zone not null now()");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_index WHERE indrelid = 'scheduled_tasks'::regclass"), "4");
  EXPECT_EQ(database_->ask("SELECT count(*) FROM pg_constraint WHERE conrelid = 'scheduled_tasks'::regclass AND contype = 'c'"), "1");
  expect_round_trip(*store_);
}

TEST_F(PostgresAdoption, OwnTablesThatWereDroppedAreMadeAgainAndThatIsSaid) {
  const auto store = prepared_store();
  const std::string names = "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'lockstep'";
  const std::string all = database_->ask(names);
  for (const std::string table : {"base", "changes", "conflicts", "feed", "meta", "replicas", "runs", "texts"}) {
    database_->run("INSERT INTO lockstep.base VALUES ('r', 1, '\\x00', NULL, '{}')");
    store->mended();
    database_->run("DROP TABLE lockstep." + table);
    EXPECT_TRUE(store->begin(Access::read, "r")->base().index().empty()) << "read as never prepared: " << table;
    EXPECT_TRUE(apply_and_commit(*store, {}).empty()) << table;
    EXPECT_EQ(store->mended().empty(), table == "texts") << table;
    EXPECT_EQ(database_->ask(names), all) << table;
    const bool base_is_lost = table == "base" || table == "meta" || table == "replicas";
    EXPECT_EQ(database_->ask("SELECT count(*) FROM lockstep.base"), base_is_lost ? "0" : "1") << table;
    database_->run("DELETE FROM lockstep.base");
  }
}

}  // namespace
}  // namespace lockstep::testing_store
