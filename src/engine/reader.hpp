// A thread that answers questions with a connection of its own, so that no question waits for a sync. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "engine/engine.hpp"
#include "file/file_system.hpp"
#include "model/error.hpp"

namespace lockstep {

class Reader {
 public:
  using Job = std::function<void(Engine&)>;  // must not throw
  using TaskDone = std::function<void(const std::variant<std::optional<Task>, InvalidRow, Error>&)>;
  // The rows, valid until it returns, or what reading them threw. Must not throw.
  using TasksDone = std::function<void(const std::variant<const TableRows*, std::exception_ptr>&)>;
  using StatusDone = std::function<void(const Status&)>;  // must not throw
  using LastStatus = std::function<Status()>;

  // `last_status`: how things stood after the last sync. Called on the reader's thread.
  Reader(const Settings& settings, LastStatus last_status);
  ~Reader();  // close()
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // After close(): false, and nothing is kept. Questions of one kind that wait together share one look at the database,
  // which comes after each of them was asked.
  bool post(Job);
  bool task(std::int64_t id, TaskDone);
  // All rows. They are kept for a while, and not read again as long as the database tells that they are what it holds.
  bool tasks(TasksDone);
  bool status(StatusDone);
  void close();  // what was asked before is answered

 private:
  struct TaskQuestion {
    std::int64_t id = 0;
    TaskDone done;
  };
  struct Questions {
    std::vector<TaskQuestion> task;
    std::vector<TasksDone> tasks;
    std::vector<StatusDone> status;
    std::deque<Job> jobs;
    bool empty() const { return task.empty() && tasks.empty() && status.empty() && jobs.empty(); }
  };
  template <typename Ask>
  bool take(Ask ask);
  bool wait(std::unique_lock<std::mutex>&);
  void run();
  void answer(const std::vector<TaskQuestion>&);
  void answer(const std::vector<TasksDone>&);
  void answer(const std::vector<StatusDone>&);

  LastStatus last_status_;
  std::unique_ptr<FileSystem> files_;
  Engine engine_;      // of the thread, as what follows
  TaskSnapshot kept_;  // what was read last
  std::mutex mutex_;
  std::condition_variable changed_;
  Questions waiting_;  // under the mutex
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace lockstep
