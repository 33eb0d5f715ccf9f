// The configuration that an application's options stand for.
#pragma once

#include "config/config.hpp"
#include "lockstep/sync.hpp"

namespace lockstep::service {

// Throws Error(usage) that names every fault of the file, the environment and the options.
config::Config configured(const Options& options);

}  // namespace lockstep::service
