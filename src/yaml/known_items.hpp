// Finds the task that a text is known to be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "model/known_text.hpp"

namespace lockstep::yaml {

class KnownItems {
 public:
  // They must outlive it. Of several with the same text any one is found.
  explicit KnownItems(std::span<const KnownText> known) : known_(known) {}

  // Asked in the order in which they are known, it costs one comparison.
  const KnownText* find(const Fingerprint& text) {
    if (next_ < known_.size() && known_[next_].text == text) return &known_[next_++];
    if (text == Fingerprint{}) return nullptr;
    if (by_text_.empty() && !known_.empty()) sort();
    const auto at = std::lower_bound(by_text_.begin(), by_text_.end(), text,
                                     [this](std::uint32_t i, const Fingerprint& wanted) { return known_[i].text < wanted; });
    if (at == by_text_.end() || known_[*at].text != text) return nullptr;
    next_ = *at + 1;
    return &known_[*at];
  }

 private:
  void sort() {
    by_text_.resize(known_.size());
    for (std::uint32_t i = 0; i < by_text_.size(); ++i) by_text_[i] = i;
    std::sort(by_text_.begin(), by_text_.end(), [this](std::uint32_t a, std::uint32_t b) { return known_[a].text < known_[b].text; });
  }

  std::span<const KnownText> known_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> by_text_;
};

}  // namespace lockstep::yaml
