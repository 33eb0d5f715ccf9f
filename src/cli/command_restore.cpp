#include <sys/stat.h>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "model/error.hpp"

namespace lockstep::cli {
namespace {

struct Backup {
  std::string path;
  std::int64_t size = 0;
  Timestamp modified;
};

Backup look_at(const std::string& path) {
  Backup backup;
  backup.path = path;
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return backup;
  backup.size = found.st_size;
  backup.modified.micros = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000 + found.st_mtim.tv_nsec / 1000;
  return backup;
}

Exit list_backups(Session& session) {
  Terminal& terminal = session.terminal();
  Json list = Json::array();
  std::string text;
  for (const std::string& path : session.engine(false).backups()) {
    const Backup backup = look_at(path);
    Json object = Json::object();
    object.set("path", Json::string(backup.path));
    object.set("size", Json::number(backup.size));
    object.set("modified_at", Json::string(format_rfc3339(backup.modified)));
    list.items.push_back(std::move(object));
    text += shown_time(backup.modified) + " UTC  " + padded(std::to_string(backup.size) + " bytes", 16) + "  " +
            escaped(backup.path) + "\n";
  }
  if (text.empty()) text = "There are no backups: lockstep has not written the file so far.\n";
  if (terminal.json()) terminal.document(list);
  else terminal.print(text);
  return Exit::done;
}

}  // namespace

Exit run_restore(Session& session, const RestoreOptions& options) {
  if (options.list) return list_backups(session);
  Terminal& terminal = session.terminal();
  std::string path = options.path;
  if (path.empty()) {
    const std::vector<std::string> backups = session.engine(true).backups();
    if (backups.empty())
      throw Error({ErrorCode::not_found, "restore", session.config().engine.yaml, "there is no backup",
                   "name a file: lockstep restore PATH", false});
    path = backups.front();
  }
  return std::visit(
      Overloaded{[&](const SyncResult& result) {
                   return report_sync(session, result, "Restored from " + escaped(path));
                 },
                 [&](const auto& outcome) { return fail(terminal, outcome); }},
      session.engine(true).restore(path));
}

}  // namespace lockstep::cli
