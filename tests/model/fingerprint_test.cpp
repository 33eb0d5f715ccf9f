#include "model/fingerprint.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Fingerprint, OfEqualBytesIsEqualAndOfOthersIsNot) {
  EXPECT_EQ(fingerprint_of("tasks:\n"), fingerprint_of("tasks:\n"));
  EXPECT_NE(fingerprint_of("tasks:\n"), fingerprint_of("tasks:"));
  EXPECT_NE(fingerprint_of(""), fingerprint_of(std::string_view("\0", 1)));
}

// The base stores fingerprints: a change of the hash would make every task of every replica look changed.
TEST(Fingerprint, IsXxh3Of128Bits) { EXPECT_EQ(to_hex(fingerprint_of("")), "99aa06d3014798d86001c324468d497f"); }

TEST(Fingerprint, TravelsAsHex) {
  const Fingerprint fingerprint{0x0123456789abcdefU, 0xfU};
  EXPECT_EQ(to_hex(fingerprint), "0123456789abcdef000000000000000f");
  EXPECT_EQ(fingerprint_from_hex(to_hex(fingerprint)), fingerprint);
  EXPECT_EQ(fingerprint_from_hex("0123456789ABCDEF000000000000000F"), fingerprint);
}

TEST(Fingerprint, RefusesWhatIsNot32HexDigits) {
  for (const char* const text :
       {"", "0", "0123456789abcdef000000000000000", "0123456789abcdef000000000000000ff",
        "0123456789abcdeg000000000000000f", "-123456789abcdef000000000000000f", "0x23456789abcdef000000000000000f",
        "0123456789abcdef+00000000000000f", "0123456789abcdef 00000000000000f"}) {
    EXPECT_EQ(fingerprint_from_hex(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lockstep
