// A WebSocket client, from its upgrade request on.
#pragma once

#include <memory>
#include <optional>

#include "api/api.hpp"
#include "server/asio.hpp"

namespace lockstep::server {

struct Context;

// What is wrong with an upgrade request, as the response to it; nullopt: it may be opened.
std::optional<api::Response> refuse_websocket(const api::Request&);

// Answers the upgrade, greets, and delivers events until the client goes or the server stops. Takes care of itself.
void open_websocket(Context&, Socket, const api::Request&, const api::StreamAccepted&);

}  // namespace lockstep::server
