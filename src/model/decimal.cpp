#include "model/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace lockstep {
namespace {

// nullopt: more than 17 digits, so that adding the number of digits in the text could overflow.
std::optional<std::int64_t> read_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  if (text.size() > 17) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return negative ? -value : value;
}

}  // namespace

Decimal decimal_of(std::string_view number) {
  Decimal result;
  std::string_view mantissa = number.substr(0, number.find_first_of("eE"));
  const std::string_view exponent_text =
      mantissa.size() < number.size() ? number.substr(mantissa.size() + 1) : std::string_view();
  result.negative = mantissa.starts_with('-');
  if (result.negative) mantissa.remove_prefix(1);

  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return {};
  const std::size_t last = mantissa.find_last_of("123456789");

  const std::optional<std::int64_t> exponent = read_exponent(exponent_text);
  if (!exponent) {
    result.digits = number;
    return result;
  }
  if (first < point && point < last) {
    result.digits.append(mantissa, first, point - first).append(mantissa, point + 1, last - point);
  } else {
    result.digits = mantissa.substr(first, last - first + 1);
  }
  // Places that the first digit stands left of the point; the point itself is no place.
  const auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + (first > point ? 1 : 0);
  result.exponent = *exponent + places;
  return result;
}

}  // namespace lockstep
