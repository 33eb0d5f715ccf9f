#include "model/suggest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace lockstep {
namespace {

constexpr std::array<std::string_view, 5> kNames{"pending", "running", "completed", "failed", "id"};

TEST(Suggest, FindsTheNameThatWasMeant) {
  EXPECT_EQ(nearest_name("runing", kNames), "running");
  EXPECT_EQ(nearest_name("Running", kNames), "running");
  EXPECT_EQ(nearest_name("RUNNING", kNames), "running");
  EXPECT_EQ(nearest_name("runnign", kNames), "running");
  EXPECT_EQ(nearest_name("complete", kNames), "completed");
  EXPECT_EQ(nearest_name("faild", kNames), "failed");
  EXPECT_EQ(nearest_name("di", kNames), "id");
  EXPECT_EQ(suggestion("runing", kNames), "; did you mean \"running\"?");
}

TEST(Suggest, SaysNothingRatherThanGuessing) {
  for (const char* const word : {"", "done", "x", "queue", "something else"}) {
    EXPECT_EQ(nearest_name(word, kNames), std::nullopt) << word;
    EXPECT_EQ(suggestion(word, kNames), "");
  }
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'r'), kNames), std::nullopt);
  EXPECT_EQ(nearest_name("running", {}), std::nullopt);
}

}  // namespace
}  // namespace lockstep
