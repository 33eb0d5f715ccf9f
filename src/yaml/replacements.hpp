// Changes to a text, collected in any order and made in one pass.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::yaml {

struct Replacement {
  std::size_t start = 0, end = 0;  // bytes of the old text; empty = an insertion
  std::string text;
};

class Replacements {
 public:
  void replace(std::size_t start, std::size_t end, std::string text) { list_.push_back({start, end, std::move(text)}); }
  void insert(std::size_t at, std::string text) { replace(at, at, std::move(text)); }
  void remove(std::size_t start, std::size_t end) { replace(start, end, {}); }

  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  const Replacement& operator[](std::size_t i) const { return list_[i]; }
  void truncate(std::size_t size) { list_.resize(size); }

  // The new text. Replacements at one place follow each other as they were
  // added; of those that overlap the later one begins where the earlier one ends.
  std::string apply(std::string_view text) const;

 private:
  std::vector<Replacement> list_;
};

}  // namespace lockstep::yaml
