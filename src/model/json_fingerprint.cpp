#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

#include "model/decimal.hpp"
#include "model/json.hpp"
#include "model/json_reader.hpp"

namespace lockstep {
namespace {

// What a hash is of; keeps kinds apart that would have the same bytes (`1` and `"1"`, `{}` and `[]`).
enum class Tag : std::uint64_t { null = 1, boolean, number, digits, string, array, item, object, member };

Fingerprint hash_words(Tag tag, Fingerprint a, Fingerprint b) {
  const std::array<std::uint64_t, 4> words{a.high, a.low, b.high, b.low};
  const XXH128_hash_t hash = XXH3_128bits_withSeed(words.data(), sizeof words, static_cast<XXH64_hash_t>(tag));
  return {hash.high64, hash.low64};
}

Fingerprint hash_bytes(Tag tag, std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), static_cast<XXH64_hash_t>(tag));
  return {hash.high64, hash.low64};
}

Fingerprint hash_number(std::string_view text) {
  const Decimal decimal = decimal_of(text);
  return hash_words(Tag::number, hash_bytes(Tag::digits, decimal.digits),
                    {decimal.negative ? 1U : 0U, static_cast<std::uint64_t>(decimal.exponent)});
}

class Hasher {
 public:
  explicit Hasher(std::string_view text) : reader_(text) {}

  Fingerprint whole_text() {
    const Fingerprint result = value();
    reader_.expect_end();
    return result;
  }

 private:
  Fingerprint value() {
    switch (reader_.peek()) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return hash_bytes(Tag::string, reader_.string(buffer_));
      case 'n':
        reader_.expect_literal("null");
        return hash_words(Tag::null, {}, {});
      case 't':
        reader_.expect_literal("true");
        return hash_words(Tag::boolean, {0, 1}, {});
      case 'f':
        reader_.expect_literal("false");
        return hash_words(Tag::boolean, {0, 0}, {});
      default:
        return hash_number(reader_.number());
    }
  }

  // The members' hashes are added up, so that their order does not matter; keys are unique, so none cancels out.
  Fingerprint object() {
    enter('{');
    Fingerprint sum;
    std::uint64_t count = 0;
    if (!reader_.skip('}')) {
      do {
        reader_.peek();
        const Fingerprint key = hash_bytes(Tag::string, reader_.string(buffer_));
        reader_.expect(':');
        const Fingerprint member = hash_words(Tag::member, key, value());
        sum.high += member.high;
        sum.low += member.low;
        ++count;
      } while (reader_.skip(','));
      reader_.expect('}');
    }
    --depth_;
    return hash_words(Tag::object, sum, {0, count});
  }

  Fingerprint array() {
    enter('[');
    Fingerprint chain;
    if (!reader_.skip(']')) {
      do {
        chain = hash_words(Tag::item, chain, value());
      } while (reader_.skip(','));
      reader_.expect(']');
    }
    --depth_;
    return hash_words(Tag::array, chain, {});
  }

  // Deeper text is not valid for parse_json with any sensible limit, and would exhaust the stack here.
  void enter(char open) {
    reader_.expect(open);
    if (++depth_ > 10 * kMaxJsonDepth) reader_.fail();
  }

  JsonReader reader_;
  std::string buffer_;
  std::size_t depth_ = 0;
};

}  // namespace

Fingerprint json_fingerprint(std::string_view text) { return Hasher(text).whole_text(); }

}  // namespace lockstep
