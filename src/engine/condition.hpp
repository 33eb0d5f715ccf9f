// What of a daemon's state is news.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/log.hpp"

namespace lockstep {

// What of a status is worth an event when it changes: healthy, degraded or invalid, and why; what waits; a run that was
// kept, be it only for a conflict that moved on.
std::string condition_of(const Status&);

// What began to wait and what waits no longer, a line for each of the first ten.
void log_waiting(const std::vector<WaitingChange>& before, const std::vector<WaitingChange>& now, const LogSink&);

}  // namespace lockstep
