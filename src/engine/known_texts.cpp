#include "engine/known_texts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace lockstep {
namespace {

struct Record {
  std::int64_t id = 0;
  Fingerprint text;
  std::uint64_t base = 0;  // check of the base's entry
};
static_assert(sizeof(Record) == 32 && std::has_unique_object_representations_v<Record>);

constexpr std::uint64_t kMark = 0x4C4F434B53545031;  // reads as something else on a machine with another byte order

std::uint64_t check_of(const IndexEntry& entry) {
  const std::array<std::uint64_t, 3> words{entry.fingerprint.high, entry.fingerprint.low,
                                           std::bit_cast<std::uint64_t>(entry.yaml_updated_at)};
  return fingerprint_of({reinterpret_cast<const char*>(words.data()), sizeof words}).low;
}

}  // namespace

std::string write_known_texts(std::span<const KnownText> texts, std::span<const IndexEntry> yaml,
                              std::span<const std::int64_t> unsettled) {
  std::string stored;
  stored.reserve(sizeof kMark + texts.size() * sizeof(Record));
  stored.append(reinterpret_cast<const char*>(&kMark), sizeof kMark);
  auto entry = yaml.begin();
  for (const KnownText& task : texts) {
    while (entry != yaml.end() && entry->id < task.id) ++entry;
    if (entry == yaml.end() || entry->id != task.id || task.warned || task.text == Fingerprint{}) continue;
    if (std::binary_search(unsettled.begin(), unsettled.end(), task.id)) continue;
    const Record record{task.id, task.text, check_of(*entry)};
    stored.append(reinterpret_cast<const char*>(&record), sizeof record);
  }
  return stored;
}

std::vector<KnownText> read_known_texts(std::string_view stored, std::span<const IndexEntry> base) {
  std::vector<KnownText> texts;
  std::uint64_t mark = 0;
  if (stored.size() < sizeof mark) return texts;
  std::memcpy(&mark, stored.data(), sizeof mark);
  if (mark != kMark) return texts;
  texts.reserve(stored.size() / sizeof(Record));
  auto entry = base.begin();
  for (std::size_t at = sizeof mark; at + sizeof(Record) <= stored.size(); at += sizeof(Record)) {
    Record record;
    std::memcpy(&record, stored.data() + at, sizeof record);
    while (entry != base.end() && entry->id < record.id) ++entry;
    if (entry != base.end() && entry->id == record.id && check_of(*entry) == record.base)
      texts.push_back({record.id, record.text, false});
  }
  return texts;
}

}  // namespace lockstep
