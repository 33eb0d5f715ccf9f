#include "api/event_hub.hpp"

#include <utility>

#include "model/timestamp.hpp"

namespace lockstep::api {
namespace {

std::string event_text(std::string_view event, std::uint64_t seq, const std::vector<Json::Member>& members) {
  std::string text = "{\"event\":";
  append_json_string(text, event);
  text += ",\"timestamp\":\"" + format_rfc3339(system_now()) + "\",\"seq\":" + std::to_string(seq);
  for (const auto& [name, value] : members) {
    text += ',';
    append_json_string(text, name);
    text += ':' + write_json(value);
  }
  text += '}';
  return text;
}

}  // namespace

EventHub::EventHub(std::uint64_t start) : start_(start), seq_(start) {}

void EventHub::publish(std::string_view event, std::vector<Json::Member> members) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t seq = seq_ + 1;
  Message message{seq, event, std::make_shared<const std::string>(event_text(event, seq, members))};
  kept_.push_back(message);
  seq_ = seq;
  if (kept_.size() > kKept) kept_.pop_front();
  for (const auto& [id, listener] : listeners_) listener(message);
}

EventHub::Joined EventHub::join(std::optional<std::uint64_t> since, Listener listener) {
  const std::scoped_lock lock(mutex_);
  Joined joined;
  joined.seq = seq_;
  if (since) {
    const std::uint64_t after = *since == 0 ? start_ : *since;
    const std::uint64_t oldest = seq_ - kept_.size();  // what came up to here is no longer kept
    if (after < oldest || after > seq_) {
      constexpr std::string_view kResync = "resync_required";
      joined.first.push_back({seq_, kResync, std::make_shared<const std::string>(event_text(kResync, seq_, {}))});
    } else {
      joined.first.assign(kept_.begin() + static_cast<std::ptrdiff_t>(after - oldest), kept_.end());
    }
  }
  const std::uint64_t id = next_listener_++;
  listeners_.emplace(id, std::move(listener));
  joined.subscription = std::make_unique<Subscription>(*this, id);
  return joined;
}

std::string EventHub::greeting(std::uint64_t seq) {
  return event_text("connection_established", seq,
                    {{"message", Json::string("Connected to lockstep; events follow as they happen")}});
}

void EventHub::leave(std::uint64_t id) {
  const std::scoped_lock lock(mutex_);
  listeners_.erase(id);
}

}  // namespace lockstep::api
