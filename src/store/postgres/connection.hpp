// libpq, wrapped once: nothing else in lockstep calls it.
//
// Waits for the server poll its socket against a deadline a little beyond the server's own
// statement_timeout, so that a server that has stopped answering cannot hold a sync for ever.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "store/postgres/binary.hpp"
#include "store/postgres/target.hpp"
#include "store/wait_budget.hpp"

namespace lockstep::postgres {

// A refusal of the server, translated from its SQLSTATE:
//   40001 40P01 → changed, retryable            55P03 → locked, retryable
//   42501 25006 → permission                    08*, 57P*, no SQLSTATE → unreachable, retryable
//   everything else → database
class SqlError : public Error {
 public:
  SqlError(Parts parts, std::string sqlstate, std::string constraint)
      : Error(std::move(parts)), sqlstate_(std::move(sqlstate)), constraint_(std::move(constraint)) {}
  const std::string& sqlstate() const noexcept { return sqlstate_; }      // empty = the connection failed
  const std::string& constraint() const noexcept { return constraint_; }  // empty = none is to blame
  std::string_view sqlstate_class() const noexcept { return std::string_view(sqlstate_).substr(0, 2); }

 private:
  std::string sqlstate_;
  std::string constraint_;
};

// One column of one row in text or binary format, or NULL.
struct Cell {
  const char* data = nullptr;
  std::int32_t length = -1;  // -1 = NULL
  bool is_null() const { return length < 0; }
  std::string_view view() const { return {data, static_cast<std::size_t>(length)}; }  // precondition: not null
};

class Result {
 public:
  explicit Result(PGresult* result = nullptr) : result_(result) {}
  explicit operator bool() const { return result_ != nullptr; }
  PGresult* get() const { return result_.get(); }

  int rows() const { return PQntuples(result_.get()); }
  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  Cell cell(int row, int column) const {
    if (null(row, column)) return {};
    return {PQgetvalue(result_.get(), row, column), PQgetlength(result_.get(), row, column)};
  }
  std::optional<std::string> optional_text(int row, int column) const {
    return null(row, column) ? std::nullopt : std::optional<std::string>(text(row, column));
  }
  std::int64_t integer(int row, int column) const;  // of a text result
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  std::int64_t affected() const;                    // rows, of the command tag

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

// Values for $1, $2, … in order. Numbers and text go as text (the statement casts them), arrays in binary.
class Parameters {
 public:
  Parameters& add(std::int64_t value) { return add(std::to_string(value)); }
  Parameters& add(std::string value);
  Parameters& add(std::string_view value) { return add(std::string(value)); }
  Parameters& add(const char* value) { return add(std::string(value)); }
  Parameters& add(std::nullopt_t);
  template <typename T>
  Parameters& add(const std::optional<T>& value) {
    return value ? add(*value) : add(std::nullopt);
  }
  Parameters& add(const Array& value);
  Parameters& add(Timestamp value);                       // timestamptz
  Parameters& add_bytes(std::string_view value);          // bytea
  Parameters& add_ids(std::span<const std::int64_t> ids);  // bigint[]

 private:
  friend class Connection;
  struct Value {
    std::optional<std::string> bytes;
    Oid type = 0;
    bool binary = false;
  };
  std::vector<Value> values_;
};

// As an SQL string, whatever the session's standard_conforming_strings. Precondition: no NUL in it.
std::string quote_literal(std::string_view text);

struct Notification {
  std::string channel;
  std::string payload;
};

// One connection, used by one thread. Every member throws SqlError.
class Connection {
 public:
  static constexpr std::chrono::milliseconds kStatementTimeout{300'000};
  static constexpr std::chrono::milliseconds kShortestLockWait{50};

  // Connects. `application_name` is lockstep unless the target names another. With a budget, waits count against it, and a
  // server that gives no sign of life is given up when it is used up.
  explicit Connection(const Target& target, std::shared_ptr<WaitBudget> budget = nullptr);

  // The transaction that began waits so long for each lock (the server counts them one by one); from then on, as long as
  // it lasts, that is brought down as the budget is used up.
  void lock_timeout_is(std::chrono::milliseconds lock_timeout) { lock_timeout_ = lock_timeout; }

  // Simple protocol; may hold several statements. The last one's result.
  Result execute(const std::string& sql, std::string_view operation);
  // The same: what each of the statements answered, in their order. One round trip for all of them.
  std::vector<Result> execute_all(const std::string& sql, std::string_view operation);
  // Sends only: nothing else may be done with the connection until the answer is collected by receive().
  void send(const std::string& sql, std::string_view operation);
  Result receive(std::string_view operation);
  // What send() asked for, without waiting; false: the answer has not arrived yet.
  bool try_receive(std::string_view operation);
  Result query(const std::string& sql, const Parameters& parameters, std::string_view operation, bool binary = false);

  // `COPY (SELECT …) TO STDOUT (FORMAT binary)`: each row's cells, valid during the call.
  void copy_out(const std::string& sql, std::size_t columns, std::string_view operation,
                const std::function<void(std::span<const Cell>)>& row);
  // `COPY … FROM STDIN (FORMAT binary)`: `fill` adds rows until it returns false. How many the table took.
  std::int64_t copy_in(const std::string& sql, std::string_view operation, const std::function<bool(CopyRows&)>& fill);

  bool lost() const { return PQstatus(connection_.get()) != CONNECTION_OK; }
  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }
  int server_version() const { return PQserverVersion(connection_.get()); }
  int backend_pid() const { return PQbackendPID(connection_.get()); }
  int socket() const { return PQsocket(connection_.get()); }
  std::optional<Notification> next_notification();  // reads what has arrived; never waits

  // Roll back whatever is open. Never throws: a connection that cannot is left lost.
  void roll_back() noexcept;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void connect(const std::vector<const char*>& keywords, const std::vector<const char*>& values);
  void shorten_lock_timeout();
  Result wait_for_result(std::string_view operation);
  void wait_readable(std::chrono::steady_clock::time_point deadline, std::string_view operation);
  bool ask_about_the_wait();
  [[noreturn]] void abandon(std::string_view operation, std::string cause);
  std::vector<Result> all_results(std::string_view operation);  // at least one
  int next_copy_data(char** data, std::string_view operation);
  [[noreturn]] void fail(const PGresult* result, std::string_view operation) const;
  [[noreturn]] void fail_lost(std::string_view operation, std::string cause) const;

  Target target_;
  std::shared_ptr<WaitBudget> budget_;  // may be null
  std::unique_ptr<PGconn, Finish> connection_;
  std::chrono::milliseconds lock_timeout_{0};  // of the transaction; 0 = not ours to change
  std::string holders_;   // who is in the way of what is waited for, as was last found out; empty = nobody
  bool asking_ = false;   // this is the one that asks about another's wait
};

}  // namespace lockstep::postgres
