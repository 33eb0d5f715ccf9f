#include "merge/sequence_match.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace lockstep::merge {
namespace {

struct Range {
  std::size_t a_begin, a_end, b_begin, b_end;
};

class Matcher {
 public:
  Matcher(std::span<const int> a, std::span<const int> b) : a_(a), b_(b), result_(a.size(), kUnmatched) {}

  std::vector<std::ptrdiff_t> run() {
    // A stack instead of recursion: texts of any length.
    std::vector<Range> todo{{0, a_.size(), 0, b_.size()}};
    while (!todo.empty()) {
      Range range = todo.back();
      todo.pop_back();
      take_ends(range);
      if (range.a_begin == range.a_end || range.b_begin == range.b_end) continue;
      if (!split_at_unique(range, todo)) match_few(range);
    }
    return std::move(result_);
  }

 private:
  void pair(std::size_t a, std::size_t b) { result_[a] = static_cast<std::ptrdiff_t>(b); }

  void take_ends(Range& range) {
    while (range.a_begin < range.a_end && range.b_begin < range.b_end && a_[range.a_begin] == b_[range.b_begin])
      pair(range.a_begin++, range.b_begin++);
    while (range.a_begin < range.a_end && range.b_begin < range.b_end && a_[range.a_end - 1] == b_[range.b_end - 1])
      pair(--range.a_end, --range.b_end);
  }

  struct Seen {
    std::size_t in_a = 0, in_b = 0;  // how often
    std::size_t a = 0, b = 0;
  };

  bool split_at_unique(const Range& range, std::vector<Range>& todo) {
    std::unordered_map<int, Seen> seen;
    for (std::size_t i = range.a_begin; i < range.a_end; ++i) {
      Seen& item = seen[a_[i]];
      ++item.in_a;
      item.a = i;
    }
    for (std::size_t i = range.b_begin; i < range.b_end; ++i) {
      const auto item = seen.find(b_[i]);
      if (item == seen.end()) continue;
      ++item->second.in_b;
      item->second.b = i;
    }
    std::vector<std::pair<std::size_t, std::size_t>> unique;
    for (std::size_t i = range.a_begin; i < range.a_end; ++i) {
      const Seen& item = seen.at(a_[i]);
      if (item.in_a == 1 && item.in_b == 1) unique.emplace_back(i, item.b);
    }
    if (unique.empty()) return false;
    std::size_t a = range.a_begin, b = range.b_begin;
    for (const auto& [in_a, in_b] : longest_rising(unique)) {
      pair(in_a, in_b);
      todo.push_back({a, in_a, b, in_b});
      a = in_a + 1;
      b = in_b + 1;
    }
    todo.push_back({a, range.a_end, b, range.b_end});
    return true;
  }

  // Of pairs that rise in their first: a longest chain that rises in the second too.
  static std::vector<std::pair<std::size_t, std::size_t>> longest_rising(
      const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
    constexpr auto kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> tails;  // indexes into pairs
    std::vector<std::size_t> before(pairs.size(), kNone);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto at = std::lower_bound(tails.begin(), tails.end(), pairs[i].second,
                                       [&](std::size_t tail, std::size_t b) { return pairs[tail].second < b; });
      if (at != tails.begin()) before[i] = *std::prev(at);
      if (at == tails.end()) tails.push_back(i);
      else *at = i;
    }
    std::vector<std::pair<std::size_t, std::size_t>> chain;
    for (std::size_t i = tails.empty() ? kNone : tails.back(); i != kNone; i = before[i]) chain.push_back(pairs[i]);
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  void match_few(const Range& range) {
    constexpr std::size_t kMostCells = 4'000'000;
    const std::size_t n = range.a_end - range.a_begin, m = range.b_end - range.b_begin;
    if (n > kMostCells / m) return;  // left unmatched: still a correct answer, only not the longest
    std::vector<std::uint32_t> length((n + 1) * (m + 1), 0);
    const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return length[i * (m + 1) + j]; };
    const auto same = [&](std::size_t i, std::size_t j) { return a_[range.a_begin + i] == b_[range.b_begin + j]; };
    for (std::size_t i = n; i-- > 0;)
      for (std::size_t j = m; j-- > 0;)
        at(i, j) = same(i, j) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
    for (std::size_t i = 0, j = 0; i < n && j < m;) {
      if (same(i, j)) pair(range.a_begin + i++, range.b_begin + j++);
      else if (at(i + 1, j) >= at(i, j + 1)) ++i;
      else ++j;
    }
  }

  std::span<const int> a_, b_;
  std::vector<std::ptrdiff_t> result_;
};

}  // namespace

std::vector<std::ptrdiff_t> match(std::span<const int> a, std::span<const int> b) { return Matcher(a, b).run(); }

}  // namespace lockstep::merge
