#include "cli/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "file/descriptor.hpp"

namespace lockstep::cli {
namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(environment("NOTIFY_SOCKET")) {
  const std::optional<std::int64_t> process = number(environment("WATCHDOG_PID"));
  const std::optional<std::int64_t> microseconds = number(environment("WATCHDOG_USEC"));
  if (microseconds && *microseconds > 0 && (!process || *process == ::getpid()))
    watchdog_ = std::chrono::microseconds(*microseconds);
}

void ServiceManager::tell(std::string_view assignments) const noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool usable = (socket_.starts_with('/') || socket_.starts_with('@')) && socket_.size() < sizeof address.sun_path;
  if (!usable) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!sender) return;
  ::sendto(sender.get(), assignments.data(), assignments.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

void ServiceManager::tell_reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
}

}  // namespace lockstep::cli
