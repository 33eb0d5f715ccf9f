#include "server/listening_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "model/error.hpp"

namespace lockstep::server {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr int kAnyPortAttempts = 16;  // to find a port that is free in both families

[[noreturn]] void fail(int error, const std::string& address, std::string hint = "") {
  if (hint.empty() && error == EADDRINUSE)
    hint = "another program listens there, perhaps another lockstep: stop it, or choose another address with --listen";
  if (hint.empty() && error == EADDRNOTAVAIL) hint = "this machine has no such address";
  if (hint.empty() && error == EACCES) hint = "ports below 1024 are root's: choose a higher one, or listen on a unix socket";
  const ErrorCode code = error == EACCES || error == EPERM ? ErrorCode::permission : ErrorCode::io;
  throw Error({code, "listen on", address, std::generic_category().message(error), std::move(hint), false});
}

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
  int family() const { return bytes.ss_family; }
  std::uint16_t port() const { return ntohs(family() == AF_INET6 ? v6().sin6_port : v4().sin_port); }
  void set_port(std::uint16_t port) {
    if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(bytes).sin6_port = htons(port);
    else reinterpret_cast<sockaddr_in&>(bytes).sin_port = htons(port);
  }
  bool is_loopback() const {
    if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&v6().sin6_addr);
    return (ntohl(v4().sin_addr.s_addr) >> 24) == 127;
  }

 private:
  const sockaddr_in& v4() const { return reinterpret_cast<const sockaddr_in&>(bytes); }
  const sockaddr_in6& v6() const { return reinterpret_cast<const sockaddr_in6&>(bytes); }
};

struct HostAndPort {
  std::string host, port;
};
HostAndPort split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::move(host), address.substr(colon + 1)};
}

// `localhost` is both families, whatever /etc/hosts says of it.
std::vector<Address> resolve(const std::string& address) {
  const HostAndPort wanted = split(address);
  std::vector<std::string> hosts{wanted.host};
  if (wanted.host == "localhost") hosts = {"127.0.0.1", "::1"};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  std::vector<Address> addresses;
  for (const std::string& host : hosts) {
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), wanted.port.c_str(), &hints, &found); error != 0)
      throw Error({ErrorCode::usage, "listen on", address, gai_strerror(error), "write HOST:PORT, [::1]:PORT or unix:PATH",
                   false});
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
      Address one;
      std::memcpy(&one.bytes, entry->ai_addr, entry->ai_addrlen);
      one.size = entry->ai_addrlen;
      addresses.push_back(one);
    }
  }
  return addresses;
}

Descriptor new_socket(int family) {
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// 0, or errno; `at` gets the port that was chosen.
struct Bound {
  Descriptor descriptor;
  Address at;
  int error = 0;
};
Bound bind_to(const Address& address) {
  Bound bound{new_socket(address.family()), address};
  const int descriptor = bound.descriptor.get();
  const int on = 1;
  const auto set = [&](int level, int option) { return ::setsockopt(descriptor, level, option, &on, sizeof on) == 0; };
  // Both families by their own sockets, so that `0.0.0.0` and `[::]` can stand beside each other.
  const bool ready = descriptor >= 0 && set(SOL_SOCKET, SO_REUSEADDR) &&
                     (address.family() != AF_INET6 || set(IPPROTO_IPV6, IPV6_V6ONLY)) &&
                     ::bind(descriptor, address.get(), address.size) == 0 &&
                     ::getsockname(descriptor, bound.at.get(), &bound.at.size) == 0;
  if (!ready) bound.error = errno;
  return bound;
}

// A machine without IPv6, or with its loopback interface without it.
bool means_no_such_family(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

// All of one name's addresses, on one port. Empty: the free port that the first one got is taken for another.
std::vector<Bound> bind_all(std::vector<Address> addresses, const std::string& name) {
  const bool any_port = addresses.front().port() == 0;
  std::vector<Bound> all;
  int unsupported = 0;
  for (Address& address : addresses) {
    if (any_port && !all.empty()) address.set_port(all.front().at.port());
    Bound bound = bind_to(address);
    if (bound.error == 0) all.push_back(std::move(bound));
    else if (addresses.size() > 1 && means_no_such_family(bound.error)) unsupported = bound.error;
    else if (any_port && !all.empty() && bound.error == EADDRINUSE) return {};
    else fail(bound.error, name);
  }
  if (all.empty()) fail(unsupported, name);
  return all;
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    fail(ENAMETOOLONG, std::string(kUnix) + path,
         "a unix socket's path has at most " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Removes a path that a dead server left behind; refuses where one is alive, or where something else stands.
void clear_unix_path(const std::string& path, const sockaddr_un& address) {
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode))
    fail(EADDRINUSE, std::string(kUnix) + path, "a file that is no socket stands there: choose another path");
  const Descriptor probe = new_socket(AF_UNIX);
  if (!probe) fail(errno, std::string(kUnix) + path);
  const bool alive = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  // EAGAIN: its queue of connections is full, so it lives.
  if (alive || errno != ECONNREFUSED) fail(alive || errno == EAGAIN ? EADDRINUSE : errno, std::string(kUnix) + path);
  ::unlink(path.c_str());
}

std::string url_of(const Address& address) {
  char host[NI_MAXHOST];
  ::getnameinfo(address.get(), address.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  const std::string name = address.family() == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return "http://" + name + ":" + std::to_string(address.port());
}

}  // namespace

std::vector<ListeningSocket> ListeningSocket::bind(const std::string& address) {
  std::vector<ListeningSocket> sockets;
  if (address.starts_with(kUnix)) {
    ListeningSocket socket;
    socket.path_ = address.substr(kUnix.size());
    socket.url_ = address;
    socket.loopback_ = true;
    socket.bind_unix();
    sockets.push_back(std::move(socket));
    return sockets;
  }
  const std::vector<Address> addresses = resolve(address);
  std::vector<Bound> all;
  for (int attempt = 0; all.empty() && attempt < kAnyPortAttempts; ++attempt) all = bind_all(addresses, address);
  if (all.empty()) fail(EADDRINUSE, address);
  for (Bound& bound : all) {
    ListeningSocket socket;
    socket.url_ = split(address).host == "localhost" ? "http://localhost:" + std::to_string(bound.at.port()) : url_of(bound.at);
    socket.family_ = bound.at.family();
    socket.loopback_ = bound.at.is_loopback();
    socket.descriptor_ = std::move(bound.descriptor);
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

void ListeningSocket::bind_unix() {
  const sockaddr_un address = unix_address(path_);
  clear_unix_path(path_, address);
  descriptor_ = new_socket(AF_UNIX);
  family_ = AF_UNIX;
  // The mode of the descriptor becomes that of the path: at no moment has it more rights than these.
  const bool bound = descriptor_ && ::fchmod(descriptor_.get(), 0660) == 0 &&
                     ::bind(descriptor_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!bound) fail(errno, url_, errno == EACCES || errno == ENOENT ? "the folder must exist and be writable" : "");
  ::chmod(path_.c_str(), 0660);  // whatever the umask took away from it
  struct ::stat status {};
  if (::lstat(path_.c_str(), &status) == 0) identity_ = {status.st_dev, status.st_ino};
  // At once, since a path where nobody listens counts as left behind. Who connects waits to be accepted.
  listen();
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::move(other.descriptor_)),
      family_(other.family_),
      path_(std::exchange(other.path_, {})),
      url_(std::move(other.url_)),
      loopback_(other.loopback_),
      identity_(other.identity_) {}

ListeningSocket::~ListeningSocket() {
  if (path_.empty() || !identity_) return;
  struct ::stat status {};
  const bool ours = ::lstat(path_.c_str(), &status) == 0 && *identity_ == Identity{status.st_dev, status.st_ino};
  if (ours) ::unlink(path_.c_str());
}

void ListeningSocket::listen() {
  constexpr int kBacklog = 4096;
  if (::listen(descriptor_.get(), kBacklog) != 0) fail(errno, url_);
}

}  // namespace lockstep::server
