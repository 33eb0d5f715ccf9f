#include "config/config_keys.hpp"

#include <array>

#include "config/field_names.hpp"
#include "model/cron.hpp"
#include "model/suggest.hpp"
#include "model/validation.hpp"

namespace lockstep::config {
namespace {

using std::chrono::milliseconds;

// Stores what was read; the fault if there was one.
template <typename T, typename Target>
std::optional<Fault> store(Parsed<T> parsed, Target& target) {
  if (Fault* fault = std::get_if<Fault>(&parsed)) return std::move(*fault);
  target = static_cast<Target>(std::get<T>(std::move(parsed)));
  return std::nullopt;
}

template <auto Member>
std::optional<Fault> apply_text(Config& c, const Setting& s) { return store(parse_text(s), c.engine.*Member); }
template <auto Member>
std::optional<Fault> apply_daemon_path(Config& c, const Setting& s) { return store(parse_path(s), c.daemon.*Member); }
template <auto Member>
std::optional<Fault> apply_daemon_list(Config& c, const Setting& s) { return store(parse_list(s), c.daemon.*Member); }
template <auto Member>
std::optional<Fault> apply_daemon_size(Config& c, const Setting& s) { return store(parse_size(s), c.daemon.*Member); }
template <auto Member>
std::optional<Fault> apply_daemon_duration(Config& c, const Setting& s) {
  return store(parse_duration(s), c.daemon.*Member);
}
template <auto Member, std::int64_t Least, std::int64_t Most>
std::optional<Fault> apply_daemon_integer(Config& c, const Setting& s) {
  return store(parse_integer(s, Least, Most), c.daemon.*Member);
}

std::optional<Fault> apply_replica(Config& c, const Setting& s) {
  c.engine.replica_configured = true;
  return store(parse_text(s), c.engine.replica);
}

std::optional<Fault> apply_timezone(Config& c, const Setting& s) {
  std::optional<Fault> fault = store(parse_text(s), c.engine.timezone);
  if (!fault && c.engine.timezone != "UTC" && !TimeZone::find(c.engine.timezone))
    fault = Fault{"there is no time zone " + quoted_for_message(c.engine.timezone) +
                  "; write a name such as Europe/Berlin (package tzdata has them)"};
  return fault;
}

std::optional<Fault> apply_history_days(Config& c, const Setting& s) {
  Parsed<milliseconds> age = parse_duration(s, std::chrono::hours(24));
  if (Fault* fault = std::get_if<Fault>(&age)) return std::move(*fault);
  c.engine.history_age = std::chrono::duration_cast<std::chrono::seconds>(std::get<milliseconds>(age));
  return std::nullopt;
}

constexpr std::int64_t kMany = 1'000'000'000;

// In the order of docs/CONFIGURATION.md, which `init` prints.
constexpr std::array kKeys{
    ConfigKey{"yaml", "config/schedule_config.yml", "the schedule file",
              [](Config& c, const Setting& s) { return store(parse_path(s), c.engine.yaml); }},
    ConfigKey{"database", "sqlite:lockstep.db", "the database's URL: sqlite:PATH or postgresql://user@host/name",
              [](Config& c, const Setting& s) { return store(parse_database(s), c.engine.database); }},
    ConfigKey{"table", "scheduled_tasks", "the task table, with schema if need be", apply_text<&Settings::table>},
    ConfigKey{"replica", "default", "this file's name in the database; files that share a database need one each",
              apply_replica},
    ConfigKey{"timezone", "UTC", "in which cron expressions are read", apply_timezone},
    ConfigKey{"yaml_version", "strict", "how to read scalars on which YAML 1.1 and 1.2 differ: 1.1, 1.2, or strict (an error)",
              [](Config& c, const Setting& s) {
                return store(parse_choice<YamlVersion>(
                                 s, {{"strict", YamlVersion::strict}, {"1.1", YamlVersion::v1_1}, {"1.2", YamlVersion::v1_2}}),
                             c.engine.yaml_version);
              }},
    ConfigKey{"auto_merge", "true", "settle changes of different fields of one task without asking",
              [](Config& c, const Setting& s) { return store(parse_boolean(s), c.engine.auto_merge); }},
    ConfigKey{"max_delete", "50%", "a sync that would delete more (and more than 5 tasks, or all of 2 or more) stops",
              [](Config& c, const Setting& s) { return store(parse_percent(s), c.engine.max_delete_percent); }},
    ConfigKey{"on_yaml_delete", "delete", "what becomes of the row of a task removed from the YAML: delete, disable, ignore",
              [](Config& c, const Setting& s) {
                return store(parse_choice<OnYamlDelete>(s, {{"delete", OnYamlDelete::remove},
                                                            {"disable", OnYamlDelete::disable},
                                                            {"ignore", OnYamlDelete::ignore}}),
                             c.engine.on_yaml_delete);
              }},
    ConfigKey{"lock_timeout", "10s", "how long a run waits in all: for locks of the file or the database, for a server",
              [](Config& c, const Setting& s) { return store(parse_duration(s), c.engine.lock_timeout); }},
    ConfigKey{"settle", "20ms", "quiet time after the last event before a changed file is read",
              apply_daemon_duration<&DaemonSettings::settle>},
    ConfigKey{"settle_deletions", "1s", "quiet time before tasks that are gone from a file count as deleted",
              [](Config& c, const Setting& s) { return store(parse_duration(s), c.engine.settle_deletions); }},
    ConfigKey{"interval", "5m", "safety-net sync of the daemon; 0 = off",
              apply_daemon_duration<&DaemonSettings::interval>},
    ConfigKey{"full_check_every", "12", "every n-th of those compares everything",
              apply_daemon_integer<&DaemonSettings::full_check_every, 1, kMany>},
    ConfigKey{"triggers", "auto", "change trigger in the database: auto, true, false",
              [](Config& c, const Setting& s) {
                return store(parse_choice<Settings::Triggers>(s, {{"auto", Settings::Triggers::automatic},
                                                                  {"true", Settings::Triggers::required},
                                                                  {"false", Settings::Triggers::never}}),
                             c.engine.triggers);
              }},
    ConfigKey{"backups", "10", "older versions of the file kept besides .bak",
              [](Config& c, const Setting& s) { return store(parse_integer(s, 0, 10'000), c.engine.backups); }},
    ConfigKey{"history_days", "30d", "how long runs are kept", apply_history_days},
    ConfigKey{"history_size", "1GiB", "and up to which size",
              [](Config& c, const Setting& s) { return store(parse_size(s), c.engine.history_size); }},
    ConfigKey{"max_file_size", "256MiB", "a larger schedule file is refused",
              [](Config& c, const Setting& s) { return store(parse_size(s), c.engine.max_file_size); }},
    ConfigKey{"listen", "localhost:8000", "HOST:PORT, [::1]:PORT, unix:PATH, or a list of these",
              [](Config& c, const Setting& s) { return store(parse_listen(s), c.daemon.listen); }},
    ConfigKey{"token_file", "", "file with the token that requests must carry",
              apply_daemon_path<&DaemonSettings::token_file>},
    ConfigKey{"read_token_file", "", "file with a token that may only read",
              apply_daemon_path<&DaemonSettings::read_token_file>},
    ConfigKey{"insecure_no_auth", "false", "listen beyond loopback without a token",
              [](Config& c, const Setting& s) { return store(parse_boolean(s), c.daemon.insecure_no_auth); }},
    ConfigKey{"allowed_hosts", "[]", "further names under which the server may be addressed",
              apply_daemon_list<&DaemonSettings::allowed_hosts>},
    ConfigKey{"cors_origins", "[]", "origins of other sites whose pages may call the API",
              apply_daemon_list<&DaemonSettings::cors_origins>},
    ConfigKey{"max_body", "8MiB", "largest request body", apply_daemon_size<&DaemonSettings::max_body>},
    ConfigKey{"max_header", "16KiB", "largest request header", apply_daemon_size<&DaemonSettings::max_header>},
    ConfigKey{"max_connections", "20000", "", apply_daemon_integer<&DaemonSettings::max_connections, 1, kMany>},
    ConfigKey{"idle_timeout", "60s", "", apply_daemon_duration<&DaemonSettings::idle_timeout>},
    ConfigKey{"header_timeout", "10s", "for the header of a request", apply_daemon_duration<&DaemonSettings::header_timeout>},
    ConfigKey{"max_json_depth", "64", "of a request's body", apply_daemon_integer<&DaemonSettings::max_json_depth, 1, 10'000>},
    ConfigKey{"log_level", "info", "trace, debug, info, warn, error",
              [](Config& c, const Setting& s) {
                return store(parse_choice<LogLevel>(s, {{"trace", LogLevel::trace},
                                                        {"debug", LogLevel::debug},
                                                        {"info", LogLevel::info},
                                                        {"warn", LogLevel::warn},
                                                        {"error", LogLevel::error}}),
                             c.daemon.log_level);
              }},
    ConfigKey{"log_format", "text", "text, json",
              [](Config& c, const Setting& s) {
                return store(parse_choice<LogFormat>(s, {{"text", LogFormat::text}, {"json", LogFormat::json}}),
                             c.daemon.log_format);
              }},
};

constexpr std::string_view kFieldsKey = "fields";
constexpr std::string_view kFieldsPrefix = "fields.";
constexpr std::string_view kOwnerSuffix = ".owner";

Fault unknown_key(std::string_view name) {
  std::vector<std::string_view> names{kFieldsKey};
  for (const ConfigKey& key : kKeys) names.push_back(key.name);
  return {"unknown key " + quoted_for_message(name) + suggestion(name, names)};
}

// `name`: what stands behind `fields.`.
AppliedSetting apply_field_setting(Config& config, std::string_view name, const Setting& setting) {
  const std::string_view field_name = name.substr(0, name.find('.'));
  const std::optional<Field> field = field_by_name(field_name);
  if (!field) return {Fault{unknown_field(field_name)}, field_name == name ? FaultAt::key : FaultAt::parent};
  const std::string_view rest = name.substr(field_name.size());
  if (rest.empty())
    return {Fault{"write `" + std::string(field_name) + ": {owner: database}`, or yaml, or shared"}, FaultAt::value};
  if (rest != kOwnerSuffix)
    return {Fault{"unknown key " + quoted_for_message(rest.substr(1)) + "; did you mean \"owner\"?"}, FaultAt::key};
  const auto index = static_cast<std::size_t>(*field);
  return {store(parse_choice<Owner>(
                    setting, {{"shared", Owner::shared}, {"yaml", Owner::yaml}, {"database", Owner::database}}),
                config.engine.owners[index]),
          FaultAt::value};
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

AppliedSetting apply_setting(Config& config, std::string_view name, const Setting& setting) {
  for (const ConfigKey& key : kKeys)
    if (key.name == name) return {key.apply(config, setting), FaultAt::value};
  if (name == kFieldsKey)
    return {Fault{"expected a mapping such as `fields: {status: {owner: database}}`"}, FaultAt::value};
  if (name.starts_with(kFieldsPrefix)) return apply_field_setting(config, name.substr(kFieldsPrefix.size()), setting);
  return {unknown_key(name), FaultAt::key};
}

}  // namespace lockstep::config
