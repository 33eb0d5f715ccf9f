#include "server/stream_client.hpp"

#include "server/context.hpp"

namespace lockstep::server {

StreamClient::StreamClient(Context& context, api::StreamKind kind)
    : Connection(context.connections), context_(context), kind_(kind) {}

StreamClient::Membership::Membership(StreamClient& client, std::optional<std::uint64_t> since) : client_(client) {
  const EventFeed::Start start = client.context_.feed.join(client.shared_from_this(), since);
  client.last_seq_ = start.seq;
  // Until the client has caught up, what it missed does not count against it.
  client.allowed_messages_ += start.missed.size();
  for (const FeedEvent& event : start.missed) client.allowed_bytes_ += client.text_of(event)->size();
  client.send(client.opening(start.seq));
  for (const FeedEvent& event : start.missed) client.send(client.text_of(event));
}

StreamClient::Membership::~Membership() {
  client_.stop_sending();
  client_.context_.feed.leave(client_);
}

void StreamClient::deliver(const FeedEvent& event) {
  if (event.seq <= last_seq_ || stopped_) return;
  last_seq_ = event.seq;
  send(text_of(event));
}

void StreamClient::send(Text text) {
  if (stopped_) return;
  waiting_bytes_ += text->size();
  queue_.push_back(std::move(text));
  if (queue_.size() - sent_ > allowed_messages_ || waiting_bytes_ > allowed_bytes_) {
    stop_sending();
    drop();
  } else if (!writing_) {
    write_next();
  }
}

void StreamClient::write_next() {
  writing_ = true;
  write(*queue_[sent_]);
}

void StreamClient::written(error_code error) {
  writing_ = false;
  if (error) stop_sending();
  if (stopped_) {
    queue_.clear();
    return;
  }
  waiting_bytes_ -= queue_[sent_]->size();
  queue_[sent_].reset();
  if (++sent_ < queue_.size()) return write_next();
  queue_.clear();
  sent_ = 0;
  allowed_messages_ = kMostMessages;
  allowed_bytes_ = kMostBytes;
}

void StreamClient::stop_sending() {
  stopped_ = true;
  if (!writing_) queue_.clear();
}

}  // namespace lockstep::server
