// Tokens, and the sessions that browsers get for one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace lockstep::api {

// What somebody may do.
enum class Level : std::uint8_t { nothing, read, everything };

// The tokens of a configuration. Immutable.
class Tokens {
 public:
  // Reads the files that it names; a token that is given itself goes before its file. Throws Error(not_found, io,
  // permission) for a file that cannot be read, Error(usage) for a token that no header could carry, or both alike.
  explicit Tokens(const config::DaemonSettings&);

  bool required() const { return !full_.empty() || !read_.empty(); }
  // Takes the same time wherever the texts differ.
  Level level_of(std::string_view token) const;
  bool is_short() const;  // a token that could be guessed

 private:
  std::string full_, read_;  // empty = none
};

// `bearer.<base64url>`, as browsers pass a token to a WebSocket; nullopt: not base64url.
std::optional<std::string> decode_base64url(std::string_view);
std::string encode_base64url(std::string_view);

// Cookies stand for a token without holding it: random ids, kept in memory, gone with the process. Thread-safe.
class Sessions {
 public:
  static constexpr std::size_t kKept = 1'000;  // the oldest goes when there are more
  static constexpr std::chrono::hours kLifetime{24 * 30};

  using Now = std::function<std::chrono::steady_clock::time_point()>;
  explicit Sessions(Now now = std::chrono::steady_clock::now);

  std::string open(std::string token);  // the new session's id
  // The token that it was opened with; whether it still is one is for Tokens to say. nullopt: no such session.
  std::optional<std::string> token_of(std::string_view id);
  void close(std::string_view id);

 private:
  struct Session {
    std::string id;
    std::string token;
    std::chrono::steady_clock::time_point opened;
  };
  void forget_old();

  Now now_;
  std::mutex mutex_;
  std::deque<Session> sessions_;  // oldest first
};

}  // namespace lockstep::api
