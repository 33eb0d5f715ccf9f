// What SQLite's result codes mean to lockstep.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "store/sqlite/connection.hpp"

namespace lockstep::sqlite {
namespace {

std::string process_name(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

// The file as /proc/locks writes it: MAJOR:MINOR:INODE, the numbers of the device in hexadecimal.
std::optional<std::string> lock_table_key(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  char device[32];
  std::snprintf(device, sizeof device, "%02x:%02x:", major(status.st_dev), minor(status.st_dev));
  return device + std::to_string(status.st_ino);
}

}  // namespace

std::string describe_lock_holders(const std::string& path) {
  // SQLite locks bytes of the database itself, in WAL mode of its -shm file. Every open connection holds a
  // read lock there; only a write lock is in somebody's way.
  const std::optional<std::string> keys[] = {lock_table_key(path), lock_table_key(path + "-shm")};
  std::ifstream table("/proc/locks");
  std::set<long> pids;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, file;
    long pid = 0;
    if (!(words >> number >> kind >> mode >> access >> pid >> file)) continue;  // `->` lines are waiting processes
    if (access != "WRITE" || pid <= 0) continue;
    for (const auto& key : keys) {
      if (key && file == *key) pids.insert(pid);
    }
  }
  std::string phrase;
  for (const long pid : pids) {
    phrase += (phrase.empty() ? "process " : ", ") + std::to_string(pid);
    if (const std::string name = process_name(pid); !name.empty()) phrase += " (" + name + ")";
  }
  return phrase;
}

Error translate(int extended_code, std::string message, std::string operation, const std::string& path) {
  Error::Parts parts;
  parts.code = ErrorCode::database;
  parts.operation = std::move(operation);
  parts.subject = "the database " + path;
  parts.cause = std::move(message);
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: {
      const std::string holders = describe_lock_holders(path);
      parts.code = ErrorCode::busy;
      parts.retryable = true;
      if (!holders.empty()) parts.cause += ": " + holders + " is writing to it";
      parts.hint = "nothing was written; retry when " + std::string(holders.empty() ? "the other process" : "it") + " is done";
      break;
    }
    case SQLITE_CORRUPT:
      parts.hint = "check it with `PRAGMA integrity_check`, restore it from a backup";
      break;
    case SQLITE_NOTADB:
      parts.hint = "is this path an SQLite database, and not encrypted?";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      parts.code = ErrorCode::permission;
      parts.hint = "this user needs the right to write the file and its folder";
      break;
    case SQLITE_CANTOPEN:
      parts.code = ErrorCode::unreachable;
      parts.hint = "does its folder exist, and may this user read and write there?";
      break;
    case SQLITE_FULL:
      parts.hint = "there is no space left for it";
      break;
    case SQLITE_IOERR:
      parts.code = ErrorCode::io;
      break;
    case SQLITE_MISUSE:
      parts.code = ErrorCode::internal;
      break;
    default:
      break;
  }
  return Error(std::move(parts));
}

}  // namespace lockstep::sqlite
