// The JSON Schemas of what the API takes and gives, for the OpenAPI document. Tasks follow from kSchema.
#pragma once

#include <string_view>

#include "model/json.hpp"

namespace lockstep::api {

// By name, as `components.schemas` holds them.
Json component_schemas();

// Small builders, for openapi.cpp too.
Json schema_of_type(std::string_view type);
Json schema_ref(std::string_view name);
Json schema_array(Json items);

}  // namespace lockstep::api
