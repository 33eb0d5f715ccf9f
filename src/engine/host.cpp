#include "engine/host.hpp"

#include <unistd.h>

#include <climits>
#include <filesystem>

namespace lockstep {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::string place_of(const std::string& path) {
  std::error_code unreadable;  // then without its symlinks
  const std::filesystem::path absolute = std::filesystem::absolute(path, unreadable);
  const std::filesystem::path real = std::filesystem::weakly_canonical(absolute, unreadable);
  return (unreadable ? absolute.lexically_normal() : real).string();
}

}  // namespace lockstep
