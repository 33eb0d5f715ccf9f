#include "reconcile/candidates.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace lockstep {
namespace {

using Index = std::vector<IndexEntry>;

IndexEntry entry(std::int64_t id, std::uint64_t print, std::int64_t time = IndexEntry::kNoInstant) {
  return {id, Fingerprint{print, print + 1}, time};
}

TEST(Candidates, NothingInNothing) { EXPECT_TRUE(candidates({}, {}, {}).empty()); }

TEST(Candidates, ThreeEqualFingerprintsSettleATask) {
  EXPECT_TRUE(candidates(Index{entry(1, 5)}, Index{entry(1, 5)}, Index{entry(1, 5)}).empty());
}

TEST(Candidates, AnyDifferenceMakesOne) {
  const Index five{entry(1, 5)}, six{entry(1, 6)};
  const std::vector<std::int64_t> one{1};
  EXPECT_EQ(candidates(six, five, five), one);
  EXPECT_EQ(candidates(five, six, five), one);
  EXPECT_EQ(candidates(five, five, six), one);
}

TEST(Candidates, HalfAFingerprintIsNotEnough) {
  Index base{entry(1, 5)}, high = base, low = base;
  high[0].fingerprint.high ^= 1;
  low[0].fingerprint.low ^= 1;
  EXPECT_EQ(candidates(base, high, base).size(), 1U);
  EXPECT_EQ(candidates(base, base, low).size(), 1U);
}

TEST(Candidates, AbsenceMakesOne) {
  const Index five{entry(1, 5)}, none;
  const std::vector<std::int64_t> one{1};
  EXPECT_EQ(candidates(none, five, five), one);
  EXPECT_EQ(candidates(five, none, five), one);
  EXPECT_EQ(candidates(five, five, none), one);
  EXPECT_EQ(candidates(five, none, none), one);
}

TEST(Candidates, AMovedYamlTimeMakesOneAndTheDatabasesIsNotLookedAt) {
  EXPECT_EQ(candidates(Index{entry(1, 5, 10)}, Index{entry(1, 5, 11)}, Index{entry(1, 5)}).size(), 1U);
  EXPECT_EQ(candidates(Index{entry(1, 5, 10)}, Index{entry(1, 5)}, Index{entry(1, 5)}).size(), 1U);
  EXPECT_TRUE(candidates(Index{entry(1, 5, 10)}, Index{entry(1, 5, 10)}, Index{entry(1, 5, 99)}).empty());
}

TEST(Candidates, TheHighestIdIsAnIdLikeAnyOther) {
  EXPECT_EQ(candidates({}, Index{entry(INT64_MAX, 5)}, {}), std::vector<std::int64_t>{INT64_MAX});
}

TEST(Candidates, AreWhatLookingAtEachIdFinds) {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 20'000; ++round) {
    std::map<std::int64_t, IndexEntry> maps[3];
    for (auto& map : maps)
      for (auto n = random() % 12; n > 0; --n) {
        const auto id = static_cast<std::int64_t>(random() % 16 + 1);
        map[id] = entry(id, random() % 2, static_cast<std::int64_t>(random() % 2));
      }
    std::set<std::int64_t> expected;
    for (std::int64_t id = 1; id <= 16; ++id) {
      const bool in_all = maps[0].contains(id) && maps[1].contains(id) && maps[2].contains(id);
      const bool in_any = maps[0].contains(id) || maps[1].contains(id) || maps[2].contains(id);
      const bool same = in_all && maps[0][id].fingerprint == maps[1][id].fingerprint &&
                        maps[1][id].fingerprint == maps[2][id].fingerprint &&
                        maps[0][id].yaml_updated_at == maps[1][id].yaml_updated_at;
      if (in_any && !same) expected.insert(id);
    }
    Index indexes[3];
    for (int i = 0; i < 3; ++i)
      for (const auto& [id, e] : maps[i]) indexes[i].push_back(e);
    const std::vector<std::int64_t> found = candidates(indexes[0], indexes[1], indexes[2]);
    ASSERT_EQ(found, std::vector<std::int64_t>(expected.begin(), expected.end())) << "round " << round;
  }
}

}  // namespace
}  // namespace lockstep
