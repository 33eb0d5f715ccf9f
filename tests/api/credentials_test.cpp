#include "api/credentials.hpp"

#include <gtest/gtest.h>

#include <set>

#include "api/refusal_log.hpp"
#include "api/run_log.hpp"
#include "model/error.hpp"

namespace lockstep::api {
namespace {

TEST(Credentials, Base64UrlThereAndBack) {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\xff\xfe\x00?", 4)}) {
    const std::string text = encode_base64url(bytes);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(decode_base64url(text), bytes) << text;
  }
  EXPECT_EQ(decode_base64url("YQ=="), "a") << "padding does no harm";
  for (const char* bad : {"a", "YQ+", "Y Q", "YWJjZ"}) EXPECT_FALSE(decode_base64url(bad)) << bad;
}

TEST(Credentials, TokensMatchWholeOrNotAtAll) {
  config::DaemonSettings settings;
  settings.token = "full";
  settings.read_token = "read";
  const Tokens tokens(settings);
  EXPECT_EQ(tokens.level_of("full"), Level::everything);
  EXPECT_EQ(tokens.level_of("read"), Level::read);
  for (const char* wrong : {"", "ful", "fulll", "fullfull", "Full", "fuIl"})
    EXPECT_EQ(tokens.level_of(wrong), Level::nothing) << wrong;
  EXPECT_TRUE(tokens.is_short());
  EXPECT_EQ(Tokens({}).level_of(""), Level::nothing);
  EXPECT_FALSE(Tokens({}).required());
}

TEST(Credentials, SessionsAreDistinctAndEnd) {
  auto now = std::chrono::steady_clock::now();
  Sessions sessions([&now] { return now; });
  const std::string first = sessions.open("a");
  const std::string second = sessions.open("b");
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), 43U) << "256 bits";
  EXPECT_EQ(sessions.token_of(first), "a");
  sessions.close(first);
  EXPECT_FALSE(sessions.token_of(first));
  EXPECT_EQ(sessions.token_of(second), "b");
  now += Sessions::kLifetime;
  EXPECT_FALSE(sessions.token_of(second)) << "too old";
  EXPECT_FALSE(sessions.token_of(""));
}

TEST(Credentials, SessionsAreBounded) {
  Sessions sessions;
  const std::string first = sessions.open("a");
  std::set<std::string> ids;
  for (std::size_t i = 0; i < Sessions::kKept; ++i) ids.insert(sessions.open("a"));
  EXPECT_EQ(ids.size(), Sessions::kKept);
  EXPECT_FALSE(sessions.token_of(first)) << "the oldest went";
  EXPECT_TRUE(sessions.token_of(*ids.begin()));
}

TEST(RefusalLog, TellsHowManyItLeftOut) {
  std::vector<LogRecord> lines;
  RefusalLog log([&](const LogRecord& record) { lines.push_back(record); });
  const Refusal refusal{{ProblemKind::forbidden, "Not from there", "set it", {}}, {}, true};
  const Request request{"GET", "/a\x1b?token=secret", {{"host", "h"}, {"origin", "http://evil"}}, ""};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) log.add(refusal, request, begin);
  ASSERT_EQ(lines.size(), RefusalLog::kLines);
  EXPECT_EQ(lines[0].message, R"(Refused GET "/a\x1b": Not from there (set it))");
  EXPECT_EQ(lines[0].level, LogLevel::warn);
  EXPECT_EQ(lines[0].fields.back().second.text, "http://evil");
  log.add(refusal, request, begin + RefusalLog::kPeriod);
  ASSERT_EQ(lines.size(), RefusalLog::kLines + 2);
  EXPECT_EQ(lines[RefusalLog::kLines].message, "30 more requests were refused; not each of them is told");
  RefusalLog({}).add(refusal, request);  // nobody listens
}

TEST(RunLog, OneLineForARunThatDidSomething) {
  Report report{Trigger::file, 0.0123, SyncResult{}};
  EXPECT_EQ(run_record(report).level, LogLevel::debug);
  SyncResult result;
  result.trigger = Trigger::file;
  result.run_id = 7;
  result.yaml.updated = 1;
  result.database.inserted = 2;
  result.merged = 1;
  report.outcome = result;
  EXPECT_EQ(run_record(report).level, LogLevel::info);
  EXPECT_EQ(run_record(report).message, "Sync (file) run 7: YAML +0 ~1 -0, database +2 ~0 -0, merged 1 in 12.3 ms");
  result.conflicts.push_back({1, 2, ConflictReason::both_changed});
  report.outcome = result;
  EXPECT_EQ(run_record(report).level, LogLevel::warn);
  EXPECT_NE(run_record(report).message.find("conflicts 1"), std::string::npos);
  Report seen_again{Trigger::database, 0.0001, SyncResult{}};
  std::get<SyncResult>(seen_again.outcome).conflicts = result.conflicts;
  seen_again.news = false;
  EXPECT_EQ(run_record(seen_again).level, LogLevel::debug) << "the same conflict once more";
  report.outcome = FileBusy{{4, "File locked by another process (pid 4)"}};
  EXPECT_EQ(run_record(report).level, LogLevel::warn);
  EXPECT_EQ(run_record(report).message.find("Sync failed: File locked by another process (pid 4)"), 0U);
  report.outcome =
      Error({.code = ErrorCode::unreachable, .operation = "connect to", .subject = "the database", .cause = "refused"});
  EXPECT_EQ(run_record(report).level, LogLevel::error);
  EXPECT_EQ(run_record(report).message, "Sync failed: connect to the database: refused");
}

}  // namespace
}  // namespace lockstep::api
