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
  std::string field;    // a name of kSchema, "id", an unknown member's name, or empty: the value as a whole
  std::string message;  // names the bad value and says how to mend it
};

// Null is valid where the schema has neither `required` nor a default: a reader
// that meets null where there is a default puts default_value() in its place.
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

// One field's value from JSON, by the field's type; a message if it does not fit. Null is the field's default.
// Only the type is looked at (Validator has the rules), save for timestamps, which are parsed.
struct ValueFromJson {
  Value value;
  std::string problem;  // empty = fits
};
ValueFromJson value_from_json(Field, const Json&);

// The task that to_json_text() wrote; throws Error(internal) if it is not one. No validation. White space
// around the members does no harm; their order is the schema's.
Task task_from_trusted_json(std::string_view text);

// A bad value for a message: in double quotes, control characters, quotes and backslashes escaped, at most 60
// characters of it, the last of them `…` where there were more.
std::string quoted_for_message(std::string_view);

}  // namespace lockstep
