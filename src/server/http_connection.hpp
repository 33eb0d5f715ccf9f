// One HTTP/1.1 connection: request after request, until it ends or becomes a stream of events.
#pragma once

#include "server/asio.hpp"

namespace lockstep::server {

struct Context;

// Serves a connection that was accepted. Takes care of itself.
void serve_http(Context&, Socket);
// The same for one too many: answers 503 and closes.
void turn_away(Context&, Socket);

}  // namespace lockstep::server
