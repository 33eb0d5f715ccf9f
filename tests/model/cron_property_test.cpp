// Random expressions against the slow oracle: around clock changes of many zones, over long
// stretches of UTC, and for the question whether an expression fires at all.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <initializer_list>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "model/cron.hpp"
#include "model/cron_oracle.hpp"

namespace lockstep {
namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

// All choices of a case come from one random number: an expression is short enough to be read as it
// is, and shrinking dozens of choices one by one takes memory without end.
std::mt19937_64 choices;

void start_case() { choices.seed(*rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>())); }

int pick(int lowest, int highest) { return std::uniform_int_distribution<int>(lowest, highest)(choices); }
bool chance(int percent) { return pick(1, 100) <= percent; }

template <class Range>
auto one_of(const Range& range) {
  return *std::next(std::begin(range), pick(0, static_cast<int>(std::size(range)) - 1));
}

template <class T>
T one_of(std::initializer_list<T> values) {
  return *(values.begin() + pick(0, static_cast<int>(values.size()) - 1));
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string value(int v) { return joined({chance(10) && v < 10 ? "0" : "", std::to_string(v)}); }

// One item of a list: `*`, a value, a range, or one of them with a step.
std::string plain_item(int lowest, int highest, int values) {
  const std::string step = joined({"/", std::to_string(pick(1, values))});
  const int first = pick(lowest, highest);
  switch (pick(0, 6)) {
    case 0:
      return joined({"*", step});
    case 1:
      return joined({value(first), "-", value(pick(first, highest))});
    case 2:
      return joined({value(first), "-", value(pick(first, highest)), step});
    case 3:
      return joined({value(first), step});
    default:
      return value(first);
  }
}

template <class Item>
std::string list_of(Item item) {
  std::string list = item();
  while (chance(30)) list.append(",").append(item());
  return list;
}

std::string minute_field() {
  if (chance(15)) return "*";
  return list_of([] { return plain_item(0, 59, 60); });
}

// Clocks are changed at night, so that is where most of the hours are.
std::string hour_field() {
  if (chance(15)) return "*";
  return list_of([] { return chance(70) ? value(one_of({0, 0, 1, 1, 2, 2, 3, 4, 23})) : plain_item(0, 23, 24); });
}

std::string day_of_month_field() {
  if (chance(40)) return "*";
  return list_of([]() -> std::string {
    if (chance(10)) return "L";
    if (chance(10)) return chance(50) ? "LW" : "lw";
    if (chance(20)) return joined({std::to_string(pick(1, 31)), "W"});
    return plain_item(1, 31, 31);
  });
}

std::string month_field() {
  static const std::vector<std::string> names{"jan", "FEB", "Mar", "apr", "may", "jun",
                                              "jul", "aug", "sep", "oct", "nov", "dec"};
  if (chance(60)) return "*";
  return list_of([] { return chance(30) ? one_of(names) : plain_item(1, 12, 12); });
}

std::string day_of_week_field() {
  static const std::vector<std::string> names{"sun", "MON", "Tue", "wed", "thu", "fri", "sat"};
  const auto day = [] { return chance(30) ? one_of(names) : std::to_string(pick(0, 7)); };
  if (chance(40)) return "*";
  return list_of([&day]() -> std::string {
    if (chance(10)) return joined({"L", day()});
    if (chance(10)) return joined({day(), "L"});
    if (chance(20)) return joined({day(), "#", std::to_string(pick(1, 5))});
    return chance(30) ? day() : plain_item(0, 7, 7);
  });
}

std::string expression_for_dates() {
  return "0 0 " + day_of_month_field() + " " + month_field() + " " + day_of_week_field();
}

std::string any_expression() {
  return minute_field() + " " + hour_field() + " " + day_of_month_field() + " " + month_field() + " " +
         day_of_week_field();
}

std::int64_t minutes(std::chrono::sys_seconds time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

// next() and the oracle agree; where the oracle finds nothing before `limit`, neither does next().
void expect_agreement(const std::string& text, const std::string& zone_name, std::int64_t after, std::int64_t within) {
  const CronResult parsed = Cron::parse(text);
  RC_PRE(parsed.cron.has_value());  // it may never fire, which another property is about
  oracle::use_zone(zone_name);
  const std::optional<TimeZone> zone = TimeZone::find(zone_name);
  RC_ASSERT(zone.has_value());

  const std::int64_t fraction = one_of<std::int64_t>({0, 1, 30'000'000, kMicrosPerMinute - 1});
  const std::optional<Timestamp> found = parsed.cron->next(Timestamp{after * kMicrosPerMinute + fraction}, *zone);
  const auto expected = oracle::next_run(oracle::Expression(text), after, after + within);
  RC_LOG() << '"' << text << "\" in " << zone_name << " after minute " << after << ", found "
           << (found ? format_local(*found, *zone) : "nothing") << ", expected "
           << (expected ? format_local(Timestamp{*expected * kMicrosPerMinute}, *zone) : "nothing") << '\n';
  if (expected)
    RC_ASSERT(found == Timestamp{*expected * kMicrosPerMinute});
  else
    RC_ASSERT(!found || found->micros >= (after + within) * kMicrosPerMinute);
}

struct Stretch {
  const char* zone;
  int first_year;
  int last_year;
};

// All that is odd about clocks: half hours, two hours, midnight gaps, whole days, quarter hours,
// summer time that is winter time, changes by Ramadan, and years that only the rule knows.
const std::vector<Stretch> kStretches{
    {"Europe/Berlin", 1996, 2075},        {"America/New_York", 1996, 2075},   {"Australia/Lord_Howe", 1996, 2075},
    {"America/Sao_Paulo", 1990, 2019},    {"Asia/Amman", 1996, 2022},         {"America/Santiago", 1996, 2075},
    {"Asia/Kathmandu", 1985, 1987},       {"Africa/Casablanca", 2008, 2060},  {"Antarctica/Troll", 2006, 2075},
    {"Pacific/Apia", 2009, 2021},         {"Europe/Dublin", 1996, 2075},      {"Asia/Gaza", 2000, 2075},
    {"America/Nuuk", 2010, 2075},         {"America/Havana", 2000, 2075},     {"Asia/Beirut", 2000, 2075},
    {"Africa/Cairo", 2008, 2075},         {"America/St_Johns", 1987, 2075},   {"Pacific/Chatham", 2000, 2075},
    {"Antarctica/Casey", 2008, 2025},     {"Asia/Pyongyang", 2015, 2019},     {"America/Caracas", 2007, 2017},
    {"Pacific/Kwajalein", 1993, 1994},    {"Pacific/Kiritimati", 1994, 1996}, {"Europe/Istanbul", 2000, 2018},
    {"America/Asuncion", 2000, 2026},     {"Asia/Tehran", 2000, 2024},        {"Pacific/Easter", 2000, 2075},
    {"America/Scoresbysund", 2000, 2075},
};

RC_GTEST_PROP(CronProperty, AgreesWithTheOracleAroundClockChanges, ()) {
  start_case();
  const Stretch stretch = one_of(kStretches);
  const std::chrono::sys_days first{std::chrono::year{stretch.first_year} / 1 / 1};
  const std::chrono::sys_days last{std::chrono::year{stretch.last_year} / 12 / 31};
  const std::chrono::sys_seconds somewhere =
      first + std::chrono::days{pick(0, static_cast<int>((last - first).count()))};
  const std::optional<TimeZone> zone = TimeZone::find(stretch.zone);
  RC_ASSERT(zone.has_value());
  const ZonePeriod period = zone->period_at(somewhere);
  const std::int64_t change = minutes(period.begin >= first ? period.begin : somewhere);

  const int distance = one_of({90, 200, 1500});
  expect_agreement(any_expression(), stretch.zone, change + pick(-distance, distance), 3 * 1440);
}

RC_GTEST_PROP(CronProperty, AgreesWithTheOracleOverMonths, ()) {
  start_case();
  const std::chrono::sys_days start{std::chrono::year{pick(1971, 2110)} / pick(1, 12) / 1};
  expect_agreement(any_expression(), "UTC", minutes(start) + pick(0, 40'000), 50 * 1440);
}

RC_GTEST_PROP(CronProperty, AgreesWithTheOracleOnDatesOverYears, ()) {
  start_case();
  const std::string text = expression_for_dates();
  const CronResult parsed = Cron::parse(text);
  RC_PRE(parsed.cron.has_value());
  const oracle::Expression expression(text);

  // 2096 is followed by eight years without a leap day.
  oracle::Date date{2095, 1, 1, 6, 31};
  std::chrono::sys_days day{std::chrono::year{2095} / 1 / 1};
  std::optional<Timestamp> next = parsed.cron->next(Timestamp{minutes(day) * kMicrosPerMinute - 1}, TimeZone::utc());
  for (; date.year < 2106; date = oracle::day_after(date), day += std::chrono::days{1}) {
    const Timestamp midnight{minutes(day) * kMicrosPerMinute};
    RC_LOG() << text << ' ' << date.year << '-' << date.month << '-' << date.day << '\n';
    RC_ASSERT(expression.matches_date(date) == (next == midnight));
    if (next == midnight) next = parsed.cron->next(midnight, TimeZone::utc());
  }
}

// 28 years without a skipped leap day hold every kind of year.
RC_GTEST_PROP(CronProperty, IsRefusedExactlyIfItNeverFires, ()) {
  start_case();
  const std::vector<std::string> few_days{"31",   "30,31", "31W", "29W", "29",   "LW",
                                          "*/29", "*/31",  "30W", "1W",  "28-29"};
  const std::vector<std::string> few_months{"2", "4", "2,4", "feb,6,9,11", "2-4/2"};
  const std::vector<std::string> few_weekdays{"*", "*/6", "*/7", "0#5", "1L", "mon#1", "L3,4#5", "*/5"};
  const std::string text = "0 0 " + (chance(80) ? one_of(few_days) : day_of_month_field()) + " " +
                           (chance(80) ? one_of(few_months) : month_field()) + " " +
                           (chance(80) ? one_of(few_weekdays) : day_of_week_field());
  const oracle::Expression expression(text);
  bool fires = false;
  for (oracle::Date date{2001, 1, 1, 1, 31}; date.year < 2029 && !fires; date = oracle::day_after(date))
    fires = expression.matches_date(date);
  const CronResult parsed = Cron::parse(text);
  RC_LOG() << text << ": " << parsed.problem << '\n';
  RC_ASSERT(parsed.cron.has_value() == fires);
  if (!fires) RC_ASSERT(parsed.problem.find("never fires") != std::string::npos);
}

RC_GTEST_PROP(CronProperty, AnyTextIsReadOrRefusedWithAMessage, ()) {
  start_case();
  const std::string alphabet = "0123456789*/,-#LWlw@ \t?monfrijan+.";
  std::string text(static_cast<std::size_t>(pick(0, 20)), ' ');
  for (char& c : text) c = chance(90) ? one_of(alphabet) : static_cast<char>(pick(-128, 127));
  const CronResult parsed = Cron::parse(text);
  RC_ASSERT(parsed.cron.has_value() == parsed.problem.empty());
  if (parsed.cron) RC_ASSERT(parsed.cron->next(Timestamp{0}, TimeZone::utc()).has_value());
}

// A small change to a valid expression: most of what comes out is nearly right.
RC_GTEST_PROP(CronProperty, ATypingErrorIsReadOrRefusedWithAMessage, ()) {
  start_case();
  std::string text = any_expression();
  const std::size_t at = static_cast<std::size_t>(pick(0, static_cast<int>(text.size()) - 1));
  text[at] = one_of(std::string("0123456789*/,-#LW ?mn"));
  const CronResult parsed = Cron::parse(text);
  RC_ASSERT(parsed.cron.has_value() == parsed.problem.empty());
  if (parsed.cron) RC_ASSERT(parsed.cron->next(Timestamp{0}, TimeZone::utc()).has_value());
}

}  // namespace
}  // namespace lockstep
