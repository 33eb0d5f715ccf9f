// The dashboard's files (web/), compressed into the program when it was built.
#pragma once

#include <span>
#include <string_view>

#include "api/static_files.hpp"

namespace lockstep {

// In static storage; "/" is the first. In a program that was built without the dashboard: a page that says so. Pages refer
// to everything relative to themselves.
std::span<const api::StaticFile> dashboard_files();

// The Content-Security-Policy under which the files work, for every answer that carries one of them.
inline constexpr std::string_view kDashboardContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

}  // namespace lockstep
