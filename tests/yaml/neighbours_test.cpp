// What stands beside a change: its comments, its style, its blank lines.
#include "yaml/edit_support.hpp"

namespace lockstep::yaml_test {
namespace {

std::string task(int id, const std::string& more) {
  return "  - id: " + std::to_string(id) +
         "\n    skill_name: s\n    schedule_cron: 0 0 * * *\n    next_run_at: 2026-01-01\n" + more;
}

std::string edited(const std::string& text, const std::vector<Edit>& edits) {
  const auto original = document(text);
  if (!original) return "";
  const EditResult result = original->edit(edits);
  EXPECT_EQ(result.problem, "") << text;
  return std::string(result.text);
}

// The text whose first task's params become that.
std::string with_params(const std::string& text, const char* json) {
  Task changed = document(text)->tasks().front();
  changed[Field::params_json] = JsonText{json};
  return edited(text, {update(changed, {Field::params_json})});
}

// A task's params in lines, before and after.
void expect_params(const std::string& before, const char* json, const std::string& after) {
  EXPECT_EQ(with_params("tasks:\n" + task(1, "    params_json:\n" + before) + task(2, ""), json),
            "tasks:\n" + task(1, "    params_json:\n" + after) + task(2, ""));
}

TEST(Neighbours, TheCommentBelowTheFirstMemberOfAnItemStays) {
  expect_params("      env:\n        - name: A\n          # why\n          value: 1\n          opts: {x: 1}\n",
                R"({"env":[{"value":1,"opts":{"x":1}}]})",
                "      env:\n        - # why\n          value: 1\n          opts: {x: 1}\n");
  expect_params("      env:\n        - name: A  # its name\n          value: 1\n\n          opts: {x: 1}\n",
                R"({"env":[{"opts":{"x":1}}]})", "      env:\n        - opts: {x: 1}\n");
}

TEST(Neighbours, AMemberBehindATextThatTakesBlankLinesGoesWithThoseBelow) {
  expect_params("      zone: [a, b]   # c00\n      script: |+\n        one\n      mode: full\n\n      more: 1\n",
                R"({"zone":["a","b"],"script":"one\n","more":1})",
                "      zone: [a, b]   # c00\n      script: |+\n        one\n      more: 1\n");
}

TEST(Neighbours, AFieldBehindSuchATextGoesToo) {
  const std::string params = "    params_json:\n      script: |+\n        one\n";
  const std::string text = "tasks:\n" + task(1, params + "    user_id: u\n\n    status: failed\n");
  Task changed = document(text)->tasks().front();
  changed[Field::user_id] = Value{};
  EXPECT_EQ(edited(text, {update(changed, {Field::user_id})}), "tasks:\n" + task(1, params + "    status: failed\n"));
}

TEST(Neighbours, ATaskBehindSuchATextComesAndGoes) {
  const std::string first = "tasks:\n" + task(1, "    params_json:\n      script: |+\n        one\n");
  EXPECT_EQ(edited(first + task(2, "") + "\n" + task(3, ""), {removal(2)}), first + task(3, ""));
  EXPECT_EQ(edited(first + task(2, "") + "\nmore: 1\n", {removal(2)}), first + "more: 1\n");
  const std::string fresh = "  - id: 9\n    skill_name: new one\n    schedule_cron: \"@daily\"\n    next_run_at: 2027-01-15T08:00:00Z\n"
                            "    params_json: {}\n";
  const std::string two = "tasks:\n" + task(1, "") + "\n" + task(2, "    params_json:\n      script: |+\n        one\n\n");
  EXPECT_EQ(edited(two, {insertion(some_task(9))}), two + fresh);
}

TEST(Neighbours, ATextAtTheEndOfTheFileKeepsWhatItSays) {
  const std::string text = "tasks:\n" + task(1, "    params_json:\n      a: |\n        x\n      b: >2\n          y");
  EXPECT_EQ(with_params(text, R"({"a":"x\n","b":"  y","c":1})"),
            "tasks:\n" + task(1, "    params_json:\n      a: |\n        x\n      b: >-2\n          y\n      c: 1"));
}

TEST(Neighbours, ARemovedMemberTakesTheCommentAboveAlong) {
  expect_params("      # of a\n      a: 1\n      # of b\n      # more of b\n      b: 2\n\n      # of nobody\n\n      # of c\n      c: 3\n",
                R"({"a":1,"c":3})", "      # of a\n      a: 1\n\n      # of nobody\n\n      # of c\n      c: 3\n");
  expect_params("      # of a\n      a: 1\n      # of b\n      b: 2\n", R"({"b":2})", "      # of b\n      b: 2\n");
}

TEST(Neighbours, ARemovedItemTakesTheCommentAboveAlong) {
  expect_params("      l:\n      # of a\n      - a  # too\n      # of b\n      - b\n      # of c\n      - c\n",
                R"({"l":["b","c"]})", "      l:\n      # of b\n      - b\n      # of c\n      - c\n");
  expect_params("      l:\n        - - a\n          # of b\n          - b\n", R"({"l":[["b"]]})",
                "      l:\n        - # of b\n          - b\n");
  expect_params("      l: [  # l\n        # of a\n        a,  # too\n        # of b\n        b\n      ]\n", R"({"l":["b"]})",
                "      l: [  # l\n        # of b\n        b\n      ]\n");
}

TEST(Neighbours, ANewItemStandsAboveTheCommentOfTheNext) {
  expect_params("      l:\n        - a\n        # of b\n        - b\n", R"({"l":["a","x","b"]})",
                "      l:\n        - a\n        - x\n        # of b\n        - b\n");
}

TEST(Neighbours, ItemsAreKnownByWhatTheyHaveInCommon) {
  expect_params("      l:\n        # of a\n        - {name: a, v: 1}\n        # of b\n        - name: b  # b\n          v: 1\n"
                "        # of c\n        - {name: c, v: 1}\n",
                R"({"l":[{"name":"b","v":2},{"name":"c","v":1}]})",
                "      l:\n        # of b\n        - name: b  # b\n          v: 2\n        # of c\n        - {name: c, v: 1}\n");
}

TEST(Neighbours, ATaskThatIsCommentedOutStays) {
  const std::string off = "  # - id: 7\n  #   skill_name: x\n";
  EXPECT_EQ(edited("tasks:\n" + task(1, "") + off + task(2, "") + task(3, ""), {removal(2)}),
            "tasks:\n" + task(1, "") + off + task(3, ""));
  EXPECT_EQ(edited("tasks:\n" + off + "  # about it\n" + task(2, "") + task(3, ""), {removal(2)}),
            "tasks:\n" + off + task(3, ""));
  EXPECT_EQ(edited("tasks:\n" + task(1, "") + "#  - id: 7\n#    skill_name: x\n" + task(2, ""), {removal(2)}),
            "tasks:\n" + task(1, "") + "#  - id: 7\n#    skill_name: x\n");
  EXPECT_EQ(edited("tasks:\n" + task(1, "    # - id: 7\n    #   skill_name: x\n") + task(2, ""), {removal(1)}),
            "tasks:\n    # - id: 7\n    #   skill_name: x\n" + task(2, ""));
  EXPECT_EQ(edited("tasks:\n" + task(1, "") + "  # - first: look\n  # - then: act\n" + task(2, ""), {removal(2)}),
            "tasks:\n" + task(1, ""));
  const std::string braces = "tasks: [\n  # {id: 7, skill_name: x},\n  {id: 1, skill_name: s, schedule_cron: 0 0 * * *, "
                             "next_run_at: 2026-01-01}\n]\n";
  EXPECT_EQ(edited(braces, {removal(1)}), "tasks: [\n  # {id: 7, skill_name: x},\n]\n");
}

const std::string kFlow = "skill_name: s, schedule_cron: 0 0 * * *, next_run_at: 2026-01-01}";

TEST(Neighbours, AListInBracketsKeepsNoCommentsOfTasksThatAreGone) {
  const std::string text = "tasks: [  # all\n  # first\n  {id: 1, " + kFlow + ",  # one\n\n  # second\n  {id: 2, " + kFlow + ",\n]\n";
  EXPECT_EQ(edited(text, {removal(1)}), "tasks: [  # all\n\n  # second\n  {id: 2, " + kFlow + ",\n]\n");
  EXPECT_EQ(edited(text, {removal(2)}), "tasks: [  # all\n  # first\n  {id: 1, " + kFlow + ",  # one\n\n]\n");
  std::string bare = text;
  bare.erase(bare.find("  # all"), 7);
  const std::string empty = edited(bare, {removal(1), removal(2)});
  EXPECT_EQ(empty, "tasks: []\n");
  EXPECT_EQ(edited(empty, {insertion(some_task(3))}),
            "tasks:\n  - id: 3\n    skill_name: new one\n    schedule_cron: \"@daily\"\n    next_run_at: \"2027-01-15T08:00:00Z\"\n");
}

TEST(Neighbours, LettersAreQuotedWhereTheyAreWritten) {
  expect_params("      {x: 1, y: n}\n", R"({"x":1,"y":"n","n":"Y"})", "      {x: 1, y: n, \"n\": \"Y\"}\n");
}

}  // namespace
}  // namespace lockstep::yaml_test
