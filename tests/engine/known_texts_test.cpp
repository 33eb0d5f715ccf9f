#include "engine/known_texts.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

std::vector<IndexEntry> index_of(std::int64_t count) {
  std::vector<IndexEntry> index;
  for (std::int64_t id = 1; id <= count; ++id)
    index.push_back({id, fingerprint_of("task " + std::to_string(id)), id % 2 ? IndexEntry::kNoInstant : id * 1000});
  return index;
}

std::vector<KnownText> texts_of(std::int64_t count) {
  std::vector<KnownText> texts;
  for (std::int64_t id = 1; id <= count; ++id) texts.push_back({id, fingerprint_of("text " + std::to_string(id)), false});
  return texts;
}

TEST(KnownTexts, AreReadBack) {
  EXPECT_EQ(read_known_texts(write_known_texts(texts_of(50), index_of(50), {}), index_of(50)), texts_of(50));
  EXPECT_TRUE(read_known_texts(write_known_texts({}, {}, {}), index_of(50)).empty());
}

TEST(KnownTexts, HoldOnlyAsLongAsTheBaseIsTheSame) {
  const std::string stored = write_known_texts(texts_of(5), index_of(5), {});
  std::vector<IndexEntry> base = index_of(5);
  base[0].fingerprint.low ^= 1;
  base[1].yaml_updated_at += 1;
  base[2].yaml_updated_at = 7;
  base.erase(base.begin() + 3);
  const std::vector<KnownText> left = read_known_texts(stored, base);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front().id, 5);
}

TEST(KnownTexts, LeaveOutWhatIsNotToBeReliedOn) {
  std::vector<KnownText> texts = texts_of(5);
  texts[0].warned = true;
  texts[1].text = {};
  const std::vector<std::int64_t> unsettled{3};
  std::vector<IndexEntry> yaml = index_of(5);
  yaml.erase(yaml.begin() + 3);
  const std::vector<KnownText> left = read_known_texts(write_known_texts(texts, yaml, unsettled), index_of(5));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front().id, 5);
}

TEST(KnownTexts, OtherBytesAreNone) {
  const std::string stored = write_known_texts(texts_of(5), index_of(5), {});
  EXPECT_TRUE(read_known_texts("", index_of(5)).empty());
  EXPECT_TRUE(read_known_texts("something else, of some length", index_of(5)).empty());
  EXPECT_EQ(read_known_texts(stored.substr(0, stored.size() - 1), index_of(5)).size(), 4U);
}

}  // namespace
}  // namespace lockstep
