#include "config/read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "model/error.hpp"

namespace lockstep::config {
namespace {

[[noreturn]] void fail(const std::string& path, int code) {
  throw Error({code == EACCES || code == EPERM ? ErrorCode::permission : ErrorCode::io, "read", path,
               std::generic_category().message(code), "", false});
}

std::string read_all(int descriptor, const std::string& name) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR) fail(name, errno);
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::optional<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() >= 0) return read_all(file.get(), path);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  fail(path, errno);
}

std::string read_standard_input() { return read_all(STDIN_FILENO, "standard input"); }

}  // namespace lockstep::config
