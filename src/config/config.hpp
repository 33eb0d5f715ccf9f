// The configuration: defaults, then `lockstep.yml`, then the environment, then
// flags (docs/CONFIGURATION.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/settings.hpp"
#include "model/diagnostic.hpp"
#include "model/log.hpp"

namespace lockstep::config {

enum class LogFormat : std::uint8_t { text, json };

// What only the daemon needs to be told.
struct DaemonSettings {
  std::chrono::milliseconds settle{20};
  std::chrono::milliseconds interval{300'000};  // 0 = off
  std::int64_t full_check_every = 12;
  std::vector<std::string> listen{"localhost:8000"};  // HOST:PORT, [::1]:PORT, unix:PATH
  std::string token, token_file;                      // empty = none
  std::string read_token, read_token_file;
  bool insecure_no_auth = false;
  std::vector<std::string> allowed_hosts, cors_origins;
  std::uint64_t max_body = 8ULL << 20;
  std::uint64_t max_header = 16ULL << 10;
  std::int64_t max_connections = 20'000;
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds header_timeout{10'000};
  std::int64_t max_json_depth = 64;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
};

struct Config {
  Settings engine;
  DaemonSettings daemon;
  std::string file;                     // the configuration file that was read; empty = none
  std::vector<std::string> warnings;    // sentences: variables of the environment that mean nothing to lockstep
  bool database_from_environment = false;  // its URL is somebody's secret: not to be written into files
};

// What the command line says; unset = not given. Paths are relative to the current folder.
struct ConfigFlags {
  std::optional<std::string> config;
  bool config_may_be_missing = false;  // `init` writes it
  std::optional<std::string> yaml;
  std::optional<std::string> database;
  std::optional<std::string> replica;
};

// NAME=VALUE pairs; only those that concern lockstep are looked at.
using Environment = std::vector<std::pair<std::string, std::string>>;
Environment process_environment();

struct ConfigFaults {
  std::vector<Diagnostic> faults;  // never empty
};

// Every fault of the file and of the environment at once. Throws Error(usage) if the
// file that `flags` names is missing, Error(io, permission) if one cannot be read.
std::variant<Config, ConfigFaults> load_config(const ConfigFlags& flags, const Environment& environment);

// Where the file is searched without --config, in this order.
inline constexpr std::string_view kLocalConfig = "lockstep.yml";
inline constexpr std::string_view kSystemConfig = "/etc/lockstep/lockstep.yml";

// `lockstep.yml` as `init` writes it: every key with its default and meaning, commented out, save those of `active`
// (name, value as YAML).
std::string commented_config(const std::vector<std::pair<std::string, std::string>>& active);

}  // namespace lockstep::config
