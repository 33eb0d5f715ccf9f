#include "file/posix_holder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace lockstep {
namespace {

std::vector<std::string> names_that_are_numbers(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
  if (!stream) return names;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = static_cast<const char*>(entry->d_name);
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) names.push_back(std::move(name));
  }
  return names;
}

// The access mode stands in /proc/PID/fdinfo/N as `flags:	0100002`, octal.
bool is_open_for_writing(const std::string& process, const std::string& number) {
  std::ifstream info(process + "/fdinfo/" + number);
  std::string key, value;
  while (info >> key) {
    if (key != "flags:") continue;
    unsigned flags = 0;
    info >> value;
    std::from_chars(value.data(), value.data() + value.size(), flags, 8);
    const auto access = flags & static_cast<unsigned>(O_ACCMODE);
    return access == O_WRONLY || access == O_RDWR;
  }
  return false;
}

}  // namespace

std::optional<int> flock_holder_in(std::string_view locks, unsigned major, unsigned minor, std::uint64_t inode) {
  std::istringstream lines{std::string(locks)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, access, place;
    int pid = 0;
    if (!(words >> number >> kind) || kind != "FLOCK" || !(words >> advice >> access >> pid >> place)) continue;
    unsigned its_major = 0, its_minor = 0;
    unsigned long long its_inode = 0;
    // NOLINTNEXTLINE(cert-err34-c): three fixed fields; anything else in them is a line to skip
    if (std::sscanf(place.c_str(), "%x:%x:%llu", &its_major, &its_minor, &its_inode) != 3) continue;
    // pid 0: a process of another PID namespace, which has no number here.
    if (its_major == major && its_minor == minor && its_inode == inode && pid > 0) return pid;
  }
  return std::nullopt;
}

std::optional<int> flock_holder(std::uint64_t device, std::uint64_t inode) {
  std::ifstream file("/proc/locks");
  const std::string locks(std::istreambuf_iterator<char>(file), {});
  return flock_holder_in(locks, major(device), minor(device), inode);
}

std::optional<int> writing_process(std::uint64_t device, std::uint64_t inode) {
  for (const auto& pid : names_that_are_numbers("/proc")) {
    const auto process = "/proc/" + pid;
    for (const auto& number : names_that_are_numbers(process + "/fd")) {
      struct ::stat status {};
      if (::stat((process + "/fd/" + number).c_str(), &status) != 0) continue;
      if (status.st_dev != device || status.st_ino != inode || !is_open_for_writing(process, number)) continue;
      int result = 0;
      std::from_chars(pid.data(), pid.data() + pid.size(), result);
      return result;
    }
  }
  return std::nullopt;
}

}  // namespace lockstep
