#include "cli/commands.hpp"
#include "cli/session.hpp"
namespace lockstep::cli {
Exit run_watch(Session&, const WatchOptions&) { return Exit::failed; }
}
