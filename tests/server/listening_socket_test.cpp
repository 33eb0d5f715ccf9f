#include "server/listening_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "file/temporary_folder.hpp"
#include "model/error.hpp"

namespace lockstep::server {
namespace {

std::string failure_of(const std::string& address) {
  try {
    for (ListeningSocket& socket : ListeningSocket::bind(address)) socket.listen();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << address << " could be listened on";
  return "";
}

std::string port_of(const ListeningSocket& socket) { return socket.url().substr(socket.url().rfind(':') + 1); }

// A socket's path as a server leaves it that was killed.
void leave_behind(const std::string& path) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

TEST(ListeningSocket, LocalhostIsBothFamiliesOnOnePort) {
  const std::vector<ListeningSocket> sockets = ListeningSocket::bind("localhost:0");
  ASSERT_EQ(sockets.size(), 2u);
  EXPECT_EQ(sockets[0].family(), AF_INET);
  EXPECT_EQ(sockets[1].family(), AF_INET6);
  EXPECT_EQ(sockets[0].url(), sockets[1].url());
  EXPECT_NE(port_of(sockets[0]), "0");
  EXPECT_TRUE(sockets[0].is_loopback() && sockets[1].is_loopback());
}

TEST(ListeningSocket, UrlsNameTheAddress) {
  EXPECT_TRUE(ListeningSocket::bind("127.0.0.1:0").at(0).url().starts_with("http://127.0.0.1:"));
  EXPECT_TRUE(ListeningSocket::bind("[::1]:0").at(0).url().starts_with("http://[::1]:"));
  EXPECT_FALSE(ListeningSocket::bind("0.0.0.0:0").at(0).is_loopback());
}

TEST(ListeningSocket, BothWildcardsOnOnePort) {
  std::vector<ListeningSocket> v4;
  // Of the ports that the kernel gives away, some connection's other end may be on the second one.
  for (int port = 20'000; v4.empty() && port < 32'768; ++port) {
    try {
      v4 = ListeningSocket::bind("0.0.0.0:" + std::to_string(port));
    } catch (const Error&) {  // in use: the next
    }
  }
  EXPECT_EQ(ListeningSocket::bind("[::]:" + port_of(v4.at(0))).size(), 1u);
}

TEST(ListeningSocket, AnAddressInUseIsSaid) {
  std::vector<ListeningSocket> first = ListeningSocket::bind("localhost:0");
  for (ListeningSocket& socket : first) socket.listen();
  const std::string address = "localhost:" + port_of(first[0]);
  const std::string message = failure_of(address);
  EXPECT_NE(message.find("listen on " + address + ": Address already in use"), std::string::npos) << message;
  EXPECT_NE(message.find("--listen"), std::string::npos) << message;
  // One family alone in use is enough.
  EXPECT_NE(failure_of("[::1]:" + port_of(first[0])).find("already in use"), std::string::npos);
}

TEST(ListeningSocket, WhatCannotBeListenedOnIsSaid) {
  EXPECT_NE(failure_of("192.0.2.1:0").find("this machine has no such address"), std::string::npos);
  EXPECT_NE(failure_of("no.such.host.invalid:80").find("listen on no.such.host.invalid:80"), std::string::npos);
}

TEST(ListeningSocket, UnixSocketHasItsModeAndGoesWithTheServer) {
  const TemporaryFolder folder;
  const std::string path = folder / "server.sock";
  {
    const mode_t former = ::umask(0077);
    const std::vector<ListeningSocket> sockets = ListeningSocket::bind("unix:" + path);
    ::umask(former);
    ASSERT_EQ(sockets.size(), 1u);
    EXPECT_EQ(sockets[0].url(), "unix:" + path);
    struct ::stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0660u);
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(ListeningSocket, UnixPathOfADeadServerIsReplaced) {
  const TemporaryFolder folder;
  leave_behind(folder / "server.sock");
  EXPECT_EQ(ListeningSocket::bind("unix:" + (folder / "server.sock")).size(), 1u);
}

TEST(ListeningSocket, UnixPathInUseIsLeftAlone) {
  const TemporaryFolder folder;
  const std::string path = folder / "server.sock";
  const std::vector<ListeningSocket> first = ListeningSocket::bind("unix:" + path);
  EXPECT_NE(failure_of("unix:" + path).find("already in use"), std::string::npos);
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
}

TEST(ListeningSocket, UnixPathOfASuccessorIsNotRemoved) {
  const TemporaryFolder folder;
  const std::string path = folder / "server.sock";
  {
    const std::vector<ListeningSocket> first = ListeningSocket::bind("unix:" + path);
    std::filesystem::remove(path);
    leave_behind(path);
  }
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
}

TEST(ListeningSocket, UnixPathThatIsAFileIsLeftAlone) {
  const TemporaryFolder folder;
  put_text(folder / "file", "precious");
  EXPECT_NE(failure_of("unix:" + (folder / "file")).find("a file that is no socket"), std::string::npos);
  EXPECT_EQ(text_of(folder / "file"), "precious");
}

TEST(ListeningSocket, UnixPathThatIsTooLongOrHasNoFolderIsSaid) {
  EXPECT_NE(failure_of("unix:/tmp/" + std::string(200, 'x')).find("has at most 107 bytes"), std::string::npos);
  EXPECT_NE(failure_of("unix:/no/such/folder/s").find("the folder must exist"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::server
