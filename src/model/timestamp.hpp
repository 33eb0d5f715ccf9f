// An instant, to the microsecond, and its written forms.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

// Microseconds since 1970-01-01T00:00:00Z on the proleptic Gregorian calendar,
// leap seconds not counted. Years 0001 to 9999.
struct Timestamp {
  std::int64_t micros = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};
inline constexpr Timestamp kEarliestTimestamp{-62'135'596'800'000'000};  // 0001-01-01T00:00:00Z
inline constexpr Timestamp kLatestTimestamp{253'402'300'799'999'999};    // 9999-12-31T23:59:59.999999Z

// Reads every ISO 8601 form that people write into YAML: `2026-11-22`,
// `2026-11-22T06:00`, `2026-11-22 06:00:00.123456+02:00`, `…Z`, `… +2`, `20261122T060000Z`, a comma
// for the fraction, YAML's one-digit months, days and hours. No offset means UTC. More than six
// digits of fraction are an error when they are not zero: nothing is rounded
// away silently. `24:00`, second 60, dates that do not exist, and instants that
// their offset takes out of the years 0001 to 9999 are errors.
std::optional<Timestamp> parse_timestamp(std::string_view text);

// Both throw Error(internal) for an instant outside kEarliestTimestamp … kLatestTimestamp.
// `2026-11-22T08:00:00Z`, with `.123456` only where the fraction is not zero.
std::string format_rfc3339(Timestamp);

// `2026-11-22 08:00:00.123456`, always with six digits: sorts as text.
std::string format_sql(Timestamp);

// Where "now" comes from; injected, so that tests can set it.
using Clock = std::function<Timestamp()>;
Timestamp system_now();

}  // namespace lockstep
