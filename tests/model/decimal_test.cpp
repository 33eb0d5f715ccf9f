#include "model/decimal.hpp"

#include <gtest/gtest.h>

#include "model/json.hpp"

namespace lockstep {
namespace {

TEST(Decimal, EqualValuesHaveEqualForms) {
  const std::pair<const char*, const char*> pairs[] = {{"1", "1.0"},
                                                       {"1", "10e-1"},
                                                       {"1", "0.1e1"},
                                                       {"1", "0.0001E+4"},
                                                       {"100", "1e2"},
                                                       {"1.50", "1.5"},
                                                       {"-2.5e3", "-2500"},
                                                       {"0", "-0"},
                                                       {"0", "0.000e17"},
                                                       {"0", "0e99999999999999999999999"},
                                                       {"1e5", "1e0000000000000000000000000005"},
                                                       {"1e-5", "0.00001"},
                                                       {"12345678901234567890123", "1234567890123456789012.3e1"},
                                                       {"1e999999999999", "10e999999999998"},
                                                       {"1e-999999999999", "0.1e-999999999998"},
                                                       {"20.02", "0.2002e2"},
                                                       {"10.5", "1.05e1"}};
  for (const auto& [a, b] : pairs) {
    EXPECT_TRUE(equivalent_numbers(a, b)) << a << ' ' << b;
    EXPECT_EQ(decimal_of(a), decimal_of(b)) << a << ' ' << b;
  }
}

TEST(Decimal, DifferentValuesHaveDifferentForms) {
  const std::pair<const char*, const char*> pairs[] = {
      {"1", "-1"},
      {"1", "10"},
      {"1", "1.0000000000000000000000001"},
      {"0", "1e-999999999999"},
      {"1e2", "1e3"},
      {"12345678901234567890123", "12345678901234567890124"},
      {"9007199254740993", "9007199254740992"},
      {"0.1", "0.10000000000000000555"},
      {"1e400", "1e401"},
      {"20.02", "202"},
      {"1.05", "1.5"},
      {"1.05e1", "1.05"},
      // Beyond what is worked out exactly, only the same text is equal.
      {"1e123456789012345678", "1e123456789012345679"}};
  for (const auto& [a, b] : pairs) EXPECT_FALSE(equivalent_numbers(a, b)) << a << ' ' << b;
  EXPECT_TRUE(equivalent_numbers("1e123456789012345678", "1e123456789012345678"));
}

TEST(Decimal, FormIsPlain) {
  EXPECT_EQ(decimal_of("-12.50e3"), (Decimal{true, 5, "125"}));
  EXPECT_EQ(decimal_of("0.0012"), (Decimal{false, -2, "12"}));
  EXPECT_EQ(decimal_of("-0.0"), Decimal{});
}

}  // namespace
}  // namespace lockstep
