// A client that asks for the events as they happen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/http.hpp"

#include "lockstep/http.hpp"

namespace lockstep::api {

using lockstep::StreamKind;

struct StreamAccepted {
  StreamKind kind = StreamKind::websocket;
  std::optional<std::uint64_t> since;  // `?since=`, or Last-Event-ID
  std::string subprotocol;             // to be answered; empty = none
  std::vector<Header> headers;         // to be sent with the answer that opens it, besides the carrier's own
};

}  // namespace lockstep::api
