// PostgreSQL's binary formats (documented under "COPY", "Binary Format", and in the send and receive
// functions of each type): integers in network order, instants as microseconds since 2000-01-01.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "model/timestamp.hpp"

namespace lockstep::postgres {

inline constexpr std::int64_t kEpochOffset = 946'684'800LL * 1'000'000;  // 2000-01-01 in Unix microseconds
inline constexpr std::int64_t kInfinity = INT64_MAX;                     // `infinity`; INT64_MIN is `-infinity`

inline void append_int16(std::string& out, std::int16_t value) {
  const auto bits = static_cast<std::uint16_t>(value);
  out += static_cast<char>(bits >> 8);
  out += static_cast<char>(bits & 0xff);
}
inline void append_int32(std::string& out, std::int32_t value) {
  const std::uint32_t bits = __builtin_bswap32(static_cast<std::uint32_t>(value));
  char bytes[4];
  std::memcpy(bytes, &bits, 4);
  out.append(bytes, 4);
}
inline void append_int64(std::string& out, std::int64_t value) {
  const std::uint64_t bits = __builtin_bswap64(static_cast<std::uint64_t>(value));
  char bytes[8];
  std::memcpy(bytes, &bits, 8);
  out.append(bytes, 8);
}

// Precondition: that many bytes are there.
inline std::int16_t read_int16(const char* bytes) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, 2);
  return static_cast<std::int16_t>(__builtin_bswap16(bits));
}
inline std::int32_t read_int32(const char* bytes) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, bytes, 4);
  return static_cast<std::int32_t>(__builtin_bswap32(bits));
}
inline std::int64_t read_int64(const char* bytes) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, 8);
  return static_cast<std::int64_t>(__builtin_bswap64(bits));
}

inline std::int64_t to_wire(Timestamp instant) { return instant.micros - kEpochOffset; }
// nullopt: an infinity, or a year outside 0001 … 9999 (4713 BC and 294276 are possible there).
std::optional<Timestamp> instant_from_wire(std::int64_t micros_since_2000);

// A one-dimensional array as a parameter: built in place, length known only at the end.
class Array {
 public:
  enum class Element : std::int32_t { int8 = 20, text = 25, timestamptz = 1184, bytea = 17 };  // type oids
  explicit Array(Element element) : element_(element) {}

  void add_null() {
    has_null_ = true;
    ++count_;
    append_int32(body_, -1);
  }
  void add_int64(std::int64_t value) {  // int8, or a timestamptz in wire form
    ++count_;
    append_int32(body_, 8);
    append_int64(body_, value);
  }
  void add_bytes(std::string_view value) {  // text, bytea
    ++count_;
    append_int32(body_, static_cast<std::int32_t>(value.size()));
    body_ += value;
  }
  std::int32_t array_type() const;
  std::string encoded() const;

 private:
  Element element_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
  std::string body_;
};

// Rows for `COPY … FROM STDIN (FORMAT binary)`.
class CopyRows {
 public:
  CopyRows() {
    buffer_.assign("PGCOPY\n\377\r\n\0", 11);
    append_int32(buffer_, 0);  // flags
    append_int32(buffer_, 0);  // no header extension
  }
  void begin_row(std::size_t columns) { append_int16(buffer_, static_cast<std::int16_t>(columns)); }
  void add_null() { append_int32(buffer_, -1); }
  void add_int16(std::int16_t value) {
    append_int32(buffer_, 2);
    append_int16(buffer_, value);
  }
  void add_int32(std::int32_t value) {
    append_int32(buffer_, 4);
    append_int32(buffer_, value);
  }
  void add_int64(std::int64_t value) {
    append_int32(buffer_, 8);
    append_int64(buffer_, value);
  }
  void add_bool(bool value) {
    append_int32(buffer_, 1);
    buffer_ += static_cast<char>(value ? 1 : 0);
  }
  void add_bytes(std::string_view value) {
    append_int32(buffer_, static_cast<std::int32_t>(value.size()));
    buffer_ += value;
  }
  void add_jsonb(std::string_view text) {  // a version byte, then the text
    append_int32(buffer_, static_cast<std::int32_t>(text.size() + 1));
    buffer_ += '\1';
    buffer_ += text;
  }
  void finish() { append_int16(buffer_, -1); }

  // What is to be sent now; the caller sends and clears it whenever it has grown enough.
  std::string& buffer() { return buffer_; }

 private:
  std::string buffer_;
};

}  // namespace lockstep::postgres
