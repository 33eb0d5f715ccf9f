// What runs changed, for those who watch: the daemon's events come from it, whether the run was
// made here or by another process (the history carries it there).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/json.hpp"
#include "model/task.hpp"
#include "reconcile/plan.hpp"

namespace lockstep {

struct ConflictRef {
  std::optional<std::int64_t> number;  // null in a dry run, for one that is not stored yet
  std::int64_t task_id = 0;
  ConflictReason reason = ConflictReason::both_changed;
  std::string yaml_author = {}, database_author = {};  // as in a Conflict
  friend bool operator==(const ConflictRef&, const ConflictRef&) = default;
};

struct ClosedConflict {
  std::int64_t number = 0;
  std::int64_t task_id = 0;
  std::string resolution;  // a Choice, "superseded" or "cleared"
  std::string author = {};  // who decided; empty = nobody, or not known
  friend bool operator==(const ClosedConflict&, const ClosedConflict&) = default;
};

// New content of the YAML file.
struct FileChange {
  static constexpr std::size_t kIdsTold = 100;

  Side source = Side::yaml;            // yaml: a person saved it; database: lockstep wrote it
  std::vector<std::int64_t> task_ids;  // tasks that differ by it, sorted; the first kIdsTold
  std::size_t task_count = 0;          // all of them; 0 where only comments changed
  std::string checksum;                // of the bytes, as in the status
  std::string author = {};             // yaml: the file's owner; database: the run's author; empty = not known
  friend bool operator==(const FileChange&, const FileChange&) = default;
};

struct Effects {
  std::vector<FileChange> files;
  std::vector<ConflictRef> opened;
  std::vector<ClosedConflict> closed;
  bool empty() const { return files.empty() && opened.empty() && closed.empty(); }
};

// As the history keeps it, among a run's details.
Json to_json(const Effects&);
Effects effects_from_json(const Json&);  // of what to_json gave; anything else is left out

}  // namespace lockstep
