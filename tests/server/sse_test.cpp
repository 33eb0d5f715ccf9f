#include <gtest/gtest.h>

#include "server/running_server.hpp"

namespace lockstep::server::testing {
namespace {

void publish(RunningServer& server, std::size_t size = 3) {
  server.application.hub.publish("test", {{"filler", Json::string(std::string(size, 'x'))}});
}

// Connected: the head and the first comment.
std::string head_of(Client& client, const std::string& target = "/events") {
  client.send(get(target));
  const std::string head = client.receive_until("\r\n\r\n");
  return head + client.receive_until("\n\n");
}

bool has_clients(RunningServer& server, std::int64_t count) {
  return eventually([&] { return server.application.clients(api::StreamKind::server_sent_events) == count; });
}

TEST(ServerSentEvents, HeadAndEvents) {
  RunningServer server;
  Client client(server.port());
  const std::string head = head_of(client);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(head.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(has_clients(server, 1));
  publish(server);
  const std::string event = client.receive_until("\n\n");
  EXPECT_TRUE(event.starts_with("id: 1\nevent: test\ndata: {\"event\":\"test\",\"timestamp\":\"")) << event;
  EXPECT_TRUE(event.ends_with("\",\"seq\":1,\"filler\":\"xxx\"}\n\n")) << event;
}

TEST(ServerSentEvents, ResumesAfterTheEventThatIsNamed) {
  RunningServer server;
  for (int i = 0; i < 5; ++i) publish(server);
  Client client(server.port());
  head_of(client, "/events?since=3");
  publish(server);
  for (int seq = 4; seq <= 6; ++seq) EXPECT_TRUE(client.receive_until("\n\n").starts_with("id: " + std::to_string(seq) + "\n"));
}

TEST(ServerSentEvents, HeadRequestHasNoStream) {
  RunningServer server;
  Client client(server.port());
  client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"));
  EXPECT_EQ(client.answer(true).headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(client.answer().body, "GET /next\n");
}

TEST(ServerSentEvents, HeartbeatsAreComments) {
  RunningServer server(on_any_port(), {.silence = 40s, .heartbeat = 50ms, .farewell = 5s});
  Client client(server.port());
  head_of(client);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive_until("\n\n"), ": heartbeat\n\n");
}

TEST(ServerSentEvents, AClientThatGoesIsForgotten) {
  RunningServer server;
  auto client = std::make_unique<Client>(server.port());
  head_of(*client);
  EXPECT_TRUE(has_clients(server, 1));
  client.reset();
  EXPECT_TRUE(has_clients(server, 0));
  publish(server);
}

TEST(ServerSentEvents, AReaderThatStopsIsDroppedAndNobodyWaitsForIt) {
  RunningServer server;
  Client slow(server.port(), "127.0.0.1", 4096), quick(server.port());
  head_of(slow);
  head_of(quick);
  for (int seq = 1; seq <= 400; ++seq) {
    publish(server, 100'000);
    EXPECT_TRUE(quick.receive_until("\n\n").starts_with("id: " + std::to_string(seq) + "\n"));
  }
  EXPECT_TRUE(has_clients(server, 1));
}

TEST(ServerSentEvents, AReaderThatStopsIsCutOffBeforeItsQueueIsFull) {
  config::DaemonSettings settings = on_any_port();
  settings.idle_timeout = 200ms;
  RunningServer server(settings);
  Client slow(server.port(), "127.0.0.1", 4096);
  head_of(slow);
  for (int i = 0; i < 100; ++i) publish(server, 100'000);
  EXPECT_TRUE(has_clients(server, 0));
}

TEST(ServerSentEvents, StoppingEndsTheStream) {
  RunningServer server;
  Client client(server.port());
  head_of(client);
  server.stop();
  EXPECT_EQ(client.receive_to_end(), "");
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
}

TEST(ServerSentEvents, BesideWebSockets) {
  RunningServer server;
  Client client(server.port());
  head_of(client);
  WebSocket socket(server.port());
  socket.message();
  publish(server);
  EXPECT_TRUE(client.receive_until("\n\n").starts_with("id: 1\n"));
  EXPECT_NE(socket.message().find("\"seq\":1"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::server::testing
