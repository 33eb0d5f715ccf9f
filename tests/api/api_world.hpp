// The API on a real daemon, file and SQLite database, asked without a server.
//
// Every exchange goes to the file that LOCKSTEP_API_RECORDING names, if it names one, as a line of JSON: the OpenAPI
// test checks each of them against the document.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "engine/live_sides.hpp"
#include "engine/world.hpp"

namespace lockstep::api::testing {

using lockstep::testing::kPatience;
using lockstep::testing::task_yaml;

inline std::string header(const Response& response, std::string_view name) {
  for (const Header& header : response.headers)
    if (header.name == name) return header.value;
  return "(absent)";
}

inline Json json_of(const Response& response) {
  JsonResult parsed = parse_json(response.body);
  EXPECT_TRUE(parsed.ok()) << parsed.problem_message << " in " << response.body;
  return std::move(parsed.value);
}

// A member by its path, `guard.side` or `tasks.0.id`, as JSON text.
inline std::string member(const Json& json, std::string_view path) {
  const Json* at = &json;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (at->kind == Json::Kind::array) {
      const std::size_t index = std::stoul(name);
      if (index >= at->items.size()) return "(absent)";
      at = &at->items[index];
    } else if (const Json* next = at->find(name)) {
      at = next;
    } else {
      return "(absent)";
    }
  }
  return write_json(*at);
}
inline std::string member(const Response& response, std::string_view path) { return member(json_of(response), path); }

class ApiWorld : public lockstep::testing::LiveSides {
 public:
  ApiWorld() {
    config.daemon.interval = std::chrono::milliseconds(0);
    config.daemon.settle = std::chrono::milliseconds(5);
  }
  ~ApiWorld() { stop(); }

  void start() {
    config.engine = settings;
    api = std::make_unique<Api>(config, options, [this](const LogRecord& record) {
      const std::scoped_lock lock(mutex_);
      log_.push_back(record);
    });
    listening_ = api->events().join({}, [this](const EventHub::Message& message) {
      const std::scoped_lock lock(mutex_);
      events_.push_back(parse_json(*message.text).value);
      changed_.notify_all();
    });
    api->start();
  }
  void stop() {
    listening_.subscription.reset();
    api.reset();
  }
  // Edits of both sides that no watcher sees one by one: the next start finds them together.
  void between_runs(const std::function<void()>& edits) {
    stop();
    edits();
    start();
  }

  Response send(const std::string& method, const std::string& target, const std::string& body = "",
                std::vector<Header> headers = {}) {
    Request request{method, target, std::move(headers), body};
    if (request.header("host") == nullptr) request.headers.push_back({"host", "localhost:8000"});
    Response response = api->handle(request);
    record(request, response);
    return response;
  }
  Response get(const std::string& target, std::vector<Header> headers = {}) {
    return send("GET", target, "", std::move(headers));
  }

  // The next event of that name since the last one that was taken.
  Json await_event(
      const std::string& name, const std::function<bool(const Json&)>& wanted = [](const Json&) { return true; }) {
    std::unique_lock lock(mutex_);
    Json found;
    const bool came = changed_.wait_for(lock, kPatience, [&] {
      for (; next_event_ < events_.size(); ++next_event_) {
        if (events_[next_event_].find("event")->text != name || !wanted(events_[next_event_])) continue;
        found = events_[next_event_++];
        return true;
      }
      return false;
    });
    EXPECT_TRUE(came) << "no event " << name;
    return found;
  }
  std::vector<LogRecord> log() {
    const std::scoped_lock lock(mutex_);
    return log_;
  }
  bool log_has(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    for (const LogRecord& record : log_)
      if (record.message.find(text) != std::string::npos) return true;
    return false;
  }

  config::Config config;
  ApiOptions options;
  std::unique_ptr<Api> api;

 private:
  static void record(const Request& request, const Response& response) {
    const char* const path = std::getenv("LOCKSTEP_API_RECORDING");
    if (path == nullptr) return;
    Json line = Json::object();
    line.set("method", Json::string(request.method));
    line.set("target", Json::string(request.target));
    line.set("request", Json::string(request.body));
    line.set("status", Json::number(std::int64_t{response.status}));
    line.set("content_type", Json::string(response.content_type));
    Json headers = Json::object();
    for (const Header& header : response.headers) headers.set(header.name, Json::string(header.value));
    line.set("headers", std::move(headers));
    line.set("body", Json::string(response.body));
    std::ofstream(path, std::ios::app) << write_json(line) + "\n";
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Json> events_;
  std::size_t next_event_ = 0;
  std::vector<LogRecord> log_;
  EventHub::Joined listening_;
};

}  // namespace lockstep::api::testing
