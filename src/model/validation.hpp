// The rules for a task's fields, whatever side it comes from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/json.hpp"
#include "model/task.hpp"

namespace lockstep {

struct FieldProblem {
  std::string field;    // a name of kSchema, or "id"
  std::string message;  // names the bad value and says how to mend it
};

// Remembers cron expressions that it has already found valid, so that a
// schedule with few distinct expressions costs few parses. Not shared between threads.
class Validator {
 public:
  Validator();
  ~Validator();
  Validator(Validator&&) noexcept;
  Validator& operator=(Validator&&) noexcept;

  // Every rule that the task breaks; empty = valid.
  std::vector<FieldProblem> check(const Task&);
  // One field's value; nullopt = valid. Types must already fit (text in a text
  // field …): a value of another alternative is reported as a wrong type.
  std::optional<std::string> check(Field, const Value&);
  static std::optional<std::string> check_id(std::int64_t);

 private:
  struct Seen;
  std::unique_ptr<Seen> seen_;
};

// Reads a task from a JSON object as the HTTP API, the base and the history write it (to_json).
// Unknown members, wrong types and broken rules are problems. Absent members take
// their defaults unless `partial`, in which case only what is present is read and `present` tells what.
struct TaskFromJson {
  Task task;
  FieldSet present;
  bool has_id = false;
  std::vector<FieldProblem> problems;
};
TaskFromJson task_from_json(const Json&, Validator&, bool partial = false);

// One field's value from JSON, by the field's type; a message if it does not fit.
struct ValueFromJson {
  Value value;
  std::string problem;  // empty = fits
};
ValueFromJson value_from_json(Field, const Json&);

// The task that to_json_text() wrote; throws Error(internal) if it is not one. No validation.
Task task_from_trusted_json(std::string_view text);

// Shortens and escapes a bad value for a message: control characters visible, at most 60 characters.
std::string quoted_for_message(std::string_view);

}  // namespace lockstep
