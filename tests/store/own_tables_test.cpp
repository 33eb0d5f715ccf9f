// Taking migrations apart, to run again what made a table that was dropped.
#include "store/own_tables.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

constexpr std::string_view kMigrations[] = {
    R"sql(
CREATE TABLE lockstep.meta (
  key text PRIMARY KEY,   -- a; comment
  value text NOT NULL
);
INSERT INTO lockstep.meta VALUES ('a;b', '--no comment');
CREATE TABLE lockstep.runs (id bigint);
CREATE INDEX runs_by_time ON lockstep.runs (at) WHERE x <> '';
)sql",
    R"sql(
ALTER TABLE lockstep.runs ADD COLUMN author text;
CREATE UNIQUE INDEX runs_once ON lockstep.runs (key);
CREATE TABLE lockstep.old (a text);
DROP TABLE lockstep.old;
)sql",
};

TEST(OwnTables, EachStatementKnowsItsTable) {
  std::string found;
  for (const OwnStatement& statement : own_statements(kMigrations))
    found += statement.table + (statement.creates ? "!" : "") + " ";
  EXPECT_EQ(found, "meta! meta runs! runs runs runs old!  ");
}

TEST(OwnTables, CommentsAndSemicolonsInTextsAreNoEnds) {
  const std::vector<OwnStatement> statements = own_statements(kMigrations);
  EXPECT_EQ(statements[0].sql.find("comment"), std::string::npos);
  EXPECT_EQ(statements[1].sql, "INSERT INTO lockstep.meta VALUES ('a;b', '--no comment')");
}

TEST(OwnTables, AreThoseThatAreMadeAndStay) {
  EXPECT_EQ(own_tables(kMigrations), (std::vector<std::string>{"meta", "runs"}));
  EXPECT_EQ(own_tables(std::span(kMigrations).first(1)), (std::vector<std::string>{"meta", "runs"}));
}

TEST(OwnTables, TheLossIsSaidInASentence) {
  EXPECT_NE(loss_of({"base"}).sentence.find("empty base"), std::string::npos);
  EXPECT_TRUE(loss_of({"base"}).base);
  EXPECT_TRUE(loss_of({"runs"}).history);
  EXPECT_FALSE(loss_of({"runs"}).base);
  EXPECT_EQ(loss_of({"texts"}).sentence, "") << "it can be lost at any time";
}

}  // namespace
}  // namespace lockstep
