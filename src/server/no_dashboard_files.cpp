#include "server/dashboard_files.hpp"

namespace lockstep {

std::span<const StaticFile> dashboard_files() { return {}; }

}  // namespace lockstep
