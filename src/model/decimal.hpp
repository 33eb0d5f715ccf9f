// Decimal numbers as JSON writes them, of any size, in a form that tells equal from different.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep {

// The value is ±0.DIGITS × 10^exponent, or zero where there are no digits. Digits neither start nor end with a
// zero, so equal values have equal forms: `1`, `1.0` and `10e-1` do, `-0` and `0e9` do.
struct Decimal {
  bool negative = false;
  std::int64_t exponent = 0;
  std::string digits;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Precondition: `number` has the form of a JSON number. Linear in its length whatever its exponent. A number
// whose exponent has more than 17 digits is equal only to the same text: its digits hold that text.
Decimal decimal_of(std::string_view number);

}  // namespace lockstep
