#include "api/problem.hpp"

#include <gtest/gtest.h>

namespace lockstep::api {
namespace {

std::string member(const Problem& problem, std::string_view name) {
  const Json json = to_json(problem);
  const Json* const found = json.find(name);
  return found == nullptr ? "(absent)" : write_json(*found);
}

TEST(Problem, HasTheMembersOfRfc9457First) {
  const Json json = to_json(Problem{ProblemKind::not_found, "No such task", "look again", {{"extra", Json::of(true)}}});
  EXPECT_EQ(write_json(json),
            R"({"type":"urn:lockstep:problem:not-found","title":"Not found","status":404,)"
            R"x("detail":"No such task (look again)","extra":true})x");
}

TEST(Problem, InvalidYamlListsEveryError) {
  InvalidYaml invalid;
  Diagnostic fault;
  fault.file = "s.yml";
  fault.line = 3;
  fault.column = 5;
  fault.task_id = 9;
  fault.field = "status";
  fault.message = "bad";
  invalid.diagnostics.push_back(fault);
  invalid.diagnostics.push_back({"s.yml", 0, 0, 1, std::nullopt, "", "whole", ""});
  invalid.more = 4;
  const Problem problem = problem_of(invalid);
  EXPECT_EQ(member(problem, "status"), "422");
  EXPECT_EQ(problem.detail, "YAML validation failed\ns.yml:3:5: bad\ns.yml: whole\n… and 4 more");
  EXPECT_EQ(member(problem, "errors"),
            R"([{"file":"s.yml","line":3,"column":5,"task_id":9,"field":"status","message":"bad"},)"
            R"({"file":"s.yml","line":null,"column":null,"task_id":null,"field":null,"message":"whole"}])");
  EXPECT_EQ(member(problem, "more_errors"), "4");
}

TEST(Problem, GuardSaysWhatAndHowToAllowIt) {
  GuardStop guard;
  guard.side = Side::yaml;
  guard.would_delete = 8;
  guard.of = 12;
  guard.task_ids = {1, 2};
  const Problem problem = problem_of(GuardStopped{guard});
  EXPECT_EQ(member(problem, "status"), "409");
  EXPECT_NE(problem.detail.find("8 of 12 tasks (66.7 %) from the YAML"), std::string::npos) << problem.detail;
  EXPECT_NE(problem.detail.find("It would delete tasks 1, 2"), std::string::npos) << problem.detail;
  EXPECT_NE(problem.hint.find("--max-delete 100"), std::string::npos);
  EXPECT_NE(problem.hint.find("\"max_delete_percent\": 100"), std::string::npos);
}

TEST(Problem, LockedFile) {
  const Problem problem = problem_of(FileBusy{{4242, "File locked by another process (pid 4242)"}});
  EXPECT_EQ(member(problem, "status"), "423");
  EXPECT_EQ(problem.detail, "File locked by another process (pid 4242)");
}

TEST(Problem, ConflictsCarryTheResult) {
  SyncResult result;
  result.conflicts.push_back({2, 7, ConflictReason::never_synced});
  const Problem problem = conflicts_problem(result);
  EXPECT_EQ(member(problem, "status"), "409");
  EXPECT_EQ(member(problem, "conflicts"),
            R"([{"conflict_id":"conflict_2","task_id":7,"reason":"YAML and database differ and were never synced"}])");
  EXPECT_NE(member(problem, "result"), "(absent)");
}

TEST(Problem, UndoNamesTheTasks) {
  const Problem problem = problem_of(UndoRefused{{{3, Side::yaml}, {4, Side::database}}});
  EXPECT_EQ(member(problem, "status"), "409");
  EXPECT_EQ(member(problem, "changed"), R"([{"task_id":3,"side":"yaml"},{"task_id":4,"side":"database"}])");
}

TEST(Problem, ErrorsKeepCauseAndHint) {
  const Problem problem =
      problem_of(Error({ErrorCode::unreachable, "connect", "the database", "refused", "start it", true}));
  EXPECT_EQ(member(problem, "status"), "503");
  EXPECT_EQ(problem.detail, "connect the database: refused");
  EXPECT_EQ(problem.hint, "start it");
  const std::vector<std::pair<ErrorCode, int>> statuses{
      {ErrorCode::usage, 400},       {ErrorCode::not_found, 404},    {ErrorCode::io, 500},
      {ErrorCode::permission, 500},  {ErrorCode::locked, 423},       {ErrorCode::database, 503},
      {ErrorCode::busy, 503},
      {ErrorCode::changed, 503},     {ErrorCode::newer_schema, 503}, {ErrorCode::unsuitable_table, 503},
      {ErrorCode::internal, 500}};
  for (const auto& [code, status] : statuses)
    EXPECT_EQ(spec(problem_of(Error({code})).kind).status, status);
}

}  // namespace
}  // namespace lockstep::api
