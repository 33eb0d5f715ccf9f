#include "server/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>

#include "model/validation.hpp"

namespace lockstep::server {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string in_bytes(std::uint64_t count) { return std::to_string(count) + " bytes"; }

}  // namespace

// Beast's parser, filling in a request.
class RequestParser::Message : public http::basic_parser<true> {
 public:
  explicit Message(const RequestLimits& limits) : limits_(limits) {
    // A little more than asked for: Beast counts the request line apart, so the sum is checked in advance().
    const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    header_limit(static_cast<std::uint32_t>(std::min(limits.header + 1, most)));
    body_limit(limits.body);
  }

  // The fault of a whole header, if there is one.
  std::optional<RequestFault> check_header();
  RequestFault fault_of(error_code error) const;

  api::Request request;
  std::size_t header_bytes = 0;
  int version = 11;  // 10: HTTP/1.0
  bool expects_continue = false;

 private:
  bool to_origin_form();

  void on_request_impl(http::verb, string_view method, string_view target, int number, error_code&) override {
    version = number;
    request.method.assign(method);
    request.target.assign(target);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field field, string_view name, string_view value, error_code&) override {
    if (field == http::field::host) ++hosts_;
    if (field == http::field::expect) expects_continue = boost::beast::iequals(value, "100-continue");
    if (field == http::field::transfer_encoding && !boost::beast::iequals(value, "chunked")) unknown_coding_ = true;
    request.headers.push_back({lower(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // A length is only a promise: no more than this is set aside before the bytes are there.
    constexpr std::uint64_t kReserved = 64ULL << 10;
    if (length) request.body.reserve(static_cast<std::size_t>(std::min(*length, kReserved)));
  }
  std::size_t on_body_impl(string_view bytes, error_code&) override {
    request.body.append(bytes);
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    request.body.append(bytes);
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}

  RequestLimits limits_;
  int hosts_ = 0;
  bool unknown_coding_ = false;
};

// `GET http://host/path`, which proxies send, becomes `GET /path` with that host (RFC 9112, 3.2.2).
bool RequestParser::Message::to_origin_form() {
  const std::size_t scheme_end = request.target.find("://");
  if (scheme_end == std::string::npos) return false;
  const std::string scheme = lower(std::string_view(request.target).substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return false;
  const std::size_t host_start = scheme_end + 3;
  const std::size_t host_end = std::min(request.target.find_first_of("/?", host_start), request.target.size());
  std::string host = request.target.substr(host_start, host_end - host_start);
  std::string path = request.target.substr(host_end);
  if (!path.starts_with('/')) path.insert(0, "/");
  request.target = std::move(path);
  for (api::Header& header : request.headers)
    if (header.name == "host") header.value = host;
  return true;
}

std::optional<RequestFault> RequestParser::Message::check_header() {
  if (header_bytes > limits_.header) return fault_of(http::error::header_limit);
  if (hosts_ > 1) return RequestFault{400, "The request has more than one Host field"};
  if (hosts_ == 0 && version == 11) return RequestFault{400, "The request has no Host field"};
  // Where such a body ends is not known: what follows must not be taken for another request (RFC 9112, 6.3).
  if (unknown_coding_) return RequestFault{400, "The request has a Transfer-Encoding other than chunked"};
  if (!request.target.starts_with('/') && !to_origin_form())
    return RequestFault{400, "The request target " + quoted_for_message(request.target) + " is not a path"};
  return std::nullopt;
}

RequestFault RequestParser::Message::fault_of(error_code error) const {
  if (error == http::error::header_limit)
    return {431, "The request's header is larger than " + in_bytes(limits_.header) + " (max_header)"};
  if (error == http::error::body_limit)
    return {413, "The request's body is larger than " + in_bytes(limits_.body) + " (max_body)"};
  return {400, "The request is not valid HTTP/1.1: " + error.message()};
}

RequestParser::RequestParser(RequestLimits limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;

void RequestParser::append(std::string_view bytes) {
  if (used_ > 0 && used_ == buffer_.size()) {
    buffer_.clear();
    used_ = 0;
  }
  buffer_.append(bytes);
}

std::variant<RequestParser::Progress, RequestFault> RequestParser::advance() {
  if (!message_) {
    // Empty lines before a request are to be ignored (RFC 9112, 2.2).
    while (buffer_.compare(used_, 2, "\r\n") == 0) used_ += 2;
    if (!has_bytes()) return Progress::nothing;
    message_ = std::make_unique<Message>(limits_);
  }
  Message& message = *message_;
  // The header by itself, so that its size is known; then whatever there is of the body.
  while (!message.is_done() && has_bytes()) {
    const bool in_header = !message.is_header_done();
    message.eager(!in_header);
    error_code error;
    const std::size_t taken = message.put({buffer_.data() + used_, buffer_.size() - used_}, error);
    used_ += taken;
    if (in_header) message.header_bytes += taken;
    if (error && error != http::error::need_more) return message.fault_of(error);
    if (in_header && message.is_header_done())
      if (std::optional<RequestFault> fault = message.check_header()) return *std::move(fault);
    if (error == http::error::need_more) break;
  }
  if (!message.is_header_done()) {
    if (message.header_bytes + buffer_.size() - used_ > limits_.header) return message.fault_of(http::error::header_limit);
    return Progress::header;
  }
  return message.is_done() ? Progress::complete : Progress::body;
}

bool RequestParser::continue_expected() const {
  return message_->expects_continue && !is_http_1_0() && message_->request.body.empty();
}
bool RequestParser::keep_alive() const { return message_->keep_alive(); }
bool RequestParser::is_http_1_0() const { return message_->version == 10; }
bool RequestParser::has_bytes() const { return used_ < buffer_.size(); }

api::Request RequestParser::take() {
  api::Request request = std::move(message_->request);
  message_.reset();
  buffer_.erase(0, used_);
  used_ = 0;
  // A large body must not leave a large buffer with an idle connection.
  constexpr std::size_t kKept = 4096;
  if (buffer_.empty() && buffer_.capacity() > kKept) buffer_ = std::string();
  return request;
}

}  // namespace lockstep::server
