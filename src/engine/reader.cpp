#include "engine/reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "file/posix_file_system.hpp"

namespace lockstep {
namespace {

// Rows that nobody asks for give their memory back.
constexpr std::chrono::seconds kKeptFor{10};

std::unique_ptr<Store> reading_store(const Settings& settings) {
  StoreOptions options;
  options.table = settings.table;
  options.lock_timeout_ms = settings.lock_timeout.count();
  options.create = false;
  options.wait_for_server = false;
  return open_store(settings.database, options);
}

}  // namespace

Reader::Reader(const Settings& settings, LastStatus last_status)
    : last_status_(std::move(last_status)),
      files_(std::make_unique<PosixFileSystem>()),
      engine_(settings, *files_, reading_store(settings)),
      thread_([this] { run(); }) {}

Reader::~Reader() { close(); }

void Reader::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  engine_.give_up();
  if (thread_.joinable()) thread_.join();
}

template <typename Ask>
bool Reader::take(Ask ask) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ask(waiting_);
  changed_.notify_one();
  return true;
}

bool Reader::post(Job job) {
  return take([&](Questions& waiting) { waiting.jobs.push_back(std::move(job)); });
}
bool Reader::task(std::int64_t id, TaskDone done) {
  return take([&](Questions& waiting) { waiting.task.push_back({id, std::move(done)}); });
}
bool Reader::tasks(TasksDone done) {
  return take([&](Questions& waiting) { waiting.tasks.push_back(std::move(done)); });
}
bool Reader::status(StatusDone done) {
  return take([&](Questions& waiting) { waiting.status.push_back(std::move(done)); });
}

// Until there is something to do; false = there will be nothing any more.
bool Reader::wait(std::unique_lock<std::mutex>& lock) {
  const auto something = [this] { return closed_ || !waiting_.empty(); };
  if (!changed_.wait_for(lock, kKeptFor, something)) {
    kept_ = {};
    changed_.wait(lock, something);
  }
  return !waiting_.empty();
}

void Reader::run() {
  std::unique_lock lock(mutex_);
  while (wait(lock)) {
    Questions now;
    std::swap(now.task, waiting_.task);
    std::swap(now.tasks, waiting_.tasks);
    std::swap(now.status, waiting_.status);
    if (!waiting_.jobs.empty()) {
      now.jobs.push_back(std::move(waiting_.jobs.front()));
      waiting_.jobs.pop_front();
    }
    lock.unlock();
    if (!now.task.empty()) answer(now.task);
    if (!now.status.empty()) answer(now.status);
    if (!now.tasks.empty()) answer(now.tasks);
    for (const Job& job : now.jobs) job(engine_);
    now = {};  // what the questions hold goes while nobody waits for the mutex
    lock.lock();
  }
}

void Reader::answer(const std::vector<TaskQuestion>& questions) {
  try {
    std::vector<std::int64_t> ids;
    ids.reserve(questions.size());
    for (const TaskQuestion& question : questions) ids.push_back(question.id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const TableRows rows = engine_.tasks_of(ids);
    for (const TaskQuestion& question : questions) {
      const auto task = std::lower_bound(rows.tasks.begin(), rows.tasks.end(), question.id,
                                         [](const Task& row, std::int64_t id) { return row.id < id; });
      const auto invalid = std::find_if(rows.invalid.begin(), rows.invalid.end(),
                                        [&](const InvalidRow& row) { return row.id == question.id; });
      if (invalid != rows.invalid.end()) question.done(*invalid);
      else if (task != rows.tasks.end() && task->id == question.id) question.done(std::optional(*task));
      else question.done(std::optional<Task>());
    }
  } catch (const Error& error) {
    for (const TaskQuestion& question : questions) question.done(error);
  }
}

void Reader::answer(const std::vector<TasksDone>& questions) {
  std::variant<const TableRows*, std::exception_ptr> rows = &kept_.rows;
  try {
    kept_ = engine_.tasks(std::move(kept_));
  } catch (...) {
    kept_ = {};
    rows = std::current_exception();
  }
  for (const TasksDone& done : questions) done(rows);
  if (kept_.version.empty()) kept_ = {};
}

void Reader::answer(const std::vector<StatusDone>& questions) {
  Status status = last_status_();
  try {
    status = engine_.refreshed(status);
  } catch (const Error& error) {  // the database answers, but not as it should
    status.in_sync = false;
    status.database.error = error.what();
  }
  for (const StatusDone& done : questions) done(status);
}

}  // namespace lockstep
