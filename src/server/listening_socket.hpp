// Sockets that listen, made from addresses as they are configured: HOST:PORT, [ADDRESS]:PORT, unix:PATH.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "file/descriptor.hpp"

namespace lockstep::server {

// Bound, so that its address is taken and known; connections are refused until listen() (a unix socket keeps them
// waiting).
class ListeningSocket {
 public:
  // All sockets of one configured address: two for `localhost`, one for each address of another name. Port 0 is a free
  // one, the same for all of them. A unix socket's path that a dead server left behind is replaced. Throws
  // Error(usage) for a name without an address, Error(io, permission) for an address that is in use, not
  // of this machine or not allowed.
  static std::vector<ListeningSocket> bind(const std::string& address);

  ListeningSocket(ListeningSocket&&) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();  // closes; a unix socket's path is removed if it is still this socket's

  // Throws Error(io) if somebody else listens there by now.
  void listen();

  int descriptor() const { return descriptor_.get(); }
  int family() const { return family_; }          // AF_INET, AF_INET6, AF_UNIX
  bool is_loopback() const { return loopback_; }  // unix sockets too
  // `http://localhost:8000` (of both its sockets), `http://[::1]:8000`, `unix:/run/lockstep.sock`
  const std::string& url() const { return url_; }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  ListeningSocket() = default;
  void bind_unix();

  Descriptor descriptor_;
  int family_ = 0;
  std::string path_, url_;  // path_: of a unix socket
  bool loopback_ = false;
  std::optional<Identity> identity_;  // of the path, once it is ours
};

}  // namespace lockstep::server
