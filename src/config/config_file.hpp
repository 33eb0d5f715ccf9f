// `lockstep.yml` as keys and values with their places, read from libyaml's events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_values.hpp"
#include "model/diagnostic.hpp"

namespace lockstep::config {

// `fields: {status: {owner: x}}` is one entry with the name `fields.status.owner`.
struct ConfigEntry {
  std::string name;
  Setting value;
  Place key;     // of the name's last part
  Place parent;  // of the part before it; where there is none, of the key
};

struct ConfigEntries {
  std::vector<ConfigEntry> entries;  // in the file's order
  std::vector<Diagnostic> faults;    // broken YAML, a key twice, an alias, …
};

// `folder`: what relative paths in the file are relative to.
ConfigEntries read_config_entries(std::string_view text, const std::string& file_name, const std::string& folder);

// The text of a line (from 1), without its line break.
std::string source_line(std::string_view text, std::size_t line);

}  // namespace lockstep::config
