#include "server/request_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::server {
namespace {

using Progress = RequestParser::Progress;

Progress progress(RequestParser& parser) {
  const auto step = parser.advance();
  if (const auto* fault = std::get_if<RequestFault>(&step)) {
    ADD_FAILURE() << fault->status << " " << fault->detail;
    return Progress::nothing;
  }
  return std::get<Progress>(step);
}

// The fault of a text, given at once.
RequestFault fault_of(const std::string& text, RequestLimits limits = {}) {
  RequestParser parser(limits);
  parser.append(text);
  const auto step = parser.advance();
  if (const auto* fault = std::get_if<RequestFault>(&step)) return *fault;
  ADD_FAILURE() << "accepted";
  return {0, ""};
}

api::Request request_of(const std::string& text) {
  RequestParser parser({});
  parser.append(text);
  EXPECT_EQ(progress(parser), Progress::complete);
  return parser.take();
}

TEST(RequestParser, ReadsARequestByteByByte) {
  const std::string text =
      "POST /api/tasks?q=%20 HTTP/1.1\r\nHost: localhost:8000\r\nX-Mixed-CASE:  a value \r\nContent-Length: 4\r\n\r\nbody";
  RequestParser parser({});
  EXPECT_EQ(progress(parser), Progress::nothing);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    parser.append(text.substr(i, 1));
    EXPECT_EQ(progress(parser), i < text.size() - 5 ? Progress::header : Progress::body) << i;
  }
  parser.append(text.substr(text.size() - 1));
  EXPECT_EQ(progress(parser), Progress::complete);
  EXPECT_TRUE(parser.keep_alive());
  const api::Request request = parser.take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/tasks?q=%20");
  EXPECT_EQ(request.body, "body");
  ASSERT_NE(request.header("x-mixed-case"), nullptr);
  EXPECT_EQ(*request.header("x-mixed-case"), "a value");
  EXPECT_FALSE(parser.has_bytes());
  EXPECT_EQ(progress(parser), Progress::nothing);
}

TEST(RequestParser, PipelinedRequestsComeOneByOne) {
  RequestParser parser({});
  parser.append("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nPUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxyGET /3 HT");
  EXPECT_EQ(progress(parser), Progress::complete);
  EXPECT_EQ(parser.take().target, "/1");
  EXPECT_TRUE(parser.has_bytes());
  EXPECT_EQ(progress(parser), Progress::complete);
  const api::Request second = parser.take();
  EXPECT_EQ(second.target + second.body, "/2xy");
  EXPECT_EQ(progress(parser), Progress::header);
  parser.append("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(progress(parser), Progress::complete);
  EXPECT_EQ(parser.take().target, "/3");
}

TEST(RequestParser, ChunkedBody) {
  const api::Request request = request_of(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;note=x\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(request.body, "Wikipedia");
}

TEST(RequestParser, KeepAliveByVersionAndField) {
  const auto keeps = [](const std::string& text) {
    RequestParser parser({});
    parser.append(text);
    EXPECT_EQ(progress(parser), Progress::complete);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, ContinueIsExpectedUntilTheBodyComes) {
  RequestParser parser({});
  parser.append("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(progress(parser), Progress::body);
  EXPECT_TRUE(parser.continue_expected());
  parser.append("x");
  EXPECT_EQ(progress(parser), Progress::body);
  EXPECT_FALSE(parser.continue_expected());
}

TEST(RequestParser, AbsoluteTargetBecomesPathAndHost) {
  const api::Request request = request_of("GET HTTP://other:81/path?q HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(request.target, "/path?q");
  EXPECT_EQ(*request.header("host"), "other:81");
  EXPECT_EQ(request_of("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").target, "/");
  EXPECT_EQ(request_of("GET http://a?q=1 HTTP/1.1\r\nHost: a\r\n\r\n").target, "/?q=1");
}

TEST(RequestParser, HeaderLimitIsExact) {
  const auto header = [](std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  constexpr RequestLimits limits{.header = 1000, .body = 10};
  RequestParser parser(limits);
  parser.append(header(1000));
  EXPECT_EQ(progress(parser), Progress::complete);
  const RequestFault fault = fault_of(header(1001), limits);
  EXPECT_EQ(fault.status, 431);
  EXPECT_EQ(fault.detail, "The request's header is larger than 1000 bytes (max_header)");
}

TEST(RequestParser, HeaderLimitCountsAllLinesAndNeedsNoEnd) {
  constexpr RequestLimits limits{.header = 1000, .body = 10};
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (many.size() <= 1000) many += "A: b\r\n";
  EXPECT_EQ(fault_of(many, limits).status, 431);
  EXPECT_EQ(fault_of("GET /" + std::string(1000, 'x'), limits).status, 431);
  EXPECT_EQ(fault_of("GET /" + std::string(600, 'x') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(600, 'x') + "\r\n\r\n", limits).status, 431);
}

TEST(RequestParser, BodyBehindASmallHeaderDoesNotCountAsHeader) {
  RequestParser parser({.header = 100, .body = 1000});
  parser.append("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b'));
  EXPECT_EQ(progress(parser), Progress::complete);
  EXPECT_EQ(parser.take().body.size(), 1000u);
}

TEST(RequestParser, BodyLimit) {
  constexpr RequestLimits limits{.header = 1000, .body = 10};
  const RequestFault announced = fault_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", limits);
  EXPECT_EQ(announced.status, 413);
  EXPECT_EQ(announced.detail, "The request's body is larger than 10 bytes (max_body)");
  EXPECT_EQ(fault_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n", limits).status, 413);
  EXPECT_EQ(fault_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", limits).status, 400);
  RequestParser parser(limits);
  parser.append("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234567890");
  EXPECT_EQ(progress(parser), Progress::complete);
}

TEST(RequestParser, MalformedIsSaid) {
  const std::string end = "\r\nHost: a\r\n\r\n";
  for (const std::string& text : std::initializer_list<std::string>{
           std::string("nonsense\r\n\r\n"), std::string("\x16\x03\x01\x02", 4) + std::string(200, 'x'),  // TLS
           "GET / HTTP/2.0" + end, "GET  / HTTP/1.1" + end, "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           // What one server reads as two requests and another as one.
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
           // Taken for a request without a body, what follows would be another request.
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
           "OPTIONS * HTTP/1.1" + end, "CONNECT a:1 HTTP/1.1" + end, "GET ftp://a/ HTTP/1.1" + end}) {
    const RequestFault fault = fault_of(text);
    EXPECT_EQ(fault.status, 400) << text;
    EXPECT_FALSE(fault.detail.empty());
  }
}

TEST(RequestParser, ControlCharactersOfATargetAreNotInTheMessage) {
  RequestParser parser({});
  parser.append("GET x\x01y HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto step = parser.advance();
  ASSERT_TRUE(std::holds_alternative<RequestFault>(step));
  EXPECT_EQ(std::get<RequestFault>(step).detail.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace lockstep::server
