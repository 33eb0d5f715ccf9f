// What the engine has to be told; the configuration file's keys with their defaults (docs/CONFIGURATION.md).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "model/task.hpp"
#include "reconcile/plan.hpp"
#include "yaml/document.hpp"

namespace lockstep {

struct Settings {
  std::string yaml = "config/schedule_config.yml";
  std::string database = "sqlite:lockstep.db";
  std::string table = "scheduled_tasks";
  std::string replica = "default";
  bool replica_configured = false;  // a name that somebody chose is trusted; `default` is guarded
  std::string timezone = "UTC";
  YamlVersion yaml_version = YamlVersion::strict;
  bool auto_merge = true;
  double max_delete_percent = 50;
  OnYamlDelete on_yaml_delete = OnYamlDelete::remove;
  std::array<Owner, kFieldCount> owners{};
  enum class Triggers : std::uint8_t { automatic, required, never } triggers = Triggers::automatic;  // the change feed
  std::chrono::seconds full_check_interval{3600};  // with a change feed: how often everything is compared all the same
  std::chrono::milliseconds lock_timeout{10'000};
  std::chrono::milliseconds settle_deletions{1'000};  // quiet time of a file before tasks that are gone from it count as deleted
  int backups = 10;
  std::chrono::seconds history_age{30LL * 24 * 3600};
  std::uint64_t history_size = 1ULL << 30;
  std::uint64_t max_file_size = 256ULL << 20;
  // Bytes of YAML from which on it is read in parts and by its changes, where it can be: for less it is not worth it.
  // Not for users: the result is the same.
  std::size_t piecewise_from = ReadOptions{}.piecewise_from;
  // Names runs, each differently on one database; empty = at random. For simulations, which have to repeat themselves.
  std::function<std::string()> run_keys{};
};

}  // namespace lockstep
