#include "model/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "model/posix_time_rule.hpp"

namespace lockstep {

namespace chrono = std::chrono;

namespace {

constexpr chrono::sys_seconds kBeginning = chrono::sys_days{chrono::year{-9999} / 1 / 1};
constexpr chrono::sys_seconds kForever = chrono::sys_days{chrono::year{19999} / 1 / 1};

bool is_name_of_utc(std::string_view name) {
  if (name.starts_with("Etc/")) name.remove_prefix(4);
  constexpr std::array<std::string_view, 4> kNames{"UTC", "UCT", "Universal", "Zulu"};
  return std::ranges::find(kNames, name) != kNames.end();
}

// The last line of the zone's file; empty where there is none. The folder is the one that the date library takes.
std::string rule_in_file(const std::string& zone) {
  std::ifstream file("/usr/share/zoneinfo/" + zone, std::ios::binary | std::ios::ate);
  constexpr std::streamoff kLongestRule = 128;
  const std::streamoff size = file.tellg();
  if (size <= 0) return {};
  std::string tail(static_cast<std::size_t>(std::min(size, kLongestRule)), '\0');
  file.seekg(size - static_cast<std::streamoff>(tail.size()));
  if (!file.read(tail.data(), static_cast<std::streamsize>(tail.size())) || !tail.ends_with('\n')) return {};
  tail.pop_back();
  return tail.substr(tail.rfind('\n') + 1);
}

}  // namespace

struct TimeZone::Data {
  const date::time_zone* listed;      // owned by the library's database, for the life of the program
  std::optional<PosixTimeRule> rule;  // after the last listed transition
};

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  TimeZone zone;
  zone.name_ = name;
  // The library leaves out this copy of the folder, which holds the same zones.
  if (name.starts_with("posix/")) name.remove_prefix(6);
  if (is_name_of_utc(name)) return zone;
  try {
    const date::time_zone* listed = date::locate_zone(name);
    listed->get_info(date::sys_seconds{});  // loads the file, so that a broken one is found here
    zone.data_ = std::make_shared<const Data>(Data{listed, PosixTimeRule::parse(rule_in_file(std::string{name}))});
  } catch (const std::runtime_error&) {  // what the library throws for all of these
    return std::nullopt;
  }
  return zone;
}

ZonePeriod TimeZone::period_at(chrono::sys_seconds time) const {
  if (!data_) return {kBeginning, kForever, chrono::seconds{0}};
  const date::sys_info info = data_->listed->get_info(time);
  ZonePeriod period{std::max(info.begin, kBeginning), std::min(info.end, kForever), info.offset};
  if (period.end < kForever || !data_->rule) return period;
  ZonePeriod by_rule = data_->rule->period_at(time);
  by_rule.begin = std::max(by_rule.begin, period.begin);
  return by_rule;
}

std::string format_local(Timestamp time, const TimeZone& zone) {
  const chrono::sys_time<chrono::microseconds> instant{chrono::microseconds{time.micros}};
  const chrono::seconds offset = zone.period_at(chrono::floor<chrono::seconds>(instant)).offset;
  const chrono::sys_time<chrono::microseconds> local = instant + offset;
  const chrono::sys_days day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{local - day};
  const chrono::hh_mm_ss shift{offset};

  std::string text;
  const auto append = [&text](std::string_view before, auto value, std::size_t width) {
    const std::string digits = std::to_string(value);
    text.append(before).append(width - std::min(width, digits.size()), '0').append(digits);
  };
  append("", static_cast<int>(date.year()), 4);
  append("-", static_cast<unsigned>(date.month()), 2);
  append("-", static_cast<unsigned>(date.day()), 2);
  append(" ", clock.hours().count(), 2);
  append(":", clock.minutes().count(), 2);
  append(":", clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) append(".", clock.subseconds().count(), 6);
  append(shift.is_negative() ? " -" : " +", shift.hours().count(), 2);
  append(":", shift.minutes().count(), 2);
  if (shift.seconds().count() != 0) append(":", shift.seconds().count(), 2);
  return text;
}

}  // namespace lockstep
