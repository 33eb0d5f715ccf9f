// Lets libFuzzer see the coverage of code that g++ compiled: it calls one
// function per edge (-fsanitize-coverage=trace-pc), libFuzzer wants counters.
#include <array>
#include <cstddef>
#include <cstdint>

extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end);

namespace {

constexpr std::size_t kCounters = std::size_t{1} << 17;
std::array<std::uint8_t, kCounters> counters;
const bool registered = [] {
  __sanitizer_cov_8bit_counters_init(counters.data(), counters.data() + counters.size());
  return true;
}();

}  // namespace

extern "C" __attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  std::uint8_t& counter = counters.data()[(pc ^ (pc >> 17)) & (kCounters - 1)];
  counter = static_cast<std::uint8_t>(counter + (counter != 255 ? 1 : 0));
}
