// A client of Server-Sent Events.
#pragma once

#include "api/api.hpp"
#include "server/asio.hpp"

namespace lockstep::server {

struct Context;

// Answers with the stream: delivers events until the client goes or the server stops. Takes care of itself.
void open_sse(Context&, Socket, const api::StreamAccepted&);

}  // namespace lockstep::server
