#include <gtest/gtest.h>
#include <sys/resource.h>

#include "model/json.hpp"
#include "server/running_server.hpp"

namespace lockstep::server::testing {
namespace {

std::string member(const std::string& text, std::string_view name) {
  const JsonResult parsed = parse_json(text);
  const Json* const value = parsed.ok() ? parsed.value.find(name) : nullptr;
  return value == nullptr ? "" : value->text;
}

void publish(RunningServer& server, std::size_t size = 10) {
  server.application.hub.publish("test", {{"filler", Json::string(std::string(size, 'x'))}});
}

// Connected and greeted.
std::unique_ptr<WebSocket> joined(RunningServer& server, const std::string& query = "") {
  auto socket = std::make_unique<WebSocket>(server.port(), query);
  EXPECT_EQ(socket->upgrade.status, 101);
  EXPECT_EQ(member(socket->message(), "event"), "connection_established");
  return socket;
}

TEST(WebSocketServer, GreetsAndDeliversEvents) {
  RunningServer server;
  WebSocket socket(server.port());
  EXPECT_EQ(socket.upgrade.status, 101);
  EXPECT_EQ(socket.upgrade.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // of RFC 6455
  EXPECT_FALSE(socket.upgrade.headers.contains("sec-websocket-protocol"));
  EXPECT_FALSE(socket.upgrade.headers.contains("sec-websocket-extensions"));
  const std::string greeting = socket.message();
  EXPECT_EQ(member(greeting, "event"), "connection_established");
  EXPECT_EQ(member(greeting, "seq"), "0");
  for (int seq = 1; seq <= 3; ++seq) {
    publish(server);
    const std::string event = socket.message();
    EXPECT_EQ(member(event, "event"), "test");
    EXPECT_EQ(member(event, "seq"), std::to_string(seq));
  }
}

TEST(WebSocketServer, OffersNoCompression) {
  RunningServer server;
  WebSocket socket(server.port(), "", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_EQ(socket.upgrade.status, 101);
  EXPECT_FALSE(socket.upgrade.headers.contains("sec-websocket-extensions"));
}

TEST(WebSocketServer, AnswersTheSubprotocolAlone) {
  RunningServer server;
  WebSocket socket(server.port(), "", "Sec-WebSocket-Protocol: lockstep, bearer.c2VjcmV0\r\n");
  EXPECT_EQ(socket.upgrade.headers.at("sec-websocket-protocol"), "lockstep");
}

TEST(WebSocketServer, PingInTextIsAnsweredInText) {
  RunningServer server;
  const auto socket = joined(server);
  socket->send_text("ping");
  EXPECT_EQ(socket->message(), R"({"event":"pong"})");
  // In pieces too; and whatever else is said means nothing.
  socket->send_text("hello");
  socket->send_frame(kBinary, "ping");
  socket->send_frame(kText, "pi", true, false);
  socket->send_frame(kContinuation, "ng");
  EXPECT_EQ(socket->message(), R"({"event":"pong"})");
}

TEST(WebSocketServer, PingFrameIsAnsweredWithItsPayload) {
  RunningServer server;
  const auto socket = joined(server);
  socket->send_frame(kPing, "payload");
  const Frame pong = socket->frame();
  EXPECT_EQ(pong.opcode, kPong);
  EXPECT_EQ(pong.payload, "payload");
}

TEST(WebSocketServer, SinceReplaysWhatWasMissed) {
  RunningServer server;
  for (int i = 0; i < 1000; ++i) publish(server);  // far more than may wait for a client that is live
  const auto socket = joined(server, "?since=3");
  for (int seq = 4; seq <= 1000; ++seq) EXPECT_EQ(member(socket->message(), "seq"), std::to_string(seq));
  publish(server);
  EXPECT_EQ(member(socket->message(), "seq"), "1001");
}

TEST(WebSocketServer, SinceThatIsNoLongerKeptStartsWithResync) {
  RunningServer server;
  for (int i = 0; i < 1100; ++i) publish(server);
  const auto socket = joined(server, "?since=3");
  EXPECT_EQ(member(socket->message(), "event"), "resync_required");
  publish(server);
  EXPECT_EQ(member(socket->message(), "seq"), "1101");
}

TEST(WebSocketServer, WhoJoinsAmidEventsMissesNoneAndGetsNoneTwice) {
  RunningServer server;
  std::atomic<bool> enough = false;
  std::jthread publisher([&] {
    while (!enough) publish(server), std::this_thread::sleep_for(100us);
  });
  for (int i = 0; i < 100; ++i) {
    WebSocket socket(server.port());
    auto last = std::stoull(member(socket.message(), "seq"));
    for (int n = 0; n < 10; ++n) {
      const auto seq = std::stoull(member(socket.message(), "seq"));
      EXPECT_EQ(seq, last + 1);
      last = seq;
    }
  }
  enough = true;
}

TEST(WebSocketServer, CloseIsAnsweredAndTheClientForgotten) {
  RunningServer server;
  const auto socket = joined(server);
  ASSERT_EQ(server.application.clients(api::StreamKind::websocket), 1);
  socket->send_frame(kClose, std::string("\x03\xe8", 2));
  EXPECT_EQ(socket->frame().close_code(), 1000);
  EXPECT_EQ(socket->frame().opcode, -1);  // the server closes first, as RFC 6455 wants it
  socket->client.close();
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 0; }));
}

TEST(WebSocketServer, AClientThatJustGoesIsForgotten) {
  RunningServer server;
  auto socket = joined(server);
  socket.reset();
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 0; }));
  publish(server);
}

TEST(WebSocketServer, TooLargeAMessageCloses) {
  RunningServer server;
  const auto fits = joined(server);
  fits->send_text(std::string(4096, 'x'));
  fits->send_text("ping");
  EXPECT_EQ(fits->message(), R"({"event":"pong"})");
  const auto large = joined(server);
  large->send_text(std::string(4097, 'x'));
  EXPECT_EQ(large->frame().close_code(), 1009);
  // In fragments too: it is the message that counts.
  const auto pieces = joined(server);
  pieces->send_frame(kText, std::string(4000, 'x'), true, false);
  pieces->send_frame(kContinuation, std::string(4000, 'x'));
  EXPECT_EQ(pieces->frame().close_code(), 1009);
}

TEST(WebSocketServer, BrokenProtocolCloses) {
  RunningServer server;
  const auto unmasked = joined(server);
  unmasked->send_frame(kText, "ping", false);
  EXPECT_EQ(unmasked->frame().close_code(), 1002);
  const auto text = joined(server);
  text->send_text("\xff\xfe broken UTF-8");
  EXPECT_EQ(text->frame().close_code(), 1007);
  const auto opcode = joined(server);
  opcode->send_frame(5, "");
  EXPECT_EQ(opcode->frame().close_code(), 1002);
}

TEST(WebSocketServer, WhatIsNoUpgradeIsToldSo) {
  RunningServer server;
  Client plain(server.port());
  plain.send(get("/ws/sync"));
  const Answer required = plain.answer();
  EXPECT_EQ(required.status, 426);
  EXPECT_EQ(required.headers.at("upgrade"), "websocket");
  const auto status_of = [&](const std::string& fields, const std::string& behind = "") {
    Client client(server.port());
    client.send("GET /ws/sync HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + fields + "\r\n" + behind);
    return client.answer().status;
  };
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", version = "Sec-WebSocket-Version: 13\r\n";
  EXPECT_EQ(status_of(key + version), 101);
  EXPECT_EQ(status_of(version), 400);
  EXPECT_EQ(status_of("Sec-WebSocket-Key: short\r\n" + version), 400);
  EXPECT_EQ(status_of(key), 426);
  EXPECT_EQ(status_of(key + "Sec-WebSocket-Version: 8\r\n"), 426);
  EXPECT_EQ(status_of(key + version, "too early"), 400);
}

TEST(WebSocketServer, TheApplicationMayRefuse) {
  RunningServer server;
  Client client(server.port());
  client.send(get("/refused"));
  EXPECT_EQ(client.answer().status, 403);
}

TEST(WebSocketServer, AReaderThatStopsIsDroppedAndNobodyWaitsForIt) {
  RunningServer server(on_any_port(), {.silence = 40s, .heartbeat = 20s, .farewell = kPatience});
  WebSocket slow(server.port(), "", "", 4096);
  EXPECT_EQ(slow.upgrade.status, 101);
  EXPECT_EQ(member(slow.message(), "event"), "connection_established");
  const auto quick = joined(server);
  // More than the system's buffers and the queue hold together.
  constexpr std::size_t kSize = 100'000;
  constexpr int kEvents = 400;
  for (int seq = 1; seq <= kEvents; ++seq) {
    publish(server, kSize);
    EXPECT_EQ(member(quick->message(), "seq"), std::to_string(seq));
  }
  // When it reads again it finds whole events, in order, and then why there are no more.
  Frame frame;
  int received = 0;
  while ((frame = slow.frame()).opcode == kText) EXPECT_EQ(member(frame.payload, "seq"), std::to_string(++received));
  EXPECT_EQ(frame.close_code(), 1013);
  EXPECT_LT(received, kEvents);
  EXPECT_GT(received, 0);
}

TEST(WebSocketServer, AReaderThatStopsForGoodIsCutOff) {
  RunningServer server(on_any_port(), {.silence = 40s, .heartbeat = 20s, .farewell = 100ms});
  const WebSocket slow(server.port(), "", "", 4096);
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 1; }));
  for (int i = 0; i < 400; ++i) publish(server, 100'000);
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 0; }));
}

TEST(WebSocketServer, FloodOfPingsWithoutReadingIsCutOff) {
  RunningServer server(on_any_port(), {.silence = 40s, .heartbeat = 20s, .farewell = 100ms});
  WebSocket flood(server.port(), "", "", 4096);
  for (int i = 0; i < 400; ++i) publish(server, 100'000);
  for (int i = 0; i < 1000; ++i) flood.send_text("ping");
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 0; }));
}

TEST(WebSocketServer, DeadPeersAreFound) {
  RunningServer server(on_any_port(), {.silence = 400ms, .heartbeat = 20s, .farewell = 5s});
  // It takes everything and says nothing, as one whose cable was pulled: its system still acknowledges.
  const auto dead = joined(server);
  EXPECT_EQ(dead->frame().opcode, kPing);
  EXPECT_EQ(dead->frame().opcode, -1);
  EXPECT_TRUE(eventually([&] { return server.application.clients(api::StreamKind::websocket) == 0; }));
}

TEST(WebSocketServer, PeersThatAnswerPingsStay) {
  RunningServer server(on_any_port(), {.silence = 200ms, .heartbeat = 20s, .farewell = 5s});
  const auto alive = joined(server);
  for (int i = 0; i < 6; ++i) {  // three times as long as silence is allowed
    const Frame ping = alive->frame();
    ASSERT_EQ(ping.opcode, kPing);
    alive->send_frame(kPong, ping.payload);
  }
  publish(server);
  EXPECT_EQ(member(alive->message(), "seq"), "1");
}

TEST(WebSocketServer, AThousandClientsGetEveryEvent) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  RunningServer server;  // raises the limit
  constexpr int kClients = 1000, kEvents = 20;
  std::vector<std::unique_ptr<WebSocket>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(joined(server));
  EXPECT_EQ(server.application.clients(api::StreamKind::websocket), kClients);
  for (int i = 0; i < kEvents; ++i) publish(server, 200);
  for (const auto& client : clients)
    for (int seq = 1; seq <= kEvents; ++seq) ASSERT_EQ(member(client->message(), "seq"), std::to_string(seq));
  server.stop();
  for (const auto& client : clients) {
    ASSERT_EQ(client->frame().close_code(), 1001);
    client->send_frame(kClose, std::string("\x03\xe9", 2));
  }
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
}

TEST(WebSocketServer, StoppingDoesNotWaitForClientsThatDoNotAnswer) {
  RunningServer server(on_any_port(), {.silence = 40s, .heartbeat = 20s, .farewell = 200ms});
  const auto mute = joined(server);
  server.stop();
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
  EXPECT_EQ(mute->frame().close_code(), 1001);
}

}  // namespace
}  // namespace lockstep::server::testing
