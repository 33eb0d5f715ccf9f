#include "yaml/replacements.hpp"

#include <algorithm>
#include <numeric>

namespace lockstep::yaml {

std::string Replacements::apply(std::string_view text) const {
  std::vector<std::size_t> order(list_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return list_[a].start < list_[b].start; });
  std::size_t size = text.size();
  for (const Replacement& r : list_) size += r.text.size();
  std::string result;
  result.reserve(size);
  std::size_t copied = 0;
  for (const std::size_t i : order) {
    const Replacement& r = list_[i];
    if (r.start > copied) {
      result += text.substr(copied, r.start - copied);
      copied = r.start;
    }
    result += r.text;
    copied = std::max(copied, r.end);
  }
  return result += text.substr(std::min(copied, text.size()));
}

}  // namespace lockstep::yaml
