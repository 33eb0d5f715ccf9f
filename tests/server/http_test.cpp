#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "file/temporary_folder.hpp"
#include "model/json.hpp"
#include "server/running_server.hpp"

namespace lockstep::server::testing {
namespace {

// The status of a problem object, after its members were looked at.
int problem(const Answer& answer, std::string_view detail) {
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  const JsonResult parsed = parse_json(answer.body);
  EXPECT_TRUE(parsed.ok()) << answer.body;
  EXPECT_EQ(parsed.value.find("status")->text, std::to_string(answer.status));
  EXPECT_NE(parsed.value.find("detail")->text.find(detail), std::string::npos) << answer.body;
  return answer.status;
}

// What the server answers to these bytes, and that it closes then.
void expect_refused(RunningServer& server, const std::string& bytes, int status, std::string_view detail) {
  Client client(server.port());
  client.send(bytes);
  const Answer answer = client.answer();
  EXPECT_EQ(problem(answer, detail), status);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST(Http, AnswersOnBothLoopbackFamilies) {
  RunningServer server;
  for (const char* address : {"127.0.0.1", "::1"}) {
    Client client(server.port(), address);
    client.send(get("/path?q=1"));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /path?q=1\n");
    EXPECT_EQ(answer.headers.at("date").size(), 29u);
  }
}

TEST(Http, AnswersOnAUnixSocket) {
  const TemporaryFolder folder;
  config::DaemonSettings settings = on_any_port();
  settings.listen = {"unix:" + (folder / "s"), "localhost:0"};
  RunningServer server(settings);
  Client client(folder / "s");
  client.send(get("/over/unix"));
  EXPECT_EQ(client.answer().body, "GET /over/unix\n");
  EXPECT_EQ(server.server().urls().size(), 2u);
}

TEST(Http, ConnectionIsKeptForRequestAfterRequest) {
  RunningServer server;
  Client client(server.port());
  for (int i = 0; i < 100; ++i) {
    client.send(get("/" + std::to_string(i)));
    EXPECT_EQ(client.answer().body, "GET /" + std::to_string(i) + "\n");
  }
  client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const Answer last = client.answer();
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST(Http, Http10ClosesUnlessAskedToKeep) {
  RunningServer server;
  Client client(server.port());
  client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.answer().headers.at("connection"), "keep-alive");
  client.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.answer().body, "GET /2\n");
  EXPECT_TRUE(client.at_end());
}

TEST(Http, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server;
  Client client(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += "PUT /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  client.send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.answer().body, "PUT /" + std::to_string(i) + "\nabc");
}

TEST(Http, ChunkedAndLargeBodiesArrive) {
  RunningServer server;
  Client client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.answer().body, "POST /\nabcde");
  const std::string body(8 << 20, 'x');  // as large as may be
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(client.answer().body, "POST /\n" + body);
}

TEST(Http, HeadHasTheLengthAndNoBody) {
  RunningServer server;
  Client client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.answer(true).headers.at("content-length"), "8");
  client.send(get("/next"));
  EXPECT_EQ(client.answer().body, "GET /next\n");
}

TEST(Http, ContinueIsSaidToWhoWaitsForIt) {
  RunningServer server;
  Client client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.answer().body, "POST /\nok");
}

TEST(Http, RepliesMayComeLaterFromAnotherThread) {
  RunningServer server;
  std::vector<std::jthread> workers;
  server.application.handler = [&](api::Request request, api::Reply reply) {
    workers.emplace_back([request = std::move(request), reply = std::move(reply)]() mutable {
      PlayedApplication::echo(std::move(request), reply);
    });
  };
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(server.port());
  for (Client& client : clients) client.send(get("/slow"));
  for (Client& client : clients) EXPECT_EQ(client.answer().body, "GET /slow\n");
}

TEST(Http, AClientThatGoesWhileItIsWorkedForHarmsNobody) {
  RunningServer server;
  std::promise<api::Reply> asked;
  server.application.handler = [&](api::Request, api::Reply reply) { asked.set_value(std::move(reply)); };
  auto client = std::make_unique<Client>(server.port());
  client->send(get());
  api::Reply reply = asked.get_future().get();
  client.reset();
  reply({200, "text/plain", {}, std::string(1 << 20, 'x')});
  server.application.handler = PlayedApplication::echo;
  Client other(server.port());
  other.send(get("/other"));
  EXPECT_EQ(other.answer().body, "GET /other\n");
}

TEST(Http, AClientThatClosedItsHalfIsAnswered) {
  RunningServer server;
  Client client(server.port());
  client.send(get("/half"));
  client.close_sending();
  EXPECT_EQ(client.answer().body, "GET /half\n");
  EXPECT_TRUE(client.at_end());
}

TEST(Http, SlowReadersGetALargeResponseWhole) {
  config::DaemonSettings settings = on_any_port();
  settings.idle_timeout = 2s;
  RunningServer server(settings);
  const std::string body(16 << 20, 'y');
  server.application.handler = [&](api::Request, api::Reply reply) { reply({200, "text/plain", {}, body}); };
  Client client(server.port(), "127.0.0.1", 4096);
  client.send(get());
  EXPECT_EQ(client.answer().body.size(), body.size());
}

TEST(Http, AReaderThatStopsIsCutOff) {
  config::DaemonSettings settings = on_any_port();
  settings.idle_timeout = 200ms;
  RunningServer server(settings);
  server.application.handler = [&](api::Request, api::Reply reply) { reply({200, "text/plain", {}, std::string(64 << 20, 'y')}); };
  Client client(server.port(), "127.0.0.1", 4096);
  client.send(get());
  EXPECT_NE(client.receive_until("\r\n\r\n"), "");
  // A server that stops waits for requests that are under way: until this one is cut off.
  server.stop();
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
  EXPECT_LT(client.receive_to_end().size(), std::size_t{64} << 20);  // only what the system's buffers held
}

TEST(HttpLimits, HeaderTooLarge) {
  RunningServer server;
  expect_refused(server, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n", 431, "16384 bytes (max_header)");
}

TEST(HttpLimits, BodyTooLargeEvenForAClientThatGoesOnSending) {
  config::DaemonSettings settings = on_any_port();
  settings.max_body = 1000;
  RunningServer server(settings);
  expect_refused(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413, "1000 bytes (max_body)");
  expect_refused(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x'), 413, "max_body");
  expect_refused(server, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n", 413,
                 "max_body");
}

TEST(HttpLimits, MalformedIsRefused) {
  RunningServer server;
  expect_refused(server, "nonsense\r\n\r\n", 400, "not valid HTTP/1.1");
  expect_refused(server, "GET / HTTP/1.1\r\n\r\n", 400, "no Host field");
  expect_refused(server, get("/fine").substr(0, 16) + "\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "not valid HTTP/1.1");
}

TEST(HttpLimits, ARequestBeforeTheMalformedOneIsAnswered) {
  RunningServer server;
  Client client(server.port());
  client.send(get("/first") + "nonsense\r\n\r\n");
  EXPECT_EQ(client.answer().body, "GET /first\n");
  EXPECT_EQ(client.answer().status, 400);
}

TEST(HttpLimits, HeaderThatDoesNotComeIsTimedOut) {
  config::DaemonSettings settings = on_any_port();
  settings.header_timeout = 200ms;
  RunningServer server(settings);
  expect_refused(server, "GET / HTTP/1.1\r\nHos", 408, "200 ms (header_timeout)");
}

TEST(HttpLimits, HeaderThatDripsIsTimedOutAllTheSame) {
  config::DaemonSettings settings = on_any_port();
  settings.header_timeout = 300ms;
  RunningServer server(settings);
  Client client(server.port());
  std::jthread dripping([&](std::stop_token stop) {
    for (client.send("GET / HTTP/1.1\r\nX: "); !stop.stop_requested(); client.send("x")) std::this_thread::sleep_for(20ms);
  });
  EXPECT_EQ(client.answer().status, 408);
}

TEST(HttpLimits, IdleConnectionIsClosedWithoutAWord) {
  config::DaemonSettings settings = on_any_port();
  settings.idle_timeout = 200ms;
  RunningServer server(settings);
  Client client(server.port());
  EXPECT_TRUE(client.at_end());
  Client used(server.port());
  used.send(get("/once"));
  EXPECT_EQ(used.answer().body, "GET /once\n");
  EXPECT_TRUE(used.at_end());
}

TEST(HttpLimits, BodyThatDoesNotComeIsTimedOut) {
  config::DaemonSettings settings = on_any_port();
  settings.idle_timeout = 200ms;
  RunningServer server(settings);
  expect_refused(server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx", 408, "200 ms (idle_timeout)");
}

TEST(HttpLimits, TooManyConnectionsAreToldSo) {
  config::DaemonSettings settings = on_any_port();
  settings.max_connections = 3;
  RunningServer server(settings);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(server.port()));
    clients.back()->send(get());
    EXPECT_EQ(clients.back()->answer().status, 200);
  }
  Client refused(server.port());
  refused.send(get());
  EXPECT_EQ(problem(refused.answer(), "All 3 connections (max_connections) are in use"), 503);
  EXPECT_TRUE(refused.at_end());
  clients.pop_back();
  EXPECT_TRUE(eventually([&] {
    Client next(server.port());
    next.send(get());
    return next.answer().status == 200;
  }));
}

TEST(HttpLimits, ChangedSettingsHoldForNewConnections) {
  RunningServer server;
  config::DaemonSettings settings = on_any_port();
  settings.max_body = 10;
  server.server().change_settings(settings);
  EXPECT_TRUE(eventually([&] {
    Client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901");
    return client.answer().status == 413;
  }));
}

TEST(HttpShutdown, RequestsUnderWayAreAnsweredIdleConnectionsClosed) {
  RunningServer server;
  std::promise<api::Reply> asked;
  server.application.handler = [&](api::Request, api::Reply reply) { asked.set_value(std::move(reply)); };
  Client idle(server.port()), working(server.port());
  working.send(get("/working"));
  api::Reply reply = asked.get_future().get();
  server.stop();
  EXPECT_TRUE(idle.at_end());
  EXPECT_FALSE(server.stopped());
  EXPECT_THROW(Client(server.port()), std::system_error);  // nobody new
  reply({200, "text/plain", {}, "done"});
  const Answer answer = working.answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(working.at_end());
  working.close();
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
}

TEST(HttpShutdown, StopsAtOnceWhenNobodyIsThere) {
  RunningServer server;
  server.stop();
  EXPECT_TRUE(eventually([&] { return server.stopped(); }));
}

TEST(HttpLog, AccessIsLoggedAtDebugOnly) {
  for (const LogLevel level : {LogLevel::info, LogLevel::debug}) {
    config::DaemonSettings settings = on_any_port();
    settings.log_level = level;
    RunningServer server(settings);
    Client client(server.port());
    client.send(get("/logged"));
    client.answer();
    const std::vector<LogRecord> lines = server.logged();
    const bool found = std::ranges::any_of(lines, [](const LogRecord& r) { return r.message == "GET /logged 200"; });
    EXPECT_EQ(found, level == LogLevel::debug);
  }
}

}  // namespace
}  // namespace lockstep::server::testing
