#include "api/static_files.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "api/etag.hpp"
#include "model/error.hpp"

namespace lockstep::api {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;  // zlib's way to say: with gzip's header

[[noreturn]] void fail() {
  throw Error({ErrorCode::internal, "serve the dashboard", "", "a file in the program is damaged", "", false});
}

std::string lower_case_without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// `gzip;q=0.5` → whether it is wanted at all.
bool has_weight(std::string_view coding) {
  const std::size_t weight = coding.find(";q=");
  return weight == std::string_view::npos ||
         coding.substr(weight + 3).find_first_not_of("0.") != std::string_view::npos;
}

}  // namespace

bool accepts_gzip(const Request& request) {
  const std::string* const header = request.header("accept-encoding");
  if (header == nullptr) return false;
  const std::string list = lower_case_without_blanks(*header);
  bool any = false;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string_view coding = std::string_view(list).substr(at, end - at);
    const std::string_view name = coding.substr(0, coding.find(';'));
    if (name == "gzip" || name == "x-gzip") return has_weight(coding);
    if (name == "*") any = has_weight(coding);
    at = end + 1;
  }
  return any;
}

std::string gunzip(std::string_view compressed) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) fail();
  const auto end = [](z_stream* s) { inflateEnd(s); };
  const std::unique_ptr<z_stream, decltype(end)> ending(&stream, end);
  std::string input(compressed);  // zlib takes no const
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out;
  std::array<char, 32'768> block;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) fail();
    out.append(block.data(), block.size() - stream.avail_out);
  }
  return out;
}

std::optional<Response> serve_static(std::span<const StaticFile> files, std::string_view content_security_policy,
                                     std::string_view path, const Request& request) {
  const auto file = std::ranges::find(files, path, &StaticFile::path);
  if (file == files.end()) return std::nullopt;
  Response response{200, std::string(file->content_type), {}, ""};
  response.headers = {{"ETag", "W/" + std::string(file->etag)},  // weak: compressed or not, one file
                      {"Vary", "Accept-Encoding"},
                      {"Cache-Control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Content-Security-Policy", std::string(content_security_policy)},
                      {"Referrer-Policy", "no-referrer"}};
  if (not_modified(request, file->etag)) {
    response.status = 304;
    response.content_type.clear();
  } else if (accepts_gzip(request)) {
    response.headers.push_back({"Content-Encoding", "gzip"});
    response.body = file->gzip;
  } else {
    response.body = gunzip(file->gzip);
  }
  return response;
}

}  // namespace lockstep::api
