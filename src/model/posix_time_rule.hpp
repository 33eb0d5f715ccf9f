// The yearly clock changes that a zone's file leaves to a rule.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "model/time_zone.hpp"

namespace lockstep {

// The last line of a zoneinfo file: `CET-1CEST,M3.5.0,M10.5.0/3` (RFC 9636 §3.3, the TZ variable of POSIX with
// times of day from -167 to 167 hours). It holds from the file's last listed transition on. Needed
// because the date library reads the listed transitions only, and they end in 2037 or, in
// "slim" files, with the last change of the law.
class PosixTimeRule {
 public:
  // nullopt: a rule without clock changes, or none at all.
  static std::optional<PosixTimeRule> parse(std::string_view rule);

  ZonePeriod period_at(std::chrono::sys_seconds) const;

 private:
  struct Change {
    enum class Kind { month_week_weekday, day_without_leap_day, day_of_year };
    Kind kind = Kind::month_week_weekday;
    int month = 1;
    int week = 1;     // 1–5, 5 = the last
    int weekday = 0;  // Sunday = 0
    int day = 0;      // 1–365 without 29 February, or 0–365
    std::chrono::seconds time_of_day = std::chrono::hours{2};

    std::chrono::local_seconds in(std::chrono::year) const;
  };
  struct Reader;

  std::chrono::seconds standard_offset_{};
  std::chrono::seconds summer_offset_{};  // may be the smaller one (Dublin)
  Change summer_begins_;
  Change summer_ends_;
};

}  // namespace lockstep
