#include "config/config.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "config/read_file.hpp"
#include "model/error.hpp"
#include "model/suggest.hpp"

extern char** environ;

namespace lockstep::config {
namespace {

constexpr std::string_view kPrefix = "LOCKSTEP_";

std::string upper(std::string_view name) {
  std::string result;
  for (const char c : name) result += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

// What relative paths of a configuration file are relative to; empty = the current folder.
std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

struct FoundFile {
  std::string path;  // empty = there is none
  std::string text;
};

FoundFile find_config_file(const ConfigFlags& flags) {
  if (flags.config) {
    std::optional<std::string> text = read_file(*flags.config);
    if (!text && flags.config_may_be_missing) return {};
    if (!text)
      throw Error({ErrorCode::usage, "read the configuration", *flags.config, "no such file",
                   "`lockstep init` writes one", false});
    return {*flags.config, std::move(*text)};
  }
  for (const std::string_view path : {kLocalConfig, kSystemConfig})
    if (std::optional<std::string> text = read_file(std::string(path))) return {std::string(path), std::move(*text)};
  return {};
}

void apply_file(const FoundFile& file, Config& config, std::vector<Diagnostic>& faults) {
  ConfigEntries read = read_config_entries(file.text, file.path, folder_of(file.path));
  faults = std::move(read.faults);
  for (const ConfigEntry& entry : read.entries) {
    const AppliedSetting applied = apply_setting(config, entry.name, entry.value);
    if (!applied.fault) continue;
    const bool at_value = applied.at == FaultAt::value;
    const Place place = at_value ? entry.value.place : applied.at == FaultAt::parent ? entry.parent : entry.key;
    Diagnostic fault;
    fault.file = file.path;
    fault.line = place.line;
    fault.column = place.column;
    fault.length = place.length;
    fault.field = entry.name;
    fault.message = (at_value ? entry.name + ": " : "") + applied.fault->message;
    fault.source_line = source_line(file.text, fault.line);
    faults.push_back(std::move(fault));
  }
  std::stable_sort(faults.begin(), faults.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

class EnvironmentReader {
 public:
  EnvironmentReader(const Environment& environment, Config& config, std::vector<Diagnostic>& faults)
      : environment_(environment), config_(config), faults_(faults) {}

  void read() {
    apply_first_of({"LOCKSTEP_DATABASE_URL", "LOCKSTEP_DATABASE", "DATABASE_URL"}, "database");
    for (const ConfigKey& key : config_keys())
      if (key.name != "database") apply_first_of({std::string(kPrefix) + upper(key.name)}, key.name);
    for (const FieldSpec& field : kSchema) {
      const std::string name = "fields." + std::string(field.name) + ".owner";
      apply_first_of({std::string(kPrefix) + upper(name)}, name);
    }
    if (const std::string* token = find("LOCKSTEP_TOKEN")) config_.daemon.token = *token;
    if (const std::string* token = find("LOCKSTEP_READ_TOKEN")) config_.daemon.read_token = *token;
    for (const auto& [name, value] : environment_)
      if (!value.empty() && is_unknown(name))
        config_.warnings.push_back("the environment variable " + name + " means nothing to lockstep" +
                                   suggestion(name, known_variables()));
  }

 private:
  static const std::vector<std::string_view>& known_variables() {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all{"LOCKSTEP_DATABASE_URL", "LOCKSTEP_TOKEN", "LOCKSTEP_READ_TOKEN"};
      for (const ConfigKey& key : config_keys()) all.push_back(std::string(kPrefix) + upper(key.name));
      for (const FieldSpec& field : kSchema)
        all.push_back(std::string(kPrefix) + upper("fields." + std::string(field.name) + ".owner"));
      return all;
    }();
    static const std::vector<std::string_view> views(names.begin(), names.end());
    return views;
  }

  // A typing error that would otherwise go unnoticed.
  static bool is_unknown(const std::string& name) {
    if (!name.starts_with(kPrefix)) return false;
    const std::string_view rest = std::string_view(name).substr(kPrefix.size());
    // What is said to the scripts around the program, by hooks, and to tests.
    if (rest.starts_with("SYNC_") || rest.starts_with("TEST_") || rest == "PROGRAM" || rest == "SOURCE" || rest == "EVENT")
      return false;
    const auto& known = known_variables();
    return std::find(known.begin(), known.end(), name) == known.end();
  }

  // An empty variable counts as unset.
  const std::string* find(std::string_view name) const {
    for (const auto& [known, value] : environment_)
      if (known == name && !value.empty()) return &value;
    return nullptr;
  }

  void apply_first_of(const std::vector<std::string>& variables, std::string_view key) {
    for (const std::string& variable : variables) {
      const std::string* const value = find(variable);
      if (value == nullptr) continue;
      if (key == "database") config_.database_from_environment = true;
      AppliedSetting applied = apply_setting(config_, key, as_setting(*value, key));
      if (applied.fault) {
        Diagnostic fault;
        fault.file = "environment variable " + variable;
        fault.field = std::string(key);
        fault.message = std::move(applied.fault->message);
        faults_.push_back(std::move(fault));
      }
      return;
    }
  }

  // A variable is untyped: true and 5 are what they look like, and text is text. Lists are written with commas.
  static Setting as_setting(const std::string& value, std::string_view key) {
    Setting setting;
    setting.text = value;
    const bool is_list = key == "listen" || key == "allowed_hosts" || key == "cors_origins";
    if (!is_list) {
      setting.plain = key != "yaml" && key != "database" && key != "table" && key != "replica" &&
                      key != "token_file" && key != "read_token_file";
      return setting;
    }
    setting.kind = Setting::Kind::list;
    for (std::size_t start = 0; start <= value.size();) {
      const std::size_t comma = std::min(value.find(',', start), value.size());
      std::string_view part = std::string_view(value).substr(start, comma - start);
      while (part.starts_with(' ')) part.remove_prefix(1);
      while (part.ends_with(' ')) part.remove_suffix(1);
      Setting item;
      item.text = part;
      setting.items.push_back(std::move(item));
      start = comma + 1;
    }
    return setting;
  }

  const Environment& environment_;
  Config& config_;
  std::vector<Diagnostic>& faults_;
};

void apply_flags(const ConfigFlags& flags, Config& config) {
  if (flags.yaml) config.engine.yaml = *flags.yaml;
  if (flags.database) {
    config.engine.database = *flags.database;
    config.database_from_environment = false;
  }
  if (flags.replica) {
    config.engine.replica = *flags.replica;
    config.engine.replica_configured = true;
  }
}

}  // namespace

Environment process_environment() {
  Environment result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with(kPrefix) || name == "DATABASE_URL")
      result.emplace_back(std::string(name), std::string(text.substr(equals + 1)));
  }
  return result;
}

std::variant<Config, ConfigFaults> load_config(const ConfigFlags& flags, const Environment& environment) {
  Config config;
  std::vector<Diagnostic> faults;
  FoundFile file = find_config_file(flags);
  if (!file.path.empty()) apply_file(file, config, faults);
  config.file = std::move(file.path);
  EnvironmentReader(environment, config, faults).read();
  if (!faults.empty()) return ConfigFaults{std::move(faults)};
  apply_flags(flags, config);
  if (config.daemon.interval.count() > 0)
    config.engine.full_check_interval = std::chrono::ceil<std::chrono::seconds>(
        config.daemon.interval * config.daemon.full_check_every);
  return config;
}

std::string commented_config(const std::vector<std::pair<std::string, std::string>>& active) {
  std::string text =
      "# lockstep.yml: every key is optional. A line that starts with `#` shows the default.\n"
      "# Paths are relative to this file. Flags and LOCKSTEP_… variables override what stands here.\n";
  const auto value_of = [&](std::string_view name) -> const std::string* {
    for (const auto& [known, value] : active)
      if (known == name) return &value;
    return nullptr;
  };
  for (const ConfigKey& key : config_keys()) {
    text += "\n";
    if (!key.meaning.empty()) text += "# " + std::string(key.meaning) + "\n";
    const std::string* const value = value_of(key.name);
    text += (value ? "" : "# ") + std::string(key.name) + ": " + (value ? *value : std::string(key.default_text));
    while (text.ends_with(' ')) text.pop_back();
    text += "\n";
    if (key.name != "on_yaml_delete") continue;
    // `fields` has no row in the table of keys: its entries are read by name and its owners are part of the schema.
    const std::string* const fields = value_of("fields");
    text += "\n# whose value of a field goes to the other side, always: yaml, database, or shared (the default)\n";
    text += fields ? "fields:\n" + *fields : "# fields:\n#   status: {owner: database}\n#   next_run_at: {owner: database}\n";
  }
  return text;
}

}  // namespace lockstep::config
