// Owner, group, mode, ACL and extended attributes from file to file.
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "file/posix_file.hpp"

namespace lockstep {
namespace {

constexpr std::string_view kAccessAcl = "system.posix_acl_access";

bool without_attributes(int error) { return error == ENOTSUP || error == ENOSYS; }

// Names as the system gives them, each ended by NUL; nullopt with errno set.
std::optional<std::vector<std::string>> attribute_names(int descriptor) {
  std::string names;
  for (;;) {
    const auto size = ::flistxattr(descriptor, nullptr, 0);
    if (size < 0) return std::nullopt;
    names.resize(static_cast<std::size_t>(size));
    const auto got = ::flistxattr(descriptor, names.data(), names.size());
    if (got < 0 && errno == ERANGE) continue;  // grew meanwhile
    if (got < 0) return std::nullopt;
    names.resize(static_cast<std::size_t>(got));
    break;
  }
  std::vector<std::string> result;
  for (std::size_t at = 0; at < names.size();) {
    result.emplace_back(names.c_str() + at);
    at += result.back().size() + 1;
  }
  return result;
}

std::optional<std::string> attribute(int descriptor, const std::string& name) {
  std::string value;
  for (;;) {
    const auto size = ::fgetxattr(descriptor, name.c_str(), nullptr, 0);
    if (size < 0) return std::nullopt;
    value.resize(static_cast<std::size_t>(size));
    const auto got = ::fgetxattr(descriptor, name.c_str(), value.data(), value.size());
    if (got < 0 && errno == ERANGE) continue;
    if (got < 0) return std::nullopt;
    value.resize(static_cast<std::size_t>(got));
    return value;
  }
}

// Labels of security modules and of root are theirs to give: the system sets what belongs on a new file,
// and refuses the copy to others.
bool may_stay_behind(const std::string& name, int error) {
  const bool not_ours = name.starts_with("security.") || name.starts_with("trusted.");
  return not_ours && (error == EPERM || error == EACCES || error == EINVAL || without_attributes(error));
}

int copy_extended_attributes(int from, int to) {
  const auto names = attribute_names(from);
  if (!names) return without_attributes(errno) ? 0 : errno;
  bool has_acl = false;
  for (const auto& name : *names) {
    has_acl = has_acl || name == kAccessAcl;
    const auto value = attribute(from, name);
    if (!value) {
      if (errno == ENODATA || may_stay_behind(name, errno)) continue;
      return errno;
    }
    if (::fsetxattr(to, name.c_str(), value->data(), value->size(), 0) != 0 && !may_stay_behind(name, errno)) return errno;
  }
  // A default ACL of the folder gave the new file one that the old file does not have.
  if (!has_acl && ::fremovexattr(to, kAccessAcl.data()) != 0 && errno != ENODATA && !without_attributes(errno)) return errno;
  return 0;
}

}  // namespace

int copy_attributes(int from, int to) {
  struct ::stat source {}, present {};
  if (::fstat(from, &source) != 0 || ::fstat(to, &present) != 0) return errno;
  auto mode = source.st_mode & 07777U;

  // Only root can give a file away, so another user's file becomes that of the user who runs lockstep, as
  // with any editor that saves by renaming. The group can be kept by its members. Where it cannot, its
  // rights would fall to another group: that one gets only what everybody has.
  const bool same_owner = present.st_uid == source.st_uid;
  const bool same_group = present.st_gid == source.st_gid;
  bool group_kept = true;
  if (!same_owner || !same_group) {
    if (::fchown(to, source.st_uid, source.st_gid) != 0) {
      if (errno != EPERM && errno != EINVAL) return errno;
      mode &= ~06000U;  // set-id bits speak of an owner that is not kept
      group_kept = same_group || ::fchown(to, static_cast<uid_t>(-1), source.st_gid) == 0;
    }
  }
  if (!group_kept) mode = (mode & ~070U) | (mode & ((mode & 07U) << 3U));

  if (const auto error = copy_extended_attributes(from, to); error != 0) return error;
  // With an ACL these bits are its mask: set after it they say the same, unless the group is lost, when the
  // mask narrows every named entry too.
  return ::fchmod(to, mode) == 0 ? 0 : errno;
}

}  // namespace lockstep
