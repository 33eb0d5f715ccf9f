// SQLite's C interface, wrapped once: connections, prepared statements, result codes as Errors.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/error.hpp"
#include "store/wait_budget.hpp"

namespace lockstep::sqlite {

class Connection;

// A prepared statement in use. Taken from its connection's cache, and reset when this goes: what was
// bound by reference must live until then. Columns' texts and blobs are valid until the next step.
class Statement {
 public:
  ~Statement();
  Statement(Statement&&) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Parameters from 1, in SQL's order of `?`. Texts and blobs are bound by reference.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const char* text) { return bind(parameter, std::string_view(text)); }
  Statement& bind(int parameter, const std::string& text) { return bind(parameter, std::string_view(text)); }
  Statement& bind(int parameter, const std::optional<std::string>& text);
  Statement& bind(int parameter, std::optional<std::int64_t> value);
  Statement& bind_blob(int parameter, std::span<const unsigned char> bytes);
  Statement& bind_null(int parameter);

  // The next row; false = there is none, and the statement is reset. Throws.
  bool step();
  // Runs a statement without rows and resets it. Throws.
  void run();
  // The same, but a constraint that refuses it is an answer: SQLite's sentence. The statement itself has then
  // changed nothing; the transaction goes on.
  std::optional<std::string> run_unless_refused();

  int type(int column) const;  // SQLITE_NULL, SQLITE_INTEGER, …
  bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  // numbers as decimal text, empty for NULL
  std::string_view blob(int column) const;
  std::string string(int column) const { return std::string(text(column)); }
  std::optional<std::string> optional_string(int column) const;
  int column_count() const;
  std::string_view column_name(int column) const;

 private:
  friend class Connection;
  struct Cached {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
    ~Cached() { sqlite3_finalize(handle); }
    Cached() = default;
    Cached(const Cached&) = delete;
    Cached& operator=(const Cached&) = delete;
  };
  Statement(Connection& connection, std::shared_ptr<Cached> cached);
  void check(int code) const;

  Connection* connection_;
  std::shared_ptr<Cached> cached_;
};

enum class OpenMode : std::uint8_t {
  create,    // a missing file is created
  existing,  // it must be there; written to where the user's rights allow it
  observe,   // it must be there; never written to, and not even read before the first statement
  nothing,   // an empty database in memory that stands for a file that is not there
};

// One open database. Not thread-safe. Foreign keys are enforced, so that the application's ON DELETE rules hold.
class Connection {
 public:
  // `busy_timeout_ms`: how long a statement waits for another process's lock. Throws.
  Connection(std::string path, OpenMode mode, std::int64_t busy_timeout_ms);
  // The same, but all statements share what `budget` allows.
  Connection(std::string path, OpenMode mode, std::shared_ptr<WaitBudget> budget);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements are prepared once per text and kept.
  Statement prepare(const std::string& sql);
  void execute(const std::string& sql);                         // one or several statements without parameters or rows
  std::optional<std::int64_t> integer(const std::string& sql);  // first column of the first row
  void roll_back() noexcept;                                    // if it is in a transaction

  // Whether the path still leads to the file that is open here.
  bool is_current() const;
  // From now on is_current() is false: after a failure that leaves open what the file holds.
  void distrust() { identity_.reset(); }
  bool read_only() const;
  bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }
  bool has_deferred_violations() const;
  // The same text twice: in between no other connection has committed anything to the database. Inside a transaction:
  // to what it sees. No two connections of a process share one.
  std::string version_mark();
  // Moves with every row that this connection writes, committed or not.
  std::int64_t rows_written() const { return sqlite3_total_changes64(handle()); }
  std::int64_t rows_changed() const { return sqlite3_changes64(handle()); }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(handle()); }
  const std::string& path() const { return path_; }

  // Bytes of the file as it is at this moment, read without any lock: what another process is writing may be
  // seen in part. Fewer where the file ends. Throws.
  std::string peek(std::int64_t offset, int size) const;

  // Throws what SQLite's last result means.
  [[noreturn]] void fail(std::string operation) const;

 private:
  friend class Statement;
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
  };
  static std::optional<FileIdentity> identify(const std::string& path);
  sqlite3* handle() const { return handle_.get(); }

  std::string path_;
  std::shared_ptr<WaitBudget> budget_;       // outlives the handle
  std::unique_ptr<sqlite3, Closer> handle_;  // outlives the statements
  std::optional<FileIdentity> identity_;     // none for OpenMode::nothing
  std::uint64_t number_;                     // of this process's connections
  std::unordered_map<std::string, std::shared_ptr<Statement::Cached>> statements_;
};

// The one translation of result codes. `path` is the database's, for the message and for naming
// the process that holds a lock.
Error translate(int extended_code, std::string message, std::string operation, const std::string& path);

// The processes that hold a write lock on the database, as a phrase for a person; empty if unknown. From /proc/locks.
std::string describe_lock_holders(const std::string& path);

}  // namespace lockstep::sqlite
