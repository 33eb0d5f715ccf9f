#include "engine/host.hpp"

#include <pwd.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace lockstep {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::string user_name(std::uint32_t uid) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr && *found->pw_name != '\0')
    return found->pw_name;
  return "uid " + std::to_string(uid);
}

std::string login_name() {
  const uid_t uid = geteuid();
  const char* const behind = uid == 0 ? std::getenv("SUDO_USER") : nullptr;
  return behind != nullptr && *behind != '\0' ? behind : user_name(uid);
}

std::string place_of(const std::string& path) {
  std::error_code unreadable;  // then without its symlinks
  const std::filesystem::path absolute = std::filesystem::absolute(path, unreadable);
  const std::filesystem::path real = std::filesystem::weakly_canonical(absolute, unreadable);
  return (unreadable ? absolute.lexically_normal() : real).string();
}

}  // namespace lockstep
