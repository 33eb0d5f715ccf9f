// Reading a cron expression. When it fires is in cron.cpp.
#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "model/cron.hpp"
#include "model/validation.hpp"

namespace lockstep {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldRule {
  std::string_view name;
  unsigned lowest;
  unsigned highest;
  unsigned values;                          // how many different ones there are: the largest step
  std::span<const std::string_view> names;  // of `lowest` and the values after it
  std::string_view also;                    // what the field allows besides what all fields do
};

enum Position : std::size_t { minute, hour, day_of_month, month, day_of_week };
constexpr std::array<FieldRule, 5> kFields{{
    {"minute", 0, 59, 60, {}, ""},
    {"hour", 0, 23, 24, {}, ""},
    {"day of month", 1, 31, 31, {}, ", L, LW, 15W"},
    {"month", 1, 12, 12, kMonths, ", jan-dec"},
    {"day of week", 0, 7, 7, kWeekdays, ", sun-sat, 5L, 5#2"},
}};

struct Macro {
  std::string_view name;
  std::string_view expression;
};
constexpr std::array<Macro, 7> kMacros{{
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
}};

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kFiveFields = "five fields are needed: minute, hour, day of month, month, day of week";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_letters(std::string_view a, std::string_view lower_case) {
  return std::ranges::equal(a, lower_case, {}, lower);
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string number_of_fields(std::size_t count) {
  constexpr std::array<std::string_view, 8> kWords{"no", "one", "two", "three", "four", "five", "six", "seven"};
  const std::string number = count < kWords.size() ? std::string{kWords[count]} : std::to_string(count);
  return number + (count == 1 ? " field" : " fields");
}

}  // namespace

// Every step returns false once it has set `problem`; nothing else ends a reading early.
struct CronParser {
  Cron cron;
  std::string problem;

  bool expression(std::string_view text);

 private:
  // One item of a field's list, consumed from the left.
  struct Item {
    const FieldRule& rule;
    std::string_view whole;
    std::string_view rest;

    bool take(char wanted) {
      if (rest.empty() || lower(rest.front()) != wanted) return false;
      rest.remove_prefix(1);
      return true;
    }
    std::string_view take_digits() {
      const auto end = std::ranges::find_if_not(rest, is_digit);
      const auto digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
      rest.remove_prefix(digits.size());
      return digits;
    }
  };

  bool fail(std::string message) {
    problem = std::move(message);
    return false;
  }
  bool fail(const FieldRule& rule, std::string_view message) {
    return fail(std::string{rule.name}.append(": ").append(message));
  }
  bool not_understood(const Item&);

  bool macro(std::string_view name);
  bool field(Position, std::string_view text);
  bool item(Position, Item, std::uint64_t& values);
  bool special_day(Item&, bool& recognised);
  bool special_weekday(Item&, bool& recognised);
  bool value(Item&, unsigned& out);
  bool step(Item&, unsigned& out);
  bool store(Position, std::uint64_t values, bool starts_with_star);
};

bool CronParser::expression(std::string_view text) {
  const std::string_view whole = trimmed(text);
  if (whole.starts_with('@')) return macro(whole);

  std::array<std::string_view, kFields.size()> fields;
  std::size_t count = 0;
  for (std::string_view rest = whole; !rest.empty(); ++count) {
    const std::string_view next = rest.substr(0, rest.find_first_of(kBlanks));
    if (count < fields.size()) fields[count] = next;
    rest = trimmed(rest.substr(next.size()));
  }
  if (count != fields.size()) {
    const std::string found = quoted_for_message(text) + " has " + number_of_fields(count);
    if (count > fields.size()) return fail(found + ": seconds and years are not supported");
    return fail(found + ": " + std::string{kFiveFields});
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!field(static_cast<Position>(i), fields[i])) return false;
  if (!cron.ever_fires()) return fail(quoted_for_message(whole) + " never fires: no date fits its days and months");
  return true;
}

bool CronParser::macro(std::string_view name) {
  const auto found = std::ranges::find(kMacros, name, &Macro::name);
  if (found != kMacros.end()) return expression(found->expression);
  if (name == "@reboot") return fail("@reboot has no next time");
  std::string message = quoted_for_message(name) + " is not a macro; possible are";
  for (const Macro& macro : kMacros) message.append(" ").append(macro.name);
  return fail(std::move(message));
}

bool CronParser::field(Position position, std::string_view text) {
  const FieldRule& rule = kFields[position];
  std::uint64_t values = 0;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (part.empty()) return fail(rule, "the list " + quoted_for_message(text) + " has an empty item");
    if (!item(position, Item{rule, part, part}, values)) return false;
    if (end == text.size()) break;
    begin = end + 1;
  }
  return store(position, values, text.starts_with('*'));
}

bool CronParser::store(Position position, std::uint64_t values, bool starts_with_star) {
  switch (position) {
    case minute:
      cron.minutes_ = values;
      cron.wall_clock_ |= starts_with_star;
      break;
    case hour:
      cron.hours_ = static_cast<std::uint32_t>(values);
      cron.wall_clock_ |= starts_with_star;
      break;
    case day_of_month:
      cron.days_of_month_ = static_cast<std::uint32_t>(values);
      cron.day_of_month_restricted_ = !starts_with_star;
      break;
    case month:
      cron.months_ = static_cast<std::uint16_t>(values);
      break;
    case day_of_week:
      cron.days_of_week_ = static_cast<std::uint8_t>((values | values >> 7) & 0x7f);  // 7 is Sunday too
      cron.day_of_week_restricted_ = !starts_with_star;
      break;
  }
  return true;
}

bool CronParser::item(Position position, Item item, std::uint64_t& values) {
  const FieldRule& rule = item.rule;
  bool recognised = false;
  if (position == day_of_month && !special_day(item, recognised)) return false;
  if (position == day_of_week && !special_weekday(item, recognised)) return false;
  if (recognised) return true;

  unsigned first = rule.lowest;
  unsigned last = rule.highest;
  unsigned every = 1;
  if (!item.take('*')) {
    if (!value(item, first)) return false;
    last = item.rest.starts_with('/') ? rule.highest : first;
    if (item.take('-') && !value(item, last)) return false;
  }
  if (item.take('/') && !step(item, every)) return false;
  if (!item.rest.empty()) return not_understood(item);
  if (first > last) {
    const bool to_sunday = position == day_of_week && last == 0;
    return fail(rule, "range " + quoted_for_message(item.whole) + " runs backwards" +
                          (to_sunday ? "; a range up to Sunday ends in 7" : ""));
  }
  for (unsigned i = first; i <= last; i += every) values |= std::uint64_t{1} << i;
  return true;
}

// `L`, `LW`, `15W`. What only starts like one of them is left as it is.
bool CronParser::special_day(Item& item, bool& recognised) {
  recognised = true;
  if (same_letters(item.whole, "l")) {
    cron.last_day_ = true;
  } else if (same_letters(item.whole, "lw")) {
    cron.last_workday_ = true;
  } else if (is_digit(item.whole.front()) && lower(item.whole.back()) == 'w') {
    unsigned day = 0;
    if (!value(item, day)) return false;
    if (!item.take('w') || !item.rest.empty()) return not_understood(item);
    cron.nearest_weekdays_ |= 1U << day;
  } else {
    recognised = false;
  }
  return true;
}

// `5L`, `L5`, `5#2`, each with a name as well.
bool CronParser::special_weekday(Item& item, bool& recognised) {
  const std::string_view whole = item.whole;
  const bool last_in_front = lower(whole.front()) == 'l';
  const bool last_behind = lower(whole.back()) == 'l';
  const bool nth = whole.find('#') != whole.npos;
  recognised = last_in_front || last_behind || nth;
  if (!recognised) return true;

  if (whole.size() == 1) return fail(item.rule, "L needs a day: 5L is the last Friday of the month");
  unsigned weekday = 0;
  if (last_in_front) item.take('l');
  if (!value(item, weekday)) return false;
  weekday %= 7;
  if (nth && !last_in_front) {
    if (!item.take('#')) return not_understood(item);
    const std::string_view digits = item.take_digits();
    if (!item.rest.empty()) return not_understood(item);
    if (digits.size() != 1 || digits < "1" || digits > "5")
      return fail(item.rule, quoted_for_message(whole) + " is out of range: 1-5 is possible after #");
    cron.nth_weekdays_ |= std::uint64_t{1} << (weekday * 5 + static_cast<unsigned>(digits.front() - '1'));
    return true;
  }
  if (!last_in_front) item.take('l');
  if (!item.rest.empty()) return not_understood(item);
  cron.last_weekdays_ = static_cast<std::uint8_t>(cron.last_weekdays_ | 1U << weekday);
  return true;
}

namespace {

// Leading zeros do not count; what has more digits than any value stands for "too large".
unsigned to_number(std::string_view digits) {
  constexpr unsigned kTooLarge = 1000;
  unsigned number = 0;
  for (const char c : digits) number = std::min(number * 10 + static_cast<unsigned>(c - '0'), kTooLarge);
  return number;
}

}  // namespace

bool CronParser::value(Item& item, unsigned& out) {
  const FieldRule& rule = item.rule;
  if (const std::string_view digits = item.take_digits(); !digits.empty()) {
    out = to_number(digits);
    if (out >= rule.lowest && out <= rule.highest) return true;
    return fail(std::string{rule.name} + " " + (digits.size() > 20 ? quoted_for_message(digits) : std::string{digits}) +
                " is out of range " + std::to_string(rule.lowest) + "-" + std::to_string(rule.highest));
  }
  constexpr std::size_t kNameLength = 3;
  const std::string_view letters = item.rest.substr(0, kNameLength);
  const auto name = std::ranges::find_if(rule.names, [&](std::string_view n) { return same_letters(letters, n); });
  if (name == rule.names.end()) return not_understood(item);
  item.rest.remove_prefix(kNameLength);
  out = rule.lowest + static_cast<unsigned>(name - rule.names.begin());
  return true;
}

bool CronParser::step(Item& item, unsigned& out) {
  const std::string_view digits = item.take_digits();
  if (digits.empty()) return not_understood(item);
  out = to_number(digits);
  const FieldRule& rule = item.rule;
  if (out > 0 && out <= rule.values) return true;
  const std::string largest = std::to_string(rule.values);
  const std::string which = out == 0 ? "step 0 in " : "too large a step in ";
  return fail(rule, which + quoted_for_message(item.whole) + ": steps of 1-" + largest + " are possible");
}

bool CronParser::not_understood(const Item& item) {
  const FieldRule& rule = item.rule;
  const std::string range = std::to_string(rule.lowest) + "-" + std::to_string(rule.highest);
  std::string message = quoted_for_message(item.whole) + " is not understood; possible are " + range;
  message.append(rule.also).append(", lists a,b, ranges a-b, steps */n a-b/n, and *");
  if (item.whole == "?") message += " (which is what ? means elsewhere)";
  return fail(rule, message);
}

CronResult Cron::parse(std::string_view expression) {
  CronParser parser;
  if (!parser.expression(expression)) return {std::nullopt, std::move(parser.problem)};
  return {parser.cron, {}};
}

}  // namespace lockstep
