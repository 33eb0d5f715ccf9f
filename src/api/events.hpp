// The engine's news as the events of the API (docs/HTTP.md, "Events").
#pragma once

#include <string_view>
#include <vector>

#include "api/json.hpp"
#include "engine/daemon.hpp"
#include "model/json.hpp"

namespace lockstep::api {

struct Event {
  std::string_view name;  // a literal
  std::vector<Json::Member> members;
};

// `host` is asked for the status object only.
Event event_of(const LiveEvent&, const HostFacts& host);

}  // namespace lockstep::api
