// A schedule as people see it: lines. Nothing of lockstep's own editing is used to write it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/task.hpp"
#include "simulation/ledger.hpp"

namespace lockstep::simulation {

struct Lines {
  std::size_t begin = 0, end = 0;
};

// A task's own lines; nullopt: not there, or not in the form that people here know.
std::optional<Lines> lines_of(const std::string& text, std::int64_t id);
std::vector<std::int64_t> ids_in(const std::string& text);
// In whose lines `at` is, or directly above which.
std::optional<std::int64_t> task_at(const std::string& text, std::size_t at);

std::string task_text(const Task&);
// Each false: could not be done, nothing changed.
bool set_field(std::string& text, std::int64_t id, Field field, const Value& value);
bool remove_task(std::string& text, std::int64_t id);
bool append_task(std::string& text, const Task&);
bool add_line_in(std::string& text, std::int64_t id, const std::string& line);
bool add_comment_above(std::string& text, std::int64_t id, const std::string& comment);
void add_line_on_top(std::string& text, const std::string& line);

inline const std::string kBroken = "broken: [unclosed\n";
std::string without_broken(std::string text);

// By lockstep's reader; nullopt: it does not parse.
std::optional<View> read_view(const std::string& text);

}  // namespace lockstep::simulation
