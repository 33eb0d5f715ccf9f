// The API as what the server carries.
#pragma once

#include <utility>

#include "api/api.hpp"
#include "server/application.hpp"

namespace lockstep::server {

class ApiApplication final : public Application {
 public:
  explicit ApiApplication(api::Api& api) : api_(api) {}  // which must outlive it
  void handle(api::Request request, api::Reply reply) override { api_.handle(std::move(request), std::move(reply)); }
  std::optional<std::variant<api::StreamAccepted, api::Response>> open_stream(const api::Request& request) override {
    return api_.open_stream(request);
  }
  api::EventHub& events() override { return api_.events(); }
  void count_clients(api::StreamKind kind, std::int64_t now) override { api_.count_clients(kind, now); }

 private:
  api::Api& api_;
};

}  // namespace lockstep::server
