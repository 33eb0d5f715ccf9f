// Requests and responses, which the public headers promise too.
#pragma once

#include "lockstep/http.hpp"

namespace lockstep::api {

using lockstep::Header;
using lockstep::Reply;
using lockstep::Request;
using lockstep::Response;

}  // namespace lockstep::api
