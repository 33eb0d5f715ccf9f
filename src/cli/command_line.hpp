// The program: flags to options, options to a command, outcomes to an exit status.
#pragma once

#include "cli/exit_status.hpp"

namespace lockstep::cli {

Exit run(int argc, char** argv);

}  // namespace lockstep::cli
