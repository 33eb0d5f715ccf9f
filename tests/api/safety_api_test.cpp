// Every sentence of docs/HTTP.md, "Safety", that is not about sockets, with somebody who tries to get in.
#include <gtest/gtest.h>

#include "api/api_world.hpp"
#include "api/credentials.hpp"

namespace lockstep::api {
namespace {

using namespace testing;

const std::string kToken = "full-token-0123456789abcdef";
const std::string kReadToken = "read-token-0123456789abcdef";

struct SafetyApi : ::testing::Test {
  ApiWorld world;
  void SetUp() override { world.write_tasks(task_yaml(1, "backup")); }
  void start_with_tokens() {
    world.config.daemon.token = kToken;
    world.config.daemon.read_token = kReadToken;
    world.start();
  }
  int get(std::vector<Header> headers, const std::string& target = "/api/sync/status") {
    return world.get(target, std::move(headers)).status;
  }
  static Header bearer(const std::string& token) { return {"authorization", "Bearer " + token}; }
  std::string start_failure() {
    try {
      world.start();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      return error.what();
    }
    return "(none)";
  }
  std::variant<StreamAccepted, Response> open(const std::string& target, std::vector<Header> headers) {
    if (std::ranges::find(headers, "host", &Header::name) == headers.end())
      headers.push_back({"host", "localhost:8000"});
    auto opened = world.api->open_stream({"GET", target, std::move(headers), ""});
    EXPECT_TRUE(opened) << target << " is a stream's";
    return *opened;
  }
};

// ---- the host

TEST_F(SafetyApi, OnlyOwnHostsAreAnswered) {
  world.config.daemon.allowed_hosts = {"sync.example.org", "tight.example.org:8443"};
  world.options.own_hosts = {"192.0.2.7"};
  world.start();
  for (const char* host :
       {"localhost", "LOCALHOST:8000", "localhost.:1", "127.0.0.1:8000", "127.8.9.1", "[::1]:8000", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:80", "192.0.2.7:8000", "sync.example.org", "Sync.Example.org:99", "tight.example.org:8443"})
    EXPECT_EQ(get({{"host", host}}), 200) << host;
  for (const char* host : {"evil.example", "localhost.evil.example", "evil-localhost", "10.0.0.1", "[2001:db8::1]:8000",
                           "tight.example.org", "tight.example.org:80", "128.0.0.1", "0.0.0.0"}) {
    const Response response = world.get("/api/sync/status", {{"host", host}});
    EXPECT_EQ(response.status, 403) << host;
    EXPECT_NE(member(response, "detail").find("allowed_hosts"), std::string::npos);
  }
  for (const char* host : {"", "a b", "localhost:x", "localhost:99999", "localhost:0", "user@localhost", "localhost/",
                           "[::1", "127.0.0.1:8000:1"})
    EXPECT_EQ(get({{"host", host}}), 400) << host;
  EXPECT_EQ(get({{"host", "localhost"}, {"host", "evil.example"}}), 400);
  EXPECT_EQ(world.api->handle(Request{"GET", "/health", {}, ""}).status, 400) << "no host at all";
  EXPECT_EQ(get({{"host", "evil.example"}}, "/health"), 403) << "what is open is open to its own hosts only";
  EXPECT_TRUE(world.log_has("evil.example"));
  EXPECT_TRUE(world.log_has("allowed_hosts"));
}

TEST_F(SafetyApi, OnAnyAddressAnAddressIsNoNameToRebind) {
  world.config.daemon.listen = {"0.0.0.0:8000"};
  world.config.daemon.token = kToken;
  world.start();
  EXPECT_EQ(get({{"host", "192.168.1.5:8000"}, bearer(kToken)}), 200);
  EXPECT_EQ(get({{"host", "evil.example:8000"}, bearer(kToken)}), 403);
}

// ---- the origin

TEST_F(SafetyApi, OnlyOwnAndListedOriginsMayAsk) {
  world.config.daemon.cors_origins = {"https://app.example.org", "http://dev.example.org:3000"};
  world.config.daemon.allowed_hosts = {"sync.example.org"};
  world.start();
  const auto from = [&](const std::string& origin, const std::string& host = "localhost:8000") {
    return get({{"host", host}, {"origin", origin}});
  };
  for (const char* origin :
       {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000", "HTTP://LOCALHOST:8000",
        "https://app.example.org", "https://APP.example.org:443", "http://dev.example.org:3000"})
    EXPECT_EQ(from(origin), 200) << origin;
  EXPECT_EQ(from("https://sync.example.org", "sync.example.org"), 200)
      << "a proxy spoke TLS: both ports are the default one";
  EXPECT_EQ(from("http://localhost", "localhost"), 200);
  for (const char* origin :
       {"null", "http://evil.example", "http://localhost:8001", "http://localhost", "https://localhost:8001",
        "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.example",
        "https://evil.example/https://app.example.org", "file://", "chrome-extension://abc", "", "localhost:8000"})
    EXPECT_EQ(from(origin), 403) << origin;
  EXPECT_EQ(from("http://localhost:8000", "sync.example.org:8000"), 403) << "another host of ours is another site";
  EXPECT_EQ(get({{"origin", "https://app.example.org"}, {"origin", "https://evil.example"}}), 403);
  const Response refused = world.send("POST", "/api/sync/trigger", "", {{"origin", "http://evil.example"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(member(refused, "detail").find("http://evil.example"), std::string::npos);
  EXPECT_NE(member(refused, "detail").find("cors_origins"), std::string::npos);
  EXPECT_TRUE(world.log_has("http://evil.example"));
  EXPECT_TRUE(world.log_has("cors_origins"));
}

TEST_F(SafetyApi, WhatAnotherSitesPageSendsIsRefused) {
  world.config.daemon.cors_origins = {"https://app.example.org"};
  world.start();
  EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}}), 403);
  EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}, {"origin", "http://localhost:8000"}}), 403);
  EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}, {"origin", "https://app.example.org"}}), 200);
  EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}}), 200)
      << "a person followed a link";
  for (const char* elsewhere : {"iframe", "image", "script", "empty"})
    EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", elsewhere}}), 403)
        << elsewhere;
  EXPECT_EQ(get({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "no-cors"}, {"sec-fetch-dest", "document"}}), 403);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "{}", {{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"},
                                                           {"sec-fetch-dest", "document"}}).status, 403) << "a form that was sent";
  for (const char* site : {"same-origin", "same-site", "none"}) EXPECT_EQ(get({{"sec-fetch-site", site}}), 200) << site;
}

TEST_F(SafetyApi, ListedOriginsMayReadTheAnswers) {
  world.config.daemon.cors_origins = {"https://app.example.org"};
  world.config.daemon.token = kToken;
  world.start();
  const Response response = world.get("/api/tasks", {{"origin", "https://app.example.org"}, bearer(kToken)});
  EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "https://app.example.org");
  EXPECT_EQ(header(response, "Vary"), "Origin");
  EXPECT_NE(header(response, "Access-Control-Expose-Headers").find("X-Total-Count"), std::string::npos);
  EXPECT_EQ(header(response, "Access-Control-Allow-Credentials"), "(absent)");
  EXPECT_EQ(header(world.get("/api/tasks", {bearer(kToken)}), "Access-Control-Allow-Origin"), "(absent)");
  const Response refused = world.get("/api/tasks", {{"origin", "https://evil.example"}, bearer(kToken)});
  EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "(absent)");

  const Response preflight = world.send("OPTIONS", "/api/tasks/1", "",
                                        {{"origin", "https://app.example.org"},
                                         {"access-control-request-method", "PATCH"},
                                         {"access-control-request-private-network", "true"}});
  EXPECT_EQ(preflight.status, 204) << "a preflight carries no token";
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "https://app.example.org");
  EXPECT_NE(header(preflight, "Access-Control-Allow-Methods").find("PATCH"), std::string::npos);
  EXPECT_NE(header(preflight, "Access-Control-Allow-Headers").find("Authorization"), std::string::npos);
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Private-Network"), "true");
  EXPECT_EQ(world
                .send("OPTIONS", "/api/tasks/1", "",
                      {{"origin", "https://evil.example"}, {"access-control-request-method", "PATCH"}})
                .status,
            403);
  EXPECT_EQ(world
                .send("OPTIONS", "/api/tasks/1", "",
                      {{"origin", "http://localhost:8000"}, {"access-control-request-method", "PATCH"}})
                .status,
            401)
      << "its own pages need no preflight";

  const auto stream = open("/api/sync/events", {{"origin", "https://app.example.org"}, bearer(kToken)});
  ASSERT_TRUE(std::holds_alternative<StreamAccepted>(stream));
  EXPECT_EQ(header({200, "", std::get<StreamAccepted>(stream).headers, ""}, "Access-Control-Allow-Origin"),
            "https://app.example.org");
}

// ---- proxies

TEST_F(SafetyApi, WithoutATokenAProxysRequestIsRefused) {
  world.start();
  for (const char* name : {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}) {
    const Response response = world.get("/api/sync/status", {{name, "1"}});
    EXPECT_EQ(response.status, 403) << name;
    EXPECT_NE(member(response, "detail").find("token_file"), std::string::npos);
  }
  EXPECT_EQ(get({{"x-forwarded-for", "1"}}, "/health"), 403);
}

TEST_F(SafetyApi, WithATokenAProxyIsFine) {
  start_with_tokens();
  EXPECT_EQ(get({{"x-forwarded-for", "1"}, bearer(kToken)}), 200);
  EXPECT_EQ(get({{"x-forwarded-for", "1"}}), 401);
  EXPECT_EQ(get({{"x-forwarded-for", "1"}}, "/health"), 200);
}

TEST_F(SafetyApi, OpenToAllMeansProxiesToo) {
  world.config.daemon.insecure_no_auth = true;
  world.config.daemon.listen = {"0.0.0.0:8000"};
  world.start();
  EXPECT_EQ(get({{"x-forwarded-for", "1"}}), 200);
}

// ---- tokens

TEST_F(SafetyApi, BeyondLoopbackATokenIsNeeded) {
  for (const char* address : {"0.0.0.0:8000", "[::]:8000", "192.0.2.7:8000", "sync.example.org:80"}) {
    world.config.daemon.listen = {"localhost:8000", address};
    const std::string problem = start_failure();
    EXPECT_NE(problem.find(address), std::string::npos) << problem;
    EXPECT_NE(problem.find("LOCKSTEP_TOKEN"), std::string::npos) << "says what to do: " << problem;
    EXPECT_NE(problem.find("--insecure-no-auth"), std::string::npos);
  }
  for (const char* address :
       {"localhost:8000", "127.0.0.1:0", "127.1.2.3:8000", "[::1]:8000", "unix:/run/lockstep.sock"}) {
    world.config.daemon.listen = {address};
    EXPECT_EQ(start_failure(), "(none)") << address;
    world.stop();
  }
}

TEST_F(SafetyApi, SettingsThatMakeNoSenseAreRefusedAtOnce) {
  world.config.daemon.cors_origins = {"*"};
  EXPECT_NE(start_failure().find("cors_origins"), std::string::npos);
  world.config.daemon.cors_origins = {"https://app.example.org/"};
  EXPECT_NE(start_failure().find("without a path"), std::string::npos);
  world.config.daemon.cors_origins.clear();
  world.config.daemon.allowed_hosts = {"https://app.example.org"};
  EXPECT_NE(start_failure().find("allowed_hosts"), std::string::npos);
  world.config.daemon.allowed_hosts.clear();
  world.config.daemon.token = world.config.daemon.read_token = kToken;
  EXPECT_NE(start_failure().find("same"), std::string::npos);
}

TEST_F(SafetyApi, ATokenFileIsReadAndItsLineEndLeftOut) {
  const std::string file = (world.folder() / "token").string();
  std::ofstream(file) << kToken << "\n";
  world.config.daemon.token_file = file;
  world.start();
  EXPECT_EQ(get({bearer(kToken)}), 200);
  EXPECT_EQ(get({}), 401);
  world.stop();
  std::ofstream(file) << " \n";
  EXPECT_NE(start_failure().find("is empty"), std::string::npos);
  std::ofstream(file) << "two words\n";
  const std::string problem = start_failure();
  EXPECT_EQ(problem.find("two words"), std::string::npos) << "no message holds a token: " << problem;
  world.config.daemon.token_file = file + ".missing";
  EXPECT_THROW(world.start(), Error);
}

TEST_F(SafetyApi, TokensOpenWhatTheyMay) {
  start_with_tokens();
  EXPECT_EQ(get({}), 401);
  EXPECT_EQ(header(world.get("/api/tasks"), "WWW-Authenticate"), "Bearer realm=\"lockstep\"");
  EXPECT_EQ(get({bearer(kToken)}), 200);
  EXPECT_EQ(get({{"authorization", "bearer  " + kToken}}), 200) << "the scheme's case does not matter";
  for (const std::string& wrong :
       {std::string("wrong"), kToken + "x", kToken.substr(1), std::string(), kToken + kToken}) {
    const Response response = world.get("/api/tasks", {bearer(wrong)});
    EXPECT_EQ(response.status, 401) << wrong;
    EXPECT_EQ(response.body.find("0123456789abcdef"), std::string::npos) << "no answer holds a token";
  }
  EXPECT_EQ(get({{"authorization", "Basic " + kToken}}), 401);
  EXPECT_EQ(get({}, "/api/tasks?token=" + kToken), 401) << "addresses end up in logs";
  for (const char* open : {"/health", "/health/live"}) EXPECT_EQ(get({}, open), 200) << open;
  for (const char* closed : {"/metrics", "/openapi.json", "/api/tasks", "/nothing", "/ws/sync", "/api/sync/events"})
    EXPECT_EQ(get({}, closed), 401) << closed;
  for (const LogRecord& record : world.log())
    EXPECT_EQ(record.message.find("0123456789abcdef"), std::string::npos) << record.message;
}

TEST_F(SafetyApi, AReadOnlyTokenReads) {
  start_with_tokens();
  const Header read = bearer(kReadToken);
  for (const char* target : {"/api/tasks", "/api/sync/plan", "/metrics", "/openapi.json"})
    EXPECT_EQ(get({read}, target), 200) << target;
  EXPECT_EQ(world.send("HEAD", "/api/tasks", "", {read}).status, 200);
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"POST", "/api/sync/trigger"},
                                                        {"DELETE", "/api/sync/conflicts"},
                                                        {"PUT", "/api/tasks/1"},
                                                        {"PATCH", "/api/tasks/1"},
                                                        {"DELETE", "/api/tasks/1"},
                                                        {"POST", "/api/tasks"},
                                                        {"POST", "/api/sync/history/1/undo"},
                                                        {"DELETE", "/api/sync/status"}})
    EXPECT_EQ(world.send(method, target, "{}", {read}).status, 403) << method << target;
  EXPECT_TRUE(std::holds_alternative<StreamAccepted>(open("/ws/sync", {read})));
  EXPECT_TRUE(std::holds_alternative<StreamAccepted>(open("/api/sync/events", {read})));
}

TEST_F(SafetyApi, WithAReadOnlyTokenAloneNobodyWrites) {
  world.config.daemon.read_token = kReadToken;
  world.start();
  EXPECT_EQ(get({}), 401);
  EXPECT_EQ(get({bearer(kReadToken)}), 200);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "", {bearer(kReadToken)}).status, 403);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "", {bearer("")}).status, 401)
      << "the token that is not set is nobody's";
}

TEST_F(SafetyApi, SomebodyElseMayHaveAuthorised) {
  world.options.authorise = false;
  world.config.daemon.token = kToken;
  world.start();
  EXPECT_EQ(get({{"x-forwarded-for", "1"}}), 200);
  EXPECT_EQ(get({{"host", "evil.example"}}), 403) << "always";
  EXPECT_EQ(get({{"origin", "http://evil.example"}}), 403) << "always";
}

// ---- sessions

TEST_F(SafetyApi, ABrowsersSession) {
  start_with_tokens();
  const auto sign_in = [&](const std::string& token, std::vector<Header> headers = {}) {
    return world.send("POST", "/api/session", "{\"token\":\"" + token + "\"}", std::move(headers));
  };
  const Response signed_in = sign_in(kToken);
  EXPECT_EQ(signed_in.status, 204) << signed_in.body;
  const std::string cookie = header(signed_in, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("lockstep_session_8000=")) << cookie;
  EXPECT_NE(cookie.find("; Path=/; HttpOnly; SameSite=Strict"), std::string::npos) << cookie;
  EXPECT_EQ(cookie.find("Secure"), std::string::npos) << cookie;
  EXPECT_EQ(cookie.find(kToken), std::string::npos) << "the cookie does not hold the token";
  const std::string pair = cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(get({{"cookie", "other=1; " + pair}}), 200);
  EXPECT_EQ(get({{"cookie", pair + "x"}}), 401);
  EXPECT_EQ(get({{"cookie", "lockstep_session_8000=" + kToken}}), 401);
  EXPECT_EQ(get({{"cookie", pair}, bearer("wrong")}), 401) << "what is said goes before what is kept";
  EXPECT_EQ(get({{"cookie", pair}, {"origin", "http://evil.example"}}), 403);
  EXPECT_TRUE(std::holds_alternative<StreamAccepted>(open("/ws/sync", {{"cookie", pair}})));

  EXPECT_NE(header(sign_in(kToken, {{"x-forwarded-proto", "https"}}), "Set-Cookie").find("; Secure"),
            std::string::npos);
  EXPECT_EQ(sign_in("wrong").status, 401);
  EXPECT_TRUE(world.log_has("Refused POST \"/api/session\"")) << "guessing leaves traces";
  EXPECT_EQ(world.send("POST", "/api/session", "{}").status, 400);
  const std::string reader = header(sign_in(kReadToken), "Set-Cookie");
  const Header reading{"cookie", reader.substr(0, reader.find(';'))};
  EXPECT_EQ(get({reading}), 200);
  EXPECT_EQ(world.send("POST", "/api/sync/trigger", "", {reading}).status, 403);

  const Response signed_out = world.send("DELETE", "/api/session", "", {{"cookie", pair}});
  EXPECT_EQ(signed_out.status, 204);
  EXPECT_NE(header(signed_out, "Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(get({{"cookie", pair}}), 401) << "whoever kept the cookie has nothing";
}

TEST_F(SafetyApi, ASessionEndsWithItsToken) {
  start_with_tokens();
  const std::string cookie = header(world.send("POST", "/api/session", "{\"token\":\"" + kToken + "\"}"), "Set-Cookie");
  const Header session{"cookie", cookie.substr(0, cookie.find(';'))};
  config::Config next = world.config;
  next.daemon.idle_timeout = std::chrono::milliseconds(1);
  world.api->reload(next);
  EXPECT_EQ(get({session}), 200) << "the token is the same";
  next.daemon.token = "another-token-0123456789";
  world.api->reload(next);
  EXPECT_EQ(get({session}), 401);
}

// ---- streams

TEST_F(SafetyApi, AWebSocketsTokenMayStandAmongItsSubProtocols) {
  start_with_tokens();
  const auto accepted = [&](std::vector<Header> headers) { return open("/ws/sync", std::move(headers)); };
  const std::string offer = "bearer." + encode_base64url(kToken);
  const auto both = accepted({{"sec-websocket-protocol", "lockstep, " + offer}});
  ASSERT_TRUE(std::holds_alternative<StreamAccepted>(both));
  EXPECT_EQ(std::get<StreamAccepted>(both).subprotocol, "lockstep") << "and never the token";
  const auto two_fields = accepted({{"sec-websocket-protocol", offer}, {"sec-websocket-protocol", "lockstep"}});
  EXPECT_EQ(std::get<StreamAccepted>(two_fields).subprotocol, "lockstep");
  const auto alone = accepted({{"sec-websocket-protocol", offer}});
  EXPECT_EQ(std::get<StreamAccepted>(alone).subprotocol, "");
  for (const char* wrong : {"lockstep", "lockstep, bearer.", "lockstep, bearer.!!!", "lockstep, bearer.d3Jvbmc"}) {
    const auto refused = accepted({{"sec-websocket-protocol", wrong}});
    ASSERT_TRUE(std::holds_alternative<Response>(refused)) << wrong;
    EXPECT_EQ(std::get<Response>(refused).status, 401);
  }
}

TEST_F(SafetyApi, StreamsAreCheckedLikeEverythingElse) {
  world.start();
  const auto status = [&](const std::string& target, std::vector<Header> headers) {
    const auto opened = open(target, std::move(headers));
    return std::holds_alternative<Response>(opened) ? std::get<Response>(opened).status : 0;
  };
  for (const char* target : {"/ws/sync", "/api/sync/events"}) {
    EXPECT_EQ(status(target, {}), 0);
    EXPECT_EQ(status(target, {{"origin", "http://127.0.0.1:8000"}}), 0);
    EXPECT_EQ(status(target, {{"origin", "http://evil.example"}}), 403);
    EXPECT_EQ(status(target, {{"origin", "null"}}), 403);
    EXPECT_EQ(status(target, {{"host", "evil.example"}}), 403);
    EXPECT_EQ(status(target, {{"sec-fetch-site", "cross-site"}}), 403);
    EXPECT_EQ(status(target, {{"via", "1.1 proxy"}}), 403);
    EXPECT_EQ(status(std::string(target) + "?since=x", {}), 400);
    EXPECT_EQ(status(std::string(target) + "?sinc=1", {}), 400);
  }
}

TEST_F(SafetyApi, StreamsGoOnWhereTheyWere) {
  world.start();
  const auto since = [&](const std::string& target, std::vector<Header> headers = {}) {
    return std::get<StreamAccepted>(open(target, std::move(headers))).since;
  };
  EXPECT_EQ(since("/ws/sync"), std::nullopt);
  EXPECT_EQ(since("/ws/sync?since=7"), 7U);
  EXPECT_EQ(since("/api/sync/events", {{"last-event-id", "9"}}), 9U);
  EXPECT_EQ(since("/api/sync/events?since=7", {{"last-event-id", "9"}}), 9U) << "a browser that comes back";
  EXPECT_EQ(since("/api/sync/events", {{"last-event-id", "nonsense"}}), UINT64_MAX) << "not of this server";
  EXPECT_FALSE(world.api->open_stream({"GET", "/api/sync/status", {{"host", "localhost"}}, ""}));
  EXPECT_FALSE(world.api->open_stream({"POST", "/ws/sync", {{"host", "localhost"}}, ""}));
}

// ---- logs

TEST_F(SafetyApi, ControlCharactersAreEscapedInLogsAndLinesAreCounted) {
  world.start();
  EXPECT_EQ(get({{"origin", "http://evil\x1b[31m.example\n"}}), 403);
  for (const LogRecord& record : world.log())
    EXPECT_EQ(record.message.find_first_of("\x1b\n"), std::string::npos) << record.message;
  const std::size_t before = world.log().size();
  for (int i = 0; i < 100; ++i) get({{"origin", "http://evil.example"}});
  EXPECT_LT(world.log().size() - before, 25U) << "nobody fills a disk with them";
}

}  // namespace
}  // namespace lockstep::api
