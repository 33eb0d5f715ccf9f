// When a parsed expression fires. Reading one is in cron_parse.cpp.
#include "model/cron.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace lockstep {

namespace chrono = std::chrono;

namespace {

constexpr unsigned kSunday = 0;
constexpr unsigned kSaturday = 6;
constexpr std::uint32_t kEveryWeek = 1U << 1 | 1U << 8 | 1U << 15 | 1U << 22 | 1U << 29;  // days 1, 8, 15, 22, 29

constexpr std::uint32_t bit(unsigned day) { return 1U << day; }

// Bits 1 to `length`.
constexpr std::uint32_t all_days(unsigned length) {
  return static_cast<std::uint32_t>((std::uint64_t{2} << length) - 2);
}

// `length` is in the month already; every other day is found with the month's bounds in mind.
unsigned nearest_weekday(unsigned day, unsigned weekday, unsigned length) {
  if (weekday == kSaturday) return day > 1 ? day - 1 : day + 2;
  if (weekday == kSunday) return day < length ? day + 1 : day - 2;
  return day;
}

template <class Mask, class Function>
void for_each_bit(Mask mask, Function&& function) {
  for (; mask != 0; mask = static_cast<Mask>(mask & (mask - 1)))
    function(static_cast<unsigned>(std::countr_zero(mask)));
}

}  // namespace

// The days on which the expression fires in a month of that length whose first day is that
// weekday, as bits 1–31. Every rule about days is here.
std::uint32_t Cron::matching_days(unsigned first_weekday, unsigned length) const {
  const auto weekday_of = [first_weekday](unsigned day) { return (first_weekday + day - 1) % 7; };
  const auto first_day_with = [first_weekday](unsigned weekday) { return (weekday + 7 - first_weekday) % 7 + 1; };
  const std::uint32_t in_month = all_days(length);

  std::uint32_t by_date = days_of_month_;
  for_each_bit(nearest_weekdays_ & in_month,
               [&](unsigned day) { by_date |= bit(nearest_weekday(day, weekday_of(day), length)); });
  if (last_day_) by_date |= bit(length);
  if (last_workday_) by_date |= bit(nearest_weekday(length, weekday_of(length), length));

  std::uint32_t by_weekday = 0;
  for_each_bit(days_of_week_, [&](unsigned weekday) { by_weekday |= kEveryWeek << (first_day_with(weekday) - 1); });
  for_each_bit(last_weekdays_, [&](unsigned weekday) {
    const unsigned first = first_day_with(weekday);
    by_weekday |= bit(first + (length - first) / 7 * 7);
  });
  for_each_bit(nth_weekdays_, [&](unsigned position) {
    const unsigned day = first_day_with(position / 5) + position % 5 * 7;
    if (day <= length) by_weekday |= bit(day);
  });

  const bool either = day_of_month_restricted_ && day_of_week_restricted_;
  return (either ? by_date | by_weekday : by_date & by_weekday) & in_month;
}

// Exact: every month comes with every weekday as its first, in leap years too, and never more
// than 40 years apart (29 February, across 2100), which is within the horizon.
bool Cron::ever_fires() const {
  constexpr std::array<unsigned, 13> kLengths{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month) {
    if ((months_ & bit(month)) == 0) continue;
    for (unsigned first_weekday = 0; first_weekday < 7; ++first_weekday) {
      if (matching_days(first_weekday, kLengths[month]) != 0) return true;
      if (month == 2 && matching_days(first_weekday, 28) != 0) return true;
    }
  }
  return false;
}

std::optional<chrono::minutes> Cron::time_of_day_from(chrono::minutes from) const {
  const auto hour = static_cast<unsigned>(from.count() / 60);
  const auto minute = static_cast<unsigned>(from.count() % 60);
  const auto at = [](std::uint32_t hours, std::uint64_t minutes) {
    return chrono::hours{std::countr_zero(hours)} + chrono::minutes{std::countr_zero(minutes)};
  };
  const std::uint64_t rest_of_hour = minutes_ >> minute << minute;
  if ((hours_ & bit(hour)) != 0 && rest_of_hour != 0) return at(bit(hour), rest_of_hour);
  const std::uint32_t later_hours = hours_ >> (hour + 1) << (hour + 1);
  if (later_hours != 0) return at(later_hours, minutes_);
  return std::nullopt;
}

// The first matching wall-clock minute that is not before `from`, if it is before `limit`.
std::optional<Cron::LocalMinutes> Cron::first_match(LocalMinutes from, chrono::local_seconds limit) const {
  const chrono::local_days today = chrono::floor<chrono::days>(from);
  const chrono::year_month_day date{today};
  chrono::year_month month = date.year() / date.month();
  chrono::local_days first_day{month / 1};
  auto day = static_cast<unsigned>(date.day());
  chrono::minutes time_of_day = from - today;

  while (first_day < limit) {
    const unsigned length = static_cast<unsigned>((month / chrono::last).day());
    if ((months_ & bit(static_cast<unsigned>(month.month()))) != 0) {
      std::uint32_t days = matching_days(chrono::weekday{first_day}.c_encoding(), length) >> day << day;
      for (; days != 0; days &= days - 1) {
        const auto match_day = static_cast<unsigned>(std::countr_zero(days));
        const auto time = time_of_day_from(match_day == day ? time_of_day : chrono::minutes{0});
        if (!time) continue;
        const LocalMinutes match = first_day + chrono::days{match_day - 1} + *time;
        return match < limit ? std::optional{match} : std::nullopt;
      }
    }
    month += chrono::months{1};
    first_day += chrono::days{length};
    day = 1;
    time_of_day = chrono::minutes{0};
  }
  return std::nullopt;
}

std::optional<Timestamp> Cron::next(Timestamp after, const TimeZone& zone) const {
  constexpr chrono::sys_days kEnd{chrono::year{10000} / 1 / 1};
  const Timestamp valid = std::clamp(after, kEarliestTimestamp, kLatestTimestamp);
  const chrono::sys_time<chrono::microseconds> start{chrono::microseconds{valid.micros}};
  const chrono::year_month_day today{chrono::floor<chrono::days>(start)};
  // 1 March instead of a 29 February that the year 50 years on does not have.
  const chrono::sys_days same_day = chrono::sys_days{(today.year() + chrono::years{50}) / today.month() / today.day()};
  const chrono::sys_seconds horizon = std::min(same_day + chrono::days{1}, kEnd);

  const auto to_local = [](auto instant, chrono::seconds offset) {
    return chrono::local_time<typename decltype(instant)::duration>{instant.time_since_epoch() + offset};
  };
  const auto to_minute_not_before = [](chrono::local_seconds time) { return chrono::ceil<chrono::minutes>(time); };

  // For a fixed-time job each wall-clock time counts once: the search goes on from the latest
  // that the clock has shown. After a change backwards that skips what occurs again; after a
  // change forwards it finds what the gap swallowed. No zone changes twice within four days, so
  // looking back over one change is enough.
  ZonePeriod period = zone.period_at(chrono::floor<chrono::seconds>(start));
  LocalMinutes from = chrono::floor<chrono::minutes>(to_local(start, period.offset)) + chrono::minutes{1};
  if (!wall_clock_) {
    const ZonePeriod before = zone.period_at(period.begin - chrono::seconds{1});
    from = std::max(from, to_minute_not_before(to_local(period.begin, before.offset)));
  }
  while (true) {
    if (const auto match = first_match(from, to_local(std::min(period.end, horizon), period.offset))) {
      const chrono::sys_seconds instant{match->time_since_epoch() - period.offset};
      // A match before the period's first wall-clock time fell into the gap in front of it.
      const chrono::sys_seconds fires = std::max(instant, period.begin);
      return Timestamp{chrono::microseconds{fires.time_since_epoch()}.count()};
    }
    if (period.end >= horizon) return std::nullopt;
    const chrono::local_seconds shown = to_local(period.end, period.offset);
    period = zone.period_at(period.end);
    from = to_minute_not_before(wall_clock_ ? to_local(period.begin, period.offset) : shown);
  }
}

}  // namespace lockstep
