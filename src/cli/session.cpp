#include "cli/session.hpp"

#include "engine/host.hpp"
#include "file/posix_file_system.hpp"

namespace lockstep::cli {

Session::Session(Config config, ConfigFlags flags, Terminal& terminal)
    : config_(std::move(config)), flags_(std::move(flags)), terminal_(terminal) {}

Session::~Session() = default;

Engine& Session::engine(bool creating) {
  if (engine_) return *engine_;
  StoreOptions options;
  options.table = config_.engine.table;
  options.lock_timeout_ms = config_.engine.lock_timeout.count();
  options.create = creating;
  files_ = std::make_unique<PosixFileSystem>();
  engine_ = std::make_unique<Engine>(config_.engine, *files_, open_store(config_.engine.database, options));
  engine_->act_for(login_name());
  engine_->on_wait([this](const std::string& what) { terminal_.message(escaped(what) + "\n"); });
  engine_->on_progress([this](double fraction, std::string_view stage) { terminal_.progress(fraction, stage); });
  return *engine_;
}

}  // namespace lockstep::cli
