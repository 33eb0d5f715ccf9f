// Calls back at points in time, on a thread of its own: for answers that must not wait for what does not come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace lockstep {

// Thread-safe.
class Alarm {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Alarm();
  ~Alarm();  // close()
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // `ring` must not throw and should not take long. After close(): rings at once, on this thread.
  void at(Time, std::function<void()> ring);
  void close();  // what is still to ring rings now

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Time, std::function<void()>> waiting_;  // under the mutex
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace lockstep
