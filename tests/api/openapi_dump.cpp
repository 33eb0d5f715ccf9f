// Prints the OpenAPI document, for the tests that validate it.
#include <cstdio>

#include "api/openapi.hpp"

int main() { std::puts(lockstep::write_json_pretty(lockstep::api::openapi_document("")).c_str()); }
