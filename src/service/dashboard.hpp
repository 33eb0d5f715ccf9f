// The dashboard's files, where the library was built with them.
#pragma once

#include <span>
#include <string_view>

#include "api/static_files.hpp"

namespace lockstep::service {

struct Dashboard {
  std::span<const api::StaticFile> files;
  std::string_view policy;  // Content-Security-Policy
};
Dashboard dashboard();

}  // namespace lockstep::service
