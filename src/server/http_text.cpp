#include "server/http_text.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <ctime>

namespace lockstep::server {
namespace {

// What could end a field early comes out as a blank: no value can add fields of its own.
void append_field(std::string& head, std::string_view name, std::string_view value) {
  const auto breaks_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  head += name;
  head += ": ";
  const std::size_t start = head.size();
  head += value;
  std::replace_if(head.begin() + static_cast<std::ptrdiff_t>(start), head.end(), breaks_line, ' ');
  head += "\r\n";
}

// Everything but the framing.
std::string common_head(const api::Response& response, std::string_view date) {
  namespace http = boost::beast::http;
  std::string head;
  head.reserve(512);
  head += "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  head += http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  head += "\r\n";
  append_field(head, "Date", date);
  if (!response.content_type.empty()) append_field(head, "Content-Type", response.content_type);
  for (const api::Header& header : response.headers) append_field(head, header.name, header.value);
  return head;
}

// RFC 9110, 8.6: these never have a length.
bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string http_date(std::chrono::system_clock::time_point at) {
  // Not strftime: its names follow the locale.
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                                   kMonths[utc.tm_mon], 1900 + utc.tm_year, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return std::string(text, static_cast<std::size_t>(length));
}

std::string response_head(const api::Response& response, Persistence persistence, std::string_view date) {
  std::string head = common_head(response, date);
  if (!has_no_body(response.status)) append_field(head, "Content-Length", std::to_string(response.body.size()));
  if (persistence == Persistence::close) append_field(head, "Connection", "close");
  if (persistence == Persistence::keep_1_0) append_field(head, "Connection", "keep-alive");
  return head += "\r\n";
}

std::string stream_head(const api::Response& response, std::string_view date) {
  std::string head = common_head(response, date);
  append_field(head, "Connection", "close");
  return head += "\r\n";
}

}  // namespace lockstep::server
