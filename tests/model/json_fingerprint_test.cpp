#include <gtest/gtest.h>

#include "model/error.hpp"
#include "model/json.hpp"
#include "model/json_generator.hpp"

namespace lockstep {
namespace {

// The base stores fingerprints: a change of the function would make every task of every replica look changed.
TEST(JsonFingerprint, StaysAsItIs) {
  EXPECT_EQ(to_hex(json_fingerprint(R"({"a":[1,-2.5e3,true,null,{}],"b":"ä"})")), "4f642072b4c1b64dde3b89761d0f9de0");
}

TEST(JsonFingerprint, DoesNotDependOnOrderOrSpelling) {
  EXPECT_EQ(json_fingerprint(R"({"a":1,"b":{"c":"x","d":[1,2]}})"),
            json_fingerprint(" {\"b\" : {\"d\":[1.0,20e-1], \"c\":\"\\u0078\"}, \"\\u0061\":1 }\n"));
}

TEST(JsonFingerprint, ReadsEveryEscape) {
  EXPECT_EQ(json_fingerprint(R"("\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00")"),
            json_fingerprint(R"("\u0022\u005c/\u0008\u000C\u000a\u000d\u0009ä😀")"));
}

TEST(JsonFingerprint, TellsApartWhatDiffersInPlaceOnly) {
  const char* const texts[] = {R"({"a":1,"b":2})", R"({"a":2,"b":1})",     R"({"a":{"b":1}})",    R"({"b":{"a":1}})",
                               R"([["a"],"b"])",   R"(["a",["b"]])",       R"(["a","b"])",        R"(["b","a"])",
                               R"(["ab"])",        R"([["a","b"]])",       R"({"a":"b"})",        R"([{}])",
                               R"([[]])",          R"([[],[]])",           R"([{},{}])",          R"({"":{}})",
                               R"({"":[]})",       R"({"a":"a","b":"b"})", R"({"a":"b","b":"a"})"};
  for (const char* const a : texts) {
    for (const char* const b : texts) EXPECT_EQ(json_fingerprint(a) == json_fingerprint(b), a == b) << a << ' ' << b;
  }
}

TEST(JsonFingerprint, IsNotImpressedByHugeExponents) {
  EXPECT_EQ(json_fingerprint("1e999999999999"), json_fingerprint("10e999999999998"));
  EXPECT_NE(json_fingerprint("1e999999999999"), json_fingerprint("1e999999999998"));
  EXPECT_EQ(json_fingerprint("[1e-2147483647]"), json_fingerprint("[0.1e-2147483646]"));
}

TEST(JsonFingerprint, RefusesWhatIsNoJson) {
  for (const char* const text : {"", " ", "{", "[", "\"", "\"\\", "\"\\\"", "\"\\u12", "tru", "{\"a\"",
                                 "{\"a\":", "{\"a\":1", "[1,", "[1", "1 2", "x", "}", "{1:2}", "{\"a\":1,}"}) {
    EXPECT_THROW(json_fingerprint(text), Error) << text;
  }
  EXPECT_THROW(json_fingerprint(std::string(1'000'000, '[')), Error);
}

TEST(JsonFingerprint, AnyPieceOfValidTextIsReadSafely) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    JsonGenerator generator(seed);
    const std::string text = generator.respell(generator.object());
    // A copy of just these bytes, so that a sanitizer sees every step too far.
    const std::vector<char> piece(text.begin(),
                                  text.begin() + static_cast<std::ptrdiff_t>(generator.below(text.size() + 1)));
    try {
      static_cast<void>(json_fingerprint({piece.data(), piece.size()}));
    } catch (const Error&) {
      RC_SUCCEED("refused");
    }
  }));
}

}  // namespace
}  // namespace lockstep
