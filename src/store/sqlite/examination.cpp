#include "store/sqlite/examination.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "file/network_file_system.hpp"

namespace lockstep::sqlite {
namespace {

using Level = Finding::Level;

bool may(const std::string& path, int what) { return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0; }

std::string folder_of(const std::string& path) {
  std::error_code unreadable;  // then without its symlinks
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, unreadable);
  const std::string folder = (unreadable ? std::filesystem::path(path) : real).parent_path().string();
  return folder.empty() ? "." : folder;
}

// What the database consists of. Those that root's cron made may be closed to the daemon's user.
std::optional<Finding> closed_file(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const std::string file = path + suffix;
    if (!std::filesystem::exists(file) || may(file, R_OK | W_OK)) continue;
    return Finding{
        Level::fault, "database rights", "this user may not read and write " + file,
        "run every lockstep as the same user; then give the file to it: chown it, or remove the write protection"};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Finding> examine_files(const std::string& path) {
  const std::string folder = folder_of(path);
  if (!std::filesystem::is_directory(folder))
    return {{Level::fault, "database rights", "there is no folder " + folder, "create it, or mend `database`"}};
  if (!may(folder, W_OK | X_OK))
    return {{Level::fault, "database rights",
             "this user may not write the folder " + folder + ", where SQLite keeps its journal",
             "let lockstep's user write the folder, or put the database elsewhere"}};
  if (auto closed = closed_file(path)) return {*std::move(closed)};
  std::vector<Finding> findings{{Level::ok, "database rights", "this user may write the database and its folder", ""}};
  if (const auto network = why_no_events(folder))
    findings.push_back({Level::fault, "database place", *network + "; SQLite's locks cannot be trusted there",
                        "keep the database on a local disk, or use PostgreSQL for several hosts"});
  return findings;
}

std::vector<Finding> examine_database(Connection& connection) {
  std::vector<Finding> findings;
  Statement mode = connection.prepare("PRAGMA journal_mode");
  mode.step();
  const std::string journal = mode.string(0);
  if (journal == "wal") {
    findings.push_back({Level::ok, "journal mode", "WAL: readers and writers are not in each other's way", ""});
  } else {
    findings.push_back({Level::warning, "journal mode",
                        "\"" + journal +
                            "\": a program that reads keeps others from writing, and the "
                            "other way round",
                        "once: sqlite3 " + connection.path() + " 'PRAGMA journal_mode = WAL'"});
  }
  Statement check = connection.prepare("PRAGMA quick_check(1)");
  if (check.step() && check.text(0) != "ok")
    findings.push_back({Level::fault, "database file", "it is damaged: " + check.string(0),
                        "stop everything that uses it and bring a backup back, or save what can be read: sqlite3 " +
                            connection.path() + " .recover"});
  return findings;
}

}  // namespace lockstep::sqlite
