// Time zones of the system's zoneinfo, as far as a scheduler needs them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/timestamp.hpp"

namespace lockstep {

// A time during which a zone's clock was not changed: [begin, end), local time = UTC + offset.
// Unbounded sides lie far outside the years 0001–9999.
struct ZonePeriod {
  std::chrono::sys_seconds begin;
  std::chrono::sys_seconds end;
  std::chrono::seconds offset;
  friend bool operator==(const ZonePeriod&, const ZonePeriod&) = default;
};

// A named zone; immutable, cheap to copy, safe to share between threads.
// UTC, by whichever of its names, never touches the time zone database.
class TimeZone {
 public:
  TimeZone() = default;  // UTC
  static TimeZone utc() { return {}; }

  // Any name of the system's zoneinfo, as it is spelt there; nullopt: no such zone, or its file
  // cannot be read. The `right/` ones, which count leap seconds, are no zones for a Timestamp.
  // The first call for a zone other than UTC lists the folder of zones (about 640 stat calls,
  // 5 ms); every call after that reads one file of 1–3 KB.
  static std::optional<TimeZone> find(std::string_view name);

  const std::string& name() const { return name_; }  // as it was asked for
  ZonePeriod period_at(std::chrono::sys_seconds) const;

 private:
  struct Data;
  std::string name_ = "UTC";
  std::shared_ptr<const Data> data_;  // null = UTC
};

// Wall-clock time with its offset: `2026-11-22 08:00:00 +01:00`, `.123456` after the seconds where the
// fraction is not zero, `+00:53:28` where the offset has seconds (before standard time).
std::string format_local(Timestamp, const TimeZone&);

}  // namespace lockstep
