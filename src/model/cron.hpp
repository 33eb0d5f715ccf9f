// Cron expressions: Debian's dialect with `L`, `LW`, `nW`, `#` and macros (docs/CRON.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/timestamp.hpp"

namespace lockstep {

// A time zone of the system's zoneinfo. Cheap to copy.
class TimeZone {
 public:
  static TimeZone utc();
  static std::optional<TimeZone> find(std::string_view name);  // nullopt: no such zone
  const std::string& name() const { return name_; }

 private:
  friend class Cron;
  friend std::string format_local(Timestamp, const TimeZone&);
  std::string name_;
  const void* zone_ = nullptr;  // date::time_zone, owned by its database for the life of the program; null = UTC
};

// Wall-clock time with offset in a zone: `2026-11-22 08:00:00 +01:00`.
std::string format_local(Timestamp, const TimeZone&);

struct CronResult;

// A parsed expression; a value, 40 bytes or so, no allocation beyond its text.
class Cron {
 public:
  // The message says what is wrong, where, and what was meant to be possible.
  // Expressions that never fire within 50 years are errors too.
  static CronResult parse(std::string_view expression);

  // The first time strictly later than `after`; nullopt only beyond the horizon of 50 years.
  std::optional<Timestamp> next(Timestamp after, const TimeZone& zone) const;

 private:
  friend struct CronParser;
  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0;
  std::uint32_t days_of_month_ = 0;     // bits 1–31
  std::uint32_t nearest_weekdays_ = 0;  // `nW`, bits 1–31
  std::uint16_t months_ = 0;            // bits 1–12
  std::uint8_t days_of_week_ = 0;       // bits 0–6, Sunday = 0
  std::uint8_t last_weekdays_ = 0;      // `5L`
  std::uint64_t nth_weekdays_ = 0;      // `5#2`: bit weekday * 5 + nth - 1
  bool last_day_ = false;               // `L`
  bool last_workday_ = false;           // `LW`
  bool day_of_month_restricted_ = false;
  bool day_of_week_restricted_ = false;
  bool wall_clock_ = false;             // minute or hour starts with `*`: no catching up over a clock change
};

struct CronResult {
  std::optional<Cron> cron;
  std::string problem;     // empty = parsed
};

}  // namespace lockstep
