// The keys of the configuration, once: name, default, meaning, and how each is read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/config_values.hpp"

namespace lockstep::config {

struct ConfigKey {
  std::string_view name;
  std::string_view default_text;  // as YAML
  std::string_view meaning;
  // Reads the setting into the configuration; what is wrong with it otherwise.
  std::optional<Fault> (*apply)(Config&, const Setting&);
};
std::span<const ConfigKey> config_keys();

// Where a fault stands: under the key or the one above it (which is unknown), or under the value.
enum class FaultAt : std::uint8_t { key, parent, value };
struct AppliedSetting {
  std::optional<Fault> fault;  // of an unknown key: says which one is nearest
  FaultAt at = FaultAt::value;
};
// By name, `fields.<name>.owner` included.
AppliedSetting apply_setting(Config&, std::string_view name, const Setting&);

}  // namespace lockstep::config
