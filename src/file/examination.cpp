#include "file/examination.hpp"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>

#include <optional>

#include "file/file_io.hpp"
#include "file/safe_file.hpp"

namespace lockstep {
namespace {

using Level = Finding::Level;

Finding examine_rights(FileSystem& files, const std::string& path) {
  const auto reason = SafeFile(files, path).read_only_reason();
  if (!reason) return {Level::ok, "file rights", "this user may write the file and its folder", ""};
  return {
      Level::warning, "file rights", *reason + ": the YAML's changes reach the database, the database's changes wait",
      "let lockstep's user write both the file and its folder, where its lock, its backups and each new version stand"};
}

// nullopt: nobody holds it. Not there: nobody does.
std::optional<Finding> examine_lock(FileSystem& files, const std::string& path, Patience& patience) {
  const auto file = open_if_there(files, path, Open::read);
  if (!file) return std::nullopt;
  for (;;) {
    const auto locked = uninterrupted([&] { return file->try_lock(); });
    if (locked) return std::nullopt;
    if (locked.error() != EAGAIN)
      return Finding{Level::warning, "lock",
                     path + " cannot be locked here: " + file_error(locked.error(), "", "").parts().cause,
                     "see to it that nobody else writes the file while lockstep does"};
    if (patience.wait()) continue;
    const auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", path);
    const auto pid = files.holder_of(status.device, status.inode, Holder::lock);
    return Finding{
        Level::fault, "lock",
        "File locked by another process" + (pid ? " (pid " + std::to_string(*pid) + ")" : std::string()) + ": " + path,
        "syncs wait for it and then give up; end that process if it hangs" +
            (pid ? ": `ps -fp " + std::to_string(*pid) + "` shows it" : std::string())};
  }
}

Finding examine_locks(FileSystem& files, const std::string& target, std::chrono::milliseconds at_most) {
  Patience patience(files, at_most);
  for (const std::string& path : {target + ".lock", target})
    if (auto finding = examine_lock(files, path, patience)) return *std::move(finding);
  return {Level::ok, "lock", "nobody holds the file's lock", ""};
}

Finding examine_lease(FileSystem& files, const std::string& target) {
  const auto file = open_or_throw(files, target, Open::read);
  const auto lease = uninterrupted([&] { return file->take_read_lease(); });
  if (lease) {
    file->drop_lease();
    return {Level::ok, "leases", "a lease tells when nobody has the file open for writing", ""};
  }
  if (lease.error() == EAGAIN) {
    const auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", target);
    const auto pid = files.holder_of(status.device, status.inode, Holder::writer);
    return {Level::warning, "leases",
            "a process has the file open for writing" + (pid ? " (pid " + std::to_string(*pid) + ")" : std::string()),
            "it is not read before that process closes it; one that never does keeps every sync away"};
  }
  const bool foreign = lease.error() == EACCES || lease.error() == EPERM;
  return {Level::warning, "leases",
          foreign ? "the file belongs to another user, so this one gets no lease on it: whether somebody is writing it "
                    "is told by "
                    "two looks, 25 ms apart"
                  : "this file system has no leases (" + file_error(lease.error(), "", "").parts().cause +
                        "): whether somebody is writing the file is told by two looks, 25 ms apart",
          foreign ? "run lockstep as the file's owner, or give it the capability CAP_LEASE (packaging/systemd does)"
                  : "save the file by renaming a complete one over it, as editors do, or keep it on a local disk"};
}

}  // namespace

bool is_mount_point(const std::string& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_TYPE, &status) != 0) return false;
  return (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

std::vector<Finding> examine_file(FileSystem& files, const std::string& path, std::chrono::milliseconds patience) {
  const std::string target = resolve_links(files, path);
  std::vector<Finding> findings{examine_rights(files, path)};
  if (!stat_if_there(files, target)) return findings;
  findings.push_back(examine_locks(files, target, patience));
  findings.push_back(examine_lease(files, target));
  if (is_mount_point(target))
    findings.push_back({Level::warning, "mount",
                        target + " is mounted by itself, so it is written in place, not replaced in one step",
                        "mount its folder instead of the file alone"});
  return findings;
}

}  // namespace lockstep
