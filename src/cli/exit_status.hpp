// How the program ends (docs/CLI.md).
#pragma once

namespace lockstep::cli {

enum class Exit : int {
  done = 0,
  failed = 1,
  changes_due = 2,  // plan --detailed-exitcode
  conflicts = 3,
  invalid_yaml = 4,
  file_locked = 5,
  deletion_guard = 6,
  waiting = 7,  // some changes wait; everything else was synced
  usage = 64,
};

}  // namespace lockstep::cli
