#include "model/cron.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace lockstep {
namespace {

Timestamp at(std::string_view text) {
  const std::optional<Timestamp> time = parse_timestamp(text);
  if (!time) ADD_FAILURE() << text << " is not a timestamp";
  return time.value_or(Timestamp{});
}

TimeZone zone(std::string_view name) {
  std::optional<TimeZone> found = TimeZone::find(name);
  if (!found) ADD_FAILURE() << "no zone " << name;
  return found.value_or(TimeZone::utc());
}

Cron valid(std::string_view expression) {
  const CronResult result = Cron::parse(expression);
  if (!result.cron) ADD_FAILURE() << expression << ": " << result.problem;
  return result.cron.value_or(Cron{});
}

// The next `count` runs, as the zone's clock shows them.
std::vector<std::string> runs(std::string_view expression, std::string_view after, std::size_t count,
                              std::string_view zone_name = "UTC") {
  const Cron cron = valid(expression);
  const TimeZone in = zone(zone_name);
  std::vector<std::string> times;
  for (std::optional<Timestamp> time = cron.next(at(after), in); time && times.size() < count;
       time = cron.next(*time, in))
    times.push_back(format_local(*time, in));
  return times;
}

// The same, as dates only.
std::vector<std::string> dates(std::string_view expression, std::string_view after, std::size_t count) {
  std::vector<std::string> days = runs(expression, after, count);
  for (std::string& day : days) day.resize(10);
  return days;
}

using Times = std::vector<std::string>;

struct Pair {
  std::string_view expression;
  std::string_view same_as;
};

class SameMeaning : public testing::TestWithParam<Pair> {};

TEST_P(SameMeaning, FiresAtTheSameTimes) {
  const auto [expression, same_as] = GetParam();
  EXPECT_EQ(runs(expression, "2026-11-22", 300), runs(same_as, "2026-11-22", 300)) << expression;
}

INSTANTIATE_TEST_SUITE_P(Cron, SameMeaning,
                         testing::Values(Pair{"5/15 * * * *", "5,20,35,50 * * * *"},  // a/n reads a-max/n
                                         Pair{"0 20/2 * * *", "0 20,22 * * *"},       //
                                         Pair{"0 0 1/10 * *", "0 0 1,11,21,31 * *"},  //
                                         Pair{"0 0 1 3/4 *", "0 0 1 3,7,11 *"},       //
                                         Pair{"0 0 * * 1/2", "0 0 * * 1,3,5,7"},      // the last day is 7
                                         Pair{"*/20 * * * *", "0,20,40 * * * *"},     //
                                         Pair{"*/7 * * * *", "0,7,14,21,28,35,42,49,56 * * * *"},
                                         Pair{"10-30/10 * * * *", "10,20,30 * * * *"},         //
                                         Pair{"10-30/60 * * * *", "10 * * * *"},               // the largest step
                                         Pair{"*/60 */24 */31 */12 *", "*/60 */24 */31 1 *"},  //
                                         Pair{"0 0 * * */7", "0 0 * * 0"},                     //
                                         Pair{"0 0 * * 7", "0 0 * * 0"},                       //
                                         Pair{"0 0 * * 5-7", "0 0 * * 5,6,0"},                 //
                                         Pair{"0 0 * * 0-7", "0 0 * * 0-6"},                   //
                                         Pair{"0 0 * * 6,7", "0 0 * * sat,sun"},               //
                                         Pair{"0 0 * * sun-Tue", "0 0 * * 0-2"},               //
                                         Pair{"0 0 * * MON-fri/2", "0 0 * * 1,3,5"},           //
                                         Pair{"0 0 * * fri-7", "0 0 * * 5,6,0"},               //
                                         Pair{"0 0 1 JAN,mar-May,Dec *", "0 0 1 1,3-5,12 *"},  //
                                         Pair{"0 0 1 jul/2 *", "0 0 1 7,9,11 *"},              //
                                         Pair{"00 007 01 012 00", "0 7 1 12 0"},               // leading zeros
                                         Pair{" \t0  0\t*   *\t* \t", "0 0 * * *"},        // blanks around and between
                                         Pair{"5,5,3-6,4 * * * *", "3,4,5,6 * * * *"},     // repetitions
                                         Pair{"*,5 * * * *", "* * * * *"},                 //
                                         Pair{"0 0 l * *", "0 0 L * *"},                   //
                                         Pair{"0 0 lw,15w * *", "0 0 LW,15W * *"},         //
                                         Pair{"0 0 L,15 * *", "0 0 15,L * *"},             //
                                         Pair{"0 0 * * L5", "0 0 * * 5L"},                 //
                                         Pair{"0 0 * * friL", "0 0 * * 5L"},               //
                                         Pair{"0 0 * * LFRI", "0 0 * * 5l"},               //
                                         Pair{"0 0 * * 7L", "0 0 * * 0L"},                 //
                                         Pair{"0 0 * * fri#2", "0 0 * * 5#2"},             //
                                         Pair{"0 0 * * 7#1,05#2", "0 0 * * sun#1,fri#2"},  //
                                         Pair{"@yearly", "0 0 1 1 *"},                     //
                                         Pair{"@annually", "0 0 1 1 *"},                   //
                                         Pair{"@monthly", "0 0 1 * *"},                    //
                                         Pair{"@weekly", "0 0 * * 0"},                     //
                                         Pair{"@daily", "0 0 * * *"},                      //
                                         Pair{"@midnight", "0 0 * * *"},                   //
                                         Pair{"\t@hourly ", "0 * * * *"}));

constexpr std::string_view kMinutesAre =
    " is not understood; possible are 0-59, lists a,b, ranges a-b, steps */n a-b/n, and *";
constexpr std::string_view kDaysAre =
    " is not understood; possible are 1-31, L, LW, 15W, lists a,b, ranges a-b, steps */n a-b/n, and *";
constexpr std::string_view kMonthsAre =
    " is not understood; possible are 1-12, jan-dec, lists a,b, ranges a-b, steps */n a-b/n, and *";
constexpr std::string_view kWeekdaysAre =
    " is not understood; possible are 0-7, sun-sat, 5L, 5#2, lists a,b, ranges a-b, steps */n a-b/n, and *";

struct Refused {
  std::string_view expression;
  std::string message;
};

std::string not_understood(std::string_view field, std::string_view item, std::string_view possible) {
  return std::string(field).append(": \"").append(item).append("\"").append(possible);
}

const std::vector<Refused> kRefused{
    {"60 * * * *", "minute 60 is out of range 0-59"},
    {"0 24 * * *", "hour 24 is out of range 0-23"},
    {"0 0 0 * *", "day of month 0 is out of range 1-31"},
    {"0 0 32 * *", "day of month 32 is out of range 1-31"},
    {"0 0 * 0 *", "month 0 is out of range 1-12"},
    {"0 0 * 13 *", "month 13 is out of range 1-12"},
    {"0 0 * * 8", "day of week 8 is out of range 0-7"},
    {"0 0 * * 8#1", "day of week 8 is out of range 0-7"},
    {"0 0 * * 8L", "day of week 8 is out of range 0-7"},
    {"0 0 0W * *", "day of month 0 is out of range 1-31"},
    {"0 0 32W * *", "day of month 32 is out of range 1-31"},
    {"1-60 * * * *", "minute 60 is out of range 0-59"},
    {"4294967296 * * * *", "minute 4294967296 is out of range 0-59"},
    {"18446744073709551616 * * * *", "minute 18446744073709551616 is out of range 0-59"},
    {"5-1 * * * *", "minute: range \"5-1\" runs backwards"},
    {"0 22-2 * * *", "hour: range \"22-2\" runs backwards"},
    {"0 0 * dec-feb *", "month: range \"dec-feb\" runs backwards"},
    {"0 0 * * fri-mon", "day of week: range \"fri-mon\" runs backwards"},
    {"0 0 * * sat-sun", "day of week: range \"sat-sun\" runs backwards; a range up to Sunday ends in 7"},
    {"*/0 * * * *", "minute: step 0 in \"*/0\": steps of 1-60 are possible"},
    {"5-10/0 * * * *", "minute: step 0 in \"5-10/0\": steps of 1-60 are possible"},
    {"*/61 * * * *", "minute: too large a step in \"*/61\": steps of 1-60 are possible"},
    {"0 */25 * * *", "hour: too large a step in \"*/25\": steps of 1-24 are possible"},
    {"0 0 */32 * *", "day of month: too large a step in \"*/32\": steps of 1-31 are possible"},
    {"0 0 * */13 *", "month: too large a step in \"*/13\": steps of 1-12 are possible"},
    {"0 0 * * */8", "day of week: too large a step in \"*/8\": steps of 1-7 are possible"},
    {"*/4294967297 * * * *", "minute: too large a step in \"*/4294967297\": steps of 1-60 are possible"},
    {"1,,2 * * * *", "minute: the list \"1,,2\" has an empty item"},
    {",1 * * * *", "minute: the list \",1\" has an empty item"},
    {"1, * * * *", "minute: the list \"1,\" has an empty item"},
    {"0 0 , * *", "day of month: the list \",\" has an empty item"},
    {"*5 * * * *", not_understood("minute", "*5", kMinutesAre)},
    {"** * * * *", not_understood("minute", "**", kMinutesAre)},
    {"*-5 * * * *", not_understood("minute", "*-5", kMinutesAre)},
    {"*/ * * * *", not_understood("minute", "*/", kMinutesAre)},
    {"*/a * * * *", not_understood("minute", "*/a", kMinutesAre)},
    {"*/-5 * * * *", not_understood("minute", "*/-5", kMinutesAre)},
    {"*/5/5 * * * *", not_understood("minute", "*/5/5", kMinutesAre)},
    {"/5 * * * *", not_understood("minute", "/5", kMinutesAre)},
    {"-1 * * * *", not_understood("minute", "-1", kMinutesAre)},
    {"+1 * * * *", not_understood("minute", "+1", kMinutesAre)},
    {"1- * * * *", not_understood("minute", "1-", kMinutesAre)},
    {"1-2-3 * * * *", not_understood("minute", "1-2-3", kMinutesAre)},
    {"1-* * * * *", not_understood("minute", "1-*", kMinutesAre)},
    {"1.5 * * * *", not_understood("minute", "1.5", kMinutesAre)},
    {"0x1 * * * *", not_understood("minute", "0x1", kMinutesAre)},
    {"L * * * *", not_understood("minute", "L", kMinutesAre)},
    {"mon * * * *", not_understood("minute", "mon", kMinutesAre)},
    {"5#2 * * * *", not_understood("minute", "5#2", kMinutesAre)},
    {"H * * * *", not_understood("minute", "H", kMinutesAre)},
    {"0 0 ? * *", not_understood("day of month", "?", kDaysAre) + " (which is what ? means elsewhere)"},
    {"0 0 W * *", not_understood("day of month", "W", kDaysAre)},
    {"0 0 WL * *", not_understood("day of month", "WL", kDaysAre)},
    {"0 0 W15 * *", not_understood("day of month", "W15", kDaysAre)},
    {"0 0 L-3 * *", not_understood("day of month", "L-3", kDaysAre)},
    {"0 0 15L * *", not_understood("day of month", "15L", kDaysAre)},
    {"0 0 1-5W * *", not_understood("day of month", "1-5W", kDaysAre)},
    {"0 0 1W-5 * *", not_understood("day of month", "1W-5", kDaysAre)},
    {"0 0 1W/2 * *", not_understood("day of month", "1W/2", kDaysAre)},
    {"0 0 L/2 * *", not_understood("day of month", "L/2", kDaysAre)},
    {"0 0 1-L * *", not_understood("day of month", "1-L", kDaysAre)},
    {"0 0 * foo *", not_understood("month", "foo", kMonthsAre)},
    {"0 0 * ja *", not_understood("month", "ja", kMonthsAre)},
    {"0 0 * january *", not_understood("month", "january", kMonthsAre)},
    {"0 0 * mon *", not_understood("month", "mon", kMonthsAre)},
    {"0 0 * * monday", not_understood("day of week", "monday", kWeekdaysAre)},
    {"0 0 * * jan", not_understood("day of week", "jan", kWeekdaysAre)},
    {"0 0 * * L", "day of week: L needs a day: 5L is the last Friday of the month"},
    {"0 0 * * LW", not_understood("day of week", "LW", kWeekdaysAre)},
    {"0 0 * * L5L", not_understood("day of week", "L5L", kWeekdaysAre)},
    {"0 0 * * LL", not_understood("day of week", "LL", kWeekdaysAre)},
    {"0 0 * * 1-5L", not_understood("day of week", "1-5L", kWeekdaysAre)},
    {"0 0 * * 5#0", "day of week: \"5#0\" is out of range: 1-5 is possible after #"},
    {"0 0 * * 5#6", "day of week: \"5#6\" is out of range: 1-5 is possible after #"},
    {"0 0 * * 5#", "day of week: \"5#\" is out of range: 1-5 is possible after #"},
    {"0 0 * * 5#12", "day of week: \"5#12\" is out of range: 1-5 is possible after #"},
    {"0 0 * * 5#-1", not_understood("day of week", "5#-1", kWeekdaysAre)},
    {"0 0 * * #2", not_understood("day of week", "#2", kWeekdaysAre)},
    {"0 0 * * 5#2#3", not_understood("day of week", "5#2#3", kWeekdaysAre)},
    {"0 0 * * 5#2/2", not_understood("day of week", "5#2/2", kWeekdaysAre)},
    {"0 0 * * 1-5#2", not_understood("day of week", "1-5#2", kWeekdaysAre)},
    {"0 0 * * L5#2", not_understood("day of week", "L5#2", kWeekdaysAre)},
    {"0 0 * * 5#2L", not_understood("day of week", "5#2L", kWeekdaysAre)},
    {"", "\"\" has no fields: five fields are needed: minute, hour, day of month, month, day of week"},
    {" \t ", "\" \\t \" has no fields: five fields are needed: minute, hour, day of month, month, day of week"},
    {"0", "\"0\" has one field: five fields are needed: minute, hour, day of month, month, day of week"},
    {"0 0 * *", "\"0 0 * *\" has four fields: five fields are needed: minute, hour, day of month, month, day of week"},
    {"0 0 0 * * *", "\"0 0 0 * * *\" has six fields: seconds and years are not supported"},
    {"0 0 12 1 1 ? 2030", "\"0 0 12 1 1 ? 2030\" has seven fields: seconds and years are not supported"},
    {"* * * * * * * * *", "\"* * * * * * * * *\" has 9 fields: seconds and years are not supported"},
    {"0 0 * * *\n", not_understood("day of week", "*\\n", kWeekdaysAre)},
    {"@reboot", "@reboot has no next time"},
    {"@every 5m",
     "\"@every 5m\" is not a macro; possible are @yearly @annually @monthly @weekly @daily @midnight @hourly"},
    {"@Daily", "\"@Daily\" is not a macro; possible are @yearly @annually @monthly @weekly @daily @midnight @hourly"},
    {"@", "\"@\" is not a macro; possible are @yearly @annually @monthly @weekly @daily @midnight @hourly"},
    {"0 0 31 2 *", "\"0 0 31 2 *\" never fires: no date fits its days and months"},
    {"0 0 30 2 *", "\"0 0 30 2 *\" never fires: no date fits its days and months"},
    {"0 0 31 4,6 *", "\"0 0 31 4,6 *\" never fires: no date fits its days and months"},
    {"0 0 30W 2 *", "\"0 0 30W 2 *\" never fires: no date fits its days and months"},
    {"0 0 31W feb,sep *", "\"0 0 31W feb,sep *\" never fires: no date fits its days and months"},
    {"0 0 31 2 */2", "\"0 0 31 2 */2\" never fires: no date fits its days and months"},
    {"0 0 LW * */6", "\"0 0 LW * */6\" never fires: no date fits its days and months"},
    {"0 0 1W * */6", "\"0 0 1W * */6\" never fires: no date fits its days and months"},
    {"0 0 */29 2 0#5", "\"0 0 */29 2 0#5\" never fires: no date fits its days and months"},
    {"0 0 */31 * 1L", "\"0 0 */31 * 1L\" never fires: no date fits its days and months"},
};

TEST(CronParse, SaysWhatIsWrongAndWhatIsPossible) {
  for (const auto& [expression, message] : kRefused) {
    const CronResult result = Cron::parse(expression);
    EXPECT_FALSE(result.cron.has_value()) << expression;
    EXPECT_EQ(result.problem, message);
  }
}

TEST(CronParse, ShowsWhatCannotBeSeenAndCutsWhatIsLong) {
  const std::string with_nul("0 0 \0 * *", 9);
  EXPECT_EQ(Cron::parse(with_nul).problem.find('\0'), std::string::npos);
  EXPECT_FALSE(Cron::parse(with_nul).problem.empty());
  EXPECT_LT(Cron::parse(std::string(100'000, '1') + " * * * *").problem.size(), 200U);
  EXPECT_LT(Cron::parse(std::string(100'000, ',')).problem.size(), 200U);
  EXPECT_FALSE(Cron::parse("0 0 \xff * *").problem.empty());
}

TEST(CronParse, AcceptsWhatFiresRarely) {
  for (const std::string_view expression :
       {"0 0 29 2 *", "0 0 29 2 1", "0 0 29W 2 *", "0 0 31 2 5#5", "0 0 31 2 1", "0 0 29 2 */6", "0 0 * 2 0#5",
        "0 0 */28 2 0#5", "0 0 31 2,3 *", "0 0 LW 2 *"})
    EXPECT_EQ(Cron::parse(expression).problem, "") << expression;
}

TEST(CronDays, EitherMatchesIfBothAreRestricted) {
  EXPECT_EQ(dates("0 0 13 * 5", "2026-11-01", 6),
            (Times{"2026-11-06", "2026-11-13", "2026-11-20", "2026-11-27", "2026-12-04", "2026-12-11"}));
  // 1-31 is restricted, although it leaves nothing out.
  EXPECT_EQ(dates("0 0 1-31 * 1", "2026-11-01", 3), (Times{"2026-11-02", "2026-11-03", "2026-11-04"}));
  EXPECT_EQ(dates("0 0 1 * 0-6", "2026-11-01", 3), (Times{"2026-11-02", "2026-11-03", "2026-11-04"}));
  // So is a star that is not in front.
  EXPECT_EQ(dates("0 0 5,* * 1", "2026-11-01", 2), (Times{"2026-11-02", "2026-11-03"}));
  EXPECT_EQ(dates("0 0 L * 5L", "2026-11-01", 4), (Times{"2026-11-27", "2026-11-30", "2026-12-25", "2026-12-31"}));
  EXPECT_EQ(dates("0 0 1W * 5#2", "2026-08-01", 3), (Times{"2026-08-03", "2026-08-14", "2026-09-01"}));
  EXPECT_EQ(dates("0 0 31 2 1", "2026-02-01", 2), (Times{"2026-02-02", "2026-02-09"}));
}

TEST(CronDays, BothMustMatchIfOneStartsWithAStar) {
  EXPECT_EQ(dates("0 0 */2 * 5", "2026-11-01", 4), (Times{"2026-11-13", "2026-11-27", "2026-12-11", "2026-12-25"}));
  EXPECT_EQ(dates("0 0 1-7 * */7", "2026-11-01", 3), (Times{"2026-12-06", "2027-01-03", "2027-02-07"}));
  EXPECT_EQ(dates("0 0 *,5 * 1", "2026-11-01", 2), (Times{"2026-11-02", "2026-11-09"}));
  EXPECT_EQ(dates("0 0 29 2 */7", "2026-01-01", 3), (Times{"2032-02-29", "2060-02-29", "2088-02-29"}));
}

TEST(CronDays, LastDayOfTheMonth) {
  EXPECT_EQ(dates("0 0 L * *", "2028-01-01", 4), (Times{"2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"}));
  EXPECT_EQ(dates("0 0 L 2 *", "2095-01-01", 3), (Times{"2095-02-28", "2096-02-29", "2097-02-28"}));
  EXPECT_EQ(dates("0 0 15,L * *", "2026-02-01", 3), (Times{"2026-02-15", "2026-02-28", "2026-03-15"}));
}

TEST(CronDays, LastWeekdayOfTheMonth) {
  // 31 January 2026 is a Saturday, 31 May a Sunday, 30 June a Tuesday.
  EXPECT_EQ(dates("0 0 LW 1,5,6 *", "2026-01-01", 3), (Times{"2026-01-30", "2026-05-29", "2026-06-30"}));
}

TEST(CronDays, NearestWeekdayStaysInTheMonth) {
  EXPECT_EQ(dates("0 0 15W 8-11 *", "2026-08-01", 4), (Times{"2026-08-14", "2026-09-15", "2026-10-15", "2026-11-16"}));
  EXPECT_EQ(dates("0 0 1W * *", "2026-07-31", 4), (Times{"2026-08-03", "2026-09-01", "2026-10-01", "2026-11-02"}));
  EXPECT_EQ(dates("0 0 31W * *", "2026-04-01", 3), (Times{"2026-05-29", "2026-07-31", "2026-08-31"}));
  EXPECT_EQ(dates("0 0 29W 2 *", "2026-01-01", 3), (Times{"2028-02-29", "2032-02-27", "2036-02-29"}));
  EXPECT_EQ(dates("0 0 1W,15W 11 *", "2026-10-01", 2), (Times{"2026-11-02", "2026-11-16"}));
}

TEST(CronDays, NthAndLastDayOfWeek) {
  EXPECT_EQ(dates("0 0 * * 5#2", "2026-11-01", 3), (Times{"2026-11-13", "2026-12-11", "2027-01-08"}));
  EXPECT_EQ(dates("0 0 * * 1#5", "2026-11-01", 3), (Times{"2026-11-30", "2027-03-29", "2027-05-31"}));
  EXPECT_EQ(dates("0 0 * * 0#1,3L", "2026-11-01", 3), (Times{"2026-11-25", "2026-12-06", "2026-12-30"}));
  EXPECT_EQ(dates("0 0 * 2 0#5", "2026-01-01", 2), (Times{"2032-02-29", "2060-02-29"}));
}

TEST(CronNext, IsStrictlyLater) {
  EXPECT_EQ(runs("30 6 * * *", "2026-11-22T06:29:59.999999Z", 1), Times{"2026-11-22 06:30:00 +00:00"});
  EXPECT_EQ(runs("30 6 * * *", "2026-11-22T06:30:00Z", 1), Times{"2026-11-23 06:30:00 +00:00"});
  EXPECT_EQ(runs("30 6 * * *", "2026-11-22T06:30:00.000001Z", 1), Times{"2026-11-23 06:30:00 +00:00"});
  EXPECT_EQ(runs("* * * * *", "1969-12-31T23:58:59.999999Z", 2),
            (Times{"1969-12-31 23:59:00 +00:00", "1970-01-01 00:00:00 +00:00"}));
}

TEST(CronNext, CarriesIntoHoursDaysMonthsAndYears) {
  EXPECT_EQ(runs("0 0 1 1 *", "2026-01-01", 1), Times{"2027-01-01 00:00:00 +00:00"});
  EXPECT_EQ(runs("59 23 31 12 *", "2026-11-22", 1), Times{"2026-12-31 23:59:00 +00:00"});
  EXPECT_EQ(runs("15,45 9-10 * * *", "2026-11-22T09:45", 3),
            (Times{"2026-11-22 10:15:00 +00:00", "2026-11-22 10:45:00 +00:00", "2026-11-23 09:15:00 +00:00"}));
  EXPECT_EQ(runs("0 0 29 2 *", "2096-02-29", 1), Times{"2104-02-29 00:00:00 +00:00"});
}

struct Agreed {
  std::string_view expression;
  std::string_view after;
  Times expected;
};

// What croniter 1.3 answers, where the two dialects are one.
const std::vector<Agreed> kAgreedWithCroniter{
    {"*/5 * * * *",
     "2026-09-21T14:13:20Z",
     {"2026-09-21 14:15:00 +00:00", "2026-09-21 14:20:00 +00:00", "2026-09-21 14:25:00 +00:00"}},
    {"5/15 * * * *",
     "2026-10-18T17:47:58Z",
     {"2026-10-18 17:50:00 +00:00", "2026-10-18 18:05:00 +00:00", "2026-10-18 18:20:00 +00:00"}},
    {"0 2 * * *",
     "2026-11-14T21:22:36Z",
     {"2026-11-15 02:00:00 +00:00", "2026-11-16 02:00:00 +00:00", "2026-11-17 02:00:00 +00:00"}},
    {"30 4 1,15 * *",
     "2026-12-12T00:57:14Z",
     {"2026-12-15 04:30:00 +00:00", "2027-01-01 04:30:00 +00:00", "2027-01-15 04:30:00 +00:00"}},
    {"0 9-17/4 * * mon-fri",
     "2027-01-08T04:31:52Z",
     {"2027-01-08 09:00:00 +00:00", "2027-01-08 13:00:00 +00:00", "2027-01-08 17:00:00 +00:00"}},
    {"15 10 * * 5-7",
     "2027-02-04T08:06:30Z",
     {"2027-02-05 10:15:00 +00:00", "2027-02-06 10:15:00 +00:00", "2027-02-07 10:15:00 +00:00"}},
    {"0 0 13 * 5",
     "2027-03-03T11:41:08Z",
     {"2027-03-05 00:00:00 +00:00", "2027-03-12 00:00:00 +00:00", "2027-03-13 00:00:00 +00:00"}},
    {"45 23 L * *",
     "2027-03-30T15:15:46Z",
     {"2027-03-31 23:45:00 +00:00", "2027-04-30 23:45:00 +00:00", "2027-05-31 23:45:00 +00:00"}},
    {"0 12 L,15 * *",
     "2027-04-26T18:50:24Z",
     {"2027-04-30 12:00:00 +00:00", "2027-05-15 12:00:00 +00:00", "2027-05-31 12:00:00 +00:00"}},
    {"0 6 * * 5#2",
     "2027-05-23T22:25:02Z",
     {"2027-06-11 06:00:00 +00:00", "2027-07-09 06:00:00 +00:00", "2027-08-13 06:00:00 +00:00"}},
    {"20 7 * * sun#1,3#4",
     "2027-06-20T01:59:40Z",
     {"2027-06-23 07:20:00 +00:00", "2027-07-04 07:20:00 +00:00", "2027-07-28 07:20:00 +00:00"}},
    {"0 0 * * L5",
     "2027-07-17T05:34:18Z",
     {"2027-07-30 00:00:00 +00:00", "2027-08-27 00:00:00 +00:00", "2027-09-24 00:00:00 +00:00"}},
    {"0 18 * FEB L0",
     "2027-08-13T09:08:56Z",
     {"2028-02-27 18:00:00 +00:00", "2029-02-25 18:00:00 +00:00", "2030-02-24 18:00:00 +00:00"}},
    {"0 0 29 2 *",
     "2027-09-09T12:43:34Z",
     {"2028-02-29 00:00:00 +00:00", "2032-02-29 00:00:00 +00:00", "2036-02-29 00:00:00 +00:00"}},
    {"7-59/26 */11 * 2-12/5 *",
     "2027-10-06T16:18:12Z",
     {"2027-12-01 00:07:00 +00:00", "2027-12-01 00:33:00 +00:00", "2027-12-01 00:59:00 +00:00"}},
    {"0 0 * * 1/2",
     "2027-11-02T19:52:50Z",
     {"2027-11-03 00:00:00 +00:00", "2027-11-05 00:00:00 +00:00", "2027-11-07 00:00:00 +00:00"}},
    {"59 23 31 12 *",
     "2027-11-29T23:27:28Z",
     {"2027-12-31 23:59:00 +00:00", "2028-12-31 23:59:00 +00:00", "2029-12-31 23:59:00 +00:00"}},
    {"1 1 31 * *",
     "2027-12-27T03:02:06Z",
     {"2027-12-31 01:01:00 +00:00", "2028-01-31 01:01:00 +00:00", "2028-03-31 01:01:00 +00:00"}},
    {"10,20 8 */10 * *",
     "2028-01-23T06:36:44Z",
     {"2028-01-31 08:10:00 +00:00", "2028-01-31 08:20:00 +00:00", "2028-02-01 08:10:00 +00:00"}},
    {"0 22 1-7 JAN,jul 3",
     "2028-02-19T10:11:22Z",
     {"2028-07-01 22:00:00 +00:00", "2028-07-02 22:00:00 +00:00", "2028-07-03 22:00:00 +00:00"}},
};

TEST(CronNext, AgreesWithCroniter) {
  for (const Agreed& c : kAgreedWithCroniter)
    EXPECT_EQ(runs(c.expression, c.after, c.expected.size()), c.expected) << c.expression << " after " << c.after;
}

TEST(CronNext, EndsWithTheHorizonAndTheYear9999) {
  const TimeZone berlin = zone("Europe/Berlin");
  // A wall-clock job in an hour that is skipped each time: never.
  EXPECT_EQ(valid("*/5 2 * 3 0L").next(at("2026-01-01"), berlin), std::nullopt);
  EXPECT_NE(valid("*/5 2 * 3 0L").next(at("2026-01-01"), TimeZone::utc()), std::nullopt);
  EXPECT_EQ(valid("0 0 1 1 *").next(at("9999-01-01"), TimeZone::utc()), std::nullopt);
  EXPECT_EQ(valid("* * * * *").next(kLatestTimestamp, TimeZone::utc()), std::nullopt);
  EXPECT_EQ(valid("* * * * *").next(at("9999-12-31T23:58:00Z"), berlin), at("9999-12-31T23:59:00Z"));
  EXPECT_EQ(valid("* * * * *").next(kEarliestTimestamp, TimeZone::utc()), at("0001-01-01T00:01:00Z"));
  // The longest wait that a calendar has: 40 years, over 2100.
  EXPECT_EQ(valid("0 0 29 2 */7").next(at("2088-03-01"), TimeZone::utc()), at("2128-02-29"));
}

struct ClockChange {
  std::string_view what;
  std::string_view zone;
  std::string_view expression;
  std::string_view after;  // UTC
  Times expected;
};

const std::vector<ClockChange> kClockChanges{
    {"gap: once, at the first moment after it",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 03:00:00 +02:00", "2026-03-30 02:30:00 +02:00"}},
    {"gap: several missed times are one run",
     "Europe/Berlin",
     "0,15,45 2 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"}},
    {"gap: a missed time and the first moment itself are one run",
     "Europe/Berlin",
     "0 2,3 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"}},
    {"gap: asked from within the last minute before it",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-03-29T00:59:59.999999Z",
     {"2026-03-29 03:00:00 +02:00"}},
    {"gap: asked from the first moment after it",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-03-29T01:00:00Z",
     {"2026-03-30 02:30:00 +02:00"}},
    {"gap: nothing missed, nothing run",
     "Europe/Berlin",
     "30 1,4 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 01:30:00 +01:00", "2026-03-29 04:30:00 +02:00"}},
    {"gap: a wildcard job does not catch up",
     "Europe/Berlin",
     "*/30 2 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-30 02:00:00 +02:00"}},
    {"gap: every half hour",
     "Europe/Berlin",
     "*/30 * * * *",
     "2026-03-29T00:15Z",
     {"2026-03-29 01:30:00 +01:00", "2026-03-29 03:00:00 +02:00", "2026-03-29 03:30:00 +02:00"}},
    {"gap: 0-59 is no wildcard",
     "Europe/Berlin",
     "0-59 2 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"}},
    {"gap: star in the hour only",
     "Europe/Berlin",
     "30 * * * *",
     "2026-03-29T00:15Z",
     {"2026-03-29 01:30:00 +01:00", "2026-03-29 03:30:00 +02:00"}},
    {"gap: the day of the missed time counts",
     "Europe/Berlin",
     "30 2 29 3 *",
     "2026-03-01T00:00Z",
     {"2026-03-29 03:00:00 +02:00", "2027-03-29 02:30:00 +02:00"}},
    {"twice: the first time only",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-10-24T12:00Z",
     {"2026-10-25 02:30:00 +02:00", "2026-10-26 02:30:00 +01:00"}},
    {"twice: several times",
     "Europe/Berlin",
     "0,30 2,3 * * *",
     "2026-10-24T12:00Z",
     {"2026-10-25 02:00:00 +02:00", "2026-10-25 02:30:00 +02:00", "2026-10-25 03:00:00 +01:00"}},
    {"twice: asked from between the two",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-10-25T00:45Z",
     {"2026-10-26 02:30:00 +01:00"}},
    {"twice: asked from within the second hour",
     "Europe/Berlin",
     "30 2 * * *",
     "2026-10-25T01:10Z",
     {"2026-10-26 02:30:00 +01:00"}},
    {"twice: asked from the change itself",
     "Europe/Berlin",
     "0 2 * * *",
     "2026-10-25T01:00Z",
     {"2026-10-26 02:00:00 +01:00"}},
    {"twice: a wildcard job runs both times",
     "Europe/Berlin",
     "*/30 2 * * *",
     "2026-10-24T12:00Z",
     {"2026-10-25 02:00:00 +02:00", "2026-10-25 02:30:00 +02:00", "2026-10-25 02:00:00 +01:00",
      "2026-10-25 02:30:00 +01:00", "2026-10-26 02:00:00 +01:00"}},
    {"twice: a wildcard job asked from within the second hour",
     "Europe/Berlin",
     "30 * * * *",
     "2026-10-25T01:10Z",
     {"2026-10-25 02:30:00 +01:00", "2026-10-25 03:30:00 +01:00"}},
    {"New York forward",
     "America/New_York",
     "30 2 * * *",
     "2026-03-07T12:00Z",
     {"2026-03-08 03:00:00 -04:00", "2026-03-09 02:30:00 -04:00"}},
    {"New York back",
     "America/New_York",
     "30 1 * * *",
     "2026-10-31T12:00Z",
     {"2026-11-01 01:30:00 -04:00", "2026-11-02 01:30:00 -05:00"}},
    {"half an hour forward",
     "Australia/Lord_Howe",
     "15 2 * * *",
     "2026-10-03T00:00Z",
     {"2026-10-04 02:30:00 +11:00", "2026-10-05 02:15:00 +11:00"}},
    {"half an hour forward, outside it",
     "Australia/Lord_Howe",
     "45 2 * * *",
     "2026-10-03T00:00Z",
     {"2026-10-04 02:45:00 +11:00", "2026-10-05 02:45:00 +11:00"}},
    {"half an hour back",
     "Australia/Lord_Howe",
     "15,45 1 * * *",
     "2026-04-04T00:00Z",
     {"2026-04-05 01:15:00 +11:00", "2026-04-05 01:45:00 +11:00", "2026-04-06 01:15:00 +10:30"}},
    {"half an hour back, wildcard",
     "Australia/Lord_Howe",
     "*/15 1 * * *",
     "2026-04-04T14:20Z",
     {"2026-04-05 01:30:00 +11:00", "2026-04-05 01:45:00 +11:00", "2026-04-05 01:30:00 +10:30",
      "2026-04-05 01:45:00 +10:30", "2026-04-06 01:00:00 +10:30"}},
    {"midnight gap",
     "America/Sao_Paulo",
     "0 0 * * *",
     "2018-11-03T12:00Z",
     {"2018-11-04 01:00:00 -02:00", "2018-11-05 00:00:00 -02:00"}},
    {"midnight gap, the first of the month",
     "America/Asuncion",
     "0 0 1 * *",
     "2017-09-02T12:00Z",
     {"2017-10-01 01:00:00 -03:00", "2017-11-01 00:00:00 -03:00"}},
    {"midnight twice",
     "America/Sao_Paulo",
     "30 23 * * *",
     "2018-02-17T12:00Z",
     {"2018-02-17 23:30:00 -02:00", "2018-02-18 23:30:00 -03:00"}},
    {"midnight gap after a Thursday",
     "Asia/Amman",
     "0 0 * * 5",
     "2022-02-24T12:00Z",
     {"2022-02-25 01:00:00 +03:00", "2022-03-04 00:00:00 +03:00"}},
    {"midnight gap in the south",
     "America/Santiago",
     "15 0 * * *",
     "2026-09-05T12:00Z",
     {"2026-09-06 01:00:00 -03:00", "2026-09-07 00:15:00 -03:00"}},
    {"an hour before midnight twice",
     "America/Santiago",
     "15 23 * * *",
     "2026-04-04T12:00Z",
     {"2026-04-04 23:15:00 -03:00", "2026-04-05 23:15:00 -04:00"}},
    {"fifteen minutes",
     "Asia/Kathmandu",
     "5 0 * * *",
     "1985-12-31T00:00Z",
     {"1986-01-01 00:15:00 +05:45", "1986-01-02 00:05:00 +05:45"}},
    {"summer time that ends for a month",
     "Africa/Casablanca",
     "30 2 * * *",
     "2026-02-14T12:00Z",
     {"2026-02-15 02:30:00 +01:00", "2026-02-16 02:30:00 +00:00"}},
    {"summer time that comes back",
     "Africa/Casablanca",
     "30 2 * * *",
     "2026-03-21T12:00Z",
     {"2026-03-22 03:00:00 +01:00", "2026-03-23 02:30:00 +01:00"}},
    {"two hours forward",
     "Antarctica/Troll",
     "30 1,2 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 03:00:00 +02:00", "2026-03-30 01:30:00 +02:00"}},
    {"two hours back",
     "Antarctica/Troll",
     "30 1,2 * * *",
     "2026-10-24T12:00Z",
     {"2026-10-25 01:30:00 +02:00", "2026-10-25 02:30:00 +02:00", "2026-10-26 01:30:00 +00:00"}},
    {"a day that does not exist runs at its end",
     "Pacific/Apia",
     "0 12 * * *",
     "2011-12-29T23:00Z",
     {"2011-12-31 00:00:00 +14:00", "2011-12-31 12:00:00 +14:00"}},
    {"… by its own date",
     "Pacific/Apia",
     "0 12 30 12 *",
     "2011-12-01T00:00Z",
     {"2011-12-31 00:00:00 +14:00", "2012-12-30 12:00:00 +14:00"}},
    {"… by its own weekday, a Friday",
     "Pacific/Apia",
     "0 12 * * 5",
     "2011-12-29T23:00Z",
     {"2011-12-31 00:00:00 +14:00", "2012-01-06 12:00:00 +14:00"}},
    {"… and for many times once",
     "Pacific/Apia",
     "0,30 6-8,0 * * *",
     "2011-12-29T23:00Z",
     {"2011-12-31 00:00:00 +14:00", "2011-12-31 00:30:00 +14:00"}},
    {"… but not for a wildcard job",
     "Pacific/Apia",
     "0 */12 * * *",
     "2011-12-29T23:00Z",
     {"2011-12-31 00:00:00 +14:00", "2011-12-31 12:00:00 +14:00"}},
    {"… nor one of that date", "Pacific/Apia", "*/30 12 30 12 *", "2011-12-01T00:00Z", {"2012-12-30 12:00:00 +14:00"}},
    {"a day that occurs twice",
     "Pacific/Kwajalein",
     "0 12 * * *",
     "1969-09-29T00:00Z",
     {"1969-09-29 12:00:00 +11:00", "1969-09-30 12:00:00 +11:00", "1969-10-01 12:00:00 -12:00"}},
    {"winter time as the exception",
     "Europe/Dublin",
     "30 1 * * *",
     "2026-03-28T12:00Z",
     {"2026-03-29 02:00:00 +01:00", "2026-03-30 01:30:00 +01:00"}},
    {"a change that is no summer time",
     "Asia/Pyongyang",
     "45 23 * * *",
     "2018-05-03T18:00Z",
     {"2018-05-05 00:00:00 +09:00", "2018-05-05 23:45:00 +09:00"}},
    {"an offset with seconds, 44 minutes forward",
     "Africa/Monrovia",
     "30 0 * * *",
     "1972-01-06T00:00Z",
     {"1972-01-06 00:30:00 -00:44:30", "1972-01-07 00:44:30 +00:00", "1972-01-08 00:30:00 +00:00"}},
    {"an offset with seconds, wildcard",
     "Africa/Monrovia",
     "*/20 * * * *",
     "1972-01-07T00:10Z",
     {"1972-01-06 23:40:00 -00:44:30", "1972-01-07 01:00:00 +00:00"}},
    {"before standard time",
     "Europe/Berlin",
     "0 0 * * *",
     "1893-03-30T12:00Z",
     {"1893-03-31 00:00:00 +00:53:28", "1893-04-01 00:06:32 +01:00", "1893-04-02 00:00:00 +01:00"}},
    {"years that only the rule knows",
     "Europe/Berlin",
     "30 2 * * *",
     "2075-03-30T12:00Z",
     {"2075-03-31 03:00:00 +02:00", "2075-04-01 02:30:00 +02:00"}},
    {"the last listed change and the rule meet",
     "Europe/Berlin",
     "30 2 25 10 *",
     "2037-10-01T00:00Z",
     {"2037-10-25 02:30:00 +02:00", "2038-10-25 02:30:00 +02:00"}},
};

TEST(CronNext, FollowsTheRulesForClockChanges) {
  for (const ClockChange& c : kClockChanges)
    EXPECT_EQ(runs(c.expression, c.after, c.expected.size(), c.zone), c.expected)
        << c.what << ": " << c.expression << " in " << c.zone;
}

}  // namespace
}  // namespace lockstep
