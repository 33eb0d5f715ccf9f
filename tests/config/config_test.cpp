#include "config/config.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/config_keys.hpp"
#include "model/error.hpp"

namespace lockstep::config {
namespace {

using namespace std::chrono_literals;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    std::string name = (std::filesystem::temp_directory_path() / "lockstep-config-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    const std::string path = folder_ + "/lockstep.yml";
    std::ofstream(path) << text;
    return path;
  }
  std::variant<Config, ConfigFaults> load(const std::string& text, const Environment& environment = {}) {
    ConfigFlags flags;
    flags.config = write(text);
    return load_config(flags, environment);
  }
  Config loaded(const std::string& text, const Environment& environment = {}) {
    auto result = load(text, environment);
    if (const auto* faults = std::get_if<ConfigFaults>(&result)) {
      ADD_FAILURE() << format_diagnostic(faults->faults.front(), true);
      return {};
    }
    return std::get<Config>(result);
  }
  Diagnostic only_fault(const std::string& text, const Environment& environment = {}) {
    auto result = load(text, environment);
    const auto* faults = std::get_if<ConfigFaults>(&result);
    if (faults == nullptr || faults->faults.size() != 1) {
      ADD_FAILURE() << "expected one fault in:\n" << text;
      return {};
    }
    return faults->faults.front();
  }

  std::string folder_;
};

TEST_F(ConfigTest, DefaultsAreThoseOfTheDocumentation) {
  const Config config = loaded("");
  EXPECT_EQ(config.engine.yaml, "config/schedule_config.yml");
  EXPECT_EQ(config.engine.database, "sqlite:lockstep.db");
  EXPECT_EQ(config.engine.replica, "default");
  EXPECT_FALSE(config.engine.replica_configured);
  EXPECT_EQ(config.daemon.listen, std::vector<std::string>{"localhost:8000"});
  EXPECT_EQ(config.daemon.max_json_depth, 64);
  EXPECT_EQ(config.file, folder_ + "/lockstep.yml");
}

// The texts that `init` prints as defaults are what the structures hold.
TEST_F(ConfigTest, EveryKeysDefaultTextGivesTheDefault) {
  std::string text;
  for (const ConfigKey& key : config_keys())
    if (!key.default_text.empty()) text += std::string(key.name) + ": " + std::string(key.default_text) + "\n";
  const Config written = loaded(text);
  const Config defaults = loaded("# nothing\n");
  EXPECT_EQ(written.engine.yaml, folder_ + "/" + defaults.engine.yaml);
  EXPECT_EQ(written.engine.database, "sqlite:" + folder_ + "/lockstep.db");
  EXPECT_EQ(written.engine.table, defaults.engine.table);
  EXPECT_EQ(written.engine.timezone, defaults.engine.timezone);
  EXPECT_EQ(written.engine.yaml_version, defaults.engine.yaml_version);
  EXPECT_EQ(written.engine.auto_merge, defaults.engine.auto_merge);
  EXPECT_EQ(written.engine.max_delete_percent, defaults.engine.max_delete_percent);
  EXPECT_EQ(written.engine.on_yaml_delete, defaults.engine.on_yaml_delete);
  EXPECT_EQ(written.engine.lock_timeout, defaults.engine.lock_timeout);
  EXPECT_EQ(written.engine.settle_deletions, defaults.engine.settle_deletions);
  EXPECT_EQ(written.engine.backups, defaults.engine.backups);
  EXPECT_EQ(written.engine.history_age, defaults.engine.history_age);
  EXPECT_EQ(written.engine.history_size, defaults.engine.history_size);
  EXPECT_EQ(written.engine.max_file_size, defaults.engine.max_file_size);
  EXPECT_EQ(written.daemon.settle, defaults.daemon.settle);
  EXPECT_EQ(written.daemon.interval, defaults.daemon.interval);
  EXPECT_EQ(written.daemon.full_check_every, defaults.daemon.full_check_every);
  EXPECT_EQ(written.engine.triggers, defaults.engine.triggers);
  EXPECT_EQ(written.daemon.listen, defaults.daemon.listen);
  EXPECT_EQ(written.daemon.insecure_no_auth, defaults.daemon.insecure_no_auth);
  EXPECT_EQ(written.daemon.allowed_hosts, defaults.daemon.allowed_hosts);
  EXPECT_EQ(written.daemon.cors_origins, defaults.daemon.cors_origins);
  EXPECT_EQ(written.daemon.max_body, defaults.daemon.max_body);
  EXPECT_EQ(written.daemon.max_header, defaults.daemon.max_header);
  EXPECT_EQ(written.daemon.max_connections, defaults.daemon.max_connections);
  EXPECT_EQ(written.daemon.idle_timeout, defaults.daemon.idle_timeout);
  EXPECT_EQ(written.daemon.header_timeout, defaults.daemon.header_timeout);
  EXPECT_EQ(written.daemon.max_json_depth, defaults.daemon.max_json_depth);
  EXPECT_EQ(written.daemon.log_level, defaults.daemon.log_level);
  EXPECT_EQ(written.daemon.log_format, defaults.daemon.log_format);
}

TEST_F(ConfigTest, ReadsEveryKindOfValue) {
  const Config config = loaded(R"(
replica: office
yaml_version: 1.1
auto_merge: false
max_delete: 12.5%
on_yaml_delete: disable
lock_timeout: 500ms
settle_deletions: 2s
history_days: 7
history_size: 16KiB
interval: 0
triggers: false
listen: ["[::1]:80", "unix:run/lockstep.sock", 0.0.0.0:8000]
cors_origins: https://example.org
token_file: secrets/token
log_level: debug
fields:
  status: {owner: database}
  skill_name:
    owner: yaml
)");
  EXPECT_EQ(config.engine.replica, "office");
  EXPECT_TRUE(config.engine.replica_configured);
  EXPECT_EQ(config.engine.yaml_version, YamlVersion::v1_1);
  EXPECT_FALSE(config.engine.auto_merge);
  EXPECT_EQ(config.engine.max_delete_percent, 12.5);
  EXPECT_EQ(config.engine.on_yaml_delete, OnYamlDelete::disable);
  EXPECT_EQ(config.engine.lock_timeout, 500ms);
  EXPECT_EQ(config.engine.settle_deletions, 2s);
  EXPECT_EQ(config.engine.history_age, std::chrono::hours(7 * 24));
  EXPECT_EQ(config.engine.history_size, 16384U);
  EXPECT_EQ(config.daemon.interval, 0ms);
  EXPECT_EQ(config.engine.triggers, Settings::Triggers::never);
  const std::vector<std::string> listen{"[::1]:80", "unix:" + folder_ + "/run/lockstep.sock", "0.0.0.0:8000"};
  EXPECT_EQ(config.daemon.listen, listen);
  EXPECT_EQ(config.daemon.cors_origins, std::vector<std::string>{"https://example.org"});
  EXPECT_EQ(config.daemon.token_file, folder_ + "/secrets/token");
  EXPECT_EQ(config.daemon.log_level, LogLevel::debug);
  EXPECT_EQ(config.engine.owners[static_cast<std::size_t>(Field::status)], Owner::database);
  EXPECT_EQ(config.engine.owners[static_cast<std::size_t>(Field::skill_name)], Owner::yaml);
  EXPECT_EQ(config.engine.owners[static_cast<std::size_t>(Field::user_id)], Owner::shared);
}

TEST_F(ConfigTest, PathsInTheFileAreRelativeToIt) {
  EXPECT_EQ(loaded("yaml: a/b.yml\ndatabase: sqlite:x.db\n").engine.yaml, folder_ + "/a/b.yml");
  EXPECT_EQ(loaded("database: sqlite:x.db\n").engine.database, "sqlite:" + folder_ + "/x.db");
  EXPECT_EQ(loaded("database: sqlite:///x.db\n").engine.database, "sqlite:///" + folder_ + "/x.db");
  EXPECT_EQ(loaded("database: sqlite+aiosqlite:///x.db?timeout=5\n").engine.database,
            "sqlite+aiosqlite:///" + folder_ + "/x.db?timeout=5");
  EXPECT_EQ(loaded("database: sqlite:////var/x.db\n").engine.database, "sqlite:////var/x.db");
  EXPECT_EQ(loaded("database: sqlite:/var/x.db\n").engine.database, "sqlite:/var/x.db");
  EXPECT_EQ(loaded("database: postgresql://h/d\n").engine.database, "postgresql://h/d");
  EXPECT_EQ(loaded("yaml: /etc/s.yml\n").engine.yaml, "/etc/s.yml");
}

TEST_F(ConfigTest, AVariableThatMeansNothingIsNamedWithTheNearestThatDoes) {
  const Environment environment{{"LOCKSTEP_LOCK_TIMEOT", "2s"},      {"LOCKSTEP_FIELDS_STATUS_OWNR", "yaml"},
                                {"LOCKSTEP_COLOUR_OF_SKY", "blue"},  {"LOCKSTEP_LOCK_TIMEOUT", "1s"},
                                {"LOCKSTEP_DATABASE", "sqlite:x.db"}, {"LOCKSTEP_SYNC_FOLDER", "/srv"},
                                {"LOCKSTEP_PROGRAM", "lockstep"},    {"LOCKSTEP_INTERVALL", ""}};
  const std::vector<std::string> expected{
      "the environment variable LOCKSTEP_LOCK_TIMEOT means nothing to lockstep; did you mean \"LOCKSTEP_LOCK_TIMEOUT\"?",
      "the environment variable LOCKSTEP_FIELDS_STATUS_OWNR means nothing to lockstep; did you mean "
      "\"LOCKSTEP_FIELDS_STATUS_OWNER\"?",
      "the environment variable LOCKSTEP_COLOUR_OF_SKY means nothing to lockstep"};
  EXPECT_EQ(loaded("# nothing\n", environment).warnings, expected);
}

TEST_F(ConfigTest, EnvironmentOverridesTheFileAndFlagsOverrideBoth) {
  const std::string text = "yaml: file.yml\ndatabase: sqlite:file.db\nreplica: file\nlock_timeout: 1s\n";
  const Environment environment{{"LOCKSTEP_YAML", "env.yml"},        {"DATABASE_URL", "postgresql://general/d"},
                                {"LOCKSTEP_REPLICA", "env"},         {"LOCKSTEP_LOCK_TIMEOUT", "2s"},
                                {"LOCKSTEP_LISTEN", "a:1, b:2"},     {"LOCKSTEP_TOKEN", "secret"},
                                {"LOCKSTEP_AUTO_MERGE", "false"},    {"LOCKSTEP_FIELDS_STATUS_OWNER", "database"},
                                {"LOCKSTEP_MAX_DELETE", ""},         {"LOCKSTEP_BACKUPS", "3"}};
  const Config config = loaded(text, environment);
  EXPECT_EQ(config.engine.yaml, "env.yml");
  EXPECT_EQ(config.engine.database, "postgresql://general/d");
  EXPECT_TRUE(config.database_from_environment);
  EXPECT_EQ(config.engine.replica, "env");
  EXPECT_EQ(config.engine.lock_timeout, 2s);
  EXPECT_EQ(config.engine.max_delete_percent, 50);
  EXPECT_EQ(config.engine.backups, 3);
  EXPECT_FALSE(config.engine.auto_merge);
  EXPECT_EQ(config.engine.owners[static_cast<std::size_t>(Field::status)], Owner::database);
  EXPECT_EQ(config.daemon.listen, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(config.daemon.token, "secret");

  ConfigFlags flags;
  flags.config = write(text);
  flags.yaml = "flag.yml";
  flags.database = "sqlite:flag.db";
  flags.replica = "flag";
  const Config flagged = std::get<Config>(load_config(flags, environment));
  EXPECT_EQ(flagged.engine.yaml, "flag.yml");
  EXPECT_EQ(flagged.engine.database, "sqlite:flag.db");
  EXPECT_FALSE(flagged.database_from_environment);
  EXPECT_EQ(flagged.engine.replica, "flag");
}

TEST_F(ConfigTest, LockstepsOwnVariableWinsOverTheGeneralOne) {
  const Environment environment{{"DATABASE_URL", "postgresql://general/d"},
                                {"LOCKSTEP_DATABASE_URL", "postgresql://own/d"}};
  EXPECT_EQ(loaded("", environment).engine.database, "postgresql://own/d");
}

TEST_F(ConfigTest, FaultsInTheEnvironmentNameTheVariable) {
  const Diagnostic fault = only_fault("", {{"LOCKSTEP_INTERVAL", "soon"}});
  EXPECT_EQ(fault.file, "environment variable LOCKSTEP_INTERVAL");
  EXPECT_NE(fault.message.find("soon"), std::string::npos);
}

TEST_F(ConfigTest, UnknownKeyNamesTheNearestAndItsPlace) {
  const Diagnostic fault = only_fault("yaml: a.yml\nintervall: 5m\n");
  EXPECT_EQ(fault.line, 2U);
  EXPECT_EQ(fault.column, 1U);
  EXPECT_EQ(fault.length, 9U);
  EXPECT_EQ(fault.source_line, "intervall: 5m");
  EXPECT_NE(fault.message.find("did you mean \"interval\"?"), std::string::npos) << fault.message;
}

struct FaultCase {
  const char* name;
  const char* text;
  std::size_t line, column;
  const char* says;
};

class ConfigFaultTest : public ConfigTest, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(ConfigFaultTest, HasItsPlaceAndSaysWhatToWrite) {
  const FaultCase& expected = GetParam();
  const Diagnostic fault = only_fault(expected.text);
  EXPECT_EQ(fault.line, expected.line);
  EXPECT_EQ(fault.column, expected.column);
  EXPECT_NE(fault.message.find(expected.says), std::string::npos) << fault.message;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ConfigFaultTest,
    ::testing::Values(
        FaultCase{"BooleanWord", "auto_merge: yes\n", 1, 13, "true or false"},
        FaultCase{"QuotedBoolean", "auto_merge: \"true\"\n", 1, 13, "true or false"},
        FaultCase{"NumberAsText", "replica: 5\n", 1, 10, "quote it"},
        FaultCase{"NoValue", "yaml:\n", 1, 6, "found no value"},
        FaultCase{"ListAsText", "yaml: [a]\n", 1, 7, "found a list"},
        FaultCase{"MappingAsText", "table: {a: b}\n", 1, 8, "found a mapping"},
        FaultCase{"DurationWithoutUnit", "interval: 10\n", 1, 11, "10s"},
        FaultCase{"DurationOfWrongUnit", "interval: 10x\n", 1, 11, "500ms"},
        FaultCase{"NegativeDuration", "interval: -5s\n", 1, 11, "500ms"},
        FaultCase{"DurationTooLong", "interval: 99999999999d\n", 1, 11, "36500d"},
        FaultCase{"SizeOfWrongUnit", "max_body: 8 MegaByte\n", 1, 11, "8MiB"},
        FaultCase{"SizeTooLarge", "max_body: 99999999999GiB\n", 1, 11, "too large"},
        FaultCase{"PercentTooHigh", "max_delete: 101%\n", 1, 13, "0 to 100"},
        FaultCase{"PercentNotANumber", "max_delete: nan\n", 1, 13, "0 to 100"},
        FaultCase{"IntegerFraction", "backups: 1.5\n", 1, 10, "whole number"},
        FaultCase{"IntegerOutOfRange", "full_check_every: 0\n", 1, 19, "from 1"},
        FaultCase{"UnknownChoice", "on_yaml_delete: keep\n", 1, 17, "delete, disable or ignore"},
        FaultCase{"UnknownZone", "timezone: Europe/Atlantis\n", 1, 11, "Europe/Atlantis"},
        FaultCase{"ListenWithoutPort", "listen: localhost\n", 1, 9, "HOST:PORT"},
        FaultCase{"ListenBarePort6", "listen: ::1:80\n", 1, 9, "[::1]:PORT"},
        FaultCase{"ListenPortTooHigh", "listen: a:70000\n", 1, 9, "HOST:PORT"},
        FaultCase{"UnknownOwner", "fields: {status: {owner: db}}\n", 1, 26, "shared, yaml or database"},
        FaultCase{"UnknownField", "fields: {statsu: {owner: yaml}}\n", 1, 10, "did you mean \"status\"?"},
        FaultCase{"FieldWithoutOwner", "fields: {status: database}\n", 1, 18, "{owner: database}"},
        FaultCase{"UnknownFieldKey", "fields: {status: {ownr: yaml}}\n", 1, 19, "did you mean \"owner\"?"},
        FaultCase{"FieldsNotAMapping", "fields: [status]\n", 1, 9, "expected a mapping"},
        FaultCase{"DuplicateKey", "yaml: a\nyaml: b\n", 2, 1, "stands twice"},
        FaultCase{"NotAMapping", "- yaml\n", 1, 1, "key: value"},
        FaultCase{"SeveralDocuments", "yaml: a\n---\nyaml: b\n", 2, 1, "one document"},
        FaultCase{"Alias", "yaml: &a x\ntable: *a\n", 2, 8, "aliases"},
        FaultCase{"BrokenSyntax", "yaml: \"a\n", 2, 1, "end of stream"},
        FaultCase{"TooDeep", "listen: [[[[[[[[[[a]]]]]]]]]]\n", 1, 16, "too deep"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(ConfigTest, AllFaultsAreNamedAtOnceInTheirOrder) {
  auto result = load("intervall: 1\nauto_merge: maybe\nlock_timeout: 5\n");
  const auto* faults = std::get_if<ConfigFaults>(&result);
  ASSERT_NE(faults, nullptr);
  ASSERT_EQ(faults->faults.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(faults->faults[i].line, i + 1);
}

TEST_F(ConfigTest, AFileThatWasNamedMustExist) {
  ConfigFlags flags;
  flags.config = folder_ + "/none.yml";
  try {
    load_config(flags, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
  }
  flags.config_may_be_missing = true;
  EXPECT_TRUE(std::holds_alternative<Config>(load_config(flags, {})));
}

TEST_F(ConfigTest, AFolderInPlaceOfTheFileIsAnError) {
  ConfigFlags flags;
  flags.config = folder_;
  EXPECT_THROW(load_config(flags, {}), Error);
}

TEST_F(ConfigTest, WhatInitWritesIsReadAgain) {
  const std::string text = commented_config(
      {{"yaml", "s.yml"}, {"database", "\"sqlite:odd name.db\""}, {"fields", "  status: {owner: database}\n"}});
  const Config config = loaded(text);
  EXPECT_EQ(config.engine.yaml, folder_ + "/s.yml");
  EXPECT_EQ(config.engine.database, "sqlite:" + folder_ + "/odd name.db");
  EXPECT_EQ(config.engine.owners[static_cast<std::size_t>(Field::status)], Owner::database);
  for (const ConfigKey& key : config_keys()) EXPECT_NE(text.find(std::string(key.name) + ":"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::config
