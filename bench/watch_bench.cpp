// How soon a save, or a commit of another process, is told to the daemon.
//
//   watch_bench [TIMES] [FOLDER]     200 times, in a temporary folder of the system's if none is named
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "file/file_watcher.hpp"
#include "file/wake_event.hpp"
#include "store/sqlite/change_listener.hpp"
#include "store/sqlite/connection.hpp"

namespace {

using namespace lockstep;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void report(const std::string& what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) { return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]; };
  std::printf("%-44s median %7.3f ms   p99 %7.3f ms   worst %7.3f ms   (%zu)\n", what.c_str(), at(0.5), at(0.99), times.back(),
              times.size());
  std::fflush(stdout);
}

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

void measure_saves(const std::string& what, int times, const FileWatcherOptions& options, const std::string& path,
                   const std::function<void(int)>& save) {
  WakeEvent told;
  FileWatcher watcher(path, options, [&] { told.raise(); });
  std::vector<double> delays;
  for (int i = 0; i < times; ++i) {
    save(i);
    const auto saved = Clock::now();
    std::array<pollfd, 1> source{{{.fd = told.descriptor(), .events = POLLIN, .revents = 0}}};
    if (!poll_until(source, saved + std::chrono::seconds(10)) || !told.take()) {
      std::fprintf(stderr, "%s: not told: %s\n", what.c_str(), watcher.state().c_str());
      std::exit(1);
    }
    delays.push_back(milliseconds_between(saved, Clock::now()));
  }
  report(what, delays);
}

// Another process that commits once for each byte it is sent, and sends back when COMMIT had returned.
class Writer {
 public:
  Writer(const std::string& path, const std::string& journal_mode) {
    if (::pipe(go_) != 0 || ::pipe(done_) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ != 0) return;
    {
      sqlite::Connection connection(path, sqlite::OpenMode::existing, 1'000);
      connection.execute("PRAGMA journal_mode = " + journal_mode);
      for (char byte = 0; ::read(go_[0], &byte, 1) == 1 && byte == 'c';) {
        connection.execute("INSERT INTO t VALUES (1)");
        const Clock::time_point committed = Clock::now();  // one clock for all processes
        (void)!::write(done_[1], &committed, sizeof committed);
      }
    }
    ::_exit(0);
  }
  ~Writer() {
    (void)!::write(go_[1], "q", 1);
    ::waitpid(pid_, nullptr, 0);
    for (const int end : {go_[0], go_[1], done_[0], done_[1]}) ::close(end);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void commit() { (void)!::write(go_[1], "c", 1); }
  Clock::time_point committed() {
    Clock::time_point time;
    if (::read(done_[0], &time, sizeof time) != sizeof time) std::abort();
    return time;
  }

 private:
  int go_[2] = {-1, -1};
  int done_[2] = {-1, -1};
  pid_t pid_ = -1;
};

void measure_commits(const std::string& journal_mode, int times, const std::string& folder) {
  using Heard = ChangeListener::Heard;
  const std::string path = folder + "/" + journal_mode + ".db";
  // Made by a process of its own: a connection must not live through a fork.
  if (const std::string make = "sqlite3 '" + path + "' 'PRAGMA journal_mode=" + journal_mode + "; CREATE TABLE t (x)' > /dev/null";
      std::system(make.c_str()) != 0) {
    std::fprintf(stderr, "the program sqlite3 is needed\n");
    std::exit(1);
  }
  Writer writer(path, journal_mode);
  SqliteChangeListener listener(path);
  std::vector<double> delays;
  for (int i = -1; i < times; ++i) {
    while (listener.wait(milliseconds(20)) == Heard::change) {
    }
    writer.commit();
    if (listener.wait(milliseconds(10'000)) != Heard::change) {
      std::fprintf(stderr, "commit not heard: %s\n", listener.state().c_str());
      std::exit(1);
    }
    const auto heard = Clock::now();
    const auto committed = writer.committed();
    // The first is the connecting writer's own. Heard before the writer itself had its answer: that is 0.
    if (i >= 0) delays.push_back(std::max(0.0, milliseconds_between(committed, heard)));
  }
  report("commit -> heard, journal_mode=" + journal_mode, delays);
}

void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }

}  // namespace

int main(int argc, char** argv) {
  const int times = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  std::string folder = (argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path()) / "lockstep-watch-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  const std::string path = folder + "/schedule.yml";
  put(path, "tasks: []\n");
  const FileWatcherOptions options;
  const auto in_place = [&](int i) { put(path, "tasks: [] # " + std::to_string(i)); };
  const auto rename_over = [&](int i) {
    put(path + ".new", "tasks: [] # " + std::to_string(i));
    fs::rename(path + ".new", path);
  };
  measure_saves("save -> told, in place, settle 20 ms", times, options, path, in_place);
  measure_saves("save -> told, rename over, settle 20 ms", times, options, path, rename_over);
  for (const char* mode : {"wal", "delete", "truncate", "persist"}) measure_commits(mode, times, folder);
  fs::remove_all(folder);
  return 0;
}
