#include "yaml/list_alignment.hpp"

#include <algorithm>

namespace lockstep::yaml {
namespace {

// Taking an item out and putting one in cost 1 each. Beyond so many comparisons items are paired by place.
constexpr std::size_t kMaxCells = 40'000;

// Of making one the other: 0 if they are equal, always less than taking out and putting in.
float cost_of_change(const Json& a, const Json& b) {
  if (equivalent(a, b)) return 0;
  if (a.kind != b.kind) return 1.95F;
  if (a.kind != Json::Kind::object) return 1.5F;
  std::size_t common = 0;
  for (const Json::Member& member : a.members) {
    const Json* other = b.find(member.first);
    if (other != nullptr && equivalent(*other, member.second)) ++common;
  }
  const std::size_t most = std::max({a.members.size(), b.members.size(), std::size_t{1}});
  return 1.9F - 0.9F * static_cast<float>(common) / static_cast<float>(most);
}

// The cheapest way from before[first, first + rows) to after[first, first + columns): edit distance.
void align(const std::vector<Json>& before, const std::vector<Json>& after, std::size_t first, std::size_t rows,
           std::size_t columns, std::vector<std::size_t>& partners) {
  const std::size_t width = columns + 1;
  std::vector<float> cost((rows + 1) * width, 0);
  std::vector<float> change(rows * columns, 0);
  for (std::size_t i = 0; i <= rows; ++i)
    for (std::size_t j = 0; j <= columns; ++j) {
      float& best = cost[i * width + j];
      if (i == 0 || j == 0) {
        best = static_cast<float>(i + j);
        continue;
      }
      float& pair = change[(i - 1) * columns + j - 1];
      pair = cost_of_change(before[first + i - 1], after[first + j - 1]);
      best = std::min({cost[(i - 1) * width + j - 1] + pair, cost[(i - 1) * width + j] + 1, cost[i * width + j - 1] + 1});
    }
  std::size_t i = rows;
  std::size_t j = columns;
  while (i > 0 && j > 0) {
    const float best = cost[i * width + j];
    if (best == cost[(i - 1) * width + j - 1] + change[(i - 1) * columns + j - 1]) {
      partners[first + --i] = first + --j;
    } else if (best == cost[(i - 1) * width + j] + 1) {
      --i;
    } else {
      --j;
    }
  }
}

}  // namespace

std::vector<std::size_t> align_items(const std::vector<Json>& before, const std::vector<Json>& after) {
  std::vector<std::size_t> partners(before.size(), kNoPartner);
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t first = 0;
  for (; first < shorter && equivalent(before[first], after[first]); ++first) partners[first] = first;
  std::size_t last = 0;
  for (; last < shorter - first && equivalent(before[before.size() - 1 - last], after[after.size() - 1 - last]); ++last)
    partners[before.size() - 1 - last] = after.size() - 1 - last;
  const std::size_t rows = before.size() - first - last;
  const std::size_t columns = after.size() - first - last;
  if (columns > 0 && rows <= kMaxCells / columns) {
    align(before, after, first, rows, columns, partners);
  } else {
    for (std::size_t i = 0; i < std::min(rows, columns); ++i) partners[first + i] = first + i;
  }
  return partners;
}

}  // namespace lockstep::yaml
