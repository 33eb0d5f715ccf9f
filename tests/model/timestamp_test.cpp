#include "model/timestamp.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "model/error.hpp"

namespace lockstep {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

std::string reread(std::string_view text) {
  const std::optional<Timestamp> parsed = parse_timestamp(text);
  return parsed ? format_rfc3339(*parsed) : "refused";
}

struct Form {
  const char* text;
  const char* instant;
};

TEST(Timestamp, ReadsEveryFormThatPeopleWrite) {
  const Form forms[] = {
      {"2026-11-22", "2026-11-22T00:00:00Z"},
      {"2026-1-2", "2026-01-02T00:00:00Z"},
      {"2026-11-22T06:00", "2026-11-22T06:00:00Z"},
      {"2026-11-22T6:00", "2026-11-22T06:00:00Z"},
      {"2026-11-22T06:00:07", "2026-11-22T06:00:07Z"},
      {"2026-11-22t06:00:07z", "2026-11-22T06:00:07Z"},
      {"2026-11-22 06:00:07", "2026-11-22T06:00:07Z"},
      {"2026-11-22 \t 6:00:07", "2026-11-22T06:00:07Z"},
      {"2026-11-22T06:00:07Z", "2026-11-22T06:00:07Z"},
      {"2026-11-22 06:00:07 Z", "2026-11-22T06:00:07Z"},
      {"2026-11-22 06:00:07.5", "2026-11-22T06:00:07.500000Z"},
      {"2026-11-22 06:00:07,123456", "2026-11-22T06:00:07.123456Z"},
      {"2026-11-22 06:00:07.000001Z", "2026-11-22T06:00:07.000001Z"},
      {"2026-11-22 06:00:07.123456000000000000000000000", "2026-11-22T06:00:07.123456Z"},
      {"2026-11-22 06:00:07.123456+02:00", "2026-11-22T04:00:07.123456Z"},
      {"2026-11-22 06:00:07+02", "2026-11-22T04:00:07Z"},
      {"2026-11-22 06:00:07+2", "2026-11-22T04:00:07Z"},
      {"2026-11-22 06:00:07 +2", "2026-11-22T04:00:07Z"},
      {"2026-11-22 06:00:07+2:30", "2026-11-22T03:30:07Z"},
      {"2026-11-22T06:00:07+0530", "2026-11-22T00:30:07Z"},
      {"2026-11-22T06:00-05:00", "2026-11-22T11:00:00Z"},
      {"2026-11-22T06:00:07-00:00", "2026-11-22T06:00:07Z"},
      {"2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00Z"},
      {"2026-11-22T06:00:00+23:59", "2026-11-21T06:01:00Z"},
      {"20261122T060007Z", "2026-11-22T06:00:07Z"},
      {"20261122T0600", "2026-11-22T06:00:00Z"},
      {"20261122T060007.25+0100", "2026-11-22T05:00:07.250000Z"},
      {"2024-02-29", "2024-02-29T00:00:00Z"},
      {"2000-02-29", "2000-02-29T00:00:00Z"},
      {"0001-01-01", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"0001-01-01T02:00:00+02:00", "0001-01-01T00:00:00Z"},
  };
  for (const Form& form : forms) EXPECT_EQ(reread(form.text), form.instant) << form.text;
}

TEST(Timestamp, RefusesEverythingElse) {
  const char* const texts[] = {"",
                               " ",
                               "now",
                               "2026",
                               "2026-11",
                               "2026-11-",
                               "2026-11-22T",
                               "2026-11-22 ",
                               " 2026-11-22",
                               "2026-11-22T06",
                               "2026-11-22T06:",
                               "2026-11-22T06:0",
                               "2026-11-22T06:000",
                               "2026-11-22T06:00:",
                               "2026-11-22T06:00:0",
                               "2026-11-22T06:00:00.",
                               "2026-11-22T06:00:00.Z",
                               "2026-11-22T06:00:00.1234567",
                               "2026-11-22T06:00:00 ",
                               "2026-11-22T06:00:00ZZ",
                               "2026-11-22T06:00:00Z+02",
                               "2026-11-22T06:00:00+",
                               "2026-11-22T06:00:00+24",
                               "2026-11-22T06:00:00+02:60",
                               "2026-11-22T06:00:00+02:0",
                               "2026-11-22T06:00:00+020",
                               "2026-11-22T06:00:00+02000",
                               "2026-11-22T06:00:00+02:00:00",
                               "2026-11-22T06:00:00UTC",
                               "2026-11-22T06.5",
                               "2026-11-22T06:00.5",
                               "2026-11-22Z",
                               "2026-11-22+02:00",
                               "2026-11-22 +02:00",
                               "2026-11-22 T06:00",
                               "2026-11-22T 06:00",
                               "2026-11-22T24:00:00",
                               "2026-11-22T23:60",
                               "2026-11-22T23:59:60",
                               "2026-00-22",
                               "2026-13-22",
                               "2026-11-00",
                               "2026-11-31",
                               "2026-02-29",
                               "1900-02-29",
                               "2100-02-29",
                               "2026-111-22",
                               "2026-11-222",
                               "0000-01-01",
                               "026-11-22",
                               "12026-11-22",
                               "-2026-11-22",
                               "+2026-11-22",
                               "2026/11/22",
                               "22-11-2026",
                               "20261122",
                               "202611",
                               "20261122T06",
                               "20261122T06000",
                               "20261122 060000",
                               "20261122T06:00:00",
                               "2026-1122",
                               "202611-22",
                               "2026-W47-7",
                               "2026-326",
                               "0001-01-01T00:00:00+00:01",
                               "9999-12-31T23:59:59-00:01",
                               "1764000000",
                               "2026-11-22T06:00:00\n",
                               "２０２６-11-22"};
  for (const char* const text : texts) EXPECT_EQ(reread(text), "refused") << text;
  EXPECT_EQ(reread(std::string_view("2026-11-22\0", 11)), "refused");
}

TEST(Timestamp, WritesSqlTextWithAllDigits) {
  EXPECT_EQ(format_sql({0}), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(format_sql({-1}), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(format_sql(kEarliestTimestamp), "0001-01-01 00:00:00.000000");
  EXPECT_EQ(format_sql(kLatestTimestamp), "9999-12-31 23:59:59.999999");
}

TEST(Timestamp, WritesAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(format_rfc3339({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339({1}), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(format_rfc3339({-1'000'000}), "1969-12-31T23:59:59Z");
}

TEST(Timestamp, RefusesToWriteWhatHasNoWrittenForm) {
  EXPECT_THROW(format_rfc3339({kEarliestTimestamp.micros - 1}), Error);
  EXPECT_THROW(format_sql({kLatestTimestamp.micros + 1}), Error);
  EXPECT_THROW(format_sql({INT64_MIN}), Error);
  EXPECT_THROW(format_sql({INT64_MAX}), Error);
}

TEST(Timestamp, AgreesWithTheStandardCalendarOnEveryDay) {
  const std::chrono::sys_days first{std::chrono::year(1) / 1 / 1};
  const std::chrono::sys_days last{std::chrono::year(9999) / 12 / 31};
  for (std::chrono::sys_days day = first; day <= last; day += std::chrono::days(1)) {
    const std::chrono::year_month_day date(day);
    char expected[48];
    std::snprintf(expected, sizeof expected, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    const Timestamp midnight{day.time_since_epoch().count() * kMicrosPerDay};
    ASSERT_EQ(parse_timestamp(expected), midnight) << expected;
    ASSERT_EQ(format_sql(midnight).substr(0, 10), expected);
  }
}

rc::Gen<Timestamp> any_timestamp() {
  return rc::gen::map(rc::gen::inRange(kEarliestTimestamp.micros, kLatestTimestamp.micros + 1),
                      [](std::int64_t micros) { return Timestamp{micros}; });
}

TEST(Timestamp, ReadsBackWhatItWrites) {
  EXPECT_TRUE(rc::check([] {
    const Timestamp timestamp = *any_timestamp();
    RC_ASSERT(parse_timestamp(format_rfc3339(timestamp)) == timestamp);
    RC_ASSERT(parse_timestamp(format_sql(timestamp)) == timestamp);
  }));
}

TEST(Timestamp, OffsetsMoveTheInstantTheOtherWay) {
  EXPECT_TRUE(rc::check([] {
    const Timestamp local = *any_timestamp();
    const int minutes = *rc::gen::inRange(-23 * 60 - 59, 24 * 60);
    const Timestamp expected{local.micros - minutes * std::int64_t{60'000'000}};
    char offset[32];
    std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                  std::abs(minutes) % 60);
    const bool in_range = expected >= kEarliestTimestamp && expected <= kLatestTimestamp;
    RC_ASSERT(parse_timestamp(format_sql(local) + offset) == (in_range ? std::optional(expected) : std::nullopt));
  }));
}

TEST(Timestamp, WhateverIsAcceptedCanBeWritten) {
  EXPECT_TRUE(rc::check([] {
    std::string text = format_rfc3339(*any_timestamp());
    const std::string characters =
        *rc::gen::container<std::string>(rc::gen::element('0', '9', '-', ':', '.', 'T', 'Z', '+', ' '));
    text.replace(*rc::gen::inRange<std::size_t>(0, text.size()), characters.size() % 4, characters.substr(0, 3));
    const std::optional<Timestamp> parsed = parse_timestamp(text);
    if (parsed) RC_ASSERT(parse_timestamp(format_rfc3339(*parsed)) == parsed);
  }));
}

TEST(Timestamp, SqlTextSortsLikeTheInstants) {
  EXPECT_TRUE(rc::check([] {
    const Timestamp a = *any_timestamp();
    const Timestamp b = *any_timestamp();
    RC_ASSERT((format_sql(a) <=> format_sql(b)) == (a <=> b));
  }));
}

TEST(Timestamp, NowIsBetweenThisProgramAndTheEndOfTheCalendar) {
  EXPECT_GT(system_now(), *parse_timestamp("2024-01-01"));
  EXPECT_LT(system_now(), kLatestTimestamp);
}

}  // namespace
}  // namespace lockstep
