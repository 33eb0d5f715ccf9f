#include "file/journal_name.hpp"

#include <algorithm>

#include "file/file_io.hpp"

namespace lockstep {
namespace {

constexpr std::string_view kMissing = "none";

// NAME as it stands in the names: a long one is cut, so that the whole stays below the 255 bytes of a name,
// and told apart by its hash.
std::string prefix_of(const std::string& target) {
  constexpr std::size_t kLongest = 96;
  auto name = name_of(target);
  if (name.size() > kLongest) name = name.substr(0, kLongest - 33) + "~" + to_hex(fingerprint_of(name));
  return "." + name + ".lockstep-";
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// The last word after a `-`, removed from the text.
std::string_view take_last_word(std::string_view& text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos) return {};
  const auto word = text.substr(dash + 1);
  text = text.substr(0, dash);
  return word;
}

std::optional<JournalName> parse(const std::string& target, JournalName::Kind kind, std::string_view words) {
  const auto after = fingerprint_from_hex(take_last_word(words));
  const auto first = take_last_word(words);
  const auto before = fingerprint_from_hex(first);
  if (!after || (!before && first != kMissing) || !is_run_key(words)) return std::nullopt;
  return journal_name(target, kind, words, before, *after);
}

}  // namespace

bool is_run_key(std::string_view key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  };
  return !key.empty() && key.size() <= 64 && std::all_of(key.begin(), key.end(), fits);
}

JournalName journal_name(const std::string& target, JournalName::Kind kind, std::string_view run_key,
                         std::optional<Fingerprint> before, Fingerprint after) {
  const auto slash = target.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : target.substr(0, slash + 1);
  JournalName name;
  name.kind = kind;
  name.run_key = run_key;
  name.before = before;
  name.after = after;
  name.stem = folder + prefix_of(target) + std::string(run_key) + "-" +
              (before ? to_hex(*before) : std::string(kMissing)) + "-" + to_hex(after);
  return name;
}

std::optional<Leftover> leftover_of(const std::string& target, std::string_view name) {
  const auto prefix = prefix_of(target);
  if (!name.starts_with(prefix)) return std::nullopt;
  auto words = name.substr(prefix.size());
  auto part = Leftover::Part::main;
  auto kind = JournalName::Kind::staged;
  if (take_suffix(words, ".part")) {
    part = Leftover::Part::unfinished;
  } else if (take_suffix(words, ".rec")) {
    part = Leftover::Part::record;
  } else {
    if (take_suffix(words, ".copy")) part = Leftover::Part::copy;
    if (take_suffix(words, ".back")) {
      kind = JournalName::Kind::back;
    } else if (take_suffix(words, ".save")) {
      kind = JournalName::Kind::save;
    } else if (!take_suffix(words, ".tmp")) {
      return std::nullopt;
    }
  }
  auto parsed = parse(target, kind, words);
  if (!parsed) return std::nullopt;
  return Leftover{part, std::move(*parsed)};
}

}  // namespace lockstep
