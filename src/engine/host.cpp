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

namespace {

// The shell's word for the current folder keeps the links by which one came there.
std::filesystem::path current_folder() {
  std::error_code unreadable;
  const std::filesystem::path physical = std::filesystem::current_path(unreadable);
  const char* const logical = std::getenv("PWD");
  if (logical == nullptr || *logical != '/') return physical;
  return std::filesystem::equivalent(logical, physical, unreadable) && !unreadable ? std::filesystem::path(logical) : physical;
}

}  // namespace

std::string place_of(const std::string& path) {
  const std::filesystem::path given(path);
  std::filesystem::path absolute = given.is_absolute() ? given : current_folder() / given;
  return absolute.lexically_normal().string();
}

bool is_same_place(const std::string& stored, const std::string& path) {
  const std::string place = place_of(path);
  if (stored == place) return true;
  std::error_code unreadable;
  const std::filesystem::path before = std::filesystem::weakly_canonical(stored, unreadable);
  if (unreadable) return false;
  const std::filesystem::path now = std::filesystem::weakly_canonical(place, unreadable);
  return !unreadable && before == now;
}

}  // namespace lockstep
