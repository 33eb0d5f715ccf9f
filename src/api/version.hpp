// The program's version, as CMake's project() states it.
#pragma once

#include <string_view>

namespace lockstep::api {

std::string_view version();

}  // namespace lockstep::api
