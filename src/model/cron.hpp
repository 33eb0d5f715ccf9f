// Cron expressions: Debian's dialect with `L`, `LW`, `nW`, `#` and macros (docs/CRON.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/time_zone.hpp"
#include "model/timestamp.hpp"

namespace lockstep {

struct CronResult;

// A parsed expression; a value of some 48 bytes that owns nothing. Only what CronResult holds fires.
class Cron {
 public:
  // Allocates only for the message of a problem, which says what is wrong, where, and what is
  // possible instead. Expressions that never fire are problems too.
  static CronResult parse(std::string_view expression);

  // The first time strictly later than `after`; nullopt beyond the horizon of 50 years or the
  // year 9999. (A valid expression can get there: `*/5 2 * 3 0L` names an hour that
  // Europe/Berlin skips every year.)
  //
  // Clock changes: a job whose minute and hour both do not start with `*` is a fixed-time job. Its times
  // that fall into a gap run once, together, at the first moment after the gap; its times that
  // occur twice run the first time only. All other jobs follow the wall clock: nothing is
  // caught up, and what occurs twice runs twice.
  std::optional<Timestamp> next(Timestamp after, const TimeZone& zone) const;

 private:
  friend struct CronParser;
  using LocalMinutes = std::chrono::local_time<std::chrono::minutes>;

  std::uint32_t matching_days(unsigned first_weekday, unsigned length) const;
  std::optional<std::chrono::minutes> time_of_day_from(std::chrono::minutes) const;
  std::optional<LocalMinutes> first_match(LocalMinutes from, std::chrono::local_seconds limit) const;
  bool ever_fires() const;

  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0;
  std::uint32_t days_of_month_ = 0;     // bits 1–31
  std::uint32_t nearest_weekdays_ = 0;  // `nW`, bits 1–31
  std::uint16_t months_ = 0;            // bits 1–12
  std::uint8_t days_of_week_ = 0;       // bits 0–6, Sunday = 0
  std::uint8_t last_weekdays_ = 0;      // `5L`, bits 0–6
  std::uint64_t nth_weekdays_ = 0;      // `5#2`: bit weekday * 5 + nth - 1
  bool last_day_ = false;               // `L`
  bool last_workday_ = false;           // `LW`
  bool day_of_month_restricted_ = false;
  bool day_of_week_restricted_ = false;
  bool wall_clock_ = false;  // minute or hour starts with `*`
};

struct CronResult {
  std::optional<Cron> cron;
  std::string problem;  // empty = parsed
};

}  // namespace lockstep
