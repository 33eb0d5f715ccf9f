#include "file/network_file_system.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <array>
#include <cstdint>

namespace lockstep {
namespace {

struct Known {
  std::uint32_t type;
  std::string_view name;
};

// The numbers without a name here are those of statfs(2), or of the file system's own sources.
constexpr std::array kKnown{
    Known{NFS_SUPER_MAGIC, "NFS"},
    Known{SMB_SUPER_MAGIC, "SMB"},
    Known{CIFS_SUPER_MAGIC, "SMB"},
    Known{SMB2_SUPER_MAGIC, "SMB"},
    Known{V9FS_MAGIC, "9p"},
    Known{FUSE_SUPER_MAGIC, "FUSE"},
    Known{CEPH_SUPER_MAGIC, "Ceph"},
    Known{AFS_SUPER_MAGIC, "AFS"},
    Known{AFS_FS_MAGIC, "AFS"},
    Known{CODA_SUPER_MAGIC, "Coda"},
    Known{OCFS2_SUPER_MAGIC, "OCFS2"},
    Known{0x01161970, "GFS2"},
    Known{0x0BD00BD0, "Lustre"},
    Known{0x47504653, "GPFS"},
    Known{0x786F4256, "a VirtualBox shared folder"},
    Known{0xBACBACBC, "a VMware shared folder"},
};

}  // namespace

std::optional<std::string_view> network_file_system(long type) {
  // f_type is signed on some machines, and the numbers have 32 bits.
  const auto number = static_cast<std::uint32_t>(type);
  for (const Known& known : kKnown) {
    if (known.type == number) return known.name;
  }
  return std::nullopt;
}

std::optional<std::string> why_no_events(const std::string& folder) {
  struct statfs status {};
  if (::statfs(folder.c_str(), &status) != 0) return std::nullopt;  // it went away: nothing happens in it
  const auto name = network_file_system(status.f_type);
  if (!name) return std::nullopt;
  return folder + " is on " + std::string(*name) + ", where no event tells of what others change";
}

}  // namespace lockstep
