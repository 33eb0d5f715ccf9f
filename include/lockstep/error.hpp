// The one exception of lockstep: an operation that is broken, as opposed to an
// outcome that a user must expect (a conflict, an invalid file, a busy lock),
// which is always a value.
#pragma once

#include <exception>
#include <string>

namespace lockstep {

enum class ErrorCode {
  usage,            // the caller's words are off: flags, configuration, parameters
  not_found,        // a thing that was named is not there
  io,               // a file operation failed
  permission,       // … for want of rights
  locked,           // a lock of the file was not free within its deadline
  busy,             // … of the database, or of a replica: nothing was written, retry
  database,         // the database refused or failed
  unreachable,      // the database cannot be reached
  changed,          // what was to be replaced is no longer there: read again and start anew
  newer_schema,     // the database was written by a newer lockstep
  unsuitable_table, // the task table lacks what a schedule needs
  internal,         // an invariant of ours does not hold
};

// Thrown wherever a C library or the system reports a failure; errno, SQLite
// codes and SQLSTATE are translated into it once, at the edge that met them.
class Error : public std::exception {
 public:
  struct Parts {
    ErrorCode code = ErrorCode::internal;
    std::string operation{};  // what was tried: "open", "insert tasks"
    std::string subject{};    // on what: a path, a table; never a connection string
    std::string cause{};      // why it failed, in the words of whoever refused
    std::string hint{};       // what the reader can do about it; may be empty
    bool retryable = false; // the same call may succeed if made again from the start
  };

  explicit Error(Parts parts) : parts_(std::move(parts)) {
    text_ = parts_.operation;
    if (!parts_.subject.empty()) text_ += (text_.empty() ? "" : " ") + parts_.subject;
    if (!parts_.cause.empty()) text_ += (text_.empty() ? "" : ": ") + parts_.cause;
    if (!parts_.hint.empty()) text_ += " (" + parts_.hint + ")";
  }

  const char* what() const noexcept override { return text_.c_str(); }
  const Parts& parts() const noexcept { return parts_; }
  ErrorCode code() const noexcept { return parts_.code; }
  bool retryable() const noexcept { return parts_.retryable; }

 private:
  Parts parts_;
  std::string text_;
};

}  // namespace lockstep
