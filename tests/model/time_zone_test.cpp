#include "model/time_zone.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "model/cron_oracle.hpp"
#include "model/posix_time_rule.hpp"

namespace lockstep {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using namespace std::chrono_literals;

std::string local(std::string_view time, std::string_view zone_name) {
  const std::optional<TimeZone> zone = TimeZone::find(zone_name);
  if (!zone) return "no such zone";
  return format_local(parse_timestamp(time).value(), *zone);
}

TEST(TimeZone, FindsEveryNameOfTheSystem) {
  for (const char* name :
       {"UTC", "Etc/UTC", "Zulu", "Etc/Universal", "GMT", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5",
        "CET", "EST5EDT", "Asia/Calcutta", "posix/Europe/Berlin", "posix/UTC"}) {
    const std::optional<TimeZone> zone = TimeZone::find(name);
    ASSERT_TRUE(zone) << name;
    EXPECT_EQ(zone->name(), name);
  }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "Mars/Olympus"sv, "europe/berlin"sv, "Europe"sv, "Europe/"sv, "/usr/share/zoneinfo/Europe/Berlin"sv,
        "../zoneinfo/Europe/Berlin"sv, "zone.tab"sv, "tzdata.zi"sv, "right/Europe/Berlin"sv, "posix/"sv,
        "posix/posix/UTC"sv, " UTC"sv, "Etc/Etc/UTC"sv, "Europe/Berlin\0"sv})
    EXPECT_FALSE(TimeZone::find(name)) << name;
}

TEST(TimeZone, UtcIsOnePeriod) {
  EXPECT_EQ(TimeZone{}.name(), "UTC");
  const ZonePeriod period = TimeZone::utc().period_at(sys_seconds{0s});
  EXPECT_EQ(period.offset, 0s);
  EXPECT_LT(period.begin, sys_days{year{-1} / 1 / 1});
  EXPECT_GT(period.end, sys_days{year{10'001} / 1 / 1});
  EXPECT_EQ(TimeZone::find("Etc/UTC")->period_at(sys_days{year{2026} / 7 / 1}), period);
}

TEST(TimeZone, PeriodsAdjoin) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  ZonePeriod period = berlin.period_at(sys_days{year{1} / 1 / 1});
  EXPECT_LT(period.begin, sys_days{year{-1} / 1 / 1});
  int changes = 0;
  for (; period.end < sys_days{year{2100} / 1 / 1}; ++changes) {
    EXPECT_EQ(berlin.period_at(period.end - 1s), period);
    const ZonePeriod following = berlin.period_at(period.end);
    ASSERT_EQ(following.begin, period.end);
    ASSERT_GT(following.end, following.begin);
    period = following;
  }
  EXPECT_GT(changes, 2 * (2099 - 1980));  // summer time came in 1980
}

// Next to the listed transitions and the rule, every zone of odd habits, year by year.
TEST(TimeZone, OffsetsAgreeWithTheCLibrary) {
  for (const char* name :
       {"Europe/Berlin",     "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",    "Asia/Amman",
        "America/Santiago",  "Asia/Kathmandu",   "Africa/Casablanca",   "Antarctica/Troll",     "Pacific/Apia",
        "Europe/Dublin",     "Asia/Gaza",        "America/Nuuk",        "America/Scoresbysund", "Africa/Cairo",
        "Asia/Jerusalem",    "America/Havana",   "Asia/Beirut",         "Pacific/Chatham",      "Pacific/Easter",
        "Pacific/Kwajalein", "America/St_Johns", "Africa/Monrovia"}) {
    oracle::use_zone(name);
    const TimeZone zone = TimeZone::find(name).value();
    for (sys_seconds time = sys_days{year{1901} / 12 / 15}; time < sys_days{year{2110} / 1 / 1}; time += 101h) {
      const std::time_t seconds = time.time_since_epoch().count();
      std::tm tm{};
      localtime_r(&seconds, &tm);
      ASSERT_EQ(zone.period_at(time).offset.count(), tm.tm_gmtoff) << name << ' ' << seconds;
    }
  }
}

TEST(FormatLocal, ShowsClockAndOffset) {
  EXPECT_EQ(local("2026-11-22T07:00:00Z", "Europe/Berlin"), "2026-11-22 08:00:00 +01:00");
  EXPECT_EQ(local("2026-11-22T07:00:00Z", "UTC"), "2026-11-22 07:00:00 +00:00");
  EXPECT_EQ(local("2026-11-22T07:00:00Z", "America/St_Johns"), "2026-11-22 03:30:00 -03:30");
  EXPECT_EQ(local("2026-01-01T00:00:00.000120Z", "Asia/Kathmandu"), "2026-01-01 05:45:00.000120 +05:45");
  EXPECT_EQ(local("1969-12-31T23:59:59.999999Z", "UTC"), "1969-12-31 23:59:59.999999 +00:00");
  EXPECT_EQ(local("1890-01-01T00:00:00Z", "Europe/Berlin"), "1890-01-01 00:53:28 +00:53:28");
  EXPECT_EQ(local("1880-01-01T00:00:00Z", "America/New_York"), "1879-12-31 19:03:58 -04:56:02");
  EXPECT_EQ(local("0001-01-01T00:00:00Z", "America/New_York"), "0000-12-31 19:03:58 -04:56:02");
  EXPECT_EQ(local("9999-12-31T23:30:00Z", "Europe/Berlin"), "10000-01-01 00:30:00 +01:00");
}

struct RulePeriod {
  std::string_view rule;
  std::string_view at;
  std::string_view begin;
  std::string_view end;
  std::chrono::seconds offset;
};

sys_seconds instant(std::string_view text) {
  return sys_seconds{std::chrono::seconds{parse_timestamp(text).value().micros / 1'000'000}};
}

const std::vector<RulePeriod> kRulePeriods{
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2050-07-01", "2050-03-27T01:00Z", "2050-10-30T01:00Z", 2h},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2050-12-01", "2050-10-30T01:00Z", "2051-03-26T01:00Z", 1h},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T00:59:59Z", "2049-10-31T01:00Z", "2050-03-27T01:00Z", 1h},
    {"CET-1CEST,M3.5.0,M10.5.0/3", "2050-03-27T01:00Z", "2050-03-27T01:00Z", "2050-10-30T01:00Z", 2h},
    {"EST5EDT,M3.2.0,M11.1.0", "2050-07-01", "2050-03-13T07:00Z", "2050-11-06T06:00Z", -4h},
    {"<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2050-01-01", "2049-09-05T04:00Z", "2050-04-03T03:00Z", -3h},
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2050-07-01", "2050-04-02T15:00Z", "2050-10-01T15:30Z", 10h + 30min},
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-07-01", "2050-03-27T01:00Z", "2050-10-30T01:00Z", -1h},
    {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-07-01", "2050-03-26T00:00Z", "2050-10-28T23:00Z", 3h},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", "2050-12-01", "2050-10-30T01:00Z", "2051-03-26T01:00Z", 0h},
    {"IST-1GMT0,M10.5.0,M3.5.0/1", "2050-07-01", "2050-03-27T01:00Z", "2050-10-30T01:00Z", 1h},
    {"<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", "2050-07-01", "2050-03-27T01:00Z", "2050-10-30T01:00Z", 2h},
    {"AAA0:20:30BBB-0:39:30,J60,J300", "2048-07-01", "2048-03-01T02:20:30Z", "2048-10-27T01:20:30Z", 39min + 30s},
    {"AAA0BBB,59,299/-167:59:59", "2048-07-01", "2048-02-29T02:00Z", "2048-10-18T23:00:01Z", 1h},
};

TEST(PosixTimeRule, FindsThePeriod) {
  for (const RulePeriod& c : kRulePeriods) {
    const std::optional<PosixTimeRule> rule = PosixTimeRule::parse(c.rule);
    ASSERT_TRUE(rule) << c.rule;
    const ZonePeriod expected{instant(c.begin), instant(c.end), c.offset};
    EXPECT_EQ(rule->period_at(instant(c.at)), expected) << c.rule << " at " << c.at;
  }
}

TEST(PosixTimeRule, RefusesWhatChangesNoClock) {
  for (const char* text : {"",
                           "UTC0",
                           "<+0545>-5:45",
                           "MST7",
                           "CET-1CEST",
                           "CET-1CEST,",
                           "CET-1CEST,M3.5.0",
                           "CET-1CEST,M3.5.0,",
                           "CET-1CEST,M3.5.0,M10.5.0/3 ",
                           "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0",
                           "CET-1CEST,M3.5.7,M10.5.0",
                           "CET-1CEST,M3.5.0/168,M10.5.0",
                           "CET-1CEST,J0,J300",
                           "CET-1CEST,J60,J366",
                           "CET-1CEST,366,1",
                           "CE-1CEST,M3.5.0,M10.5.0",
                           "<CET-1CEST,M3.5.0,M10.5.0",
                           "CET-1:60CEST,M3.5.0,M10.5.0",
                           "CET-1CEST,99999999999999,M10.5.0",
                           "-1CEST,M3.5.0,M10.5.0",
                           "CET-1,M3.5.0,M10.5.0"})
    EXPECT_FALSE(PosixTimeRule::parse(text)) << text;
}

}  // namespace
}  // namespace lockstep
