#include "store/sqlite/sqlite_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "store/sqlite/base_table.hpp"
#include "store/sqlite/conflict_table.hpp"
#include "store/sqlite/examination.hpp"
#include "store/sqlite/history_table.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/task_table.hpp"

namespace lockstep {
namespace sqlite {
namespace {

// Rolls back unless committed. Keeps its connection alive and tells the store, by letting go of it, when
// the connection can no longer be trusted.
class SqliteTransaction final : public Transaction {
 public:
  // Precondition: the connection is in a transaction; it is this one's from now on.
  SqliteTransaction(std::shared_ptr<Connection> connection, const TableName& table, std::string replica, std::int64_t version)
      : connection_(std::move(connection)),
        table_(table),
        base_(*connection_, version > 0, std::move(replica), canonical_name(table)),
        conflicts_(*connection_, version),
        history_(*connection_, version) {}

  ~SqliteTransaction() override { connection_->roll_back(); }

  TaskTable& tasks() override {
    if (!tasks_) tasks_.emplace(*connection_, table_);
    return *tasks_;
  }
  BaseTable& base() override { return base_; }
  ConflictTable& conflicts() override { return conflicts_; }
  HistoryTable& history() override { return history_; }

  void commit() override {
    try {
      connection_->execute("COMMIT");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io) throw;
      // What was written may come to light when the database is opened again, or may not.
      connection_->distrust();
      Error::Parts parts = error.parts();
      parts.code = ErrorCode::unreachable;
      parts.operation = "commit to";
      parts.retryable = true;
      throw Error(std::move(parts));
    }
  }

 private:
  std::shared_ptr<Connection> connection_;
  TableName table_;
  std::optional<SqliteTaskTable> tasks_;
  SqliteBaseTable base_;
  SqliteConflictTable conflicts_;
  SqliteHistoryTable history_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, const StoreOptions& options)
      : path_(std::move(path)),
        options_(options),
        table_(parse_table_name(options.table)),
        budget_(std::make_shared<WaitBudget>(std::chrono::milliseconds(options.lock_timeout_ms))) {
    if (!table_.schema.empty() && table_.schema != "main") {
      throw Error({.code = ErrorCode::usage,
                   .operation = "use the table",
                   .subject = quote_identifier(table_),
                   .cause = "an SQLite database has only the schema `main`",
                   .hint = "write the table's name alone"});
    }
  }

  std::vector<std::string> prepare() override {
    Connection& connection = begin_writing();
    std::vector<std::string> sentences;
    try {
      sentences = set_up(connection);
      connection.execute("COMMIT");
    } catch (...) {
      connection.roll_back();
      throw;
    }
    return sentences;
  }

  std::string setup_sql() override {
    const std::shared_ptr<Connection> connection = begin_reading();
    std::string sql;
    try {
      for (const SetupStep& step : missing(*connection)) sql += step.sql + (step.sql.ends_with(";\n") ? "" : ";\n");
    } catch (...) {
      connection->roll_back();
      throw;
    }
    connection->roll_back();
    return sql;
  }

  std::unique_ptr<Transaction> begin(Access access, std::string_view replica) override {
    std::shared_ptr<Connection> connection;
    std::int64_t version = INT64_MAX;  // as it is after set_up
    if (access == Access::write) {
      begin_writing();
      connection = connection_;
    } else {
      connection = begin_reading();
    }
    try {
      if (access == Access::write) {
        set_up(*connection);
      } else {
        version = own_schema_version(*connection);
        if (version > 0 && !own_tables_are_complete(*connection, version)) version = 0;
      }
      return std::make_unique<SqliteTransaction>(connection, table_, std::string(replica), version);
    } catch (...) {
      connection->roll_back();
      throw;
    }
  }

  std::string_view backend() const override { return "sqlite"; }

  std::vector<std::string> mended() override { return std::exchange(mended_, {}); }

  bool is_there() override {
    if (file_exists()) return true;
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0)
      throw translate(SQLITE_CANTOPEN, "its folder is not there, or closed to this user", "make", path_);
    return false;
  }

  void wait_at_most(const Waiting& waiting) override { budget_->allow(waiting); }
  std::chrono::milliseconds waited() const override { return budget_->waited(); }
  void on_wait(std::function<void(const std::string&)> listener) override {
    budget_->on_wait([path = path_, listener = std::move(listener)](const std::string& what) {
      const std::string holders = describe_lock_holders(path);
      listener(what + " " + path + (holders.empty() ? "" : ": " + holders + " is writing to it"));
    });
  }
  void give_up() override { budget_->give_up(); }

  std::vector<Finding> examine(bool) override {
    std::vector<Finding> findings = examine_files(path_);
    const bool closed = std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.level == Finding::Level::fault; });
    if (closed || !file_exists()) return findings;
    const std::shared_ptr<Connection> connection = begin_reading();
    connection->roll_back();
    for (Finding& finding : examine_database(*connection)) findings.push_back(std::move(finding));
    return findings;
  }

  // data_version does not move with what this connection commits itself.
  std::string version_mark() override {
    if (!connection_ || !connection_->is_current()) return {};
    return connection_->version_mark();
  }

 private:
  bool file_exists() const {
    struct stat status {};
    return ::stat(path_.c_str(), &status) == 0 || errno != ENOENT;
  }

  std::vector<SetupStep> missing(Connection& connection) {
    const std::int64_t version = own_schema_version(connection);
    return setup_steps(connection, table_, read_task_columns(connection, table_), version);
  }

  std::vector<std::string> set_up(Connection& connection) {
    std::vector<std::string> sentences;
    for (const SetupStep& step : missing(connection)) {
      connection.execute(step.sql);
      if (!step.sentence.empty()) sentences.push_back(step.sentence);
      if (step.mends) mended_.push_back(step.sentence);
    }
    return sentences;
  }

  Connection& begin_writing() {
    if (!options_.create) {
      throw Error({.code = ErrorCode::internal,
                   .operation = "write to",
                   .subject = "the database " + path_,
                   .cause = "this store was opened for a dry run"});
    }
    if (!connection_ || !connection_->is_current()) {
      connection_.reset();  // before the new file is opened: closing drops every lock this process has on it
      connection_ = std::make_shared<Connection>(path_, OpenMode::create, budget_);
    }
    if (connection_->read_only()) {
      throw translate(SQLITE_READONLY, "this user may not write it", "write to", path_);
    }
    connection_->execute("PRAGMA query_only = OFF");
    connection_->execute("BEGIN IMMEDIATE");
    return *connection_;
  }

  // The connection of a file that is not there is an empty one that is not kept.
  std::shared_ptr<Connection> begin_reading() {
    if (!connection_ || !connection_->is_current()) {
      connection_.reset();
      const bool absent = !file_exists();
      const OpenMode mode = absent ? OpenMode::nothing : OpenMode::existing;
      auto opened = std::make_shared<Connection>(path_, mode, budget_);
      if (!absent) connection_ = opened;
      return start_snapshot(std::move(opened));
    }
    return start_snapshot(connection_);
  }

  static std::shared_ptr<Connection> start_snapshot(std::shared_ptr<Connection> connection) {
    connection->execute("PRAGMA query_only = ON");
    connection->execute("BEGIN");
    // SQLite takes the snapshot with the first look at the database, not with BEGIN.
    try {
      connection->integer("SELECT count(*) FROM sqlite_schema");
    } catch (...) {
      connection->roll_back();
      throw;
    }
    return connection;
  }

  std::string path_;
  StoreOptions options_;
  TableName table_;
  std::vector<std::string> mended_;
  std::shared_ptr<WaitBudget> budget_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<Store> open_sqlite_store(std::string path, const StoreOptions& options) {
  return std::make_unique<sqlite::SqliteStore>(std::move(path), options);
}

}  // namespace lockstep
