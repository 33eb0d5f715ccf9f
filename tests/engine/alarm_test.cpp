#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "engine/alarm.hpp"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Alarm, RingsInTheOrderOfTheTimesWhateverTheOrderOfTheAsking) {
  Alarm alarm;
  std::vector<int> rung;
  std::promise<void> all;
  const auto now = steady_clock::now();
  alarm.at(now + hours(1), [] {});
  alarm.at(now + milliseconds(30), [&] {
    rung.push_back(2);
    all.set_value();
  });
  alarm.at(now + milliseconds(10), [&] { rung.push_back(1); });
  all.get_future().wait();
  EXPECT_EQ(rung, (std::vector<int>{1, 2}));
}

TEST(Alarm, ClosingRingsWhatIsLeftAndAfterwardsEverythingRingsAtOnce) {
  Alarm alarm;
  int rung = 0;
  alarm.at(steady_clock::now() + hours(1), [&] { ++rung; });
  alarm.close();
  EXPECT_EQ(rung, 1);
  alarm.at(steady_clock::now() + hours(1), [&] { ++rung; });
  EXPECT_EQ(rung, 2);
}

}  // namespace
}  // namespace lockstep
