#include "server/dashboard_files.hpp"

namespace lockstep {

std::span<const api::StaticFile> dashboard_files() { return {}; }

}  // namespace lockstep
