#include "api/credentials.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "config/read_file.hpp"
#include "model/error.hpp"

namespace lockstep::api {
namespace {

constexpr std::size_t kShortToken = 16;  // characters; fewer can be tried out
constexpr std::size_t kSessionIdBytes = 32;
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool equal_in_constant_time(std::string_view secret, std::string_view given) {
  if (secret.empty()) return false;
  unsigned difference = secret.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^
                                        static_cast<unsigned char>(secret[i % secret.size()]));
  return difference == 0;
}

[[noreturn]] void refuse_token(std::string what, std::string cause) {
  throw Error({ErrorCode::usage, "", "", std::move(what) + " " + std::move(cause),
               "write one line of 16 or more letters and digits, for example the output of: openssl rand -hex 32",
               false});
}

std::string checked_token(std::string token, const std::string& what) {
  if (token.empty()) refuse_token(what, "is empty");
  // What RFC 6750 lets a header carry, and a little more.
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; }))
    refuse_token(what, "has characters that no Authorization header can carry");
  return token;
}

std::string load_token(const std::string& given, const std::string& file, std::string_view name) {
  if (!given.empty()) return checked_token(given, "The " + std::string(name));
  if (file.empty()) return {};
  const std::string what = "The " + std::string(name) + " in " + file;
  std::optional<std::string> text = config::read_file(file);
  if (!text)
    throw Error({ErrorCode::not_found, "read", file, "there is no such file", "it should hold the " + std::string(name),
                 false});
  const auto not_blank = [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; };
  text->erase(std::find_if(text->rbegin(), text->rend(), not_blank).base(), text->end());
  text->erase(text->begin(), std::ranges::find_if(*text, not_blank));
  return checked_token(std::move(*text), what);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t got = 0; got < count;) {
    const ssize_t more = getrandom(bytes.data() + got, count - got, 0);
    if (more > 0) got += static_cast<std::size_t>(more);
    else if (errno != EINTR)
      throw Error({ErrorCode::internal, "open a session", "", "the system has no random numbers", "", true});
  }
  return bytes;
}

}  // namespace

Tokens::Tokens(const config::DaemonSettings& settings)
    : full_(load_token(settings.token, settings.token_file, "token")),
      read_(load_token(settings.read_token, settings.read_token_file, "read-only token")) {
  if (!full_.empty() && full_ == read_) refuse_token("The read-only token", "is the same as the token");
}

Level Tokens::level_of(std::string_view token) const {
  const bool full = equal_in_constant_time(full_, token);
  const bool read = equal_in_constant_time(read_, token);
  return full ? Level::everything : read ? Level::read : Level::nothing;
}

bool Tokens::is_short() const {
  const auto guessable = [](const std::string& token) { return !token.empty() && token.size() < kShortToken; };
  return guessable(full_) || guessable(read_);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = kBase64Url.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = buffer << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(buffer >> bits & 0xFF);
  }
  return bytes;
}

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = buffer << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kBase64Url[buffer >> (bits - 6) & 0x3F];
  }
  if (bits > 0) text += kBase64Url[buffer << (6 - bits) & 0x3F];
  return text;
}

Sessions::Sessions(Now now) : now_(std::move(now)) {}

std::string Sessions::open(std::string token) {
  std::string id = encode_base64url(random_bytes(kSessionIdBytes));
  const std::scoped_lock lock(mutex_);
  forget_old();
  if (sessions_.size() == kKept) sessions_.pop_front();
  sessions_.push_back({id, std::move(token), now_()});
  return id;
}

std::optional<std::string> Sessions::token_of(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  forget_old();
  // No secret is told by how long this takes: an id is 256 random bits.
  const auto found = std::ranges::find(sessions_, id, &Session::id);
  return found == sessions_.end() ? std::nullopt : std::optional(found->token);
}

void Sessions::close(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(sessions_, [id](const Session& session) { return session.id == id; });
}

void Sessions::forget_old() {
  const auto now = now_();
  while (!sessions_.empty() && now - sessions_.front().opened >= kLifetime) sessions_.pop_front();
}

}  // namespace lockstep::api
