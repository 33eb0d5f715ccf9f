// Lines for the application's log.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace lockstep {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };

// A sentence; never a secret or a connection string. Called on any thread, so it must be thread-safe; it must
// not block for long and not throw.
using Log = std::function<void(LogLevel, std::string_view message)>;

}  // namespace lockstep
