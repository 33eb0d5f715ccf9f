// A thread that answers questions with a connection of its own, so that no question waits for a sync. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "engine/engine.hpp"
#include "model/error.hpp"
#include "file/file_system.hpp"

namespace lockstep {

class Reader {
 public:
  using Job = std::function<void(Engine&)>;  // must not throw
  using TaskDone = std::function<void(const std::variant<std::optional<Task>, InvalidRow, Error>&)>;

  explicit Reader(const Settings& settings);
  ~Reader();  // close()
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // After close(): false, and nothing is kept.
  bool post(Job);
  // Questions that wait together are one query.
  bool task(std::int64_t id, TaskDone done);
  void close();  // what was asked before is answered

 private:
  struct TaskQuestion {
    std::int64_t id = 0;
    TaskDone done;
  };
  void run();
  void answer(std::vector<TaskQuestion>& questions);

  std::unique_ptr<FileSystem> files_;
  Engine engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::vector<TaskQuestion> questions_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace lockstep
