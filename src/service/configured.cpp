#include "service/configured.hpp"

#include <algorithm>

#include "config/config_keys.hpp"
#include "model/diagnostic.hpp"
#include "model/task.hpp"
#include "store/database_url.hpp"

namespace lockstep::service {
namespace {

std::string variable_of(std::string_view key) {
  std::string name = "LOCKSTEP_";
  for (const char c : key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

bool is_setting(std::string_view key) {
  if (key == "yaml" || key == "database" || key == "replica") return false;
  constexpr std::string_view kBefore = "fields.", kAfter = ".owner";
  if (key.size() > kBefore.size() + kAfter.size() && key.starts_with(kBefore) && key.ends_with(kAfter))
    return field_by_name(key.substr(kBefore.size(), key.size() - kBefore.size() - kAfter.size())).has_value();
  return std::ranges::any_of(config::config_keys(), [key](const config::ConfigKey& known) { return known.name == key; });
}

std::optional<std::string> given(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

// The first of equal names counts: the application's stand before those of the process.
config::Environment environment_with(const Options& options) {
  config::Environment environment;
  for (const auto& [key, value] : options.settings) {
    if (!is_setting(key))
      throw Error({.code = ErrorCode::usage, .operation = "read the settings", .subject = key, .cause = "there is no such setting",
                   .hint = "docs/CONFIGURATION.md lists them; yaml, database and replica are options of their own"});
    environment.emplace_back(variable_of(key), value);
  }
  const config::Environment process = config::process_environment();
  environment.insert(environment.end(), process.begin(), process.end());
  return environment;
}

}  // namespace

config::Config configured(const Options& options) {
  config::ConfigFlags flags;
  flags.config = given(options.config);
  flags.yaml = given(options.yaml);
  flags.database = given(options.database);
  flags.replica = given(options.replica);
  auto loaded = config::load_config(flags, environment_with(options));
  if (const auto* found = std::get_if<config::ConfigFaults>(&loaded)) {
    std::string cause;
    for (const Diagnostic& fault : found->faults) cause += "\n" + format_diagnostic(fault, false);
    throw Error({.code = ErrorCode::usage, .operation = "read the configuration", .cause = std::move(cause)});
  }
  config::Config config = std::get<config::Config>(std::move(loaded));
  parse_database_url(config.engine.database);  // now, not when it is first used
  return config;
}

}  // namespace lockstep::service
