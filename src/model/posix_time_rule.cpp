#include "model/posix_time_rule.hpp"

#include <algorithm>
#include <array>

namespace lockstep {

namespace chrono = std::chrono;

// Consumes the text from the left; every step returns false where the grammar does not hold.
struct PosixTimeRule::Reader {
  std::string_view rest;

  bool take(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  bool skip_name() {
    std::size_t length = 0;
    if (rest.starts_with('<')) {
      length = rest.find('>');
      if (length == rest.npos) return false;
      ++length;
    } else {
      const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
      while (length < rest.size() && is_letter(rest[length])) ++length;
    }
    rest.remove_prefix(length);
    return length >= 3;
  }

  bool number(int lowest, int highest, int& value) {
    const auto is_digit = [this] { return !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; };
    if (!is_digit()) return false;
    for (value = 0; is_digit() && value <= highest; rest.remove_prefix(1)) value = value * 10 + (rest.front() - '0');
    return value >= lowest && value <= highest;
  }

  bool time(chrono::seconds& value) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(0, 167, hours)) return false;
    if (take(':') && (!number(0, 59, minutes) || (take(':') && !number(0, 59, seconds)))) return false;
    value = chrono::hours{hours} + chrono::minutes{minutes} + chrono::seconds{seconds};
    if (negative) value = -value;
    return true;
  }

  bool change(Change& c) {
    if (take('M')) {
      c.kind = Change::Kind::month_week_weekday;
      if (!(number(1, 12, c.month) && take('.') && number(1, 5, c.week) && take('.') && number(0, 6, c.weekday)))
        return false;
    } else if (take('J')) {
      c.kind = Change::Kind::day_without_leap_day;
      if (!number(1, 365, c.day)) return false;
    } else {
      c.kind = Change::Kind::day_of_year;
      if (!number(0, 365, c.day)) return false;
    }
    return !take('/') || time(c.time_of_day);
  }
};

chrono::local_seconds PosixTimeRule::Change::in(chrono::year year) const {
  const chrono::local_days new_year{year / chrono::January / 1};
  switch (kind) {
    case Kind::month_week_weekday: {
      const auto m = year / chrono::month{static_cast<unsigned>(month)};
      const chrono::weekday wd{static_cast<unsigned>(weekday)};
      if (week == 5) return chrono::local_days{m / wd[chrono::last]} + time_of_day;
      return chrono::local_days{m / wd[static_cast<unsigned>(week)]} + time_of_day;
    }
    case Kind::day_without_leap_day: {
      constexpr int kLastOfFebruary = 59;
      const bool shifted = year.is_leap() && day > kLastOfFebruary;
      return new_year + chrono::days{day - 1 + (shifted ? 1 : 0)} + time_of_day;
    }
    case Kind::day_of_year:
      break;
  }
  return new_year + chrono::days{day} + time_of_day;
}

std::optional<PosixTimeRule> PosixTimeRule::parse(std::string_view text) {
  PosixTimeRule rule;
  Reader reader{text};
  chrono::seconds west{};  // POSIX counts offsets westwards
  if (!reader.skip_name() || !reader.time(west)) return std::nullopt;
  rule.standard_offset_ = -west;
  rule.summer_offset_ = rule.standard_offset_ + chrono::hours{1};
  if (!reader.skip_name()) return std::nullopt;
  if (!reader.rest.starts_with(',')) {
    if (!reader.time(west)) return std::nullopt;
    rule.summer_offset_ = -west;
  }
  const bool complete = reader.take(',') && reader.change(rule.summer_begins_) && reader.take(',') &&
                        reader.change(rule.summer_ends_) && reader.rest.empty();
  return complete ? std::optional{rule} : std::nullopt;
}

ZonePeriod PosixTimeRule::period_at(chrono::sys_seconds time) const {
  struct Transition {
    chrono::sys_seconds at;
    chrono::seconds offset_after;
  };
  // A change may lie a week outside its year, so the neighbours are looked at as well.
  std::array<Transition, 6> transitions;
  const chrono::year year = chrono::year_month_day{chrono::floor<chrono::days>(time)}.year();
  for (int i = 0; i < 3; ++i) {
    const chrono::year y = year + chrono::years{i - 1};
    const auto at = [y](const Change& change, chrono::seconds offset_before) {
      return chrono::sys_seconds{change.in(y).time_since_epoch() - offset_before};
    };
    const auto slot = static_cast<std::size_t>(i) * 2;
    transitions[slot] = {at(summer_begins_, standard_offset_), summer_offset_};
    transitions[slot + 1] = {at(summer_ends_, summer_offset_), standard_offset_};
  }
  std::ranges::stable_sort(transitions, {}, &Transition::at);
  const auto after = std::ranges::upper_bound(transitions, time, {}, &Transition::at);
  return {(after - 1)->at, after->at, (after - 1)->offset_after};
}

}  // namespace lockstep
