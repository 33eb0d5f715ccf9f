#include "store/postgres/binary.hpp"

namespace lockstep::postgres {
namespace {

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
constexpr std::int64_t kFirstInstant = -62'135'596'800LL * 1'000'000;
constexpr std::int64_t kLastInstant = 253'402'300'800LL * 1'000'000 - 1;

}  // namespace

std::optional<Timestamp> instant_from_wire(std::int64_t micros_since_2000) {
  // The infinities are the extremes of the type: compare before adding, which would overflow.
  if (micros_since_2000 < kFirstInstant - kEpochOffset || micros_since_2000 > kLastInstant - kEpochOffset) {
    return std::nullopt;
  }
  return Timestamp{micros_since_2000 + kEpochOffset};
}

std::int32_t Array::array_type() const {
  switch (element_) {
    case Element::int8: return 1016;
    case Element::text: return 1009;
    case Element::timestamptz: return 1185;
    case Element::bytea: return 1001;
  }
  return 0;
}

std::string Array::encoded() const {
  std::string out;
  out.reserve(body_.size() + 20);
  append_int32(out, count_ == 0 ? 0 : 1);  // dimensions
  append_int32(out, has_null_ ? 1 : 0);
  append_int32(out, static_cast<std::int32_t>(element_));
  if (count_ > 0) {
    append_int32(out, count_);
    append_int32(out, 1);  // lower bound
    out += body_;
  }
  return out;
}

}  // namespace lockstep::postgres
