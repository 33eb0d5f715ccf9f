// The API's description of itself, OpenAPI 3.1: from the table of routes and the schema of a task.
#pragma once

#include <string_view>

#include "model/json.hpp"

namespace lockstep::api {

// `root`: under which path the API stands; "" or "/schedule".
Json openapi_document(std::string_view root);

}  // namespace lockstep::api
