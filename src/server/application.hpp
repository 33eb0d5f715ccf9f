// What the server carries: requests go in, responses and events come out. api::Api is the one that counts.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "api/api.hpp"
#include "api/event_hub.hpp"
#include "api/http.hpp"

namespace lockstep::server {

// Called on the server's thread; nothing here may block. See api::Api for the contracts of these four.
class Application {
 public:
  virtual ~Application() = default;
  virtual void handle(api::Request request, api::Reply reply) = 0;
  virtual std::optional<std::variant<api::StreamAccepted, api::Response>> open_stream(const api::Request& request) = 0;
  virtual api::EventHub& events() = 0;
  virtual void count_clients(api::StreamKind kind, std::int64_t now) = 0;
};

}  // namespace lockstep::server
