#include "store/sqlite_database.hpp"

#include "store/column_values.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace lockstep::testing_store {

namespace {
constexpr std::int64_t kBusyTimeoutMs = 20;  // tests wait it out where the application must be refused
}

std::unique_ptr<Store> SqliteDatabase::open(StoreOptions options) { return open_sqlite_store(path(), options); }

sqlite::Connection& SqliteDatabase::application() {
  if (!application_ || !application_->is_current()) {
    application_.reset();
    application_ = std::make_unique<sqlite::Connection>(path(), sqlite::OpenMode::create, kBusyTimeoutMs);
  }
  return *application_;
}

void SqliteDatabase::run(const std::string& sql) { application().execute(sql); }

std::optional<std::string> SqliteDatabase::value(const std::string& sql) {
  sqlite::Statement row = application().prepare(sql);
  return row.step() ? row.optional_string(0) : std::nullopt;
}

void SqliteDatabase::put(const Task& task) {
  std::string names = "id", places = "?", sets;
  for (const FieldSpec& field : kSchema) {
    names += ", " + std::string(field.name);
    places += ", ?";
    sets += (sets.empty() ? "" : ", ") + std::string(field.name) + " = excluded." + std::string(field.name);
  }
  sqlite::Statement statement = application().prepare("INSERT INTO scheduled_tasks (" + names + ") VALUES (" + places +
                                                      ") ON CONFLICT (id) DO UPDATE SET " + sets);
  std::array<std::optional<std::string>, kFieldCount> texts;
  statement.bind(1, task.id);
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    texts[i] = column_text(task.values[i]);
    statement.bind(static_cast<int>(i) + 2, texts[i]);
  }
  statement.run();
}

void SqliteDatabase::put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) {
  sqlite::Statement statement =
      application().prepare("UPDATE scheduled_tasks SET \"" + std::string(column) + "\" = ? WHERE id = ?");
  statement.bind(1, text).bind(2, id);
  statement.run();
}

bool SqliteDatabase::erase(std::int64_t id) {
  application().prepare("DELETE FROM scheduled_tasks WHERE id = ?").bind(1, id).run();
  return application().rows_changed() > 0;
}

std::optional<std::string> SqliteDatabase::column(std::int64_t id, std::string_view column) {
  return value("SELECT \"" + std::string(column) + "\" FROM scheduled_tasks WHERE id = " + std::to_string(id));
}

void SqliteDatabase::add_unknown_column(std::string_view name) {
  run("ALTER TABLE scheduled_tasks ADD COLUMN " + std::string(name) + " TEXT");
}

void SqliteDatabase::refuse_removal(std::int64_t id) {
  run("CREATE TABLE IF NOT EXISTS results (task_id INTEGER REFERENCES scheduled_tasks (id));"
      "INSERT INTO results VALUES (" +
      std::to_string(id) + ")");
}

void SqliteDatabase::drop_task_table() { run("DROP TABLE scheduled_tasks"); }

void SqliteDatabase::pretend_newer_schema() {
  run("UPDATE lockstep_meta SET value = 1000 WHERE key = 'schema_version'");
}

}  // namespace lockstep::testing_store
