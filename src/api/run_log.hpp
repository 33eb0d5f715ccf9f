// A run as a line of the log.
#pragma once

#include <optional>

#include "engine/daemon.hpp"
#include "model/log.hpp"

namespace lockstep::api {

// One that did nothing and met nothing is worth a line to those who debug only.
LogRecord run_record(const Report&);
void log_run(const Report&, const LogSink&);  // nothing without a sink

}  // namespace lockstep::api
