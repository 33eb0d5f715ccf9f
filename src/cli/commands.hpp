// The commands, one file each, and what the command line tells them. Each
// returns the exit status; failures that no command expects are thrown as Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_status.hpp"
#include "reconcile/plan.hpp"

namespace lockstep::cli {

class Session;

struct SyncOptions {
  Direction direction = Direction::bidirectional;
  bool force = false;
  bool dry_run = false;
  std::optional<double> max_delete_percent;
};
Exit run_sync(Session&, const SyncOptions&);

struct PlanOptions {
  Direction direction = Direction::bidirectional;
  bool force = false;
  std::optional<double> max_delete_percent;
  bool detailed_exit_code = false;
};
Exit run_plan(Session&, const PlanOptions&);

Exit run_status(Session&);

struct ConflictsOptions {
  bool all = false;
  std::string id;  // empty = list all
};
Exit run_conflicts(Session&, const ConflictsOptions&);

struct ResolveOptions {
  std::vector<std::string> words;  // ID, choice, FIELD=… …
  std::string all;                 // a choice for every pending conflict; empty = not given
  std::optional<int> version;      // the conflict as the caller saw it
};
Exit run_resolve(Session&, const ResolveOptions&);

struct ValidateOptions {
  std::vector<std::string> files;  // empty = the configured one; `-` = standard input
  enum class Format : std::uint8_t { text, json, github } format = Format::text;
  bool strict = false;             // unknown keys are faults
};
Exit run_validate(Session&, const ValidateOptions&);

struct NextOptions {
  std::vector<std::string> ids;    // empty = all tasks
  std::optional<std::string> cron;
  std::size_t count = 5;
  std::string from;                // empty = now
  std::string timezone;            // empty = the configured one
};
Exit run_next(Session&, const NextOptions&);

struct HistoryOptions {
  std::string run;                 // empty = list
  std::optional<std::int64_t> task_id;
  std::size_t limit = 20;
};
Exit run_history(Session&, const HistoryOptions&);

struct UndoOptions {
  std::int64_t run = 0;
  std::optional<double> max_delete_percent;
};
Exit run_undo(Session&, const UndoOptions&);

struct RestoreOptions {
  bool list = false;
  std::string path;  // empty = the newest backup
};
Exit run_restore(Session&, const RestoreOptions&);

struct InitOptions {
  std::string profile;        // empty or "scheduler"
  bool print_sql = false;
  bool remove_triggers = false;
  std::string adopt_replica;  // empty = not given
};
Exit run_init(Session&, const InitOptions&);

struct ServeOptions {
  std::vector<std::string> listen;      // empty = as configured
  std::optional<std::string> interval;  // a duration
  bool insecure_no_auth = false;
};
Exit run_serve(Session&, const ServeOptions&);

Exit run_doctor(Session&);

struct WatchOptions {
  std::string url;  // empty = the configured listen address
};
Exit run_watch(Session&, const WatchOptions&);

struct ReplicasOptions {
  std::string forget;  // empty = list
};
Exit run_replicas(Session&, const ReplicasOptions&);

}  // namespace lockstep::cli
