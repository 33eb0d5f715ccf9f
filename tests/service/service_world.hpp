// A file, a database, and the public library on them.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "engine/live_sides.hpp"
#include "engine/world.hpp"
#include "lockstep/service.hpp"
#include "model/json.hpp"

namespace lockstep::testing {

// A member of an answer's JSON by its path, `yaml.updated` or `0.conflict_id`, as text.
inline std::string member(const std::string& json, std::string_view path) {
  const JsonResult parsed = parse_json(json);
  EXPECT_TRUE(parsed.ok()) << json;
  const Json* at = &parsed.value;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (at->kind == Json::Kind::array) at = std::stoul(name) < at->items.size() ? &at->items[std::stoul(name)] : nullptr;
    else at = at->find(name);
    if (at == nullptr) return "(absent)";
  }
  return at->kind == Json::Kind::string ? at->text : write_json(*at);
}

class ServiceWorld : public LiveSides {
 public:
  // Nothing of the machine's own configuration: another file is named.
  Options sides() const {
    std::ofstream(folder() / "lockstep.yml") << "interval: 0\n";
    return {.yaml = settings.yaml, .database = settings.database, .config = (folder() / "lockstep.yml").string()};
  }
  // What it tells can be waited for.
  Service start(ServiceOptions options = {}) {
    Service service = Service::start(sides(), std::move(options));
    service.on_event([this](const Event& event) { note(event); });
    return service;
  }
  void note(const Event& event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  // The next one of that name; passes over others.
  std::string await_event(std::string_view name) {
    std::unique_lock lock(mutex_);
    std::string json;
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] {
      while (!events_.empty()) {
        const Event event = events_.front();
        events_.pop_front();
        if (event.name != name) continue;
        json = *event.json;
        return true;
      }
      return false;
    })) << name << " did not come";
    return json;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
};

inline Request get(std::string target) {
  Request request;
  request.target = std::move(target);
  request.headers = {{"host", "localhost:8000"}};
  return request;
}

}  // namespace lockstep::testing
