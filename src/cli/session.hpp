// What every command works with: the configuration, the terminal and, opened on
// first use, the engine. Commands that need no database never touch it.
#pragma once

#include <memory>

#include "cli/commands.hpp"
#include "config/config.hpp"
#include "cli/terminal.hpp"
#include "engine/engine.hpp"

namespace lockstep::cli {

using namespace config;


class Session {
 public:
  Session(Config config, ConfigFlags flags, Terminal& terminal);
  ~Session();

  const Config& config() const { return config_; }
  Config& config() { return config_; }  // before the engine is opened
  const ConfigFlags& flags() const { return flags_; }
  Terminal& terminal() { return terminal_; }

  // `creating`: may create the database's file. Otherwise a missing one is an empty database.
  Engine& engine(bool creating);

 private:
  Config config_;
  ConfigFlags flags_;
  Terminal& terminal_;
  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace lockstep::cli
