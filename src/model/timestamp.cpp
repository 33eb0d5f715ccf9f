#include "model/timestamp.hpp"

#include <array>
#include <chrono>

#include "model/error.hpp"

namespace lockstep {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;

struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

// days_from_civil and civil_from_days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (howardhinnant.github.io/date_algorithms.html), here for years from 0 on, which saves the floor of negatives.
// Day 0 is 1970-01-01. The year is counted from March, so that the leap day is the last of it.
constexpr std::int64_t days_from_civil(Date date) {
  const int year = date.year - (date.month <= 2 ? 1 : 0);
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

constexpr Date civil_from_days(std::int64_t days) {
  const auto shifted = static_cast<int>(days + 719'468);
  const int era = shifted / 146'097;
  const int day_of_era = shifted - era * 146'097;
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * day_of_year + 2) / 153;
  const int month = shifted_month + (shifted_month < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

static_assert(days_from_civil({1970, 1, 1}) == 0 && days_from_civil({2000, 3, 1}) == 11'017);
static_assert(days_from_civil({1, 1, 1}) * kMicrosPerDay == kEarliestTimestamp.micros);
static_assert((days_from_civil({9999, 12, 31}) + 1) * kMicrosPerDay - 1 == kLatestTimestamp.micros);

constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month)];
}

// Reads from the front; every step says whether it found what it looked for.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool skip(char c) {
    if (peek() != c || at_end()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_either(char a, char b) { return skip(a) || skip(b); }
  bool skip_blanks() {
    bool any = false;
    while (skip_either(' ', '\t')) any = true;
    return any;
  }

  // A number of `least` to `most` digits that no further digit follows; nullopt otherwise.
  std::optional<int> number(std::size_t least, std::size_t most) {
    const std::size_t count = digits_ahead();
    if (count < least || count > most) return std::nullopt;
    return take(count);
  }
  // A number of exactly `count` digits, whatever follows.
  std::optional<int> digits(std::size_t count) {
    if (digits_ahead() < count) return std::nullopt;
    return take(count);
  }
  std::size_t digits_ahead() const {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    return count;
  }

  // The digits of a fraction as microseconds; nullopt if there are none or a seventh is not zero.
  std::optional<int> fraction() {
    const std::size_t count = digits_ahead();
    if (count == 0) return std::nullopt;
    int micros = 0;
    for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < count ? rest_[i] - '0' : 0);
    if (count > 6 && rest_.substr(6, count - 6).find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(count);
    return micros;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  int take(std::size_t count) {
    int value = 0;
    for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
    rest_.remove_prefix(count);
    return value;
  }

  std::string_view rest_;
};

// `Z`, `+2`, `+02`, `+02:00`, `+0200` as seconds east of UTC.
std::optional<int> read_offset(Reader& reader) {
  if (reader.skip_either('Z', 'z')) return 0;
  const bool west = reader.peek() == '-';
  if (!reader.skip_either('+', '-')) return std::nullopt;
  const bool four_digits = reader.digits_ahead() == 4;
  const std::optional<int> hours = four_digits ? reader.digits(2) : reader.number(1, 2);
  std::optional<int> minutes = 0;
  if (four_digits || reader.skip(':')) minutes = reader.number(2, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

// The time of day in microseconds. `basic`: ISO 8601 without separators, `0600` and `060000`.
std::optional<std::int64_t> read_time(Reader& reader, bool basic) {
  const std::optional<int> hour = basic ? reader.digits(2) : reader.number(1, 2);
  if (!hour || (!basic && !reader.skip(':'))) return std::nullopt;
  const std::optional<int> minute = basic ? reader.digits(2) : reader.number(2, 2);
  std::optional<int> second = 0;
  std::optional<int> micros = 0;
  if (basic ? reader.digits_ahead() > 0 : reader.skip(':')) {
    second = reader.number(2, 2);
    if (reader.skip_either('.', ',')) micros = reader.fraction();
  }
  if (!minute || !second || !micros || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return (*hour * 3600 + *minute * 60 + *second) * kMicrosPerSecond + *micros;
}

template <std::size_t Width>
char* put_number(char* out, int value) {
  for (std::size_t i = Width; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + Width;
}

// `2026-11-22T08:00:00` with `separator` for the T, 19 characters; the fraction in micros.
int put_date_time(char* out, Timestamp timestamp, char separator) {
  if (timestamp < kEarliestTimestamp || timestamp > kLatestTimestamp) {
    throw Error({.code = ErrorCode::internal,
                 .operation = "write an instant",
                 .subject = std::to_string(timestamp.micros),
                 .cause = "it lies outside the years 0001 to 9999"});
  }
  const std::int64_t since_first = timestamp.micros - kEarliestTimestamp.micros;
  const auto of_day = since_first % kMicrosPerDay;
  const Date date = civil_from_days(since_first / kMicrosPerDay + kEarliestTimestamp.micros / kMicrosPerDay);
  const auto second_of_day = static_cast<int>(of_day / kMicrosPerSecond);
  out = put_number<4>(out, date.year);
  *out++ = '-';
  out = put_number<2>(out, date.month);
  *out++ = '-';
  out = put_number<2>(out, date.day);
  *out++ = separator;
  out = put_number<2>(out, second_of_day / 3600);
  *out++ = ':';
  out = put_number<2>(out, second_of_day / 60 % 60);
  *out++ = ':';
  put_number<2>(out, second_of_day % 60);
  return static_cast<int>(of_day % kMicrosPerSecond);
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Reader reader(text);
  const bool basic = reader.digits_ahead() == 8;
  const std::optional<int> year = reader.digits(4);
  if (!year || *year == 0 || (!basic && !reader.skip('-'))) return std::nullopt;
  const std::optional<int> month = basic ? reader.digits(2) : reader.number(1, 2);
  if (!month || *month < 1 || *month > 12 || (!basic && !reader.skip('-'))) return std::nullopt;
  const std::optional<int> day = basic ? reader.digits(2) : reader.number(1, 2);
  if (!day || *day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;

  Timestamp result{days_from_civil({*year, *month, *day}) * kMicrosPerDay};
  if (reader.at_end()) {
    // Eight digits alone are a number, not a date.
    return basic ? std::nullopt : std::optional(result);
  }
  if (!reader.skip_either('T', 't') && (basic || !reader.skip_blanks())) return std::nullopt;
  const std::optional<std::int64_t> time = read_time(reader, basic);
  if (!time) return std::nullopt;
  result.micros += *time;

  if (!reader.at_end()) {
    reader.skip_blanks();
    const std::optional<int> offset = read_offset(reader);
    if (!offset || !reader.at_end()) return std::nullopt;
    result.micros -= *offset * kMicrosPerSecond;
  }
  if (result < kEarliestTimestamp || result > kLatestTimestamp) return std::nullopt;
  return result;
}

std::string format_rfc3339(Timestamp timestamp) {
  std::array<char, 27> buffer{};
  const int micros = put_date_time(buffer.data(), timestamp, 'T');
  std::size_t size = 19;
  if (micros != 0) {
    buffer[size] = '.';
    put_number<6>(buffer.data() + size + 1, micros);
    size += 7;
  }
  buffer[size++] = 'Z';
  return {buffer.data(), size};
}

std::string format_sql(Timestamp timestamp) {
  std::array<char, 26> buffer{};
  const int micros = put_date_time(buffer.data(), timestamp, ' ');
  buffer[19] = '.';
  put_number<6>(buffer.data() + 20, micros);
  return {buffer.data(), buffer.size()};
}

Timestamp system_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

}  // namespace lockstep
