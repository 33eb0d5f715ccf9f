#include "server/event_feed.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace lockstep::server {
namespace {

constexpr std::size_t kSlice = 256;  // clients served between two looks at everything else: a few milliseconds

std::string sse_text(const api::EventHub::Message& message) {
  std::string text = "id: " + std::to_string(message.seq) + "\nevent: ";
  text += message.event;
  text += "\ndata: ";
  text += *message.text;
  text += "\n\n";
  return text;
}

FeedEvent event_of(const api::EventHub::Message& message, api::StreamKind kind) {
  FeedEvent event{message.seq, message.text, nullptr};
  if (kind == api::StreamKind::server_sent_events) event.sse = std::make_shared<const std::string>(sse_text(message));
  return event;
}

}  // namespace

EventFeed::EventFeed(asio::io_context& loop, Application& application) : loop_(loop), application_(application) {
  auto joined = application.events().join(std::nullopt, [this](const api::EventHub::Message& m) { receive(m); });
  subscription_ = std::move(joined.subscription);
}

EventFeed::~EventFeed() = default;

void EventFeed::close() {
  subscription_.reset();
  audience_.clear();
}

EventFeed::Start EventFeed::join(std::shared_ptr<StreamClient> client, std::optional<std::uint64_t> since) {
  // What is published from now on reaches the feed's own subscription, and clients pass over what `seq` covers: so a
  // look at the hub is enough, and nothing is lost or told twice.
  const api::EventHub::Joined joined = application_.events().join(since, [](const api::EventHub::Message&) {});
  Start start{{}, joined.seq};
  const api::StreamKind kind = client->kind();
  for (const api::EventHub::Message& message : joined.first) start.missed.push_back(event_of(message, kind));
  client->place_ = clients_.size();
  clients_.push_back(std::move(client));
  count(kind, 1);
  return start;
}

void EventFeed::leave(const StreamClient& client) {
  const std::size_t place = client.place_;
  if (place >= clients_.size() || clients_[place].get() != &client) return;
  const api::StreamKind kind = client.kind();
  std::swap(clients_[place], clients_.back());
  clients_[place]->place_ = place;
  clients_.pop_back();
  count(kind, -1);
}

void EventFeed::count(api::StreamKind kind, std::int64_t change) {
  std::int64_t& now = kind == api::StreamKind::websocket ? websockets_ : sse_;
  now += change;
  application_.count_clients(kind, now);
}

void EventFeed::receive(const api::EventHub::Message& message) {
  const std::scoped_lock lock(mutex_);
  received_.push_back(message);
  if (!std::exchange(coming_, true)) asio::post(loop_, [this] { next_burst(); });
}

void EventFeed::next_burst() {
  std::vector<api::EventHub::Message> messages;
  {
    const std::scoped_lock lock(mutex_);
    messages.swap(received_);
    coming_ = !messages.empty();
  }
  if (messages.empty()) return;
  const api::StreamKind kind = sse_ > 0 ? api::StreamKind::server_sent_events : api::StreamKind::websocket;
  for (const api::EventHub::Message& message : messages) burst_.push_back(event_of(message, kind));
  audience_ = clients_;
  deliver_slice();
}

void EventFeed::deliver_slice() {
  const std::size_t end = std::min(served_ + kSlice, audience_.size());
  for (; served_ < end; ++served_)
    for (const FeedEvent& event : burst_) audience_[served_]->deliver(event);
  if (served_ < audience_.size()) {
    asio::post(loop_, [this] { deliver_slice(); });
    return;
  }
  audience_.clear();
  burst_.clear();
  served_ = 0;
  asio::post(loop_, [this] { next_burst(); });
}

}  // namespace lockstep::server
