#include "engine/host.hpp"

#include <unistd.h>

#include <climits>

namespace lockstep {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace lockstep
