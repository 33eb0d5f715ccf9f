// Syncs of one YAML schedule with one database, asked for and waited for: what scripts need.
// Nothing is watched and no thread is started; for that there is service.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lockstep/error.hpp"

namespace lockstep {

// Which file and which database. What is left out comes, as for the program, from the environment (LOCKSTEP_…,
// DATABASE_URL), else from lockstep.yml (docs/CONFIGURATION.md), else it is the default.
struct Options {
  std::string yaml{};      // path, relative to the current folder
  std::string database{};  // sqlite:PATH, postgresql://…, also with a driver of SQLAlchemy's
  std::string config{};    // path of the configuration file, instead of ./lockstep.yml and /etc/lockstep/lockstep.yml
  std::string replica{};   // this file's name in the database
  // Any other keys of the configuration, as an environment variable would set them: {"timezone", "Europe/Berlin"};
  // lists with commas. They win over the environment.
  std::vector<std::pair<std::string, std::string>> settings{};
};

enum class Direction : std::uint8_t { bidirectional, yaml_to_db, db_to_yaml };

struct SyncOptions {
  Direction direction = Direction::bidirectional;
  bool force = false;                              // decide conflicts instead of recording them
  bool dry_run = false;                            // tell what a sync would do, and write nothing
  std::optional<double> max_delete_percent{};      // of the deletion guard; else the setting max_delete
  std::optional<std::int64_t> task_id{};           // this task alone; the others are left as they are
};

struct ResolveOptions {
  std::string conflict_id;                 // "conflict_12"
  std::string choice;                      // keep_yaml, keep_db, merge, custom, keep_both
  std::string fields{};                    // custom: a JSON object {"status": "db", "user_id": {"value": "ops"}}
  std::optional<int> version{};            // refused if the conflict has moved on from it
};

// What came of it. These are what a caller must expect; an operation that is broken throws Error.
enum class Verdict : std::uint8_t {
  done,
  conflicts,       // done, but for tasks that are in conflict
  invalid_yaml,    // nothing was written on either side, as in all that follow
  file_locked,
  deletion_guard,
  not_found,       // no such conflict (any more), no such run
  moved,           // the conflict is not what the caller saw
  refused,         // this conflict does not allow the choice; or tasks changed since the run that was to be undone
};

struct Answer {
  Verdict verdict = Verdict::done;
  // The object that HTTP answers with (docs/HTTP.md): of done and conflicts what was done, else a problem object.
  std::string json;
};

// May be used from several threads; they wait for each other. Calls block until the work is done: at most the
// lock timeout (10 s) and the work itself. All throw Error: usage for what the caller got wrong; unreachable,
// database, io, permission for what refuses.
class SyncEngine {
 public:
  // Reads the configuration; opens and creates nothing yet. Throws Error(usage, io, permission).
  explicit SyncEngine(const Options& options);
  ~SyncEngine();
  SyncEngine(SyncEngine&&) noexcept;
  SyncEngine& operator=(SyncEngine&&) noexcept;

  Answer sync(const SyncOptions& options = {});
  // What sync() would do, task by task and field by field. Writes nothing.
  Answer plan(const SyncOptions& options = {});
  Answer status();
  Answer conflicts();  // an array, oldest first
  Answer resolve(const ResolveOptions& options);
  Answer history(std::size_t limit = 20);  // an array of runs, newest first
  Answer undo(std::int64_t run_id);

  const std::string& yaml() const;  // the file's path

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
