// What requests are taken apart by: targets, inputs, entity tags, routes.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "api/etag.hpp"
#include "api/inputs.hpp"
#include "api/routes.hpp"
#include "api/static_files.hpp"
#include "api/target.hpp"
#include "model/error.hpp"

namespace lockstep::api {
namespace {

TEST(Target, IsSplitAndItsPathNormalised) {
  const auto target = split_target("/a%2Db/%7e/c%2fd?x=1&y=?");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a-b/~/c%2fd") << "an escaped slash stays one";
  EXPECT_EQ(target->query, "x=1&y=?");
  EXPECT_EQ(split_target("/a")->query, "");
  EXPECT_EQ(split_target("/a?")->query, "");
  for (const char* bad : {"", "a", "*", "http://x/", "/%", "/%4", "/%4g", "/%zz"})
    EXPECT_FALSE(split_target(bad)) << bad;
}

TEST(Target, PercentDecoding) {
  EXPECT_EQ(percent_decode("%C3%A4%2Fb+c"), "ä/b+c");
  for (const char* bad : {"%", "%C3", "%00", "%ff", "%C3%28"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Target, Queries) {
  const auto items = parse_query("a=1&&b=x+y%2B&c&d==&a=2");
  ASSERT_TRUE(items);
  std::string text;
  for (const QueryItem& item : *items) text += item.name + ":" + item.value + "|";
  EXPECT_EQ(text, "a:1|b:x y+|c:|d:=|a:2|");
  EXPECT_TRUE(parse_query("")->empty());
  EXPECT_FALSE(parse_query("a=%ff"));
  EXPECT_FALSE(parse_query("%00=1"));
}

constexpr std::array<std::string_view, 2> kColours{"red", "green"};
constexpr std::array kSpecs{InputSpec{"name", InputType::text, ""},
                            InputSpec{"colour", InputType::choice, "", kColours},
                            InputSpec{"count", InputType::integer, "", {}, 1, 9},
                            InputSpec{"share", InputType::number, "", {}, 0, 100},
                            InputSpec{"really", InputType::boolean, ""},
                            InputSpec{"from", InputType::instant, ""},
                            InputSpec{"names", InputType::texts, ""},
                            InputSpec{"map", InputType::object, ""}};

TEST(Inputs, AreReadFromQueries) {
  const std::array<QueryItem, 6> items{{{"name", "a b"},
                                        {"colour", "red"},
                                        {"count", "9"},
                                        {"share", "0.5"},
                                        {"really", "true"},
                                        {"from", "2026-11-22"}}};
  const InputsRead read = read_query(items, kSpecs);
  ASSERT_TRUE(std::holds_alternative<Inputs>(read)) << std::get<InputFault>(read).message;
  const Inputs& inputs = std::get<Inputs>(read);
  EXPECT_EQ(*inputs.text("name"), "a b");
  EXPECT_EQ(*inputs.text("colour"), "red");
  EXPECT_EQ(inputs.integer("count"), 9);
  EXPECT_EQ(inputs.number("share"), 0.5);
  EXPECT_TRUE(inputs.is_true("really"));
  EXPECT_EQ(inputs.instant("from"), parse_timestamp("2026-11-22"));
  EXPECT_EQ(inputs.text("other"), nullptr);
  EXPECT_FALSE(inputs.integer("other"));
}

TEST(Inputs, WhatIsWrongInAQueryIsNamed) {
  const auto fault = [](const QueryItem& item) {
    const InputsRead read = read_query({&item, 1}, kSpecs);
    return std::holds_alternative<InputFault>(read) ? std::get<InputFault>(read).message : "(none)";
  };
  EXPECT_EQ(fault({"colour", "rad"}), R"(parameter colour must be red or green, not "rad"; did you mean "red"?)");
  EXPECT_EQ(fault({"colr", "red"}), R"(unknown parameter "colr"; did you mean "colour"?)");
  EXPECT_EQ(fault({"zzz", "\x1b"}), R"(unknown parameter "zzz")");
  for (const char* value : {"0", "10", "1.0", "", " 1", "+1", "0x1", "99999999999999999999"})
    EXPECT_NE(fault({"count", value}), "(none)") << value;
  for (const char* value : {"nan", "inf", "-1", "100.01", "1e999", ""})
    EXPECT_NE(fault({"share", value}), "(none)") << value;
  for (const char* value : {"1", "True", "yes", ""}) EXPECT_NE(fault({"really", value}), "(none)") << value;
  EXPECT_NE(fault({"names", "a"}), "(none)");
}

TEST(Inputs, AreReadFromBodies) {
  const auto body = [](std::string_view text) { return read_body(parse_json(text).value, kSpecs); };
  const InputsRead read =
      body(R"({"names":["a","b"],"map":{"x":1},"count":3,"share":1e1,"really":false,"from":"2026-11-22T00:00:00Z"})");
  ASSERT_TRUE(std::holds_alternative<Inputs>(read)) << std::get<InputFault>(read).message;
  const Inputs& inputs = std::get<Inputs>(read);
  EXPECT_EQ(inputs.json("names")->items.size(), 2U);
  EXPECT_EQ(write_json(*inputs.json("map")), R"({"x":1})");
  EXPECT_EQ(inputs.number("share"), 10);
  EXPECT_FALSE(inputs.is_true("really"));
  for (const char* bad :
       {R"({"names":["a",1]})", R"({"names":"a"})", R"({"map":[]})", R"({"count":"3"})", R"({"count":3.5})",
        R"({"name":null})", R"({"name":["a"]})", R"({"other":1})", "[]", "null", "\"a\""})
    EXPECT_TRUE(std::holds_alternative<InputFault>(body(bad))) << bad;
}

TEST(Inputs, LongValuesAreCutInMessages) {
  const InputsRead read = read_body(parse_json(R"({"count":")" + std::string(100'000, 'x') + "\"}").value, kSpecs);
  EXPECT_LT(std::get<InputFault>(read).message.size(), 400U);
  const InputsRead list = read_body(parse_json(R"({"count":[")" + std::string(100'000, 'x') + "\"]}").value, kSpecs);
  EXPECT_LT(std::get<InputFault>(list).message.size(), 400U);
}

Request with(const std::string& name, const std::string& value) { return {"GET", "/", {{name, value}}, ""}; }

TEST(EntityTags, IfMatchIsStrong) {
  EXPECT_TRUE(may_write({}, "\"a\"")) << "no condition";
  for (const char* list :
       {"\"a\"", "*", "\"b\",\"a\"", " \"b\" , \"a\" ", "W/\"a\", \"a\"", "nonsense, \"a\"", "\"x,y\", \"a\""})
    EXPECT_TRUE(may_write(with("if-match", list), "\"a\"")) << list;
  for (const char* list : {"\"b\"", "W/\"a\"", "a", "", "\"a", "\"b, \"a\""})
    EXPECT_FALSE(may_write(with("if-match", list), "\"a\"")) << list;
}

TEST(EntityTags, IfNoneMatchIsWeak) {
  EXPECT_FALSE(not_modified({}, "\"a\""));
  for (const char* list : {"\"a\"", "W/\"a\"", "*", "\"b\", W/\"a\""})
    EXPECT_TRUE(not_modified(with("if-none-match", list), "\"a\"")) << list;
  EXPECT_FALSE(not_modified(with("if-none-match", "\"b\""), "\"a\""));
}

TEST(EntityTags, TellContentsApart) {
  EXPECT_EQ(etag_of("{}"), etag_of("{}"));
  EXPECT_NE(etag_of("{}"), etag_of("{ }"));
  EXPECT_EQ(etag_of("{}").size(), 34U);
}

TEST(Routes, AreWellFormed) {
  std::set<std::string> operations, methods_and_paths;
  for (const Route& route : routes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    EXPECT_TRUE(operations.emplace(route.operation).second) << route.operation << " twice";
    EXPECT_TRUE(methods_and_paths.insert(name).second) << name << " twice";
    EXPECT_EQ(route.pattern.find('{') != std::string_view::npos, route.variable != nullptr) << name;
    EXPECT_FALSE(route.answers.empty()) << name;
    const bool stream = route.access == RouteAccess::websocket || route.access == RouteAccess::events;
    EXPECT_EQ(route.handler == nullptr, stream) << name;
    std::string path(route.pattern);
    if (route.variable != nullptr) path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "7");
    const auto found = find_route(route.method, path);
    ASSERT_TRUE(found && found->route) << name;
    EXPECT_EQ(found->route, &route) << name << " is hidden by " << found->route->pattern;
  }
}

TEST(Routes, AVariableIsOneSegment) {
  EXPECT_EQ(find_route("GET", "/api/tasks/42")->variable, "42");
  EXPECT_EQ(find_route("GET", "/api/tasks/a%2Fb")->variable, "a%2Fb");
  EXPECT_FALSE(find_route("GET", "/api/tasks/4/2"));
  EXPECT_FALSE(find_route("GET", "/api/tasks/"));
  EXPECT_EQ(find_route("GET", "/api/tasks/runs")->route->operation, "listTaskRuns");
  EXPECT_EQ(find_route("HEAD", "/health")->route->method, "GET");
  EXPECT_EQ(find_route("PUT", "/health")->route, nullptr);
}

TEST(StaticFiles, GzipIsNegotiated) {
  for (const char* value : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.1", "*", "x-gzip", "br, *;q=0.5"})
    EXPECT_TRUE(accepts_gzip(with("accept-encoding", value))) << value;
  for (const char* value : {"", "identity", "gzip;q=0", "gzip; q=0.000", "*, gzip;q=0", "br", "*;q=0"})
    EXPECT_FALSE(accepts_gzip(with("accept-encoding", value))) << value;
  EXPECT_FALSE(accepts_gzip({}));
}

TEST(StaticFiles, DamageIsFound) {
  EXPECT_THROW(gunzip("not gzip"), Error);
  EXPECT_THROW(gunzip(""), Error);
  EXPECT_THROW(gunzip(std::string_view("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48", 12)), Error) << "cut short";
}

}  // namespace
}  // namespace lockstep::api
