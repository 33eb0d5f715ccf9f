#include "store/postgres_server.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace lockstep::testing_store {
namespace {

constexpr const char* kScript = LOCKSTEP_POSTGRES_CLUSTER_SCRIPT;
constexpr int kNotInstalled = 77;

struct Output {
  std::string text;
  int status = 0;
};

Output run_script(const std::string& arguments) {
  FILE* pipe = popen((std::string("'") + kScript + "' " + arguments).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run postgres_cluster.sh");
  Output output;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) {
    if (c != '\n') output.text += static_cast<char>(c);
  }
  output.status = WEXITSTATUS(pclose(pipe));
  return output;
}

}  // namespace

std::unique_ptr<PostgresServer> PostgresServer::find() {
  if (const char* file = std::getenv("LOCKSTEP_TEST_POSTGRES")) {
    std::string folder;
    std::getline(std::ifstream(file), folder);
    if (!folder.empty()) return std::unique_ptr<PostgresServer>(new PostgresServer(folder, false));
  }
  return start();
}

std::unique_ptr<PostgresServer> PostgresServer::start() {
  const Output started = run_script("start");
  if (started.status == kNotInstalled) return nullptr;
  if (started.status != 0) throw std::runtime_error("PostgreSQL does not start");
  return std::unique_ptr<PostgresServer>(new PostgresServer(started.text, true));
}

PostgresServer* PostgresServer::shared() {
  static const std::unique_ptr<PostgresServer> server = find();
  return server.get();
}

PostgresServer::~PostgresServer() {
  if (own_) run_script("stop '" + folder_ + "'");
}

std::string PostgresServer::pooler(std::string_view mode) const {
  const Output output = run_script("pooler '" + folder_ + "' " + std::string(mode));
  if (output.status == kNotInstalled) return {};
  if (output.status != 0) throw std::runtime_error("PgBouncer does not start");
  return output.text;
}

std::string PostgresServer::url(std::string_view database, std::string_view user, std::string_view query) const {
  return "postgresql://" + std::string(user) + "@/" + std::string(database) + "?host=" + folder_ + std::string(query);
}

// Making and dropping a database costs a second on a slow disk, emptying one a few milliseconds: they are used again.
std::vector<std::string>& free_databases() {
  static std::vector<std::string> names;
  return names;
}

PostgresDatabase::PostgresDatabase() {
  static std::atomic<int> count{0};
  if (!free_databases().empty()) {
    name_ = free_databases().back();
    free_databases().pop_back();
  } else {
    name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
    postgres::Connection admin(postgres::Target::parse(PostgresServer::shared()->url("postgres")));
    admin.execute("CREATE DATABASE " + name_ + " TEMPLATE template0", "make a database");
  }
  connection_ = std::make_unique<postgres::Connection>(postgres::Target::parse(url("postgres", "&application_name=test")));
}

PostgresDatabase::~PostgresDatabase() {
  try {
    connection_ = std::make_unique<postgres::Connection>(postgres::Target::parse(url("postgres", "&application_name=test")));
    connection_->execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()",
        "end the sessions");
    std::string sql = "ALTER DATABASE " + name_ + " RESET ALL;";
    for (const std::string& role : roles_) sql += "DROP OWNED BY " + role + "; DROP ROLE " + role + ";";
    connection_->execute(sql + R"(DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
      END LOOP;
      CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; END $$)", "empty the database");
    free_databases().push_back(name_);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

std::string PostgresDatabase::url(std::string_view user, std::string_view query) const {
  return PostgresServer::shared()->url(name_, user, query);
}

postgres::Connection PostgresDatabase::connect(std::string_view user) const {
  return postgres::Connection(postgres::Target::parse(url(user, "&application_name=test")));
}

std::string PostgresDatabase::ask(postgres::Connection& connection, const std::string& sql) {
  const postgres::Result rows = connection.execute(sql, "ask");
  std::string text;
  for (int row = 0; row < rows.rows(); ++row) {
    text += (row == 0 ? "" : ",") + rows.optional_text(row, 0).value_or("NULL");
  }
  return text;
}

std::string PostgresDatabase::role(std::string_view suffix) {
  std::string role = name_ + "_" + std::string(suffix);
  run("CREATE ROLE " + role + " LOGIN");
  roles_.push_back(role);
  return role;
}

}  // namespace lockstep::testing_store
