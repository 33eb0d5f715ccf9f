#include "server/http_text.hpp"

#include <gtest/gtest.h>

namespace lockstep::server {
namespace {

constexpr std::string_view kDate = "Sun, 22 Nov 2026 08:00:00 GMT";

TEST(HttpText, DateInTheFormThatHttpWants) {
  EXPECT_EQ(http_date(std::chrono::system_clock::from_time_t(1795334400)), kDate);
  EXPECT_EQ(http_date(std::chrono::system_clock::from_time_t(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpText, Head) {
  const api::Response response{201, "application/json", {{"Location", "/api/tasks/7"}}, "{}"};
  EXPECT_EQ(response_head(response, Persistence::keep, kDate),
            "HTTP/1.1 201 Created\r\nDate: Sun, 22 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json\r\n"
            "Location: /api/tasks/7\r\nContent-Length: 2\r\n\r\n");
  EXPECT_NE(response_head(response, Persistence::close, kDate).find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(response_head(response, Persistence::keep_1_0, kDate).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
}

TEST(HttpText, NoLengthWhereNoBodyMayBe) {
  EXPECT_EQ(response_head({204, "", {}, ""}, Persistence::keep, kDate).find("Content-Length"), std::string::npos);
  EXPECT_EQ(response_head({304, "", {}, ""}, Persistence::keep, kDate).find("Content-Length"), std::string::npos);
  EXPECT_NE(response_head({200, "", {}, ""}, Persistence::keep, kDate).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(HttpText, AValueCannotAddFields) {
  const api::Response response{200, "", {{"X", "a\r\nSet-Cookie: b\n\nc"}}, ""};
  EXPECT_NE(response_head(response, Persistence::keep, kDate).find("X: a  Set-Cookie: b  c\r\n"), std::string::npos);
}

TEST(HttpText, StreamEndsWithTheConnection) {
  const std::string head = stream_head({200, "text/event-stream", {}, ""}, kDate);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n\r\n"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::server
