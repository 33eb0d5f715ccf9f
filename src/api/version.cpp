#include "api/version.hpp"

namespace lockstep::api {

std::string_view version() { return LOCKSTEP_VERSION; }

}  // namespace lockstep::api
