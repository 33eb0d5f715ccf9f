#include "model/json.hpp"

#include <gtest/gtest.h>

#include "model/json_generator.hpp"

namespace lockstep {
namespace {

Json parsed(std::string_view text) {
  JsonResult result = parse_json(text);
  EXPECT_TRUE(result.ok()) << text << ": " << result.problem_message << " at " << result.problem_offset;
  return std::move(result.value);
}

TEST(JsonParse, KeepsWhatWasWritten) {
  for (const char* const text :
       {"null", "true", "false", "0", "-0", "1.50", "12345678901234567890123", "1e400", "-1E-2147483647", "\"\"",
        "\"a\\\"b\\\\c\"", "[]", "{}", "[1,[2,[]],{}]", "{\"b\":1,\"a\":{\"z\":[null,true]}}", "\"äöü€😀\""}) {
    EXPECT_EQ(write_json(parsed(text)), text);
    EXPECT_EQ(compact_json(text).text, text);
  }
}

TEST(JsonParse, UnescapesStringsAndKeys) {
  const Json json = parsed(R"({"\u006bey":"a\u00e4\uD83D\ude00\n\/b"})");
  ASSERT_EQ(json.members.size(), 1U);
  EXPECT_EQ(json.members[0].first, "key");
  EXPECT_EQ(json.members[0].second.text, "aä😀\n/b");
}

TEST(JsonParse, TakesWhiteSpaceAround) {
  EXPECT_EQ(write_json(parsed(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n")), "{\"a\":[1,2]}");
  EXPECT_EQ(compact_json(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\\u0041\" : null } \n").text, "{\"a\":[1,2],\"bA\":null}");
}

struct Bad {
  std::string text;
  std::string message;
  std::size_t offset;
};

TEST(JsonParse, SaysWhatIsWrongAndWhere) {
  using namespace std::string_literals;
  const Bad bads[] = {
      {"", "the JSON text ends too early", 0},
      {"  ", "the JSON text ends too early", 2},
      {"{\"a\":", "the JSON text ends too early", 5},
      {"[1,2", "the JSON text ends too early", 4},
      {"{\"a\":1} x", "unexpected 'x' after the end of the JSON value", 8},
      {"[1,]", "unexpected ']'", 3},
      {"{\"a\":1,}", "unexpected '}'", 7},
      {"{a:1}", "unexpected 'a'", 1},
      {"'a'", "unexpected '''", 0},
      {"01", "unexpected '1' after the end of the JSON value", 1},
      {"+1", "unexpected '+'", 0},
      {"NaN", "unexpected 'N'", 0},
      {"// x\n1", "unexpected '/'", 0},
      {"\"a\nb\"", "unexpected '\\n'", 2},
      {"\xEF\xBB\xBF{}", "unexpected '\\ufeff'", 0},
      {"\"\xFF\"", "bytes that are not UTF-8", 1},
      {"\"\xED\xA0\x80\"", "bytes that are not UTF-8", 1},
      {"\"\xC0\x80\"", "bytes that are not UTF-8", 1},
      {"\"a\0b\""s, "unexpected '\\x00'", 2},
      {"{\"a\":1,\"b\":2,\"a\":3}", "duplicate key \"a\"", 14},
      {"{\"x\":{\"k\\n\":1,\"k\\n\":2}}", "duplicate key \"k\\n\"", 21},
      {"1e2147483648", "a number whose exponent is beyond 2147483647", 11},
  };
  for (const Bad& bad : bads) {
    const JsonResult result = parse_json(bad.text);
    EXPECT_EQ(result.problem_message, bad.message) << bad.text;
    EXPECT_EQ(result.problem_offset, bad.offset) << bad.text;
    const CompactJson compact = compact_json(bad.text);
    EXPECT_EQ(compact.problem_message, bad.message) << bad.text;
    EXPECT_EQ(compact.problem_offset, bad.offset) << bad.text;
  }
}

TEST(JsonParse, RefusesNulHalvesOfPairsAndBrokenEscapes) {
  for (const char* const text : {R"("a\u0000")",
                                 R"({"a\u0000":1})",
                                 R"("\ud800")",
                                 R"("\ud800\u0041")",
                                 R"("\udc00")",
                                 R"("\u12g4")",
                                 R"("\x41")",
                                 R"("\)",
                                 R"("\u12)",
                                 "tru",
                                 "nul",
                                 "[",
                                 "\"",
                                 "-",
                                 "1.",
                                 ".5",
                                 "1e",
                                 "1e+",
                                 "--1",
                                 "0x10",
                                 "Infinity",
                                 "[1 2]",
                                 "{\"a\" 1}",
                                 "{\"a\":1 \"b\":2}",
                                 "]",
                                 "}"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
    EXPECT_FALSE(compact_json(text).ok()) << text;
  }
  EXPECT_NE(parse_json(R"("a\u0000")").problem_message.find("NUL"), std::string::npos);
}

TEST(JsonParse, LimitsDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(64)).ok());
  EXPECT_EQ(parse_json(nested(65)).problem_message, "nested deeper than 64 levels");
  EXPECT_TRUE(parse_json(nested(3), 3).ok());
  EXPECT_FALSE(parse_json(nested(4), 3).ok());
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')).ok());
}

TEST(JsonParse, FindsDuplicatesOfAnyDepthAndNumber) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"key" + std::to_string(i) + "\":{\"a\":[{\"a\":1}]},";
  EXPECT_TRUE(parse_json(text + "\"last\":1}").ok());
  EXPECT_EQ(parse_json(text + "\"key500\":1}").problem_message, "duplicate key \"key500\"");
  EXPECT_EQ(parse_json(R"([{"a":1},{"a":1},{"b":{"a":1},"\u0062":2}])").problem_message, "duplicate key \"b\"");
}

TEST(JsonValue, FindsAndSetsMembers) {
  Json json = Json::object();
  json.set("a", Json::number(1));
  json.set("b", Json::string("x")).text = "y";
  json.set("a", Json::of(true));
  EXPECT_EQ(write_json(json), R"({"a":true,"b":"y"})");
  EXPECT_EQ(json.find("b")->text, "y");
  EXPECT_EQ(json.find("c"), nullptr);
  EXPECT_EQ(Json::array().find("a"), nullptr);
  EXPECT_EQ(write_json(Json::number(INT64_MIN)), "-9223372036854775808");
}

TEST(JsonWrite, EscapesWhatMustBeEscapedAndNothingElse) {
  std::string out;
  append_json_string(out, std::string_view("\"\\/\b\f\n\r\t\x01\x1f\x7f ä\u2028\0", 18));
  EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f ä\u2028\\u0000\"");
}

TEST(JsonWrite, PrettyHasALineForEachItem) {
  EXPECT_EQ(write_json_pretty(parsed(R"({"a":[1,{}],"b":[],"c":{"d":null}})")),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n    \"d\": null\n  }\n}");
  EXPECT_EQ(write_json_pretty(parsed("[1]"), 4), "[\n    1\n]");
}

TEST(JsonEquivalence, LooksThroughSpellingAndOrder) {
  EXPECT_TRUE(equivalent(parsed(R"({"a":1,"b":[1.0,"A"]})"), parsed(R"({"b":[10e-1,"\u0041"],"a":1})")));
  EXPECT_FALSE(equivalent(parsed(R"({"a":1,"b":2})"), parsed(R"({"a":2,"b":1})")));
  EXPECT_FALSE(equivalent(parsed(R"({"a":1})"), parsed(R"({"a":1,"b":null})")));
  EXPECT_FALSE(equivalent(parsed("[1,2]"), parsed("[2,1]")));
  EXPECT_FALSE(equivalent(parsed("[1]"), parsed("[1,1]")));
  const char* const kinds[] = {"null", "true", "false", "1",         "\"1\"", "[1]",
                               "{}",   "[]",   "\"\"",  "{\"1\":1}", "0",     "[null]"};
  for (const char* const a : kinds) {
    for (const char* const b : kinds) {
      EXPECT_EQ(equivalent(parsed(a), parsed(b)), a == b) << a << ' ' << b;
      EXPECT_EQ(json_fingerprint(a) == json_fingerprint(b), a == b) << a << ' ' << b;
    }
  }
}

TEST(JsonProperty, WrittenTextReadsBackTheSame) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    const Json json = JsonGenerator(seed).object();
    const std::string text = write_json(json);
    RC_ASSERT(write_json(parsed(text)) == text);
    RC_ASSERT(compact_json(text).text == text);
    RC_ASSERT(compact_json(write_json_pretty(json)).text == text);
    RC_ASSERT(equivalent(parsed(text), json));
  }));
}

TEST(JsonProperty, AnotherSpellingIsEquivalentAndHasTheSameFingerprint) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    JsonGenerator generator(seed);
    const Json json = generator.object();
    const std::string respelt = generator.respell(json);
    RC_LOG(respelt);
    RC_ASSERT(equivalent(json, parsed(respelt)));
    RC_ASSERT(json_fingerprint(write_json(json)) == json_fingerprint(respelt));
    RC_ASSERT(json_fingerprint(compact_json(respelt).text) == json_fingerprint(respelt));
  }));
}

TEST(JsonProperty, FingerprintsAgreeWithEquivalence) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    JsonGenerator generator(seed);
    const Json a = generator.object();
    const Json b = generator.below(2) == 0 ? generator.changed(a) : generator.object();
    RC_ASSERT(equivalent(a, b) == (json_fingerprint(write_json(a)) == json_fingerprint(write_json(b))));
  }));
}

TEST(JsonProperty, NoTextMakesTheParserMisbehave) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    JsonGenerator generator(seed);
    std::string text = generator.respell(generator.object());
    for (std::size_t edits = 1 + generator.below(3); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = generator.below(text.size());
      if (generator.below(2) == 0) {
        text.erase(at, 1);
      } else {
        text[at] = static_cast<char>(generator.below(256));
      }
    }
    const JsonResult tree = parse_json(text);
    const CompactJson compact = compact_json(text);
    RC_ASSERT(tree.ok() == compact.ok());
    RC_ASSERT(tree.problem_offset <= text.size());
    if (tree.ok()) RC_ASSERT(write_json(tree.value) == compact.text);
  }));
}

}  // namespace
}  // namespace lockstep
