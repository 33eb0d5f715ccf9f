// The resolution of plain scalars, against the words of both versions.
#include "yaml/scalar.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::yaml {
namespace {

struct Case {
  const char* text;
  ScalarKind v1_1;
  ScalarKind v1_2;
  bool differ;
};

constexpr ScalarKind T = ScalarKind::text, I = ScalarKind::integer, R = ScalarKind::real, B = ScalarKind::boolean,
                     N = ScalarKind::null, D = ScalarKind::timestamp;

TEST(Scalars, ResolveAsTheVersionsSay) {
  const Case cases[] = {
      {"", N, N, false},
      {"~", N, N, false},
      {"null", N, N, false},
      {"Null", N, N, false},
      {"NULL", N, N, false},
      {"nUll", T, T, false},
      {"true", B, B, false},
      {"False", B, B, false},
      {"yes", B, T, true},
      {"OFF", B, T, true},
      {"oN", T, T, false},
      {"y", T, T, false},
      {"N", T, T, false},
      {"0", I, I, false},
      {"-0", I, I, false},
      {"+1", I, I, false},
      {"42", I, I, false},
      {"007", I, I, false},
      {"010", I, I, true},
      {"08", T, I, true},
      {"0o10", T, I, true},
      {"0x1F", I, I, false},
      {"-0x1F", I, T, true},
      {"0b11", I, T, true},
      {"1_000", I, T, true},
      {"_1", T, T, false},
      {"12:30:45", I, T, true},
      {"1:60", T, T, false},
      {"012:30", T, T, false},
      {"1.5", R, R, false},
      {"5.", R, R, false},
      {".5", R, R, false},
      {"-.5", T, R, true},
      {".", T, T, false},
      {"-", T, T, false},
      {"1e3", T, R, true},
      {"1.0e3", T, R, true},
      {"1.0e+3", R, R, false},
      {"1.5E-3", R, R, false},
      {"1_0.5", R, T, true},
      {"1:30.5", R, T, true},
      {".inf", R, R, false},
      {"-.Inf", R, R, false},
      {".nan", R, R, false},
      {"nan", T, T, false},
      {"2026-01-01", D, T, true},
      {"2026-1-1", T, T, false},
      {"2026-1-1 0:00:00", D, T, true},
      {"2026-01-01T00:00:00Z", D, T, true},
      {"2026-01-01 00:00", T, T, false},
      {"=", ScalarKind::value, T, true},
      {"<<", ScalarKind::merge, ScalarKind::merge, false},
      {"0 0 * * *", T, T, false},
      {"hello", T, T, false},
      {"1.2.3", T, T, false},
      {"--1", T, T, false},
      {"0x", T, T, false},
      {"0xG", T, T, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(resolve_v1_1(c.text), c.v1_1) << c.text;
    EXPECT_EQ(resolve_v1_2(c.text), c.v1_2) << c.text;
    EXPECT_EQ(versions_differ(c.text), c.differ) << c.text;
  }
}

TEST(Scalars, NumbersAsJsonAreExact) {
  const auto v1_1 = [](const char* s) { return json_number(s, resolve_v1_1(s), true).value_or("none"); };
  const auto v1_2 = [](const char* s) { return json_number(s, resolve_v1_2(s), false).value_or("none"); };
  EXPECT_EQ(v1_1("-010"), "-8");
  EXPECT_EQ(v1_2("-010"), "-10");
  EXPECT_EQ(v1_1("0b1_01"), "5");
  EXPECT_EQ(v1_1("-1:30"), "-90");
  EXPECT_EQ(v1_1("190:20:30.15"), "685230.15");
  EXPECT_EQ(v1_1("1_000.5_0"), "1000.50");
  EXPECT_EQ(v1_2("00.50"), "0.50");
  EXPECT_EQ(v1_2("+.5e3"), "0.5e3");
  EXPECT_EQ(v1_2("5."), "5");
  EXPECT_EQ(v1_2("0o777"), "511");
  EXPECT_EQ(v1_2("1e400"), "1e400");
  EXPECT_EQ(v1_2("-.inf"), "none");
  EXPECT_EQ(v1_1(".NaN"), "none");
}

}  // namespace
}  // namespace lockstep::yaml
