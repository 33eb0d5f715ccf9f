// A second, slow opinion on cron expressions, to test src/model/cron.cpp against: it tries one
// minute after the other, remembers in sets what a clock has shown, and asks the C library
// for local time. For valid expressions without macros, in zones whose offsets are whole minutes.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace lockstep::oracle {

struct Date {
  int year = 0;
  int month = 0;    // 1–12
  int day = 0;      // 1–31
  int weekday = 0;  // 0–6, Sunday = 0
  int length = 0;   // days of the month

  bool operator==(const Date&) const = default;
};

inline int days_of_month(int year, int month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

inline Date day_after(Date d) {
  d.weekday = (d.weekday + 1) % 7;
  if (++d.day > d.length) {
    d.day = 1;
    if (++d.month > 12) {
      d.month = 1;
      ++d.year;
    }
    d.length = days_of_month(d.year, d.month);
  }
  return d;
}

class Expression {
 public:
  explicit Expression(const std::string& text) {
    std::istringstream words(text);
    for (std::string& field : fields_) words >> field;
    for (std::string& field : fields_)
      for (char& c : field) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }

  bool fixed_time() const { return fields_[0][0] != '*' && fields_[1][0] != '*'; }

  bool matches_time(int hour, int minute) const { return matches(1, 0, 23, hour) && matches(0, 0, 59, minute); }

  bool matches_date(const Date& date) const {
    if (!matches(3, 1, 12, date.month)) return false;
    const bool by_day = matches_day_of_month(date);
    const bool by_weekday = matches_day_of_week(date);
    const bool one_is_free = fields_[2][0] == '*' || fields_[4][0] == '*';
    return one_is_free ? by_day && by_weekday : by_day || by_weekday;
  }

 private:
  static std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
    return parts;
  }

  static int number(const std::string& text) {
    static const std::vector<std::string> names{"",    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
                                                "oct", "nov", "dec", "sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    for (std::size_t i = 1; i < names.size(); ++i)
      if (text == names[i]) return static_cast<int>(i <= 12 ? i : i - 13);
    return std::stoi(text);
  }

  static bool matches_item(const std::string& item, int lowest, int highest, int value) {
    const std::vector<std::string> halves = split(item, '/');
    const std::vector<std::string> ends = split(halves[0], '-');
    int first = lowest;
    int last = highest;
    if (halves[0] != "*") {
      first = number(ends[0]);
      if (ends.size() == 2)
        last = number(ends[1]);
      else if (halves.size() == 1)
        last = first;
    }
    const int step = halves.size() == 2 ? std::stoi(halves[1]) : 1;
    return value >= first && value <= last && (value - first) % step == 0;
  }

  bool matches(std::size_t field, int lowest, int highest, int value) const {
    for (const std::string& item : split(fields_[field], ','))
      if (matches_item(item, lowest, highest, value)) return true;
    return false;
  }

  // The weekday of the month that is closest to `day`.
  static int closest_weekday(const Date& date, int day) {
    int best = 0;
    for (int d = 1; d <= date.length; ++d) {
      const int weekday = ((date.weekday + d - date.day) % 7 + 7) % 7;
      if (weekday == 0 || weekday == 6) continue;
      if (best == 0 || std::abs(d - day) < std::abs(best - day)) best = d;
    }
    return best;
  }

  bool matches_day_of_month(const Date& date) const {
    for (const std::string& item : split(fields_[2], ',')) {
      if (item == "l") {
        if (date.day == date.length) return true;
      } else if (item == "lw") {
        if (date.day == closest_weekday(date, date.length)) return true;
      } else if (item.back() == 'w') {
        const int day = std::stoi(item);
        if (day <= date.length && date.day == closest_weekday(date, day)) return true;
      } else if (matches_item(item, 1, 31, date.day)) {
        return true;
      }
    }
    return false;
  }

  bool matches_day_of_week(const Date& date) const {
    for (const std::string& item : split(fields_[4], ',')) {
      const std::vector<std::string> nth = split(item, '#');
      if (nth.size() == 2) {
        if (number(nth[0]) % 7 == date.weekday && (date.day + 6) / 7 == std::stoi(nth[1])) return true;
      } else if (item.front() == 'l') {
        if (number(item.substr(1)) % 7 == date.weekday && date.day + 7 > date.length) return true;
      } else if (item.back() == 'l') {
        if (number(item.substr(0, item.size() - 1)) % 7 == date.weekday && date.day + 7 > date.length) return true;
      } else if (matches_item(item, 0, 7, date.weekday) || (date.weekday == 0 && matches_item(item, 0, 7, 7))) {
        return true;
      }
    }
    return false;
  }

  std::string fields_[5];
};

// Local time by the C library; sets the TZ of the whole process.
inline void use_zone(const std::string& zone) {
  setenv("TZ", zone.c_str(), 1);
  tzset();
}

// Minutes since 1970 of the wall clock.
inline std::int64_t wall_clock(std::int64_t utc_minute) {
  const std::time_t seconds = utc_minute * 60;
  std::tm tm{};
  localtime_r(&seconds, &tm);
  return (seconds + tm.tm_gmtoff) / 60;
}

// Whether the expression matches a wall-clock minute. Remembers the day asked for last: finding a date is slow here.
class Matcher {
 public:
  explicit Matcher(const Expression& expression) : expression_(expression) {}

  bool operator()(std::int64_t wall_minute) {
    const std::int64_t day = wall_minute / 1440;
    if (day != day_) {
      if (day < day_) {
        day_ = 0;
        date_ = kDayZero;
      }
      for (day_ = std::max<std::int64_t>(day_, 0); day_ < day; ++day_) date_ = day_after(date_);
      date_matches_ = expression_.matches_date(date_);
    }
    const int minute = static_cast<int>(wall_minute % 1440);
    return date_matches_ && expression_.matches_time(minute / 60, minute % 60);
  }

 private:
  static constexpr Date kDayZero{1970, 1, 1, 4, 31};

  const Expression& expression_;
  std::int64_t day_ = -1;
  Date date_ = kDayZero;
  bool date_matches_ = false;
};

// The minute of the first run later than `after` and before `limit`, all in minutes since 1970 UTC, in the zone of
// use_zone().
inline std::optional<std::int64_t> next_run(const Expression& expression, std::int64_t after, std::int64_t limit) {
  constexpr std::int64_t kWarmUp = 3 * 1440;  // longer than any change of a clock
  Matcher matches(expression);
  std::set<std::int64_t> shown;
  std::int64_t previous = wall_clock(after - kWarmUp) - 1;
  for (std::int64_t now = after - kWarmUp; now < limit; ++now) {
    const std::int64_t local = wall_clock(now);
    bool runs = matches(local);
    if (expression.fixed_time()) {
      runs = runs && !shown.contains(local);
      for (std::int64_t missed = previous + 1; missed < local; ++missed)
        runs = runs || (!shown.contains(missed) && matches(missed));
      shown.insert(local);
    }
    previous = local;
    if (runs && now > after) return now;
  }
  return std::nullopt;
}

}  // namespace lockstep::oracle
