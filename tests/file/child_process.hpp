// Another process, for a test: runs a function in a fork and ends with what it returns.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace lockstep {

class ChildProcess {
 public:
  // The function runs in the child, without gtest; its result (0–255) is the exit status.
  explicit ChildProcess(const std::function<int()>& run) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(run());
  }
  ~ChildProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      (void)wait();
    }
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

// One byte from process to process: "go on".
class Signal {
 public:
  Signal() {
    if (::pipe(ends_) != 0) ::abort();
  }
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void send() { (void)!::write(ends_[1], "x", 1); }
  void receive() {
    char byte = 0;
    (void)!::read(ends_[0], &byte, 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace lockstep
