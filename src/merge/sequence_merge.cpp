#include "merge/sequence_merge.hpp"

#include <optional>
#include <unordered_map>

#include "merge/sequence_match.hpp"

namespace lockstep::merge {
namespace {

std::string_view without_break(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

// The same number for units that are the same piece.
class Numbers {
 public:
  std::vector<int> of(const std::vector<Unit>& units) {
    std::vector<int> numbers;
    numbers.reserve(units.size());
    for (const Unit& unit : units)
      numbers.push_back(number_of(unit.key.empty() ? std::string("\n").append(without_break(unit.bytes)) : unit.key));
    return numbers;
  }

 private:
  int number_of(std::string name) { return numbers_.try_emplace(std::move(name), static_cast<int>(numbers_.size())).first->second; }
  std::unordered_map<std::string, int> numbers_;
};

using Index = std::ptrdiff_t;
constexpr Index kNone = kUnmatched;

// One of the two newer versions, beside the base.
struct Version {
  const std::vector<Unit>& units;
  std::vector<Index> of_base;                        // base → here, in the same order
  std::vector<Index> to_base;                        // here → base, the same pairs
  std::unordered_map<std::string_view, Index> keys;  // wherever they stand

  Version(const std::vector<Unit>& all, std::vector<Index> matched) : units(all), of_base(std::move(matched)) {
    to_base.assign(units.size(), kNone);
    for (std::size_t b = 0; b < of_base.size(); ++b)
      if (of_base[b] != kNone) to_base[static_cast<std::size_t>(of_base[b])] = static_cast<Index>(b);
    for (std::size_t i = 0; i < units.size(); ++i)
      if (!units[i].key.empty()) keys.emplace(units[i].key, static_cast<Index>(i));
  }
  const Unit* with_key(std::string_view key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? nullptr : &units[static_cast<std::size_t>(found->second)];
  }
  bool in_place(std::size_t index) const { return to_base[index] != kNone; }
};

class Merger {
 public:
  Merger(const std::vector<Unit>& base, Version ours, Version theirs, Prefer prefer,
         const std::function<std::optional<std::string>(const Apart&)>& inside)
      : base_(base, identity(base.size())), ours_(std::move(ours)), theirs_(std::move(theirs)), prefer_(prefer), inside_(inside) {}

  MergedSequence run() {
    place_theirs();
    MergedSequence result;
    for (std::size_t i = 0; i <= ours_.units.size(); ++i) {
      for (const std::string& text : added_[i]) append(result.text, text);
      if (i == ours_.units.size()) break;
      if (const auto text = text_of_ours(i)) append(result.text, *text);
    }
    result.apart = apart_;
    return result;
  }

 private:
  static std::vector<Index> identity(std::size_t size) {
    std::vector<Index> all(size);
    for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<Index>(i);
    return all;
  }

  // A piece that was the last one of a text without a final line break is not always the last one of the result.
  static void append(std::string& text, std::string_view more) {
    if (!text.empty() && !more.empty() && text.back() != '\n' && text.back() != '\r') text += '\n';
    text += more;
  }

  bool moved_by_theirs_alone(const std::string& key) const {
    const Index in_ours = ours_.keys.at(key), in_theirs = theirs_.keys.at(key);
    return base_.keys.contains(key) && ours_.in_place(static_cast<std::size_t>(in_ours)) &&
           !theirs_.in_place(static_cast<std::size_t>(in_theirs));
  }

  // The piece after the merge; nullopt: it is gone.
  std::optional<std::string> merged(const std::string& key) {
    const Apart piece{base_.with_key(key), ours_.with_key(key), theirs_.with_key(key)};
    const auto bytes = [](const Unit* unit) { return unit ? std::optional(without_break(unit->bytes)) : std::nullopt; };
    const auto text = [](const Unit* unit) { return unit ? std::optional(std::string(unit->bytes)) : std::nullopt; };
    if (bytes(piece.ours) == bytes(piece.theirs) || bytes(piece.theirs) == bytes(piece.base)) return text(piece.ours);
    if (bytes(piece.ours) == bytes(piece.base)) return text(piece.theirs);
    if (piece.ours && piece.theirs && inside_) {
      if (auto whole = inside_(piece)) return whole;
    }
    ++apart_;
    return text(prefer_ == Prefer::ours ? piece.ours : piece.theirs);
  }

  std::optional<std::string> text_of_ours(std::size_t index) {
    const Unit& unit = ours_.units[index];
    if (!unit.key.empty()) {
      if (theirs_.with_key(unit.key) && moved_by_theirs_alone(unit.key)) return std::nullopt;
      return merged(unit.key);
    }
    const Index base = ours_.to_base[index];
    const bool removed = base != kNone && theirs_.of_base[static_cast<std::size_t>(base)] == kNone;
    if (removed) return std::nullopt;
    return std::string(unit.bytes);
  }

  // What theirs has and ours has not, or not there: before which unit of ours it comes.
  void place_theirs() {
    added_.assign(ours_.units.size() + 1, {});
    std::size_t place = after_additions(0);
    std::size_t skipped = 0;  // lines that ours has added alike at this place
    for (std::size_t i = 0; i < theirs_.units.size(); ++i) {
      const Unit& unit = theirs_.units[i];
      const Index base = theirs_.to_base[i];
      const Index in_ours = base == kNone ? kNone : ours_.of_base[static_cast<std::size_t>(base)];
      if (in_ours != kNone) {
        place = after_additions(static_cast<std::size_t>(in_ours) + 1);
        skipped = 0;
        continue;
      }
      if (!unit.key.empty()) {
        const bool here = !ours_.with_key(unit.key) || moved_by_theirs_alone(unit.key);
        if (!here) continue;
        if (auto text = merged(unit.key)) added_[place].push_back(std::move(*text));
      } else if (base == kNone && !added_by_ours(unit, place, skipped)) {
        added_[place].emplace_back(unit.bytes);
      }
    }
  }

  // Behind what ours has added there.
  std::size_t after_additions(std::size_t index) const {
    while (index < ours_.units.size() && !ours_.in_place(index) && !base_.with_key(ours_.units[index].key)) ++index;
    return index;
  }

  // Both added the same line at the same place: it stands once.
  bool added_by_ours(const Unit& line, std::size_t place, std::size_t& skipped) const {
    std::size_t first = place;
    while (first > 0 && !ours_.in_place(first - 1)) --first;
    for (std::size_t i = first + skipped; i < place; ++i) {
      if (!ours_.units[i].key.empty() || without_break(ours_.units[i].bytes) != without_break(line.bytes)) continue;
      skipped = i - first + 1;
      return true;
    }
    return false;
  }

  Version base_, ours_, theirs_;
  Prefer prefer_;
  const std::function<std::optional<std::string>(const Apart&)>& inside_;
  std::vector<std::vector<std::string>> added_;  // before which unit of ours
  std::size_t apart_ = 0;
};

}  // namespace

MergedSequence merge_sequences(const std::vector<Unit>& base, const std::vector<Unit>& ours, const std::vector<Unit>& theirs,
                               Prefer prefer, const std::function<std::optional<std::string>(const Apart&)>& inside) {
  Numbers numbers;
  const std::vector<int> b = numbers.of(base), o = numbers.of(ours), t = numbers.of(theirs);
  return Merger(base, Version(ours, match(b, o)), Version(theirs, match(b, t)), prefer, inside).run();
}

}  // namespace lockstep::merge
