// A part of a transaction that may fail alone.
#pragma once

#include "store/postgres/connection.hpp"

namespace lockstep::postgres {

// Rolls back to its begin unless released. Savepoints nest.
class Savepoint {
 public:
  explicit Savepoint(Connection& connection) : connection_(connection) {
    connection_.execute("SAVEPOINT lockstep", "set a savepoint");
  }
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  ~Savepoint() {
    if (!open_) return;
    try {
      roll_back();
    } catch (const Error&) {
      // A transaction that cannot go back to its savepoint can only fail, and says so at its next statement.
      return;
    }
  }
  void release() {
    open_ = false;
    connection_.execute("RELEASE SAVEPOINT lockstep", "release a savepoint");
  }
  void roll_back() {
    open_ = false;
    connection_.execute("ROLLBACK TO SAVEPOINT lockstep; RELEASE SAVEPOINT lockstep", "go back to a savepoint");
  }

 private:
  Connection& connection_;
  bool open_ = true;
};

// The statements as such a part, in one round trip. Where one of them fails, all are undone and its error goes on.
inline void execute_apart(Connection& connection, const std::string& statements, std::string_view operation) {
  try {
    connection.execute("SAVEPOINT lockstep; " + statements + "; RELEASE SAVEPOINT lockstep", operation);
  } catch (const SqlError&) {
    connection.execute("ROLLBACK TO SAVEPOINT lockstep; RELEASE SAVEPOINT lockstep", "go back to a savepoint");
    throw;
  }
}

}  // namespace lockstep::postgres
