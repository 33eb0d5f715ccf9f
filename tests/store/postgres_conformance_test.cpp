// The suite that every backend passes, on PostgreSQL.
#include "store/column_values.hpp"
#include "store/postgres_tasks.hpp"

namespace lockstep::testing_store {
namespace {

class PostgresTestDatabase final : public TestDatabase {
 public:
  std::unique_ptr<Store> open(StoreOptions options = {}) override { return open_postgres_store(database_.url(), options); }

  void put(const Task& task) override {
    std::string names = "id", places = "$1", sets;
    postgres::Parameters values;
    values.add(task.id);
    for (const FieldSpec& field : kSchema) {
      const std::string name(field.name);
      names += ", " + name;
      places += ", $" + std::to_string(static_cast<int>(field.field) + 2);
      sets += (sets.empty() ? "" : ", ") + name + " = excluded." + name;
      values.add(column_text(task[field.field]));
    }
    application().query("INSERT INTO scheduled_tasks (" + names + ") VALUES (" + places + ") ON CONFLICT (id) DO UPDATE SET " + sets,
                        values, "put");
  }
  void put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) override {
    application().query("UPDATE scheduled_tasks SET \"" + std::string(column) + "\" = $2 WHERE id = $1",
                        postgres::Parameters().add(id).add(text), "put");
  }
  bool erase(std::int64_t id) override {
    return application().query("DELETE FROM scheduled_tasks WHERE id = $1", postgres::Parameters().add(id), "erase").affected() > 0;
  }
  std::optional<std::string> column(std::int64_t id, std::string_view column) override {
    const postgres::Result rows = application().query("SELECT \"" + std::string(column) + "\" FROM scheduled_tasks WHERE id = $1",
                                                      postgres::Parameters().add(id), "look");
    return rows.rows() > 0 ? rows.optional_text(0, 0) : std::nullopt;
  }
  void add_unknown_column(std::string_view name) override {
    database_.run("ALTER TABLE scheduled_tasks ADD COLUMN " + std::string(name) + " text");
  }
  void refuse_removal(std::int64_t id) override {
    database_.run("CREATE TABLE IF NOT EXISTS results (task_id bigint REFERENCES scheduled_tasks (id));"
                  "INSERT INTO results VALUES (" + std::to_string(id) + ")");
  }
  void drop_task_table() override { database_.run("DROP TABLE scheduled_tasks CASCADE"); }
  void pretend_newer_schema() override {
    database_.run("UPDATE lockstep.meta SET value = '1000' WHERE key = 'schema_version'");
  }
  bool is_untouched() override {
    return database_.ask("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                         " WHERE nspname = 'public' OR nspname = 'lockstep'") == "0" &&
           database_.ask("SELECT to_regnamespace('lockstep')") == "NULL";
  }
  bool lets_others_write() const override { return true; }

 private:
  postgres::Connection& application() {
    if (!application_) {
      application_.emplace(database_.connect());
      application_->execute("SET lock_timeout = '50ms'", "set up the application");
    }
    return *application_;
  }

  PostgresDatabase database_;
  std::optional<postgres::Connection> application_;
};

// Without a server there is nothing to run it on.
std::vector<Backend> backends() {
  if (PostgresServer::shared() == nullptr) return {};
  return {Backend{"Postgres", [] { return std::make_unique<PostgresTestDatabase>(); }}};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);
INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace lockstep::testing_store
