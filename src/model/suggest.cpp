#include "model/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lockstep {
namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> names) {
  constexpr std::size_t kLongestName = 64;
  if (word.size() > kLongestName) return std::nullopt;
  const std::string wanted = lower_case(word);
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string_view name : names) {
    const std::size_t steps = distance(wanted, lower_case(name));
    if (steps > std::max<std::size_t>(1, name.size() / 3) || (best && steps >= best_distance)) continue;
    best = name;
    best_distance = steps;
  }
  return best;
}

std::string did_you_mean(std::string_view name) {
  std::string question = "; did you mean \"";
  return question.append(name).append("\"?");
}

std::string suggestion(std::string_view word, std::span<const std::string_view> names) {
  const std::optional<std::string_view> name = nearest_name(word, names);
  return name ? did_you_mean(*name) : "";
}

}  // namespace lockstep
