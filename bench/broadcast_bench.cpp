// From an event to the last of many WebSocket clients: build/bench/broadcast_bench [--samples 30] [CLIENTS …]
//
// The server runs in a process of its own, the clients in this one, on one thread: epoll, raw frames, no library.
// Measured is from the request that publishes (over one more connection) until every client has the whole event. What the
// server needs for an idle client is the growth of its resident memory.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "file/descriptor.hpp"
#include "server/server.hpp"

namespace {

using namespace lockstep;
using Time = std::chrono::steady_clock;

// Publishes an event, as large as one of a task that changed, for every request.
class Publisher final : public server::Application {
 public:
  void handle(api::Request, api::Reply reply) override {
    hub_.publish("schedule_config_updated", {{"source", Json::string("file")},
                                             {"task_ids", Json::array()},
                                             {"checksum", Json::string("88cf37e4ab62e3129db45790390bf1e3")},
                                             {"message", Json::string("The YAML file was saved with changes to 1 task")}});
    reply({204, "", {}, ""});
  }
  std::optional<std::variant<api::StreamAccepted, api::Response>> open_stream(const api::Request& request) override {
    if (request.target != "/ws/sync") return std::nullopt;
    return api::StreamAccepted{};
  }
  api::EventHub& events() override { return hub_; }
  void count_clients(api::StreamKind, std::int64_t) override {}

 private:
  api::EventHub hub_;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The server's process; its port comes through the pipe.
struct ServerProcess {
  ServerProcess() {
    int ends[2];
    if (::pipe(ends) != 0) fail("pipe");
    id = ::fork();
    if (id == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      Publisher application;
      config::DaemonSettings settings;
      settings.listen = {"127.0.0.1:0"};
      server::Server server(application, settings, {});
      server.open();
      const std::string url = server.urls().front();
      port = std::atoi(url.c_str() + url.rfind(':') + 1);
      if (::write(ends[1], &port, sizeof port) != sizeof port) fail("write");
      server.run();
      ::_exit(0);
    }
    ::close(ends[1]);
    if (::read(ends[0], &port, sizeof port) != sizeof port) fail("the server did not start");
    ::close(ends[0]);
  }
  ~ServerProcess() {
    ::kill(id, SIGKILL);
    ::waitpid(id, nullptr, 0);
  }
  long resident_kib() const {
    std::ifstream status("/proc/" + std::to_string(id) + "/status");
    for (std::string word; status >> word;)
      if (long kib = 0; word == "VmRSS:" && status >> kib) return kib;
    return 0;
  }
  // Of processor time; what a busy machine does not change much.
  double milliseconds_used() const {
    double nanoseconds = 0;
    std::ifstream("/proc/" + std::to_string(id) + "/schedstat") >> nanoseconds;
    return nanoseconds / 1e6;
  }

  int port = 0;
  pid_t id = 0;
};

// The sockets of one address reach a bit further than 28,000 clients; loopback has many.
Descriptor connect_to(int port, int index) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<unsigned>(index / 20'000));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fail("connect");
  return socket;
}

void send_all(int socket, std::string_view bytes) {
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) fail("send");
}

// One client: counts whole frames. Those of the server are shorter than 64 KiB and not masked.
struct Client {
  Descriptor socket;
  std::string buffer;

  // Frames that became whole with what has arrived.
  int receive() {
    char bytes[16384];
    const ssize_t size = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (size <= 0) fail("recv");
    std::string_view rest(bytes, static_cast<std::size_t>(size));
    if (!buffer.empty()) rest = buffer.append(rest);
    int frames = 0;
    for (;;) {
      if (rest.size() < 4) break;
      const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(rest[i])); };
      const std::size_t length = byte(1) == 126 ? 4 + byte(2) * 256 + byte(3) : 2 + byte(1);
      if (rest.size() < length) break;
      rest.remove_prefix(length);
      ++frames;
    }
    if (buffer.empty()) buffer = rest;
    else buffer.erase(0, buffer.size() - rest.size());
    return frames;
  }
};

void upgrade(Client& client) {
  send_all(client.socket.get(),
           "GET /ws/sync HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  // The answer and the greeting behind it.
  std::string text;
  char bytes[4096];
  std::size_t end;
  while ((end = text.find("\r\n\r\n")) == std::string::npos || text.find('}', end) == std::string::npos) {
    const ssize_t size = ::recv(client.socket.get(), bytes, sizeof bytes, 0);
    if (size <= 0) fail("upgrade");
    text.append(bytes, static_cast<std::size_t>(size));
  }
}

// Milliseconds from asking for an event until the last client has it.
double broadcast(int publisher, int epoll, std::vector<Client>& clients) {
  std::vector<epoll_event> events(1024);
  const auto begin = Time::now();
  send_all(publisher, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  for (std::size_t missing = clients.size(); missing > 0;) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 10'000);
    if (ready <= 0) fail("waiting for the event");
    for (int i = 0; i < ready; ++i) missing -= static_cast<std::size_t>(clients[events[static_cast<std::size_t>(i)].data.u64].receive());
  }
  const double milliseconds = std::chrono::duration<double, std::milli>(Time::now() - begin).count();
  char answer[1024];
  if (::recv(publisher, answer, sizeof answer, 0) <= 0) fail("publisher");
  return milliseconds;
}

void measure(int count, int samples) {
  server::raise_open_files_limit();
  const ServerProcess server;
  const Descriptor publisher = connect_to(server.port, 0);
  const long before = server.resident_kib();
  const Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<Client> clients(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Client& client = clients[static_cast<std::size_t>(i)];
    client.socket = connect_to(server.port, i);
    upgrade(client);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i);
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, client.socket.get(), &event) != 0) fail("epoll_ctl");
  }
  const double per_client = static_cast<double>(server.resident_kib() - before) / count;
  broadcast(publisher.get(), epoll.get(), clients);  // warms up
  std::vector<double> times;
  const double used = server.milliseconds_used();
  for (int i = 0; i < samples; ++i) times.push_back(broadcast(publisher.get(), epoll.get(), clients));
  const double used_each = (server.milliseconds_used() - used) / samples;
  std::ranges::sort(times);
  std::printf("%6d clients: median %7.2f ms, least %7.2f, most %7.2f, processor time of the server %6.2f ms; %.1f KiB of memory each\n",
              count, times[times.size() / 2], times.front(), times.back(), used_each, per_client);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  int samples = 30;
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--samples") == 0 && i + 1 < argc) samples = std::atoi(argv[++i]);
    else counts.push_back(std::atoi(argv[i]));
  }
  if (counts.empty()) counts = {100, 1'000, 10'000};
  for (const int count : counts) measure(count, samples);
}
