// A private PostgreSQL for tests, and a fresh database in it for each.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/connection.hpp"

namespace lockstep::testing_store {

// The cluster of this ctest run (LOCKSTEP_TEST_POSTGRES names a file that holds its folder), else one that
// this process starts and ends by itself. Never one that happens to run.
class PostgresServer {
 public:
  static PostgresServer* shared();  // null: PostgreSQL is not installed
  static std::unique_ptr<PostgresServer> start();  // one more, for as long as it lives

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  const std::string& folder() const { return folder_; }  // of its socket
  // The folder of PgBouncer's socket in front of it (port 6432); empty = PgBouncer is not installed.
  std::string pooler(std::string_view mode) const;
  // A URL; `query`: more parameters, `&a=b`.
  std::string url(std::string_view database, std::string_view user = "postgres", std::string_view query = "") const;

 private:
  PostgresServer(std::string folder, bool own) : folder_(std::move(folder)), own_(own) {}
  static std::unique_ptr<PostgresServer> find();

  std::string folder_;
  bool own_;
};

// A database that lives as long as this. Roles belong to the whole cluster: make them with role().
class PostgresDatabase {
 public:
  PostgresDatabase();
  ~PostgresDatabase();
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  std::string url(std::string_view user = "postgres", std::string_view query = "") const;
  const std::string& name() const { return name_; }
  postgres::Connection& connection() { return *connection_; }  // as superuser
  postgres::Connection connect(std::string_view user = "postgres") const;

  void run(const std::string& sql) { connection_->execute(sql, "run"); }
  void disconnect() { connection_.reset(); }  // for what wants nobody else in the database; connection() is gone
  // The first column of all rows, each as text (NULL: "NULL"), joined by `,`.
  std::string ask(const std::string& sql) { return ask(*connection_, sql); }
  static std::string ask(postgres::Connection&, const std::string& sql);
  // A login role of this database's own, without any rights; dropped with it.
  std::string role(std::string_view suffix);

 private:
  std::string name_;
  std::unique_ptr<postgres::Connection> connection_;
  std::vector<std::string> roles_;
};

// Skips a test where there is no PostgreSQL.
#define LOCKSTEP_NEEDS_POSTGRES() \
  if (::lockstep::testing_store::PostgresServer::shared() == nullptr) GTEST_SKIP() << "PostgreSQL is not installed"

}  // namespace lockstep::testing_store
