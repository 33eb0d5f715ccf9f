// The keys of one mapping, to find duplicates: linear while few, hashed once many.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lockstep::yaml {

class KeySet {
 public:
  void clear() {
    count_ = 0;
    index_.clear();
  }

  // Where the key stood before; npos if it is new. `kind` tells the text "1" from the number 1.
  std::size_t insert(char kind, std::string_view key, std::size_t place) {
    if (count_ < kLinear) {
      for (std::size_t i = 0; i < count_; ++i)
        if (entries_[i].name.size() == key.size() + 1 && entries_[i].name.front() == kind &&
            std::string_view(entries_[i].name).substr(1) == key)
          return entries_[i].place;
    } else {
      if (index_.empty())
        for (std::size_t i = 0; i < count_; ++i) index_.emplace(entries_[i].name, entries_[i].place);
      const auto [found, fresh] = index_.emplace(kind + std::string(key), place);
      ++count_;
      return fresh ? npos : found->second;
    }
    if (count_ == entries_.size()) entries_.emplace_back();
    Entry& entry = entries_[count_++];
    entry.name.assign(1, kind).append(key);
    entry.place = place;
    return npos;
  }

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  static constexpr std::size_t kLinear = 24;
  struct Entry {
    std::string name;
    std::size_t place = 0;
  };
  std::vector<Entry> entries_;  // kept for their memory; the first min(count_, kLinear) count
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace lockstep::yaml
